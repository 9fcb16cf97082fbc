"""A day is said in both languages, with and without its day of the week."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.days import day_said, weekday_said
from concord.rules.errors import Said


@pytest.mark.parametrize(
    ("day", "plain", "full"),
    [
        (date(2026, 3, 5), Said("2026年3月5日", "5 Mar 2026"), Said("2026年3月5日（周四）", "Thu 5 Mar 2026")),
        (date(2027, 12, 26), Said("2027年12月26日", "26 Dec 2027"), Said("2027年12月26日（周日）", "Sun 26 Dec 2027")),
    ],
)
def test_a_day_is_said(day: date, plain: Said, full: Said) -> None:
    assert day_said(day) == plain
    assert weekday_said(day) == full


@given(st.dates(), st.dates())
def test_two_days_are_never_said_alike(one: date, other: date) -> None:
    assert (day_said(one) == day_said(other)) == (one == other)
