"""Reads: the sheets of an organisation, their rows checked as of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from concord.foundation.access.actor import Actor
from concord.foundation.sheets import registry
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.foundation.sheets.registry import SheetKind
from concord.rules.errors import NotFound, Said
from concord.rules.sheets import CheckedRow, Checking, Column, check_rows

TAKE = "sheet:take"
# Row 0 says what came with the rows: the digest of the file, unknown headings, columns that are missing.
HEAD = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A sheet with what was typed, every row that still waits checked, and what the others became, by number."""

    sheet: Sheet
    kind: SheetKind
    columns: tuple[Column, ...]
    cells: Mapping[int, Mapping[str, str]]
    rows: tuple[CheckedRow, ...]
    taken: Mapping[int, str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    same_as: Sheet | None

    @property
    def good(self) -> tuple[CheckedRow, ...]:
        """The rows that may be taken."""
        return tuple(row for row in self.rows if row.good)

    @property
    def bad(self) -> tuple[CheckedRow, ...]:
        """The rows that must be mended first."""
        return tuple(row for row in self.rows if not row.good)


def sheets_of(by: Actor, *, limit: int, before: int | None = None) -> list[Sheet]:
    """The sheets that people of the actor's organisation brought and nobody dropped, newest first."""
    rows = Sheet.objects.filter(organisation=by.organisation, dropped_at__isnull=True).select_related("person")
    rows = rows.filter(kind__in=[kind.id for kind in registry.kinds_for(by)])
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:limit])


def sheet_for(*, uid: UUID, by: Actor) -> Sheet:
    """One sheet of the actor's organisation; NotFound ``sheets.no_sheet``."""
    names = [kind.id for kind in registry.kinds_for(by)]
    rows = Sheet.objects.filter(organisation=by.organisation, dropped_at__isnull=True, kind__in=names)
    sheet = rows.select_related("person").filter(uid=uid).first() if by.may(TAKE) else None
    if sheet is None:
        raise NotFound(
            "sheets.no_sheet",
            Said("没有找到该表格，可能已被放弃。", "No such sheet; it may have been dropped."),
        )
    return sheet


def review(sheet: Sheet, *, by: Actor, today: date) -> Review:
    """Every row of the sheet as of today; four queries however many rows there are."""
    kind = registry.find(sheet.kind)
    columns = kind.columns(by, today)
    rows = {row.number: row for row in SheetRow.objects.filter(sheet=sheet)}
    head = rows.pop(HEAD).cells
    waiting = {number: row.cells for number, row in rows.items() if row.taken_at is None}
    return Review(
        sheet=sheet,
        kind=kind,
        columns=columns,
        cells={number: row.cells for number, row in rows.items()},
        rows=tuple(checked(kind, waiting, by=by, today=today)),
        taken={number: row.made for number, row in rows.items() if row.taken_at is not None},
        unknown=tuple(head["unknown"]),
        missing=tuple(head["missing"]),
        same_as=_same(sheet, head["digest"]),
    )


def checked(kind: SheetKind, cells: Mapping[int, Mapping[str, str]], *, by: Actor, today: date) -> list[CheckedRow]:
    """The rows read and checked, unique values also against what the organisation has already."""
    columns = kind.columns(by, today)
    there = {}
    for column in columns:
        if column.unique:
            written = {" ".join(row.get(column.id, "").split()) for row in cells.values()} - {""}
            there[column.id] = kind.there(by, column.id, written) if written else ()
    return check_rows(cells, Checking(columns, today, there))


def _same(sheet: Sheet, digest: str) -> Sheet | None:
    """An earlier upload of the very same file for the same purpose."""
    earlier = SheetRow.objects.filter(
        number=HEAD,
        cells__digest=digest,
        sheet__organisation=sheet.organisation_id,
        sheet__kind=sheet.kind,
        sheet__dropped_at__isnull=True,
        sheet__id__lt=sheet.id,
    )
    found = earlier.select_related("sheet__person").order_by("-sheet_id").first()
    return found.sheet if found else None
