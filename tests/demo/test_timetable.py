"""The demo's days: working days around the day it is set up, and nothing ahead of it."""

from datetime import date, timedelta

import pytest

from concord.entrypoints.demo.timetable import DAYS_AHEAD, DAYS_BACK, around
from tests.support.shipped_calendar import CHINA

YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 365, 3)]


@pytest.mark.parametrize("today", YEAR, ids=str)
def test_the_days_are_all_the_working_days_around_today(today: date) -> None:
    timetable = around(today, CHINA)
    offsets = range(-DAYS_BACK, DAYS_AHEAD)
    days = [timetable.day(offset) for offset in offsets]
    whole = [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)]
    assert days == [day for day in whole if CHINA.is_working(day)]
    assert timetable.day(-1) < today <= timetable.day(0)


def test_today_is_the_day_zero_only_when_it_is_worked() -> None:
    assert around(date(2026, 3, 5), CHINA).day(0) == date(2026, 3, 5)
    assert around(date(2026, 2, 18), CHINA).day(0) == date(2026, 2, 24)
    assert around(date(2026, 2, 18), CHINA).day(-1) == date(2026, 2, 14)


def test_a_written_instant_is_read_in_the_legal_zone() -> None:
    at = around(date(2026, 3, 5), CHINA).read("-4 09:20")
    assert at.isoformat() == "2026-02-28T09:20:00+08:00"


@pytest.mark.parametrize("written", ["0 09:20", "4 09:20", "-4", "-4 9:20", "-4 24:00", "yesterday"])
def test_nothing_but_a_past_working_day_with_an_hour_is_read(written: str) -> None:
    with pytest.raises(ValueError, match=r"is no past working day|hour must be in"):
        around(date(2026, 3, 5), CHINA).read(written)


def test_reach_counts_the_working_days_since_a_day() -> None:
    timetable = around(date(2026, 3, 5), CHINA)
    assert timetable.reach(date(2026, 3, 2)) == 3
    assert timetable.reach(date(2026, 3, 5)) == 0
    assert timetable.reach(date(2000, 1, 1)) == DAYS_BACK
