"""Whether fields and papers are made well."""

from __future__ import annotations

from concord.rules.errors import Said
from concord.rules.numbering import check_template
from concord.rules.procedure.faults import Add, Faults
from concord.rules.procedure.model import Field, FieldType, PaperRule, Procedure
from concord.rules.procedure.surroundings import Surroundings

# Which key belongs to which types; all others refuse it.
FITTING = {
    "min": {FieldType.ITEMS, FieldType.INTEGER},
    "max": {FieldType.TEXT, FieldType.LONGTEXT, FieldType.ITEMS, FieldType.INTEGER},
    "options": {FieldType.CHOICE},
    "list": {FieldType.CODE},
    "of": {FieldType.ANSWERS},
}
# A field that can name somebody outside whom a paper is sent to.
ADDRESSING = (FieldType.TEXT, FieldType.ORGANISATION)
NEEDED = {FieldType.CHOICE: "options", FieldType.CODE: "list", FieldType.ANSWERS: "of"}


def check_fields(procedure: Procedure, around: Surroundings, faults: Faults) -> None:
    """Every field has what its type needs and nothing else, is asked by some act; every paper is issued by some act."""
    asked = {name for act in procedure.acts for name in act.asks}
    items = [field.id for field in procedure.fields if field.type is FieldType.ITEMS]
    for field in procedure.fields:
        add = faults.at(field.line, f"fields.{field.id}")
        _check_keys(field, add)
        if field.list:
            faults.known(
                add, [field.list], around.code_lists, "procedure.unknown_code_list", Said("代码表", "code list")
            )
        if field.of:
            faults.known(add, [field.of], items, "procedure.of_is_no_items", Said("事项列表字段", "items field"))
        if field.id not in asked:
            add(
                "procedure.never_asked",
                Said("没有行为询问此字段", "no act asks this field"),
                Said("写进某个行为的 asks，或删去", "ask it in some act, or remove it"),
            )
    for paper in procedure.papers:
        _check_paper(procedure, paper, around, faults)


def _check_paper(procedure: Procedure, paper: PaperRule, around: Surroundings, faults: Faults) -> None:
    """A paper is issued by some act, can be numbered, and goes to somebody."""
    add = faults.at(paper.line, f"papers.{paper.id}")
    fields = [field.id for field in procedure.fields]
    faults.known(add, paper.needs, fields, "procedure.unknown_field", Said("字段", "field"))
    reachable = [
        *procedure.roles,
        *(field.id for field in procedure.fields if field.type in ADDRESSING),
        *around.addressees,
    ]
    named = [*([] if paper.to is None else [paper.to]), *paper.copies]
    faults.known(add, named, reachable, "procedure.unknown_addressee", Said("收件人", "addressee"))
    if paper.to is None and not set(procedure.roles) - {procedure.initiating_role, "centre"}:
        add(
            "procedure.paper_to_nobody",
            Said("没有其他机关可作收件人", "there is no other side to receive it"),
            Said("写 to = 角色或文字字段", "write to = a role or a text field"),
        )
    if paper.id not in {act.paper for act in procedure.acts}:
        add(
            "procedure.never_issued",
            Said("没有行为发出此文书", "no act issues this paper"),
            Said("写进某个行为的 paper，或删去", "issue it in some act, or remove it"),
        )
    for problem in check_template(paper.number):
        add(
            problem.code,
            problem.said,
            Said("写成 {mark}协查〔{year}〕{n}号", "write it as {mark}协查〔{year}〕{n}号"),
        )


def _check_keys(field: Field, add: Add) -> None:
    given = {key for key in FITTING if getattr(field, key) not in (None, ())}
    for key in sorted(given):
        if field.type not in FITTING[key]:
            add(
                "procedure.key_does_not_fit",
                Said(f"“{key}”不适用于类型“{field.type}”", f"“{key}” does not belong to the type “{field.type}”"),
                Said(f"删去 {key}", f"remove {key}"),
            )
    needed = NEEDED.get(field.type)
    if needed and needed not in given:
        add(
            "procedure.key_is_missing",
            Said(f"类型“{field.type}”须写“{needed}”", f"the type “{field.type}” needs “{needed}”"),
            Said(f"补上 {needed} = …", f"add {needed} = …"),
        )
    if field.min is not None and field.max is not None and field.min > field.max:
        add(
            "procedure.min_above_max",
            Said("min 大于 max", "min is above max"),
            Said("交换二者", "swap the two"),
        )
