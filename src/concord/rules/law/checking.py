"""Whether the catalogue of law holds together, and whether procedures cite it as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from concord.rules.errors import Fault, Said
from concord.rules.law.model import LABEL_OF, LawRow, Laws
from concord.rules.limits import parse_limit
from concord.rules.procedure import Procedure, Source, SourceLabel
from concord.rules.procedure.faults import Add, Faults
from concord.rules.procedure.model import ClockRule
from concord.rules.procedure.timing import GRANTED
from concord.rules.rows import advise

LAW_LABELS = frozenset(LABEL_OF.values())


def check_catalogue(laws: Laws, causes: Collection[str]) -> tuple[Fault, ...]:
    """All faults between the parts of the catalogue; ``causes`` are the codes that a matter may name."""
    found: list[Fault] = []
    for versions in laws.rows.values():
        for earlier, later in pairwise(versions):
            if earlier.span.overlaps(later.span):
                said = Said(
                    f"“{later.id}”与第 {earlier.line} 行同时有效", f"“{later.id}” holds while line {earlier.line} does"
                )
                advice = Said("为前一行写 until", "give the earlier row its until")
                found.append(Fault(later.file, later.line, f"rows.{later.id}", "law.overlapping", said, advice))
    for provision in (*laws.provisions, *([laws.milder] if laws.milder else [])):
        faults = Faults(provision.file)
        add = faults.at(provision.line, f"provisions.{provision.topic}")
        faults.known(add, provision.causes, causes, "law.unknown_cause", Said("案由", "cause"))
        _check_row(laws, provision.law_row, provision.confidence, add)
        found += faults.found
    for form in laws.forms:
        if form.law_row:
            faults = Faults(form.file)
            known = faults.at(form.line, f"forms.{form.zh}")
            faults.known(known, [form.law_row], laws.rows, "procedure.unknown_law_row", Said("行", "row of the law"))
            found += faults.found
    return tuple(found)


def check_sources(sources: Sequence[Source], laws: Laws, faults: Faults) -> None:
    """Whoever names a row of the law names one that exists; whoever claims law claims no more than the row does."""
    for source in sources:
        if source.law_row:
            confidence = source.confidence if source.label in LAW_LABELS else None
            _check_row(laws, source.law_row, confidence, faults.at(source.line, f"sources.{source.id}"))


def check_cited(procedure: Procedure, laws: Laws) -> tuple[Fault, ...]:
    """All faults of a procedure against the catalogue: its sources, the limits of its clocks, the forms of its papers.

    Limits and forms are those of the day from which the procedure is in force.
    """
    faults = Faults(procedure.file)
    check_sources(procedure.sources, laws, faults)
    lawful = {one.id: one for one in procedure.sources if one.label in LAW_LABELS and one.law_row in laws.rows}
    for clock in procedure.clocks:
        source = lawful.get(clock.source or "")
        if source and source.law_row and clock.limit:
            _check_clock(procedure, clock, laws.rows[source.law_row], faults.at(clock.line, f"clocks.{clock.id}"))
    for paper in procedure.papers:
        form = laws.deleted_form(paper.form.partition("（")[0], on=procedure.in_force_from)
        if form:
            faults.at(paper.line, f"papers.{paper.id}")(
                "procedure.deleted_form",
                Said(f"文书“{form.zh}”自 {form.span.ends} 起已删除", f"“{form.zh}” is no form since {form.span.ends}"),
                Said("改用现行文书，或删去此文书", "use a form that is valid, or no paper"),
            )
    return faults.sorted()


def _check_row(laws: Laws, name: str, confidence: str | None, add: Add) -> None:
    versions = laws.rows.get(name)
    if versions is None:
        add(
            "procedure.unknown_law_row",
            Said(f"法律依据表没有“{name}”", f"the catalogue of law has no row “{name}”"),
            advise(name, laws.rows),
        )
        return
    letters = sorted({letter for row in versions for letter in row.confidence}, key=list(LABEL_OF).index)
    if confidence is None or confidence in letters:
        return
    kinds = dict.fromkeys(LABEL_OF[letter].value for letter in letters) or dict.fromkeys(
        (SourceLabel.AGREED.value, SourceLabel.INTERNAL.value)
    )
    add(
        "procedure.confidence_not_of_law",
        Said(
            f"“{name}”的可信度是 {'、'.join(letters) or '—'}，不是 {confidence}",
            f"the confidence of row “{name}” is {', '.join(letters) or '—'}, not {confidence}",
        ),
        Said(f"写 kind = {'、'.join(kinds)}", f"write kind = {' or '.join(kinds)}"),
    )


def _check_clock(procedure: Procedure, clock: ClockRule, versions: Sequence[LawRow], add: Add) -> None:
    row = next((one for one in versions if one.span.holds(procedure.in_force_from)), None)
    if row is None:
        when_zh = "；".join(one.span.said.zh for one in versions)
        when_en = "; ".join(one.span.said.en for one in versions)
        add(
            "procedure.limit_not_in_law",
            Said(
                f"“{versions[0].id}”在 {procedure.in_force_from} 无效",
                f"row “{versions[0].id}” does not hold on {procedure.in_force_from}",
            ),
            Said(f"该行有效期：{when_zh}", f"the row holds {when_en}"),
        )
        return
    bounds = {field.id: field.max for field in procedure.fields}
    for written, granted in _lengths(clock, bounds):
        if not (_within(written, row.limits) if granted else written in row.limits):
            add(
                "procedure.limit_not_in_law",
                Said(f"{row.basis}没有 {written}", f"row “{row.id}” does not say {written} ({row.basis})"),
                _advice(row),
            )


def _lengths(clock: ClockRule, bounds: Mapping[str, int | None]) -> Iterator[tuple[str, bool]]:
    """The limit and the extensions of a clock, each with whether it is only the most that may be granted."""
    if clock.limit:
        yield clock.limit, False
    for extension in clock.extensions:
        granted = GRANTED.fullmatch(extension)
        if granted is None:
            yield extension, False
        elif bounds.get(granted[1]):  # an unbounded grant is a fault of the procedure itself
            yield f"{bounds[granted[1]]}{granted[2]}", True


def _within(most: str, limits: Collection[str]) -> bool:
    """Whether a grant of at most so much stays within one of ``limits``."""
    wanted = parse_limit(most)
    return any(one.unit is wanted.unit and wanted.n <= one.n for one in map(parse_limit, limits))


def _advice(row: LawRow) -> Said:
    if not row.limits:
        return Said(
            f"“{row.id}”没有规定日数：改用 agreed 或 internal 来源",
            f"row “{row.id}” gives no number: cite an agreed or internal source",
        )
    return Said(
        f"“{row.id}”规定：{'、'.join(row.limits)}；另有约定的用 agreed 来源",
        f"row “{row.id}” says {', '.join(row.limits)}; what is only agreed has an agreed source",
    )
