"""What holds for every clock, and how a clock refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.clocks import (
    SHANGHAI,
    Due,
    Exclusion,
    Limit,
    Reading,
    Unit,
    due,
    parse_limit,
    remaining,
    until,
    warn_dates,
)
from concord.rules.counting import corresponding
from concord.rules.errors import InvalidInput
from tests.support.shipped_calendar import CHINA

STARTS = st.dates(date(2018, 6, 1), date(2028, 6, 1))
DAY_UNITS = st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MONTHS])
DAY_LIMITS = st.builds(Limit, st.integers(1, 60), DAY_UNITS)
SPANS = st.builds(
    lambda first, days: Exclusion.span(first, first + timedelta(days=days)),
    st.dates(date(2018, 6, 1), date(2028, 12, 31)),
    st.integers(0, 60),
)


def counted(found: Due) -> list[date]:
    return [step.date for step in found.steps if step.counted]


@given(STARTS, DAY_LIMITS, st.lists(SPANS, max_size=3), st.lists(DAY_LIMITS, max_size=2))
def test_no_clock_ends_on_a_day_off(
    start: date, limit: Limit, exclusions: list[Exclusion], extensions: list[Limit]
) -> None:
    found = due(start, limit, CHINA, exclusions=exclusions, extensions=extensions)
    assert CHINA.is_working(found.legal_due)
    assert CHINA.is_working(found.safe_due)
    assert found.safe_due <= found.nominal <= found.legal_due
    assert counted(found)[-1] == found.nominal


@given(STARTS, DAY_LIMITS, st.lists(SPANS, max_size=3))
def test_a_longer_limit_never_ends_earlier(start: date, limit: Limit, exclusions: list[Exclusion]) -> None:
    longer = Limit(limit.n + 1, limit.unit)
    one, other = (due(start, one, CHINA, exclusions=exclusions) for one in (limit, longer))
    assert one.nominal <= other.nominal
    assert one.legal_due <= other.legal_due
    assert one.safe_due <= other.safe_due


@given(STARTS, st.integers(2, 40), st.integers(1, 20), st.data())
def test_suspending_k_working_days_moves_a_working_day_clock_by_k(
    start: date, n: int, k: int, data: st.DataObject
) -> None:
    limit = Limit(n, Unit.WORKING_DAYS)
    plain = due(start, limit, CHINA)
    first = data.draw(st.sampled_from(counted(plain)))
    last = due(CHINA.previous_working(first), Limit(k, Unit.WORKING_DAYS), CHINA).nominal
    suspended = due(start, limit, CHINA, exclusions=[Exclusion.suspension(first, last + timedelta(days=1))])
    assert suspended.nominal == due(start, Limit(n + k, Unit.WORKING_DAYS), CHINA).nominal


@given(STARTS, st.integers(1, 60), st.lists(SPANS, max_size=3))
def test_the_steps_of_a_working_day_clock_are_its_count(start: date, n: int, exclusions: list[Exclusion]) -> None:
    found = due(start, Limit(n, Unit.WORKING_DAYS), CHINA, exclusions=exclusions)
    days = counted(found)
    assert len(days) == n
    assert days == sorted(set(days))
    assert all(CHINA.is_working(day) for day in days)
    assert [step.ordinal for step in found.steps if step.counted] == list(range(1, n + 1))
    assert found.nominal == found.legal_due == found.safe_due == days[-1]


@given(STARTS, DAY_LIMITS, DAY_LIMITS)
def test_an_extension_counts_from_nominal(start: date, limit: Limit, extension: Limit) -> None:
    nominal = due(start, limit, CHINA).nominal
    assert due(start, limit, CHINA, extensions=[extension]).nominal == due(nominal, extension, CHINA).nominal


@given(STARTS, st.integers(1, 60))
def test_counting_back_undoes_counting_forward(start: date, n: int) -> None:
    working = CHINA.next_working(start)
    limit = Limit(n, Unit.WORKING_DAYS)
    end = due(working, limit, CHINA).nominal
    assert due(end, limit, CHINA, before=True).nominal == working


@given(STARTS, DAY_LIMITS, st.sampled_from(Reading))
def test_the_strict_reading_is_never_later_than_the_wide(start: date, limit: Limit, reading: Reading) -> None:
    wide, found = due(start, limit, CHINA), due(start, limit, CHINA, reading=reading)
    assert found.nominal <= found.legal_due <= wide.legal_due
    assert found.safe_due == wide.safe_due
    if reading is Reading.STRICT:
        assert not CHINA.is_statutory_holiday(found.legal_due)


@given(STARTS, DAY_LIMITS)
def test_before_stands_on_working_days_and_leaves_a_day_more(start: date, limit: Limit) -> None:
    found = due(start, limit, CHINA, before=True)
    assert CHINA.is_working(found.legal_due)
    assert CHINA.is_working(found.safe_due)
    assert found.safe_due <= found.legal_due <= found.nominal < start


def test_before_in_calendar_days_is_lenient_strict_and_read_strictly() -> None:
    # 30 days before Monday 16 November 2026 is Saturday 17 October; nothing is served on a weekend.
    found = due(date(2026, 11, 16), parse_limit("30CD"), CHINA, before=True)
    assert (found.nominal, found.legal_due, found.safe_due) == (
        date(2026, 10, 17),
        date(2026, 10, 16),
        date(2026, 10, 16),
    )
    strict = due(date(2026, 11, 16), parse_limit("30CD"), CHINA, before=True, reading=Reading.STRICT)
    assert strict.legal_due == date(2026, 10, 17)
    festival = due(date(2026, 11, 1), parse_limit("1M"), CHINA, before=True, reading=Reading.STRICT)
    assert festival.legal_due == date(2026, 9, 30)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 2, 28), 3, date(2026, 5, 28)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_months_go_by_the_corresponding_day(start: date, months: int, end: date) -> None:
    assert corresponding(start, months) == end


def test_a_missing_corresponding_day_is_explained() -> None:
    said = [step.said.zh for step in due(date(2025, 11, 30), parse_limit("3M"), CHINA).steps]
    assert "2026-02-28（周六）3个月届满（无对应日，取月末），自2025-12-01（周一）数起" in said


def test_the_words_of_a_working_day_clock() -> None:
    steps = {step.date: step.said for step in due(date(2026, 2, 6), parse_limit("15WD"), CHINA).steps}
    assert steps[date(2026, 2, 14)].zh == "2026-02-14（周六）调休上班，第6个工作日"
    assert steps[date(2026, 2, 14)].en == "Sat 14 Feb 2026, make-up working day: day 6"
    assert steps[date(2026, 2, 15)].zh == "2026-02-15（周日）春节放假（国办发明电〔2025〕7号），不计入"
    assert steps[date(2026, 2, 9)].en == "Mon 9 Feb 2026: day 1"


def test_a_calendar_day_clock_is_explained_in_few_lines() -> None:
    found = due(date(2025, 6, 20), parse_limit("90CD"), CHINA, exclusions=[Exclusion.of_days(14)])
    assert [step.date for step in found.steps if step.date > found.nominal] == [
        date(2025, 10, day) for day in range(3, 10)
    ]
    assert len(found.steps) == 3 + 8 + 1


def test_excluded_spans_are_merged_clipped_and_ignored_outside_the_period() -> None:
    def nominal(*exclusions: Exclusion) -> date:
        return due(date(2026, 3, 2), parse_limit("10CD"), CHINA, exclusions=exclusions).nominal

    def span(first: int, last: int) -> Exclusion:
        return Exclusion.span(date(2026, 3, first), date(2026, 3, last))

    assert nominal(span(4, 6), span(5, 8)) == date(2026, 3, 17)
    assert nominal(span(4, 5), span(6, 8)) == date(2026, 3, 17)
    assert nominal(span(4, 9), span(5, 6)) == date(2026, 3, 18)
    assert nominal(span(1, 3)) == date(2026, 3, 13)  # only the 3rd lies after the start
    assert nominal(span(1, 2)) == date(2026, 3, 12)
    assert nominal(span(13, 20)) == date(2026, 3, 12)
    assert nominal(Exclusion.suspension(date(2026, 3, 5), date(2026, 3, 5))) == date(2026, 3, 12)


def test_a_single_excluded_day_is_said_as_such() -> None:
    monday = Exclusion.span(date(2026, 3, 9), date(2026, 3, 9))
    found = due(date(2026, 3, 6), parse_limit("1WD"), CHINA, exclusions=[monday])
    assert found.nominal == date(2026, 3, 10)
    assert "2026-03-09（周一）依法扣除，不计入" in [step.said.zh for step in found.steps]


def test_bare_days_are_of_the_unit_of_the_clock() -> None:
    two = [Exclusion.of_days(2)]
    assert due(date(2026, 3, 6), parse_limit("1WD"), CHINA, exclusions=two).nominal == date(2026, 3, 11)
    assert due(date(2026, 3, 6), parse_limit("1CD"), CHINA, exclusions=two).nominal == date(2026, 3, 9)
    noon = datetime(2026, 3, 6, 12, 0, tzinfo=SHANGHAI)
    assert due(noon, parse_limit("1h"), CHINA, exclusions=two).nominal == noon + timedelta(hours=49)


def test_an_extension_in_another_unit_begins_its_own_count() -> None:
    found = due(date(2026, 3, 2), parse_limit("10CD"), CHINA, extensions=[parse_limit("2WD")])
    assert found.nominal == date(2026, 3, 16)
    assert [step.ordinal for step in found.steps if step.counted] == [10, 1, 2]


def test_a_time_counts_as_its_day_in_shanghai() -> None:
    late = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)  # already 2 March, 01:00, in Shanghai
    assert due(late, parse_limit("1CD"), CHINA).nominal == date(2026, 3, 3)


HOLIDAY_NOON = datetime(2026, 5, 2, 12, 0, tzinfo=SHANGHAI)


def test_hours_end_at_once_on_a_working_day() -> None:
    start = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    found = due(start, parse_limit("48h"), CHINA, extensions=[parse_limit("2h")])
    expected = datetime(2026, 3, 4, 14, 0, tzinfo=SHANGHAI)
    assert (found.nominal, found.legal_due, found.safe_due) == (expected,) * 3
    assert [step.said.zh for step in found.steps] == [
        "2026-03-02（周一）12:00，起算",
        "2026-03-04（周三）14:00，50小时届满，节假日不停",
    ]
    assert not found.provisional
    assert due(datetime(2027, 3, 2, tzinfo=UTC), parse_limit("1h"), CHINA).provisional


def test_hours_excluded_by_span_stop_from_midnight_to_midnight() -> None:
    span = Exclusion.span(date(2026, 3, 3), date(2026, 3, 4))
    start = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)
    assert due(start, parse_limit("24h"), CHINA, exclusions=[span]).nominal == start + timedelta(hours=72)
    assert due(start, parse_limit("12h"), CHINA, exclusions=[span]).nominal == start + timedelta(hours=12)
    inside = due(start, parse_limit("1h"), CHINA, exclusions=[Exclusion.span(date(2026, 3, 1), date(2026, 3, 2))])
    assert inside.nominal == datetime(2026, 3, 3, 1, 0, tzinfo=SHANGHAI)


def test_hours_before_run_back() -> None:
    found = due(HOLIDAY_NOON, parse_limit("24h"), CHINA, before=True)
    assert found.nominal == HOLIDAY_NOON - timedelta(hours=24)
    assert found.safe_due == datetime(2026, 4, 30, 23, 59, tzinfo=SHANGHAI)


def test_an_agreed_day_rolls_both_ways() -> None:
    found = until(date(2026, 10, 4), CHINA)
    assert (found.nominal, found.legal_due, found.safe_due) == (
        date(2026, 10, 4),
        date(2026, 10, 8),
        date(2026, 9, 30),
    )
    assert until(date(2026, 10, 4), CHINA, reading=Reading.STRICT).legal_due == date(2026, 10, 4)
    assert until(date(2027, 3, 2), CHINA).provisional


@given(st.dates(date(2018, 1, 1), date(2029, 12, 31)), st.integers(0, 900))
def test_working_days_are_those_counted_one_by_one(after: date, days: int) -> None:
    counted = sum(CHINA.is_working(after + timedelta(days=n)) for n in range(1, days + 1))
    assert CHINA.working_days(after, after + timedelta(days=days)) == counted
    assert CHINA.working_days(after + timedelta(days=days), after) == 0


def test_remaining_counts_working_days_both_ways() -> None:
    end = date(2026, 3, 5)
    assert remaining(date(2026, 2, 13), end, CHINA) == 10
    assert remaining(end, end, CHINA) == 0
    assert remaining(date(2026, 3, 9), end, CHINA) == -2
    assert remaining(datetime(2026, 3, 4, 17, 0, tzinfo=UTC), end, CHINA) == 0


@given(STARTS, st.integers(1, 60))
def test_the_whole_limit_remains_on_the_first_day(start: date, n: int) -> None:
    assert remaining(start, due(start, Limit(n, Unit.WORKING_DAYS), CHINA).safe_due, CHINA) == n


def test_warnings_count_back_from_the_safe_day() -> None:
    found = due(date(2026, 2, 6), parse_limit("15WD"), CHINA)
    limits = [parse_limit(text) for text in ("5WD", "2WD", "7CD", "1M")]
    assert warn_dates(found, limits, CHINA) == (
        date(2026, 2, 27),
        date(2026, 3, 3),
        date(2026, 2, 26),
        date(2026, 2, 5),
    )


def test_warnings_of_an_hour_clock() -> None:
    found = due(datetime(2026, 3, 4, 12, 0, tzinfo=SHANGHAI), parse_limit("24h"), CHINA)
    assert warn_dates(found, [parse_limit("4h"), parse_limit("1WD")], CHINA) == (
        datetime(2026, 3, 5, 8, 0, tzinfo=SHANGHAI),
        date(2026, 3, 4),
    )


NAIVE = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 - what a caller must not pass


@pytest.mark.parametrize(
    ("start", "limit", "extension", "before", "code"),
    [
        (date(2026, 3, 2), "24h", None, False, "clock.needs_time"),
        (NAIVE, "24h", None, False, "clock.naive_time"),
        (NAIVE, "5WD", None, False, "clock.naive_time"),
        (date(2026, 3, 2), "5WD", "24h", False, "clock.mixed_units"),
        (datetime(2026, 3, 2, tzinfo=UTC), "24h", "5WD", False, "clock.mixed_units"),
        (date(2026, 3, 2), "5WD", "5WD", True, "clock.before_alone"),
        (date(1899, 12, 31), "5WD", None, False, "clock.out_of_range"),
        (date(2200, 1, 1), "1M", None, False, "clock.out_of_range"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    start: date,
    limit: str,
    extension: str | None,
    before: bool,  # noqa: FBT001 - table column
    code: str,
) -> None:
    extensions = [parse_limit(extension)] if extension else []
    with pytest.raises(InvalidInput) as caught:
        due(start, parse_limit(limit), CHINA, extensions=extensions, before=before)
    assert caught.value.code == code
    assert caught.value.problems


def test_excluded_time_and_counting_back_do_not_mix() -> None:
    with pytest.raises(InvalidInput, match="before_alone"):
        due(date(2026, 3, 2), parse_limit("5WD"), CHINA, exclusions=[Exclusion.of_days(1)], before=True)


def test_a_count_beyond_the_end_of_time_is_refused() -> None:
    twenty_years = [parse_limit("7305CD")] * 400
    with pytest.raises(InvalidInput, match="out_of_range"):
        due(date(2199, 1, 1), parse_limit("1CD"), CHINA, extensions=twenty_years)


def test_hours_before_a_date_are_refused_as_a_warning() -> None:
    with pytest.raises(InvalidInput, match="needs_time"):
        warn_dates(until(date(2026, 3, 5), CHINA), [parse_limit("4h")], CHINA)


def test_impossible_exclusions_are_refused() -> None:
    day = date(2026, 3, 2)
    with pytest.raises(InvalidInput, match="bad_exclusion"):
        Exclusion.span(day, day - timedelta(days=1))
    with pytest.raises(InvalidInput, match="bad_exclusion"):
        Exclusion.suspension(day, day - timedelta(days=1))
    with pytest.raises(InvalidInput, match="bad_exclusion"):
        Exclusion.of_days(-1)
    with pytest.raises(InvalidInput, match="bad_exclusion"):
        Exclusion.of_days(7306)
