"""The sheet of a calendar: weeks of days with what kind of day each is, for a month or one week."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import in_english, plain_day
from concord.entrypoints.workspace.presenting import words
from concord.rules.calendar import Calendar
from concord.rules.days import MONTHS_EN

MONTH, WEEK = "month", "week"
DAYS_OF_WEEK = 7
ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(days=DAYS_OF_WEEK)
FIRST_YEAR, LAST_YEAR = 1990, 2199
# What a calendar calls days that nobody has said anything special about.
PLAIN_DAYS = frozenset({"周末", "工作日"})


@dataclass(frozen=True, slots=True)
class Span:
    """The days shown: a month filled up to whole weeks, or one week; Monday first."""

    view: str
    on: date

    @property
    def first(self) -> date:
        """The Monday that the sheet begins with."""
        start = self.on.replace(day=1) if self.view == MONTH else self.on
        return start - timedelta(days=start.weekday())

    @property
    def last(self) -> date:
        """The Sunday that the sheet ends with."""
        end = self.on.replace(day=monthrange(self.on.year, self.on.month)[1]) if self.view == MONTH else self.on
        return end + timedelta(days=DAYS_OF_WEEK - 1 - end.weekday())

    @property
    def earlier(self) -> date:
        """A day of the sheet before."""
        return self.on.replace(day=1) - ONE_DAY if self.view == MONTH else self.on - ONE_WEEK

    @property
    def later(self) -> date:
        """A day of the sheet after."""
        if self.view == WEEK:
            return self.on + ONE_WEEK
        return self.on.replace(day=monthrange(self.on.year, self.on.month)[1]) + ONE_DAY

    @property
    def title(self) -> str:
        """The month, or the week by its first and last day."""
        if self.view == WEEK:
            return _("%(first)s至%(last)s") % {"first": plain_day(self.first), "last": plain_day(self.last)}
        if in_english():
            return f"{MONTHS_EN[self.on.month - 1]} {self.on.year}"
        return f"{self.on.year}年{self.on.month}月"


def span_of(view: str, text: str, *, today: date) -> Span:
    """The span asked for by a kind and a day; what cannot be read is this month."""
    return Span(WEEK if view == WEEK else MONTH, day_in(text) or today)


def day_in(text: str) -> date | None:
    """The day written as ``text``, within the years that calendars are shown for; None for anything else."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if FIRST_YEAR <= on.year <= LAST_YEAR else None


def kind_of(on: date, calendar: Calendar) -> dict[str, Any]:
    """What kind of day it is: worked or not, its short sign (休, 班) where a notice or the law says so, in words."""
    working, said = calendar.is_working(on), calendar.described(on)
    plain = said.zh in PLAIN_DAYS
    return {
        "working": working,
        "sign": "" if plain else _("班") if working else _("休"),
        "said": "" if plain else words(said),
        "provisional": calendar.is_provisional(on),
    }


def weeks(
    span: Span, calendar: Calendar, *, today: date, due: Mapping[date, dict[str, Any]]
) -> list[list[dict[str, Any]]]:
    """The days of the sheet, week by week; ``due`` gives what falls due on a day."""
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
    cells = [
        {
            "date": on,
            "today": on == today,
            "outside": span.view == MONTH and on.month != span.on.month,
            **kind_of(on, calendar),
            **due.get(on, {"items": [], "count": 0, "more": 0, "url": ""}),
        }
        for on in days
    ]
    return [cells[n : n + DAYS_OF_WEEK] for n in range(0, len(cells), DAYS_OF_WEEK)]
