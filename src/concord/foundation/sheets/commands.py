"""Writes: bringing a sheet, mending its cells, taking its good rows over, dropping it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.sheets import registry
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.foundation.sheets.queries import HEAD, TAKE, checked, sheet_for
from concord.foundation.sheets.reading import LONGEST_CELL, MOST_ROWS, Lines, read_tables, refused, too_many_rows
from concord.foundation.sheets.workbook import example_of
from concord.rules.errors import Conflict, NotAllowed, NotFound, Said
from concord.rules.identifiers import uuid7
from concord.rules.sheets import CheckedRow, Column, Headings, match_headings, undefused

LONGEST_NAME = 160
LOOKED_AT_FOR_HEADINGS = 10
# One heading that fits may be chance, unless the table has only one.
ENOUGH_HEADINGS = 2


def bring(*, kind: str, name: str, content: bytes, by: Actor, at: datetime, entropy: bytes) -> Sheet:
    """Keep the rows of a file, as they were typed, until they are mended and taken.

    Raises NotAllowed ``sheets.may_not_take``, NotFound ``sheets.no_kind``, InvalidInput as ``read_tables``, and
    ``sheets.no_headings`` or ``sheets.no_rows``; then nothing is kept.
    """
    _require_taker(by)
    wanted = registry.find(kind)
    if not by.may(wanted.seen_with):
        raise _may_not()
    columns = wanted.columns(by, legal_date(at))
    headings, lines = _table(read_tables(content, name), columns)
    rows = {
        number: cells
        for number, line in lines
        if any((cells := _cells(line, headings)).values()) and not _is_example(cells, columns)
    }
    if not rows:
        raise refused(
            "sheets.no_rows",
            "表格只有栏目，没有内容。请填写后重新上传。",
            "The table holds headings but no rows.",
        )
    if len(rows) > MOST_ROWS:
        raise too_many_rows()
    digest = hashlib.sha256(content).hexdigest()
    head = {"digest": digest, "unknown": list(headings.unknown), "missing": list(headings.missing)}
    with writing():
        sheet = Sheet.objects.create(
            uid=uuid7(at, entropy[:10]),
            organisation=by.organisation,
            person=by.person,
            kind=kind,
            name=_shown_name(name),
            made_at=at,
        )
        SheetRow.objects.bulk_create(
            [SheetRow(sheet=sheet, number=number, cells=cells) for number, cells in {HEAD: head, **rows}.items()]
        )
        journal.record(
            event="sheet.bring",
            at=at,
            by=by,
            subject=str(sheet.uid),
            internal=True,
            details={"kind": kind, "count": len(rows), "digest": digest},
        )
    return sheet


def mend(*, uid: UUID, number: int, cells: Mapping[str, str], by: Actor, at: datetime) -> None:
    """Write other texts into cells of a row that still waits.

    Raises NotAllowed ``sheets.may_not_take``, NotFound ``sheets.no_sheet`` or ``sheets.no_row``, Conflict
    ``sheets.row_taken``.
    """
    _require_taker(by)
    sheet = sheet_for(uid=uid, by=by)
    known = {column.id for column in registry.find(sheet.kind).columns(by, legal_date(at))}
    typed = {name: undefused(text)[:LONGEST_CELL] for name, text in cells.items() if name in known}
    with writing():
        row = locked(SheetRow.objects.filter(sheet=sheet, number=number)).exclude(number=HEAD).first()
        if row is None:
            raise _no_row()
        if row.taken_at is not None:
            raise _row_taken()
        row.cells = {**row.cells, **typed}
        row.save(update_fields=["cells"])


def leave_out(*, uid: UUID, number: int, by: Actor) -> None:
    """Take a row that still waits out of the sheet. Raises as ``mend``."""
    _require_taker(by)
    sheet = sheet_for(uid=uid, by=by)
    with writing():
        rows = SheetRow.objects.filter(sheet=sheet, number=number).exclude(number=HEAD)
        if not rows.filter(taken_at__isnull=True).delete()[0]:
            raise _row_taken() if rows.exists() else _no_row()


def take(*, uid: UUID, all_or_nothing: bool, by: Actor, at: datetime, entropy: bytes) -> int:
    """Take over the good rows, in one transaction, and say what each became; returns how many.

    Raises NotAllowed ``sheets.may_not_take``, NotFound ``sheets.no_sheet``, Conflict ``sheets.nothing_to_take`` or,
    when all rows or none were asked for, ``sheets.rows_at_fault``.
    """
    _require_taker(by)
    sheet = sheet_for(uid=uid, by=by)
    kind = registry.find(sheet.kind)
    if not by.may(kind.permission):
        raise _may_not()
    with writing():
        # The sheet is locked, so that of two who take it at once the second finds nothing left.
        held = locked(Sheet.objects.filter(id=sheet.id)).get()
        waiting = {
            row.number: row for row in SheetRow.objects.filter(sheet=held, taken_at__isnull=True).exclude(number=HEAD)
        }
        cells = {number: row.cells for number, row in waiting.items()}
        rows = checked(kind, cells, by=by, today=legal_date(at))
        good = [row for row in rows if row.good]
        _require_takeable(rows, good, all_or_nothing=all_or_nothing)
        made = kind.take([row.values for row in good], by=by, at=at, entropy=entropy)
        taken = [waiting[row.number] for row in good]
        for row, became in zip(taken, made, strict=True):
            row.made, row.taken_at = became, at
        SheetRow.objects.bulk_update(taken, ["made", "taken_at"], batch_size=500)
        if len(good) == len(rows):
            held.taken_at = at
            held.save(update_fields=["taken_at"])
        journal.record(
            event="sheet.take",
            at=at,
            by=by,
            subject=str(held.uid),
            internal=True,
            details={"kind": held.kind, "count": len(good)},
        )
    return len(good)


def drop(*, uid: UUID, by: Actor, at: datetime) -> None:
    """Give a sheet up; what was taken from it stays. Raises as ``sheet_for``, NotAllowed ``sheets.may_not_take``."""
    _require_taker(by)
    sheet = sheet_for(uid=uid, by=by)
    with writing():
        Sheet.objects.filter(id=sheet.id).update(dropped_at=at)
        # What nobody took is not kept; it may hold names of people.
        SheetRow.objects.filter(sheet=sheet, taken_at__isnull=True).exclude(number=HEAD).delete()
        journal.record(
            event="sheet.drop", at=at, by=by, subject=str(sheet.uid), internal=True, details={"kind": sheet.kind}
        )


def _require_taker(by: Actor) -> None:
    if not by.may(TAKE):
        raise _may_not()


def _may_not() -> NotAllowed:
    return NotAllowed(
        "sheets.may_not_take",
        Said(
            "您的岗位不能导入这种表格。可以请有权登记的同事打开同一表格完成导入。",
            "Your post cannot take this sheet over; a colleague who may register such things can open the same sheet.",
        ),
    )


def _require_takeable(rows: Sequence[CheckedRow], good: Sequence[CheckedRow], *, all_or_nothing: bool) -> None:
    bad = len(rows) - len(good)
    if all_or_nothing and bad:
        raise Conflict(
            "sheets.rows_at_fault",
            Said(
                f"还有 {bad} 行需要更正，没有导入任何一行。请更正后再导入，或选择只导入合格的行。",
                f"{bad} rows are still at fault, so none was taken. Mend them, or take the good rows only.",
            ),
            details={"bad": bad},
        )
    if not good:
        raise Conflict(
            "sheets.nothing_to_take",
            Said("没有可以导入的行。请先更正标出的单元格。", "There is no row to take; mend the marked cells first."),
        )


def _table(tables: Sequence[Lines], columns: Sequence[Column]) -> tuple[Headings, Lines]:
    """The first table with headings that are known, and the lines below them."""
    enough = min(ENOUGH_HEADINGS, len(columns))
    for lines in tables:
        for place, (_, cells) in enumerate(lines[:LOOKED_AT_FOR_HEADINGS]):
            found = match_headings(cells, columns)
            if len(found.places) >= enough:
                return found, lines[place + 1 :]
    said = Said("、".join(column.zh for column in columns[:3]), ", ".join(column.en for column in columns[:3]))
    raise refused(
        "sheets.no_headings",
        f"没有找到栏目名称（如“{said.zh}”）。请下载模板，把内容粘贴进去再上传。",
        f"No headings such as {said.en} were found. Download the template, paste the rows into it and try again.",
    )


def _cells(line: Sequence[str], headings: Headings) -> dict[str, str]:
    return {name: line[place].strip() if place < len(line) else "" for name, place in headings.places.items()}


def _is_example(cells: Mapping[str, str], columns: Sequence[Column]) -> bool:
    """Whether it is the template's own example, left where it was."""
    return any(
        all(cells.get(column.id, "") == example_of(column, language) for column in columns) for language in ("zh", "en")
    )


def _shown_name(name: str) -> str:
    plain = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable()).strip()
    return plain[-LONGEST_NAME:] or "sheet"


def _no_row() -> NotFound:
    return NotFound("sheets.no_row", Said("表格里没有这一行。", "The sheet has no such row."))


def _row_taken() -> Conflict:
    return Conflict(
        "sheets.row_taken",
        Said(
            "这一行已经导入，不能再改；请到导入后的记录中修改。",
            "The row was taken over already; change what it became.",
        ),
    )
