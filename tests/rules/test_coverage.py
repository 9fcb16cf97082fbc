"""On which days a duty has nobody, against a law that looks at every single day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.coverage import Duty, Gap, Held, Span, Staff, Standing, gaps, opened, strictest

START = date(2026, 3, 2)
DAYS = 40
SIGN, WORK = Duty(frozenset({"sign"})), Duty(frozenset({"work", "sign"}))


def day(n: int) -> date:
    return START + timedelta(days=n)


def span(first: int, end: int | None = None) -> Span:
    return Span(day(first), None if end is None else day(end))


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        (span(0, 5), span(5, 9), False),
        (span(0, 6), span(5, 9), True),
        (span(0), span(30, 31), True),
        (span(9), span(3, 9), False),
        (span(3), span(9), True),
    ],
)
def test_spans_meet_on_a_day_of_both(first: Span, second: Span, *, meet: bool) -> None:
    assert first.meets(second) is meet
    assert second.meets(first) is meet


@pytest.mark.parametrize(
    ("inner", "outer", "lies"),
    [
        (span(1, 5), span(1, 5), True),
        (span(0, 5), span(1, 5), False),
        (span(1, 6), span(1, 5), False),
        (span(1), span(0), True),
        (span(1), span(0, 9), False),
    ],
)
def test_a_span_lies_in_another(inner: Span, outer: Span, *, lies: bool) -> None:
    assert inner.lies_in(outer) is lies


def test_a_leave_without_a_substitute_leaves_a_gap_and_with_one_does_not() -> None:
    leader, other = Held(1, frozenset({"sign"}), span(0)), Held(2, frozenset({"work"}), span(0))
    alone = Staff((leader, other), (Standing(1, None, span(3, 6), away=True),))
    assert gaps(alone, [SIGN, WORK], since=START) == (Gap(SIGN, span(3, 6)),)
    covered = Staff((leader, other), (Standing(1, 2, span(3, 6), away=True),))
    assert gaps(covered, [SIGN, WORK], since=START) == ()


def test_a_substitute_who_is_away_or_gone_stands_in_for_nobody() -> None:
    leader, other = Held(1, frozenset({"sign"}), span(0)), Held(2, frozenset({"work"}), span(0, 5))
    leave = Standing(1, 2, span(3, 9), away=True)
    assert gaps(Staff((leader, other), (leave,)), [SIGN], since=START) == (Gap(SIGN, span(5, 9)),)
    away_too = Standing(2, None, span(4, 5), away=True)
    assert gaps(Staff((leader, other), (leave, away_too)), [SIGN], since=START) == (Gap(SIGN, span(4, 9)),)


def test_a_delegation_adds_and_takes_nothing_away() -> None:
    leader, other = Held(1, frozenset({"sign"}), span(0, 9)), Held(2, frozenset({"work"}), span(0))
    delegated = Staff((leader, other), (Standing(1, 2, span(3, 6), away=False),))
    assert gaps(delegated, [SIGN], since=START) == (Gap(SIGN, span(9)),)


def test_what_nobody_did_before_is_no_gap_that_opens() -> None:
    before = Staff((Held(1, frozenset({"sign"}), span(0, 10)),))
    after = Staff((Held(1, frozenset({"sign"}), span(0, 4)),))
    assert opened(before, after, [SIGN], since=START) == (Gap(SIGN, span(4, 10)),)
    assert opened(before, before, [SIGN], since=START) == ()


def test_only_the_strictest_duties_are_kept() -> None:
    assert strictest([WORK, SIGN, Duty(frozenset()), SIGN]) == (SIGN,)


spans = st.tuples(st.integers(-5, DAYS), st.none() | st.integers(1, 20)).map(
    lambda given: span(given[0], None if given[1] is None else given[0] + given[1])
)
held = st.lists(st.tuples(st.sets(st.sampled_from(["sign", "work", "read"])), spans), max_size=4).map(
    lambda rows: tuple(Held(n, frozenset(may), when) for n, (may, when) in enumerate(rows))
)
standing = st.lists(
    st.builds(Standing, st.integers(0, 3), st.none() | st.integers(0, 3), spans, away=st.booleans()), max_size=4
).map(tuple)
staffs = st.builds(Staff, held, standing)
DUTIES = (SIGN, WORK, Duty(frozenset({"read"})))


def able_on(staff: Staff, when: date) -> set[str]:
    """The law of the test: look at each person on the day."""
    there = [one for one in staff.held if one.span.covers(when)]
    today = [one for one in staff.standing if one.span.covers(when)]
    away = [one.post for one in today if one.away]
    found: set[str] = set()
    for one in there:
        substitutes = [row.substitute for row in today if row.post == one.post]
        present = [other.post for other in there if other.post not in away]
        if one.post not in away or any(substitute in present for substitute in substitutes):
            found |= one.permissions
    return found


@given(staffs, staffs)
def test_gaps_that_open_are_found_day_by_day(before: Staff, after: Staff) -> None:
    found = opened(before, after, DUTIES, since=START)
    for n in range(DAYS * 2):
        when = day(n)
        for duty in DUTIES:
            had, has = duty.met_by(able_on(before, when)), duty.met_by(able_on(after, when))
            told = [gap for gap in found if gap.duty == duty and gap.span.covers(when)]
            assert bool(told) is (had and not has)
            assert len(told) <= 1
