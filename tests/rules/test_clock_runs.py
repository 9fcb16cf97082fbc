"""A run of a clock, counted from what is written down of it; the law's way with suspension and extension."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.case_files import case_columns, read_case
from concord.rules.clocks import SHANGHAI, due, until
from concord.rules.errors import Problem
from concord.rules.limits import parse_limit
from concord.rules.procedure import ClockRule
from concord.rules.procedure.clock_runs import Written, warnings_reached
from tests.support.shipped_calendar import CHINA

START = date(2026, 2, 3)
AT = datetime(2026, 2, 3, 9, tzinfo=SHANGHAI)


def written(
    limit: str = "3M",
    *,
    start: date = START,
    nominal: date | None = None,
    counts_back: bool = False,
    extensions: tuple[str, ...] = (),
    exclusions: tuple[tuple[str, str], ...] = (),
) -> Written:
    return Written(limit, start, AT, nominal, counts_back, extensions, exclusions)


def test_days_are_counted_from_the_day_and_hours_from_the_instant() -> None:
    late = date(2026, 2, 20)
    assert written("15WD", start=late).due(CHINA) == due(late, parse_limit("15WD"), CHINA)
    assert written("24h", start=late).due(CHINA).legal_due == AT + timedelta(hours=24)


def test_counted_back() -> None:
    found = written("3WD", start=date(2026, 3, 10), counts_back=True).due(CHINA)
    assert (found.legal_due, found.safe_due) == (date(2026, 3, 5), date(2026, 3, 4))


# HC50-like, by hand: three months from 3 February end on 3 May; one more month ends on 3 June, a Wednesday.
def test_extensions_count_from_the_nominal_end() -> None:
    assert written(extensions=("1M",)).due(CHINA).nominal == date(2026, 6, 3)
    assert written(extensions=("1M", "10WD")).due(CHINA).nominal == date(2026, 6, 17)


def test_an_agreed_day_is_put_off_by_what_is_excluded() -> None:
    agreed = date(2026, 2, 27)
    assert written("", nominal=agreed).due(CHINA) == until(agreed, CHINA)
    spans = (("2026-02-10", "2026-02-11"), ("2026-02-11", "2026-02-12"))
    assert written("", nominal=agreed, exclusions=spans).due(CHINA).nominal == date(2026, 3, 2)


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 30)), max_size=4))
def test_each_suspension_adds_the_days_from_it_to_its_resumption(pairs: list[tuple[int, int]]) -> None:
    """Law sheet section 12.4: excluded days = resumption date minus suspension date, added to the nominal day."""
    day, spans, total = START, [], 0
    for gap, length in pairs:
        day += timedelta(days=gap)
        if length:
            spans.append((day.isoformat(), (day + timedelta(days=length - 1)).isoformat()))
        day += timedelta(days=length)
        total += length
    whole = written("240CD", exclusions=tuple(spans)).due(CHINA).nominal
    assert whole == START + timedelta(days=240 + total)


def test_warnings_come_by_the_day() -> None:
    rule = ClockRule("reply", "完成期限", "Time", "doer", None, limit="15WD", warn=("5WD", "2WD", "3h"))
    counted = due(date(2026, 2, 6), parse_limit("15WD"), CHINA)
    # Five working days before 5 March: 4, 3, 2 March, Saturday 28 February (worked), 27 February.
    days: dict[int, list[str]] = {26: [], 27: ["5WD"]}
    assert {n: warnings_reached(rule, counted, date(2026, 2, n), CHINA) for n in days} == days
    assert warnings_reached(rule, counted, date(2026, 3, 3), CHINA) == ["5WD", "2WD"]


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(one.field, one.code) for one in problems]


@pytest.mark.parametrize(
    ("number", "name", "stage", "found"),
    [
        ("1号", "某案", "filed", []),
        ("x" * 80, "x" * 160, "verification", []),
        ("x" * 81, "x" * 161, "filed", [("number", "too_long"), ("name", "too_long")]),
        ("", "", "closed", [("number", "missing"), ("name", "missing"), ("stage", "unknown")]),
    ],
)
def test_a_case_is_registered_with_number_name_and_stage(
    number: str, name: str, stage: str, found: list[tuple[str, str]]
) -> None:
    _values, problems = read_case(
        {"number": number, "name": name, "stage": stage}, case_columns([]), today=date(2026, 2, 6)
    )
    assert codes(problems) == found
