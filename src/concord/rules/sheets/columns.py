"""What a column of a sheet holds: declared once, for the template, the reading, the page and the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from concord.rules.errors import Said

NO_HELP: Final = Said("", "")


class ColumnType(StrEnum):
    """The closed list of what cells may hold."""

    TEXT = "text"
    LONGTEXT = "longtext"
    DATE = "date"
    CHOICE = "choice"
    MONEY = "money"
    INTEGER = "integer"
    CREDIT_CODE = "credit_code"
    RIGHT_NUMBER = "right_number"


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values that a choice may take; people may write its id or its words."""

    id: str
    zh: str
    en: str

    @property
    def said(self) -> Said:
        """The option's words."""
        return Said(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading in both languages and what its cells must be.

    ``longest`` counts characters; ``unique`` values occur once in a sheet and in what is already there; a date that is
    ``past`` may not lie ahead; a text fits ``pattern``, whose rule ``help`` tells.
    """

    id: str
    zh: str
    en: str
    type: ColumnType = ColumnType.TEXT
    required: bool = False
    longest: int = 200
    unique: bool = False
    past: bool = False
    example: str = ""
    help: Said = NO_HELP
    options: tuple[Option, ...] = ()
    pattern: str = ""

    @property
    def said(self) -> Said:
        """The heading's words."""
        return Said(self.zh, self.en)
