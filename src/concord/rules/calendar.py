"""The working calendar of the People's Republic: which days are worked, which are off, and who says so.

Adjusted working weekends are working days, adjusted days off are not (law sheet D10). A year without an announced
notice knows only its weekends and the statutory festivals with a fixed date (New Year, Labour Day, National Day);
every day of such a year is provisional and is looked at again once the notice is loaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Final

from concord.rules.days import WEEKDAYS_ZH, weekday_said
from concord.rules.errors import DefinitionError, Fault, Said
from concord.rules.holiday_notices import (
    SATURDAY,
    HolidayNotice,
    Period,
    StatutoryFestival,
    parse_notice,
    parse_statutory,
)

__all__ = ["Calendar", "HolidayNotice", "calendar_from", "dated", "parse_notice", "parse_statutory"]

YEAR_FILE: Final = re.compile(r"(?:.*/)?calendar/(\d{4})\.toml")
STATUTORY_FILE: Final = re.compile(r"(?:.*/)?calendar/statutory\.toml")
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """An immutable calendar; ``notices`` by year, ``statutory`` the festivals of the law, oldest version first."""

    notices: tuple[HolidayNotice, ...] = ()
    statutory: tuple[StatutoryFestival, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "notices", tuple(sorted(self.notices, key=lambda notice: notice.year)))

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def years(self) -> frozenset[int]:
        """The years whose notice is loaded."""
        return frozenset(notice.year for notice in self.notices)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of everything the calendar knows; equal calendars have equal digests whatever the file layout."""
        lines = [
            f"{notice.year}|{period.number}|{period.first}|{period.last}|{period.worked}|{sorted(period.festivals.items())}"
            for notice in self.notices
            for period in notice.periods
        ]
        lines += [f"{one.id}|{one.in_force_from}|{one.fixed}|{one.offsets}" for one in self.statutory]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def is_working(self, day: date) -> bool:
        """Whether offices work on ``day``: a weekday that is not off, or a weekend day worked in exchange."""
        if day in self._worked:
            return True
        return day.weekday() < SATURDAY and day not in self._off and not self._fixed(day)

    def is_off(self, day: date) -> bool:
        """Whether ``day`` is a weekend day or holiday on which nobody works; the opposite of ``is_working``."""
        return not self.is_working(day)

    def is_statutory_holiday(self, day: date) -> bool:
        """Whether the law itself names ``day`` as a day off (全国年节及纪念日放假办法 art. 2, version of that year).

        This is the strict sense of 法定节假日 (law sheet D02): neither a plain weekend nor a day that a notice frees by
        exchange. A weekday off in lieu of a festival that fell on a weekend (art. 6) is not counted either, because
        no notice says which day stands for which: the strict date is meant as the earliest one that can be argued.
        """
        return day in self._statutory_days or self._fixed(day) is not None

    def is_provisional(self, day: date) -> bool:
        """Whether what is said of ``day`` may change: no notice of its year is loaded and no notice names it."""
        return day.year not in self.years and day not in self._off and day not in self._worked

    def next_working(self, day: date) -> date:
        """The first working day strictly after ``day``."""
        day += ONE_DAY
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def previous_working(self, day: date) -> date:
        """The last working day strictly before ``day``."""
        day -= ONE_DAY
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def working_days(self, after: date, until: date) -> int:
        """How many working days lie after ``after`` up to and with ``until``; 0 when ``until`` is not the later."""
        if until <= after:
            return 0
        years = sum(self._worked_until(date(year, 12, 31)) for year in range(after.year, until.year))
        return years + self._worked_until(until) - self._worked_until(after)

    def with_notice(self, notice: HolidayNotice) -> Calendar:
        """This calendar with ``notice`` loaded; it replaces an earlier notice of the same year."""
        others = tuple(one for one in self.notices if one.year != notice.year)
        return replace(self, notices=(*others, notice))

    def described(self, day: date) -> Said:
        """What kind of day ``day`` is; a day off names its notice, or the article where only the law speaks."""
        off, fixed = self._off.get(day), self._fixed(day)
        if day in self._worked:
            return Said("调休上班", "make-up working day")
        if off:
            return Said(f"{off.said.zh}放假（{off.number}）", f"off for {off.said.en} (notice {off.number})")
        if fixed:
            return Said(
                f"{fixed.said.zh}，法定放假（{fixed.article}）",
                f"{fixed.said.en}, off by law ({fixed.article})",
            )
        if day.weekday() >= SATURDAY:
            return Said("周末", "weekend")
        return Said("工作日", "working day")

    def _worked_until(self, day: date) -> int:
        """The working days of the year up to and with ``day``."""
        if day.year not in self._sums:
            first = date(day.year, 1, 1)
            days = (first + timedelta(days=n) for n in range(date(day.year, 12, 31).timetuple().tm_yday))
            self._sums[day.year] = tuple(accumulate(self.is_working(one) for one in days))
        return self._sums[day.year][day.timetuple().tm_yday - 1]

    @cached_property
    def _sums(self) -> dict[int, tuple[int, ...]]:
        """The running sums of the working days of the years that were asked for."""
        return {}

    @cached_property
    def _off(self) -> Mapping[date, Period]:
        return {day: period for notice in self.notices for period in notice.periods for day in period.off}

    @cached_property
    def _worked(self) -> Mapping[date, Period]:
        return {day: period for notice in self.notices for period in notice.periods for day in period.worked}

    @cached_property
    def _statutory_days(self) -> frozenset[date]:
        """The statutory days of the announced years."""
        return frozenset(
            day + timedelta(days=offset)
            for notice in self.notices
            for period in notice.periods
            for festival, day in period.festivals.items()
            for offset in self._offsets(festival, day)
        )

    def _offsets(self, festival: str, day: date) -> tuple[int, ...]:
        versions = [one for one in self.statutory if one.id == festival and one.in_force_from <= day]
        return versions[-1].offsets if versions else ()

    def _fixed(self, day: date) -> StatutoryFestival | None:
        """The festival with a fixed date that makes ``day`` of an unannounced year a day off by law."""
        if day.year in self.years:
            return None
        for festival in reversed(self.statutory):
            if festival.fixed and festival.in_force_from <= day:
                own = date(day.year, *festival.fixed)
                if (day - own).days in self._offsets(festival.id, own):
                    return festival
        return None


def calendar_from(files: Mapping[str, str]) -> Calendar:
    """The calendar in ``files``, relative path to text; only ``calendar/<year>.toml`` and ``statutory.toml`` are read.

    Raises ``DefinitionError`` with file and line when a file is wrong or two files announce the same year.
    """
    notices: dict[int, HolidayNotice] = {}
    statutory: tuple[StatutoryFestival, ...] = ()
    for file, text in sorted(files.items()):
        found = YEAR_FILE.fullmatch(file)
        if found:
            notice = parse_notice(text, file=file)
            if notice.year in notices or notice.year != int(found[1]):
                raise _wrong_year(file, notice.year)
            notices[notice.year] = notice
        elif STATUTORY_FILE.fullmatch(file):
            statutory += parse_statutory(text, file=file)
    return Calendar(tuple(notices.values()), tuple(sorted(statutory, key=lambda one: one.in_force_from)))


def dated(day: date) -> Said:
    """A day as lists of days write it: 2026-02-14（周六）, Sat 14 Feb 2026."""
    return Said(f"{day.year:04}-{day.month:02}-{day.day:02}（周{WEEKDAYS_ZH[day.weekday()]}）", weekday_said(day).en)


def _wrong_year(file: str, year: int) -> DefinitionError:
    said = Said(
        f"{file} 写的是{year}年；一年只能有一个文件，文件名就是年份",
        f"{file} speaks of {year}; there is one file for a year and it is named after it",
    )
    advice = Said(f"文件名改为 {year}.toml", f"name the file {year}.toml")
    fault = Fault(file, 1, "year", "calendar.wrong_year", said, advice)
    return DefinitionError("calendar.wrong_year", said, faults=(fault,))
