"""Limits as they are written: ``15WD``, ``30CD``, ``3M``, ``24h``.

WD counts working days (工作日), CD calendar days (日、自然日), M months, h hours. A year is written ``12M``
(the corresponding day rule is the same, Civil Code art. 202).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from concord.rules.errors import InvalidInput, Problem, Said


class Unit(StrEnum):
    """The unit a limit is counted in; the value is its mark in a written limit."""

    WORKING_DAYS = "WD"
    CALENDAR_DAYS = "CD"
    MONTHS = "M"
    HOURS = "h"


# Twenty years in any unit of days, one year in hours: longer than any limit of the law sheet, short enough to walk.
LARGEST: Final = {Unit.WORKING_DAYS: 5000, Unit.CALENDAR_DAYS: 7305, Unit.MONTHS: 240, Unit.HOURS: 8784}

WRITTEN: Final = re.compile(r"([1-9][0-9]{0,3})(WD|CD|M|h)")


@dataclass(frozen=True, slots=True)
class Limit:
    """So many of a unit. Raises ``InvalidInput`` (``clock.bad_limit``) below 1 or above ``LARGEST``."""

    n: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.n <= LARGEST[self.unit]:
            raise _bad_limit(f"{self.n}{self.unit}")

    def __str__(self) -> str:
        return f"{self.n}{self.unit}"

    @property
    def said(self) -> Said:
        """The limit in words: 15个工作日, 15 working days."""
        zh = {
            Unit.WORKING_DAYS: f"{self.n}个工作日",
            Unit.CALENDAR_DAYS: f"{self.n}日",
            Unit.MONTHS: f"{self.n}个月",
            Unit.HOURS: f"{self.n}小时",
        }[self.unit]
        noun = {
            Unit.WORKING_DAYS: "working day",
            Unit.CALENDAR_DAYS: "calendar day",
            Unit.MONTHS: "month",
            Unit.HOURS: "hour",
        }[self.unit]
        return Said(zh, f"{self.n} {noun}{'' if self.n == 1 else 's'}")


def parse_limit(text: str) -> Limit:
    """The limit written as ``text``, exactly ``15WD``, ``30CD``, ``3M`` or ``24h``.

    Raises ``InvalidInput`` with code ``clock.bad_limit`` for anything else.
    """
    found = WRITTEN.fullmatch(text)
    if not found:
        raise _bad_limit(text)
    return Limit(int(found[1]), Unit(found[2]))


def _bad_limit(text: str) -> InvalidInput:
    shown = text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - a line on the screen
    bounds = "、".join(f"{n}{unit}" for unit, n in LARGEST.items())
    said = Said(
        f"期限“{shown}”无法识别。请写成15WD（工作日）、30CD（自然日）、3M（月）或24h（小时），一年写12M；最大为{bounds}。",
        f"The limit “{shown}” cannot be read. Write 15WD (working days), 30CD (calendar days), 3M (months) or 24h "
        f"(hours), a year as 12M; the largest are {bounds.replace('、', ', ')}.",
    )
    return InvalidInput("clock.bad_limit", said, problems=(Problem("limit", "clock.bad_limit", said),))
