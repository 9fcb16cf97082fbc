"""Managing people, confirming it and auditing are never with one person on one day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from concord.rules.coverage import Span
from concord.rules.separation import SEPARATE, Tenure, clash, separate_duties

START = date(2026, 3, 2)


def tenure(permission: str, first: int, days: int | None) -> Tenure:
    begun = START + timedelta(days=first)
    end = None if days is None else begun + timedelta(days=days)
    return Tenure(frozenset({permission, "directory:read"}), Span(begun, end))


tenures = st.builds(
    tenure, st.sampled_from([*sorted(SEPARATE), "matter:read"]), st.integers(0, 20), st.none() | st.integers(1, 9)
)


def test_the_same_duty_twice_is_one() -> None:
    assert clash(tenure("people:manage", 0, None), [tenure("people:manage", 3, 4)]) is None


def test_two_duties_one_after_the_other_are_no_clash() -> None:
    first, second = tenure("people:manage", 0, 5), tenure("journal:read", 5, None)
    assert clash(second, [first]) is None
    assert clash(tenure("journal:read", 4, None), [first]) == first


@given(tenures, st.lists(tenures, max_size=4))
def test_nobody_holds_two_of_them_on_a_day(wanted: Tenure, others: list[Tenure]) -> None:
    found = clash(wanted, others)
    shared = [
        other
        for other in others
        if any(
            wanted.span.covers(when) and other.span.covers(when)
            for when in (START + timedelta(days=n) for n in range(60))
        )
        and separate_duties(wanted.permissions)
        and separate_duties(other.permissions)
        and separate_duties(wanted.permissions) != separate_duties(other.permissions)
    ]
    assert found == (shared[0] if shared else None)
