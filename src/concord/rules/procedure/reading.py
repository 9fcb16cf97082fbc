"""From the text of a procedure file to a ``Procedure``, or to all its faults of form at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date

from concord.rules.errors import DefinitionError, Fault, Said
from concord.rules.procedure.model import (
    Act,
    BasedOn,
    ClockRule,
    ExcludedTime,
    Field,
    FieldType,
    Line,
    Option,
    PaperRule,
    Procedure,
    RunningMatters,
    Source,
    SourceLabel,
    State,
)
from concord.rules.rows import IDENTIFIER, Row, unique
from concord.rules.toml_lines import read_toml

FORMAT = 1
CONFIDENCES = ("V", "S", "M", "I")
BASED_ON = re.compile(r"([a-z][a-z0-9_]*)/([a-z][a-z0-9_]*)@(\d{4}-\d{2}-\d{2})")
MOST_FAULTS_SAID = 3


def wrong_definition(code: str, faults: list[Fault]) -> DefinitionError:
    """The error that carries ``faults``, sorted by place, and says the first of them."""
    ordered = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line, fault.rule, fault.code)))
    places = [f"{fault.file}:{fault.line} [{fault.rule}] " for fault in ordered[:MOST_FAULTS_SAID]]
    zh = "；".join(place + fault.said.zh for place, fault in zip(places, ordered, strict=False))
    en = "; ".join(place + fault.said.en for place, fault in zip(places, ordered, strict=False))
    said = Said(f"章程文件有 {len(ordered)} 处错误：{zh}", f"{len(ordered)} fault(s) in the charter files: {en}")
    return DefinitionError(code, said, faults=ordered)


def digest_of(text: str) -> str:
    """SHA-256 (hex) of ``text`` in UTF-8 with Unix line ends."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def parse(text: str, *, file: str) -> Procedure:
    """Read one procedure file.

    Raises DefinitionError ``procedure.faulty`` with every fault of form: syntax, unknown keys, wrong types, missing
    texts, repeated ids. Whether the rules fit together is ``check``'s business.
    """
    document = read_toml(text, file=file)
    if isinstance(document, Fault):
        raise wrong_definition("procedure.faulty", [document])
    faults: list[Fault] = []
    top = Row(document, (), document.values, faults)
    check_format(top)
    procedure = Procedure(
        id=top.identifier("id"),
        in_force_from=top.day("in_force_from"),
        zh=top.text("zh"),
        en=top.text("en"),
        roles=top.texts("roles"),
        sources=read_sources(top),
        states=unique((row, row.identifier("id"), _state(row)) for row in top.rows("states", required=True)),
        fields=unique((row, row.identifier("id"), _field(row)) for row in top.rows("fields")),
        clocks=unique((row, row.identifier("id"), _clock(row)) for row in top.rows("clocks")),
        papers=unique((row, row.identifier("id"), _paper(row)) for row in top.rows("papers")),
        acts=unique((row, row.identifier("id"), _act(row)) for row in top.rows("acts", required=True)),
        line=Line(top.choice("line", tuple(Line), default=Line.MARKET)),
        running_matters=RunningMatters(
            top.choice("running_matters", tuple(RunningMatters), default=RunningMatters.STAY)
        ),
        many=top.texts("many"),
        title=top.text_or_none("title"),
        based_on=_based_on(top),
        digest=digest_of(text),
        file=file,
        text=text,
    )
    _refuse_empty(top, procedure)
    top.finish()
    if faults:
        raise wrong_definition("procedure.faulty", faults)
    return procedure


def check_format(top: Row) -> None:
    """Refuse a file of another format version."""
    if top.integer("format") != FORMAT:
        top.fault(
            "format",
            "definition.unknown_format",
            Said("不认识的文件格式版本", "unknown version of the file format"),
            Said(f"请写 format = {FORMAT}", f"write format = {FORMAT}"),
        )


def read_sources(top: Row) -> tuple[Source, ...]:
    """The ``sources`` of a procedure or charter."""
    return unique((row, row.identifier("id"), _source(row)) for row in top.rows("sources"))


def _refuse_empty(top: Row, procedure: Procedure) -> None:
    for key, things in (("roles", procedure.roles), ("states", procedure.states), ("acts", procedure.acts)):
        if not things:
            top.fault(
                key,
                "definition.empty",
                Said(f"“{key}”不能为空", f"“{key}” must not be empty"),
                Said("至少写一项", "write at least one"),
            )
    for role in procedure.roles:
        if not IDENTIFIER.fullmatch(role):
            top.fault(
                "roles",
                "definition.bad_identifier",
                Said(f"“{role}”不能作角色标识", f"“{role}” cannot be a role"),
                Said("用小写英文字母、数字和下划线", "lower-case letters, digits and _"),
            )


def _based_on(top: Row) -> BasedOn | None:
    written = top.text_or_none("based_on")
    if written is None:
        return None
    found = BASED_ON.fullmatch(written)
    try:
        if found:
            return BasedOn(found[1], found[2], date.fromisoformat(found[3]))
    except ValueError:
        pass
    top.fault(
        "based_on",
        "procedure.bad_base",
        Said(f"“{written}”不是程序版本", f"“{written}” names no version of a procedure"),
        Said("写成 cn/assistance@2022-11-01", "write it as cn/assistance@2022-11-01"),
    )
    return None


def _source(row: Row) -> Source:
    source = Source(
        id=row.identifier("id"),
        label=SourceLabel(row.choice("kind", tuple(SourceLabel)) or SourceLabel.INTERNAL),
        text=row.text("text"),
        confidence=row.choice("confidence", CONFIDENCES, default="") or None,
        law_row=row.text_or_none("law_row"),
        proposed=row.choice("status", ("proposed", "adopted"), default="adopted") == "proposed",
        line=row.line,
    )
    row.finish()
    return source


def _state(row: Row) -> State:
    state = State(row.identifier("id"), row.text("zh"), row.text("en"), final=row.flag("final"), line=row.line)
    row.finish()
    return state


def _field(row: Row) -> Field:
    field = Field(
        id=row.identifier("id"),
        type=FieldType(row.choice("type", tuple(FieldType)) or FieldType.TEXT),
        zh=row.text("zh"),
        en=row.text("en"),
        optional=row.flag("optional"),
        personal=row.flag("personal"),
        act_only=row.flag("act_only"),
        min=row.integer("min"),
        max=row.integer("max"),
        options=unique((row, option.id, option) for option in _options(row)),
        list=row.text_or_none("list"),
        of=row.text_or_none("of"),
        line=row.line,
    )
    row.finish()
    return field


def _options(row: Row) -> Iterator[Option]:
    for written in row.texts("options"):
        parts = [part.strip() for part in written.split(":")]
        match parts:
            case [own, zh, en] if IDENTIFIER.fullmatch(own) and zh and en:
                yield Option(own, zh, en)
            case _:
                row.fault(
                    "options",
                    "procedure.bad_option",
                    Said(f"选项“{written}”写法不对", f"the option “{written}” is written wrongly"),
                    Said("写成 标识:中文:English，用半角冒号", "write it as id:中文:English"),
                )


def _clock(row: Row) -> ClockRule:
    clock = ClockRule(
        id=row.identifier("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        owner=row.text("owner"),
        source=row.text_or_none("source"),
        limit=row.text_or_none("limit"),
        from_instant=row.text_or_none("from"),
        until=row.text_or_none("until"),
        before=row.text_or_none("before"),
        extensions=row.texts("extensions"),
        warn=row.texts("warn"),
        line=row.line,
    )
    row.finish()
    return clock


def _paper(row: Row) -> PaperRule:
    paper = PaperRule(
        id=row.identifier("id"),
        form=row.text("form"),
        number=row.text("number"),
        needs=row.texts("needs"),
        to=row.text_or_none("to"),
        copies=row.texts("copies"),
        line=row.line,
    )
    row.finish()
    return paper


def _by(row: Row) -> tuple[str, str]:
    """Role and permission of ``by = role:scope:act``."""
    written = row.text("by")
    role, _, permission = written.partition(":")
    if written and permission.count(":") != 1:
        row.fault(
            "by",
            "procedure.bad_by",
            Said(f"“{written}”应由角色和权限组成", f"“{written}” should be a role and a permission"),
            Said("写成 角色:范围:动作，如 requester:assistance:sign", "write it as role:scope:act"),
        )
    return role, permission


def _act(row: Row) -> Act:
    role, permission = _by(row)
    act = Act(
        id=row.identifier("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        role=role,
        permission=permission,
        from_states=row.texts("from"),
        to=row.text_or_none("to"),
        asks=row.texts("asks"),
        paper=row.text_or_none("paper"),
        starts=row.texts("starts"),
        stops=row.texts("stops"),
        suspends=row.texts("suspends"),
        resumes=row.texts("resumes"),
        extends=row.texts("extends"),
        excludes=tuple(_excluded(row)),
        while_running=row.texts("while_running"),
        guards=row.texts("guards"),
        notifies=row.texts("notifies"),
        handled_by=row.text_or_none("handled_by"),
        source=row.text_or_none("source"),
        internal=row.flag("internal"),
        each=row.flag("each"),
        line=row.line,
    )
    row.finish()
    return act


def _excluded(row: Row) -> Iterator[ExcludedTime]:
    for written in row.texts("excludes"):
        match [part.strip() for part in written.split(":")]:
            case [clock, first, last] if clock and first and last:
                yield ExcludedTime(clock, first, last)
            case _:
                row.fault(
                    "excludes",
                    "procedure.bad_exclusion",
                    Said(f"“{written}”写法不对", f"“{written}” is written wrongly"),
                    Said("写成 期限:起始日字段:终止日字段", "write it as clock:first_day_field:last_day_field"),
                )
