"""The sheet of a calendar: whole weeks from Monday, months and weeks that turn without a gap, special days named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.entrypoints.workspace.calendar_sheet import MONTH, WEEK, Span, kind_of, span_of, weeks
from tests.support.shipped_calendar import CHINA

DAYS = st.dates(min_value=date(1991, 1, 1), max_value=date(2198, 12, 31))


@given(DAYS, st.sampled_from([MONTH, WEEK]))
def test_a_sheet_holds_its_day_and_whole_weeks_from_monday(on: date, view: str) -> None:
    span = Span(view, on)
    assert span.first.weekday() == 0
    assert span.last.weekday() == 6
    assert span.first <= on <= span.last
    assert (span.last - span.first).days + 1 in ({7} if view == WEEK else {28, 35, 42})


@given(DAYS, st.sampled_from([MONTH, WEEK]))
def test_turning_leaves_no_day_out(on: date, view: str) -> None:
    span = Span(view, on)
    assert Span(view, span.earlier).last + timedelta(days=1) >= span.first
    assert Span(view, span.later).first <= span.last + timedelta(days=1)
    assert Span(view, span.earlier).on < on < Span(view, span.later).on


@pytest.mark.parametrize("asked", ["", "2026-02-30", "tomorrow", "0001-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_shown_is_today(asked: str) -> None:
    assert span_of("", asked, today=date(2026, 2, 6)) == Span(MONTH, date(2026, 2, 6))
    assert span_of(WEEK, asked, today=date(2026, 2, 6)).view == WEEK


@pytest.mark.parametrize(
    ("on", "working", "sign"),
    [
        ("2026-02-06", True, ""),
        ("2026-02-07", False, ""),
        ("2026-02-14", True, "班"),
        ("2026-02-17", False, "休"),
        ("2026-02-21", False, "休"),
    ],
)
def test_a_day_says_what_it_is(on: str, working: bool, sign: str) -> None:  # noqa: FBT001  a table of cases
    kind = kind_of(date.fromisoformat(on), CHINA)
    assert (kind["working"], kind["sign"], kind["provisional"]) == (working, sign, False)
    assert bool(kind["said"]) is bool(sign)


def test_a_year_without_a_notice_is_provisional() -> None:
    assert kind_of(date(2031, 3, 3), CHINA)["provisional"]


def test_what_is_due_stands_on_its_day() -> None:
    on = date(2026, 2, 6)
    due = {on: {"items": ["one"], "count": 4, "more": 3, "url": "/there"}}
    cells = [cell for week in weeks(Span(MONTH, on), CHINA, today=on, due=due) for cell in week]
    assert [cell["date"] for cell in cells if cell["count"]] == [on]
    assert [cell["date"] for cell in cells if cell["today"]] == [on]
    assert sum(cell["outside"] for cell in cells) == len(cells) - 28
