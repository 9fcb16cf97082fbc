"""Letters for every paper of every shipped procedure, with plausible facts made from the procedure's own fields.

A new paper is covered as soon as its procedure names it. Each act that issues a paper gives a full letter, where every
field is answered, and a least one for each state it can be done in, which knows only what must have been told by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from functools import cache

from concord.casework.papers import Contact, Letter, Template, template_in
from concord.charters.folder import read, shipped
from concord.rules import numbering
from concord.rules.canonical import JSON
from concord.rules.charter import Charter, load
from concord.rules.limits import Unit, parse_limit
from concord.rules.procedure import Act, Field, FieldType, PaperRule, Procedure, SourceLabel

CN, ALLIANCE = "cn", "g60"
NAMES = {
    "centre": "云江知识产权行政保护协作中心",
    "common_superior": "云江省市场监督管理局",
}
PLACES = ("西岭市", "东湾市", "云泽市", "南浦市")
LINE_OFFICES = {"market": "市场监督管理局", "patent": "知识产权局"}
LONG = (
    "经查，当事人自二〇二五年九月起，在其经营场所销售标注涉案标识的商品，货值金额人民币107,100元。\n"
    "上述事实有现场笔录为证。"
)
REST_OF_ROW = " | 某某牌 | 42码 | LOT-2025-11-20-000018 | 120双 | 𠮷字样"
FIXED: Mapping[FieldType, JSON] = {
    FieldType.DATE: "2026-02-27",
    FieldType.DATETIME: "2026-02-27T01:20:00Z",
    FieldType.MONEY: 10710050,
    FieldType.FILES: ["0190a5d0-0000-7000-8000-000000000001"],
    FieldType.ORGANISATION: "330400",
    FieldType.EVIDENCE: [
        "西市监证〔2026〕1号|现场笔录|现场笔录|ev1-2xkd7q4mzbn3|推定认可",
        "西市监证〔2026〕2号|样品|物证（样品）|",
    ],
}
ISSUED = date(2026, 3, 2)
DUE = date(2026, 3, 23)


@dataclass(frozen=True)
class Case:
    """One letter to be made: of which file, by which act, and whether with all facts or the fewest."""

    name: str
    letter: Letter
    template: Template


@cache
def texts() -> dict[str, str]:
    """The shipped files of the alliance and of the national charter."""
    return read(shipped(), CN, ALLIANCE)


@cache
def charter() -> Charter:
    """The shipped charter, for its code lists and procedures."""
    return load(texts(), ALLIANCE)


def template_of(procedure: Procedure, paper: PaperRule) -> Template:
    """The alliance's own template of a paper, else the national one."""
    own, national = (f"{folder}/papers/{procedure.id}/{paper.id}.typ" for folder in (ALLIANCE, CN))
    return template_in(texts(), own if own in texts() else national)


def cases() -> list[Case]:
    """Every letter to be made, in the order of the files."""
    versions = [version for all_of_one in charter().procedures.values() for version in all_of_one]
    return [case for procedure in versions for case in _cases_of(procedure)]


def _cases_of(procedure: Procedure) -> Iterator[Case]:
    surely = known_for_sure(procedure)
    everything = {field.id for field in procedure.fields if not field.act_only}
    for act in procedure.acts:
        if act.paper is None:
            continue
        paper = procedure.paper(act.paper)
        template = template_of(procedure, paper)
        stem = f"{procedure.id}-{procedure.in_force_from}-{act.id}-{paper.id}"
        yield Case(f"{stem}-full", _letter(procedure, act, paper, {*everything, *act.asks}, full=True), template)
        needed = {*paper.needs, *(name for name in act.asks if not procedure.field(name).optional)}
        least = {frozenset(needed | surely[state]): state for state in act.from_states} or {frozenset(needed): "new"}
        for known, state in least.items():
            yield Case(f"{stem}-{state}", _letter(procedure, act, paper, known, full=False), template)


def known_for_sure(procedure: Procedure) -> Mapping[str, frozenset[str]]:
    """Which facts every matter in a state has: what all ways that lead there must have asked."""
    every = frozenset(field.id for field in procedure.fields)
    known = {state.id: every for state in procedure.states}
    lasting = {
        act.id: frozenset(
            name for name in act.asks if not procedure.field(name).optional and not procedure.field(name).act_only
        )
        for act in procedure.acts
    }
    changed = True
    while changed:
        changed = False
        for act in procedure.acts:
            for start in act.from_states or (None,):
                goal = act.to or start
                if goal is None:
                    continue
                after = (known[start] if start else frozenset()) | lasting[act.id]
                if not known[goal] <= after:
                    known[goal] &= after
                    changed = True
    return known


def _letter(procedure: Procedure, act: Act, paper: PaperRule, known: AbstractSet[str], *, full: bool) -> Letter:
    fields = [field for field in procedure.fields if field.id in known]
    facts = {field.id: value(field, procedure) for field in fields}
    parties = {role: _office(role, at, procedure) for at, role in enumerate(procedure.roles)}
    others = [role for role in procedure.roles if role not in {act.role, "centre"}]
    limit = next(
        (rule for name in act.starts if (rule := procedure.clock(name)).limit and _statutory(procedure, rule.source)),
        None,
    )
    counted = parse_limit(limit.limit) if limit and limit.limit else None
    return Letter(
        form=paper.form,
        kind=paper.id,
        number=numbering.render(paper.number, mark="西市监", year=ISSUED.year, n=12),
        sender=parties[act.role],
        addressee=_name(paper.to or next(iter(others), act.role), parties, facts),
        issued_date=ISSUED,
        title=paper.form.split("（")[0],
        facts=facts,
        labels=_labels(fields, facts),
        limit_days=counted.n if counted and counted.unit is Unit.WORKING_DAYS else None,
        due_date=DUE if counted else None,
        contact=Contact(person="王晓明", telephone="021-55500000", address="西岭市荣乐路1号"),
        signed_by="李建国" if full else None,
        copies=tuple(_name(wanted, parties, facts) for wanted in paper.copies),
        attachments=("询问笔录.pdf（SHA-256 60303ae22b99）", "销售记录.xlsx（SHA-256 fd61a03af4f7）") if full else (),
        reference="东湾市监协查〔2026〕7号" if full else None,
        parties=parties,
        law=("《商标法》（2019年修正）第五十七条", "《商标法》（2019年修正）第六十条第二款") if full else (),
    )


def _statutory(procedure: Procedure, source: str | None) -> bool:
    return source is not None and procedure.label_of(source) is SourceLabel.STATUTORY


def _office(role: str, at: int, procedure: Procedure) -> str:
    return NAMES["centre"] if role == "centre" else PLACES[at % len(PLACES)] + LINE_OFFICES[procedure.line]


def _name(wanted: str, parties: Mapping[str, str], facts: Mapping[str, JSON]) -> str:
    return parties.get(wanted) or NAMES.get(wanted) or str(facts.get(wanted, "东湾某某服饰有限公司"))


def _labels(fields: list[Field], facts: Mapping[str, JSON]) -> dict[str, str]:
    labels = {}
    for field in fields:
        if field.type is FieldType.CHOICE:
            labels[field.id] = next(option.zh for option in field.options if option.id == facts[field.id])
        elif field.type is FieldType.CODE:
            labels[field.id] = charter().code_lists[field.list or ""][str(facts[field.id])].zh
    return labels


def value(field: Field, procedure: Procedure) -> JSON:  # noqa: PLR0911  one line for each type of field
    """A plausible canonical value of a field."""
    if field.type in FIXED:
        return FIXED[field.type]
    match field.type:
        case FieldType.CHOICE:
            return field.options[0].id
        case FieldType.CODE:
            return min(charter().code_lists[field.list or ""])
        case FieldType.INTEGER:
            return max(field.min or 0, min(field.max or 12, 12))
        case FieldType.ITEMS:
            rows = max(field.min or 1, min(field.max or 3, 3))
            return [f"{field.zh}第{at}项{REST_OF_ROW}" for at in range(1, rows + 1)]
        case FieldType.ANSWERS:
            asked = value(procedure.field(field.of or ""), procedure)
            return [f"{field.zh}之{at}：属实。" for at in range(1, len(asked) + 1)] if isinstance(asked, list) else []
        case FieldType.LONGTEXT:
            return f"{field.zh}：{LONG}"[: field.max or None]
        case _:
            return f"{field.zh}甲"[: field.max or None]
