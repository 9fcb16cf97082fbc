"""A sheet's rows together: each cell read, and what must occur once compared with the others and with what is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from concord.rules.errors import Said
from concord.rules.sheets.cells import CellFault, Value, read_cell
from concord.rules.sheets.columns import Column


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """One row with its values and what is wrong with its cells, by column."""

    number: int
    values: dict[str, Value]
    faults: dict[str, CellFault]

    @property
    def good(self) -> bool:
        """Whether the row may be taken."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class Checking:
    """What rows are checked with: the columns, the day, and what is already there by unique column."""

    columns: Sequence[Column]
    today: date
    there: Mapping[str, Collection[str]] = field(default_factory=dict)


def check_rows(rows: Mapping[int, Mapping[str, str]], checking: Checking) -> list[CheckedRow]:
    """Read every row, in the order of its numbers; of two rows with the same unique value the later one is at fault."""
    first: dict[tuple[str, str], int] = {}
    checked = []
    for number, cells in sorted(rows.items()):
        row = CheckedRow(number, {}, {})
        for column in checking.columns:
            value, fault = read_cell(column, cells.get(column.id, ""), today=checking.today)
            row.values[column.id] = value
            if fault is None and column.unique and isinstance(value, str):
                fault = _repeated(column, value, number, first, checking.there.get(column.id, ()))
            if fault is not None:
                row.faults[column.id] = fault
        checked.append(row)
    return checked


def _repeated(
    column: Column, value: str, number: int, first: dict[tuple[str, str], int], there: Collection[str]
) -> CellFault | None:
    earlier = first.setdefault((column.id, value), number)
    if earlier != number:
        return CellFault(
            column.id,
            "twice",
            Said(f"与第 {earlier} 行重复", f"is the same as in row {earlier}"),
            Said("改为不同的编号，或删去其中一行", "change it, or leave one of the rows out"),
        )
    if value in there:
        return CellFault(
            column.id,
            "taken",
            Said(f"“{value}”已经登记", f"“{value}” is already registered"),
            Said("已登记的请删去本行；编号有误的请更正", "leave the row out, or correct it"),
        )
    return None
