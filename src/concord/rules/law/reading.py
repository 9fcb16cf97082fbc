"""From the files of ``laws/`` to the catalogue; every fault of form is collected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from concord.rules.errors import Fault, InvalidInput, Said
from concord.rules.law.model import LABEL_OF, Form, LawRow, Laws, LawVersion, Provision, Role, Span
from concord.rules.limits import parse_limit
from concord.rules.procedure.reading import check_format
from concord.rules.rows import Row, advise, unique
from concord.rules.toml_lines import read_toml

LAWS_FILE = re.compile(r"[^/]+/laws/([^/]+)\.toml")
KINDS = ("limits", "substantive", "forms")


@dataclass(slots=True)
class _Gathered:
    """What the files have said so far."""

    rows: list[LawRow] = field(default_factory=list)
    versions: dict[str, LawVersion] = field(default_factory=dict)
    provisions: list[Provision] = field(default_factory=list)
    milder: Provision | None = None
    forms: list[Form] = field(default_factory=list)


def read_laws(files: Mapping[str, str], *, faults: list[Fault]) -> Laws:
    """The catalogue that stands in the ``laws`` folders of ``files``; empty when there is none."""
    gathered = _Gathered()
    for path in sorted(files):
        found = LAWS_FILE.fullmatch(path)
        if not found:
            continue
        document = read_toml(files[path], file=path)
        if isinstance(document, Fault):
            faults.append(document)
            continue
        top = Row(document, (), document.values, faults)
        check_format(top)
        kind = top.choice("id", KINDS)
        if kind and kind != found[1]:
            top.fault(
                "id",
                "charter.wrong_place",
                Said("文件名与标识不一致", "the file's name does not fit its id"),
                Said(f"应为 {kind}.toml", f"should be {kind}.toml"),
            )
        top.text("zh")
        top.text("en")
        if kind == "limits":
            gathered.rows += unique(
                (row, f"{row.text('id')}@{row.values.get('from', '')}", _row(row))
                for row in top.rows("rows", required=True)
            )
        elif kind == "substantive":
            _read_substantive(top, gathered)
        elif kind == "forms":
            _read_forms(top, gathered)
        top.finish()
    by_id: dict[str, tuple[LawRow, ...]] = {}
    for one in sorted(gathered.rows, key=lambda row: row.span.begins or date.min):
        by_id[one.id] = (*by_id.get(one.id, ()), one)
    return Laws(
        MappingProxyType(by_id),
        MappingProxyType(gathered.versions),
        tuple(gathered.provisions),
        gathered.milder,
        tuple(gathered.forms),
    )


def _span(row: Row) -> Span:
    span = Span(row.day_or_none("from"), row.day_or_none("until"))
    if span.begins and span.ends and span.begins >= span.ends:
        row.fault(
            "until",
            "law.ends_before_it_begins",
            Said("until 不晚于 from", "until is not after from"),
            Said("until 为失效之日，须晚于 from", "until is the first day it no longer holds, after from"),
        )
    return span


def _letter(row: Row, key: str, letter: str) -> None:
    if letter not in LABEL_OF:
        row.fault(
            key,
            "law.unknown_confidence",
            Said(f"没有可信度“{letter}”", f"there is no confidence “{letter}”"),
            Said("可用：V、S、M、I", "known: V, S, M, I"),
        )


def _row(row: Row) -> LawRow:
    confidence, limits = row.texts("confidence"), row.texts("limits")
    for letter in confidence:
        _letter(row, "confidence", letter)
    for written in limits:
        try:
            parse_limit(written)
        except InvalidInput:
            row.fault(
                "limits",
                "law.bad_limit",
                Said(f"“{written}”不是期限", f"“{written}” is no limit"),
                Said("写成 15WD、30CD、3M 或 24h", "write 15WD, 30CD, 3M or 24h"),
            )
    read = LawRow(
        id=row.text("id"),
        confidence=confidence,
        limits=limits,
        span=_span(row),
        cross_authority=row.flag("cross_authority"),
        basis=row.text("basis"),
        zh=row.text("zh"),
        en=row.text("en"),
        file=row.document.file,
        line=row.line,
    )
    row.finish()
    return read


def _read_substantive(top: Row, gathered: _Gathered) -> None:
    read = unique((row, row.identifier("id"), _version(row)) for row in top.rows("laws", required=True))
    gathered.versions |= {version.id: version for version in read}
    for row in top.rows("provisions", required=True):
        causes, role, topic = row.texts("causes"), row.choice("role", tuple(Role)), row.identifier("topic")
        provision = _provision(row, gathered.versions, causes, role, topic)
        if provision and role:
            gathered.provisions.append(provision)
        row.finish()
    milder = top.table("milder", required=False)
    if milder.values:
        gathered.milder = _provision(milder, gathered.versions, (), Role.SUBSTANTIVE, "milder")
        milder.finish()


def _version(row: Row) -> LawVersion:
    version = LawVersion(
        id=row.identifier("id"),
        family=row.identifier("family"),
        span=_span(row),
        zh=row.text("zh"),
        en=row.text("en"),
        file=row.document.file,
        line=row.line,
    )
    row.finish()
    return version


def _provision(
    row: Row, versions: Mapping[str, LawVersion], causes: tuple[str, ...], role: str, topic: str
) -> Provision | None:
    law, confidence = row.text("law"), row.text("confidence")
    _letter(row, "confidence", confidence)
    article, law_row = row.text("article", required=False), row.text("law_row")
    zh, en = row.text("zh"), row.text("en")
    if law not in versions:
        row.fault("law", "law.unknown_law", Said(f"没有法律“{law}”", f"there is no law “{law}”"), advise(law, versions))
        return None
    return Provision(
        causes,
        Role(role or Role.SUBSTANTIVE),
        topic,
        versions[law],
        article,
        confidence,
        law_row,
        zh,
        en,
        file=row.document.file,
        line=row.line,
    )


def _read_forms(top: Row, gathered: _Gathered) -> None:
    sets = [row.identifier("id") for row in top.rows("sets", required=True) if row.text("zh") and row.text("en")]
    for row in top.rows("forms", required=True):
        note_zh, note_en = row.text("note_zh", required=False), row.text("note_en", required=False)
        gathered.forms.append(
            Form(
                collection=row.choice("set", sets),
                number=row.integer("number"),
                zh=row.text("zh"),
                span=_span(row),
                note=Said(note_zh, note_en) if note_zh and note_en else None,
                law_row=row.text_or_none("law_row"),
                file=row.document.file,
                line=row.line,
            )
        )
        row.finish()
