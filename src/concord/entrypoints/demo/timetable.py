"""When things happen in the demo: on working days counted from the day it is set up, never ahead of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import accumulate, repeat

from concord.foundation.database.clock import LEGAL_ZONE
from concord.rules.calendar import Calendar

WRITTEN = re.compile(r"(-\d{1,3}) (\d\d:\d\d)")
DAYS_BACK = 262
DAYS_AHEAD = 40


@dataclass(frozen=True, slots=True)
class Timetable:
    """Working days around today: ``past[0]`` is the last one before it, ``ahead[0]`` today or the next one after it."""

    past: tuple[date, ...]
    ahead: tuple[date, ...]

    def day(self, offset: int) -> date:
        """The working day ``offset`` days from today; 0 is today itself, or the next working day when today is off."""
        return self.past[-offset - 1] if offset < 0 else self.ahead[offset]

    def at(self, offset: int, hour: time) -> datetime:
        """An instant on that day in the legal zone."""
        return datetime.combine(self.day(offset), hour, LEGAL_ZONE)

    def read(self, written: str) -> datetime:
        """The instant written as ``-12 09:20``; ValueError for anything else, a day ahead included."""
        found = WRITTEN.fullmatch(written)
        if found is None:
            raise ValueError(f"{written!r} is no past working day with an hour")
        return self.at(int(found[1]), time.fromisoformat(found[2]))

    def reach(self, since: date) -> int:
        """How many of the past working days lie on or after ``since``."""
        return sum(day >= since for day in self.past)


def around(today: date, calendar: Calendar) -> Timetable:
    """The timetable of a demo set up on ``today``."""
    first = today if calendar.is_working(today) else calendar.next_working(today)
    last = calendar.previous_working(today)
    past = accumulate(repeat(last, DAYS_BACK), lambda day, _: calendar.previous_working(day))
    ahead = accumulate(repeat(first, DAYS_AHEAD), lambda day, _: calendar.next_working(day))
    return Timetable(past=tuple(past), ahead=tuple(ahead))
