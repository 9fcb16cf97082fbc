"""Reading and checking what a charter says of evidence: ``evidence/requirements.toml``."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from concord.rules.charter.model import Charter
from concord.rules.errors import Fault, Said
from concord.rules.evidence.records import FIELDS
from concord.rules.evidence.requirements import ASKS, EVERYBODY, LEVELS, EvidenceRules, LegalPosition, Requirement
from concord.rules.procedure import Source
from concord.rules.procedure.checking import check_source
from concord.rules.procedure.faults import Faults
from concord.rules.procedure.reading import check_format, read_sources
from concord.rules.rows import Row, unique
from concord.rules.toml_lines import read_toml

EVIDENCE_FILE = re.compile(r"([^/]+)/evidence/requirements\.toml")
CONFIDENCES = ("V", "S", "M", "I")
# After how many hours without any time-stamp sealing may be refused; see docs/explanation/evidence.md.
STAMP_HOURS = range(1, 49)


def read_evidence(files: Mapping[str, str], faults: list[Fault]) -> tuple[EvidenceRules, tuple[Source, ...]]:
    """What the charter's own file says, and the sources it names; a charter's file replaces that of what it extends."""
    rules: EvidenceRules = EvidenceRules()
    sources: tuple[Source, ...] = ()
    for path, text in files.items():
        if EVIDENCE_FILE.fullmatch(path):
            rules, sources = _read(text, path, faults)
    return rules, sources


def check_evidence(charter: Charter, own: Collection[Source], files: Collection[str]) -> tuple[Fault, ...]:
    """Every name that the requirements use is known, every one says on what it rests; ``own`` sources are well made."""
    faults = Faults(next((path for path in sorted(files, reverse=True) if EVIDENCE_FILE.fullmatch(path)), ""))
    for source in own:
        check_source(source, faults)
    members = {EVERYBODY, *(member.code for member in charter.members)}
    causes, sources = charter.code_lists.get("causes", {}), [source.id for source in charter.sources]
    for rule in charter.evidence.requirements:
        add = faults.at(rule.line, f"requirements.{rule.id}")
        faults.known(add, [rule.member], members, "charter.unknown_member", Said("成员", "member"))
        faults.known(add, rule.kinds, FIELDS, "charter.unknown_kind", Said("证据种类", "kind of evidence"))
        faults.known(add, rule.causes, causes, "charter.unknown_cause", Said("案由", "cause"))
        faults.known(add, [rule.asks], ASKS, "charter.unknown_ask", Said("要求", "thing to ask for"))
        faults.known(add, [rule.source], sources, "charter.unknown_source", Said("来源", "source"))
    for position in charter.evidence.positions:
        add = faults.at(position.line, f"positions.{position.id}")
        faults.known(add, [position.source], sources, "charter.unknown_source", Said("来源", "source"))
    if charter.evidence.source:
        faults.known(
            faults.at(1, "source"),
            [charter.evidence.source],
            sources,
            "charter.unknown_source",
            Said("来源", "source"),
        )
    return faults.sorted()


def _read(text: str, path: str, faults: list[Fault]) -> tuple[EvidenceRules, tuple[Source, ...]]:
    document = read_toml(text, file=path)
    if isinstance(document, Fault):
        faults.append(document)
        return EvidenceRules(), ()
    top = Row(document, (), document.values, faults)
    check_format(top)
    sources = read_sources(top)
    requirements = unique((row, row.identifier("id"), _requirement(row)) for row in top.rows("requirements"))
    positions = unique((row, row.identifier("id"), _position(row)) for row in top.rows("positions"))
    rules = EvidenceRules(
        requirements=requirements,
        positions=positions,
        receipt_days=top.integer("receipt_days"),
        stamp_hours=top.integer("stamp_hours"),
        source=top.text("source", required=False),
    )
    if rules.stamp_hours is not None and rules.stamp_hours not in STAMP_HOURS:
        top.fault(
            "stamp_hours",
            "charter.bad_hours",
            Said("时间戳中断的宽限须为 1 至 48 小时", "the hours without a time-stamp are 1 to 48"),
            Said("写 stamp_hours = 4", "write stamp_hours = 4"),
        )
    top.finish()
    return rules, sources


def _requirement(row: Row) -> Requirement:
    made = Requirement(
        id=row.identifier("id"),
        member=row.text("member"),
        kinds=row.texts("kinds"),
        causes=row.texts("causes"),
        asks=row.text("asks"),
        level=row.choice("level", LEVELS),
        source=row.text("source"),
        zh=row.text("zh"),
        en=row.text("en"),
        line=row.line,
    )
    row.finish()
    return made


def _position(row: Row) -> LegalPosition:
    made = LegalPosition(
        id=row.identifier("id"),
        zh=row.text("zh"),
        en=row.text("en"),
        law_row=row.text("law_row"),
        confidence=row.choice("confidence", CONFIDENCES),
        statutory=row.flag("statutory"),
        givers=row.texts("givers"),
        receivers=row.texts("receivers"),
        basis=row.text("basis", required=False),
        since=row.day_or_none("since"),
        source=row.text("source"),
        line=row.line,
    )
    row.finish()
    return made
