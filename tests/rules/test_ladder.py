"""The escalation ladder: its rungs in order, and the day of each."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.charters import folder
from concord.rules.charter import Charter, ladder_of, load, rung_day
from concord.rules.clocks import remaining
from tests.support.shipped_calendar import CHINA

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2026, 11, 30))


@pytest.fixture(scope="module")
def nine() -> Charter:
    return load(folder.read(folder.shipped(), "cn", "g60"), "g60")


@pytest.mark.parametrize(
    ("legal_due", "working_days", "day"),
    [
        ("2026-03-05", 0, "2026-03-06"),
        ("2026-03-06", 0, "2026-03-07"),  # a Saturday: late is late
        ("2026-03-05", 3, "2026-03-10"),
        ("2026-03-05", 10, "2026-03-19"),
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday worked before the Spring Festival
        ("2026-02-13", 2, "2026-02-24"),  # across the holiday
    ],
)
def test_a_rung_has_its_day(legal_due: str, working_days: int, day: str) -> None:
    assert rung_day(date.fromisoformat(legal_due), working_days, CHINA) == date.fromisoformat(day)


@given(legal_due=DAYS, working_days=st.integers(1, 20))
def test_the_day_of_a_rung_is_the_first_on_which_the_clock_is_that_late(legal_due: date, working_days: int) -> None:
    day = rung_day(legal_due, working_days, CHINA)
    assert remaining(day, legal_due, CHINA) == -working_days
    assert remaining(day - timedelta(days=1), legal_due, CHINA) == 1 - working_days


def test_the_rungs_of_a_clock_come_in_order(nine: Charter) -> None:
    rungs = ladder_of(nine, "assistance", "reply")
    assert [(rung.working_days, rung.to) for rung in rungs] == [
        (0, "requested.leader"),
        (3, "centre.enforcement"),
        (10, "agenda"),
    ]


@pytest.mark.parametrize(("procedure", "clock"), [("assistance", "close"), ("lead", "reply")])
def test_a_clock_without_a_ladder_has_no_rung(procedure: str, clock: str, nine: Charter) -> None:
    assert ladder_of(nine, procedure, clock) == ()
