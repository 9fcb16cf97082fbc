"""Sheets: what columns hold, how cells are read, what is wrong with a row, how a table goes out safely."""

from concord.rules.sheets.cells import CellFault, Value, read_cell
from concord.rules.sheets.checking import CheckedRow, Checking, check_rows
from concord.rules.sheets.columns import Column, ColumnType, Option
from concord.rules.sheets.defusing import defused, undefused
from concord.rules.sheets.headings import Headings, match_headings

__all__ = [
    "CellFault",
    "CheckedRow",
    "Checking",
    "Column",
    "ColumnType",
    "Headings",
    "Option",
    "Value",
    "check_rows",
    "defused",
    "match_headings",
    "read_cell",
    "undefused",
]
