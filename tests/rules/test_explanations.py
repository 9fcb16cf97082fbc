"""Every step of an explanation, word for word, in both languages: what a person in court would be shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from concord.rules.clocks import SHANGHAI, Due, Exclusion, Reading, due, parse_limit, until
from concord.rules.errors import InvalidInput
from tests.support.shipped_calendar import CHINA

NATIONAL_DAY = ("国庆节放假（国办发明电〔2025〕7号）", "off for National Day (notice 国办发明电〔2025〕7号)")


def told(found: Due) -> list[tuple[str, bool, int, str, str]]:
    return [
        (step.date.isoformat()[:16], step.counted, step.ordinal, step.said.zh, step.said.en) for step in found.steps
    ]


def in_october(day: int, weekday: tuple[str, str], ordinal: int, zh: str, en: str) -> tuple[str, bool, int, str, str]:
    off_zh, off_en = NATIONAL_DAY
    weekday_zh, weekday_en = weekday
    return (
        f"2026-10-{day:02}",
        False,
        ordinal,
        f"2026-10-{day:02}（周{weekday_zh}）{off_zh}，{zh}",
        f"{weekday_en} {day} Oct 2026, {off_en}: {en}",
    )


def test_an_agreed_day_that_rolls_both_ways() -> None:
    assert told(until(date(2026, 10, 4), CHINA)) == [
        ("2026-10-04", True, 1, "2026-10-04（周日）约定的日期", "Sun 4 Oct 2026, the agreed day"),
        in_october(4, ("日", "Sun"), 1, "顺延", "rolls on"),
        in_october(5, ("一", "Mon"), 1, "顺延", "rolls on"),
        in_october(6, ("二", "Tue"), 1, "顺延", "rolls on"),
        in_october(7, ("三", "Wed"), 1, "顺延", "rolls on"),
        (
            "2026-10-08",
            False,
            1,
            "2026-10-08（周四）节假日后的第一日，为法定届满日",
            "Thu 8 Oct 2026, first day after: the legal end",
        ),
        (
            "2026-09-30",
            False,
            1,
            "2026-09-30（周三）届满日前最后一个工作日，为稳妥期限",
            "Wed 30 Sep 2026, last working day before: the safe end",
        ),
    ]


def test_working_days_counted_back_over_a_holiday() -> None:
    assert told(due(date(2026, 10, 9), parse_limit("2WD"), CHINA, before=True)) == [
        (
            "2026-10-09",
            False,
            0,
            "2026-10-09（周五）由此倒数，不计入",
            "Fri 9 Oct 2026, counted back from here: not counted",
        ),
        ("2026-10-08", True, 1, "2026-10-08（周四）倒数第1个工作日", "Thu 8 Oct 2026: day 1 before"),
        in_october(7, ("三", "Wed"), 1, "不计入", "not counted"),
        in_october(6, ("二", "Tue"), 1, "不计入", "not counted"),
        in_october(5, ("一", "Mon"), 1, "不计入", "not counted"),
        in_october(4, ("日", "Sun"), 1, "不计入", "not counted"),
        in_october(3, ("六", "Sat"), 1, "不计入", "not counted"),
        in_october(2, ("五", "Fri"), 1, "不计入", "not counted"),
        in_october(1, ("四", "Thu"), 1, "不计入", "not counted"),
        ("2026-09-30", True, 2, "2026-09-30（周三）倒数第2个工作日", "Wed 30 Sep 2026: day 2 before"),
        (
            "2026-09-29",
            False,
            2,
            "2026-09-29（周二）再提前一个工作日，为稳妥期限",
            "Tue 29 Sep 2026, one working day earlier: the safe end",
        ),
    ]


def test_calendar_days_counted_back_into_a_holiday() -> None:
    steps = told(due(date(2026, 10, 9), parse_limit("7CD"), CHINA, before=True))
    assert steps[1:] == [
        ("2026-10-02", True, 7, "2026-10-02（周五）倒数7日", "Fri 2 Oct 2026: 7 calendar days before"),
        (
            "2026-09-30",
            False,
            7,
            "2026-09-30（周三）届满日前最后一个工作日，为稳妥期限",
            "Wed 30 Sep 2026, last working day before: the safe end",
        ),
        (
            "2026-09-30",
            False,
            7,
            "2026-09-30（周三）再提前一个工作日，为稳妥期限",
            "Wed 30 Sep 2026, one working day earlier: the safe end",
        ),
    ]


def test_hours_counted_back() -> None:
    noon = datetime(2026, 5, 2, 12, tzinfo=SHANGHAI)
    assert told(due(noon, parse_limit("24h"), CHINA, before=True)) == [
        ("2026-05-02T12:00", False, 0, "2026-05-02（周六）12:00，起算", "Sat 2 May 2026 12:00, the start"),
        (
            "2026-05-01T12:00",
            True,
            24,
            "2026-05-01（周五）12:00，之前24小时届满，节假日不停",
            "Fri 1 May 2026 12:00: 24 hours before, running through holidays",
        ),
        (
            "2026-04-30T23:59",
            False,
            24,
            "2026-04-30（周四）23:59，届满前最后的工作时刻，为稳妥期限",
            "Thu 30 Apr 2026 23:59, last working moment before: the safe end",
        ),
    ]


def test_hours_with_excluded_time() -> None:
    excluded = [Exclusion.of_days(1), Exclusion.span(date(2026, 4, 30), date(2026, 4, 30))]
    noon = datetime(2026, 4, 29, 12, tzinfo=SHANGHAI)
    assert told(due(noon, parse_limit("24h"), CHINA, exclusions=excluded))[1:4] == [
        ("2026-04-29T12:00", False, 0, "另有24小时不计入", "24 hours more not counted"),
        ("2026-04-30", False, 0, "2026-04-30（周四）依法扣除，不计入", "Thu 30 Apr 2026, excluded: not counted"),
        (
            "2026-05-02T12:00",
            True,
            24,
            "2026-05-02（周六）12:00，24小时届满，节假日不停",
            "Sat 2 May 2026 12:00: 24 hours, running through holidays",
        ),
    ]


def test_working_days_with_excluded_time() -> None:
    excluded = [Exclusion.span(date(2026, 3, 9), date(2026, 3, 10)), Exclusion.of_days(1)]
    steps = told(due(date(2026, 3, 6), parse_limit("2WD"), CHINA, exclusions=excluded))
    assert steps[1:3] + steps[4:5] == [
        ("2026-03-06", False, 0, "另有1日不计入，届满日相应推后", "1 day more not counted"),
        ("2026-03-07", False, 0, "2026-03-07（周六）周末，不计入", "Sat 7 Mar 2026, weekend: not counted"),
        (
            "2026-03-10",
            False,
            0,
            "2026-03-09（周一）至2026-03-10（周二）依法扣除2日，不计入",
            "Mon 9 Mar 2026 to Tue 10 Mar 2026, 2 days excluded: not counted",
        ),
    ]


def test_calendar_days_with_excluded_time() -> None:
    excluded = [Exclusion.span(date(2026, 3, 8), date(2026, 3, 8)), Exclusion.of_days(2)]
    assert told(due(date(2026, 3, 6), parse_limit("3CD"), CHINA, exclusions=excluded))[1:] == [
        ("2026-03-06", False, 0, "另有2日不计入，届满日相应推后", "2 days more not counted"),
        ("2026-03-08", False, 0, "2026-03-08（周日）依法扣除，不计入", "Sun 8 Mar 2026, excluded: not counted"),
        (
            "2026-03-12",
            True,
            3,
            "2026-03-12（周四）第3日，届满，自2026-03-07（周六）数起",
            "Thu 12 Mar 2026: day 3, the last, counted from Sat 7 Mar 2026",
        ),
    ]


def test_the_strict_reading_says_why_a_day_off_does_not_roll() -> None:
    found = due(date(2026, 9, 30), parse_limit("4CD"), CHINA, reading=Reading.STRICT)
    assert told(found)[2] == in_october(
        4,
        ("日", "Sun"),
        4,
        "不是法定节日，严格解读不顺延",
        "no statutory holiday, does not roll under the strict reading",
    )


def test_a_count_that_only_passes_an_unannounced_year_is_provisional() -> None:
    back = due(date(2027, 1, 5), parse_limit("3WD"), CHINA, before=True)
    assert (back.nominal, back.legal_due, back.safe_due) == (
        date(2026, 12, 30),
        date(2026, 12, 30),
        date(2026, 12, 29),
    )
    assert back.provisional
    noon = datetime(2027, 1, 2, 12, tzinfo=SHANGHAI)
    hours = due(noon, parse_limit("1h"), CHINA)
    assert hours.safe_due == datetime(2026, 12, 31, 23, 59, tzinfo=SHANGHAI)
    assert hours.provisional


def test_a_count_back_of_announced_days_is_final() -> None:
    assert not due(date(2026, 10, 9), parse_limit("2WD"), CHINA, before=True).provisional


@pytest.mark.parametrize("days", [0, 7305])
def test_the_least_and_the_most_excluded_time(days: int) -> None:
    assert Exclusion.of_days(days).days == days


def test_an_impossible_exclusion_names_its_field() -> None:
    day = date(2026, 3, 2)
    with pytest.raises(InvalidInput) as caught:
        Exclusion.span(day, day - timedelta(days=1))
    [problem] = caught.value.problems
    assert (caught.value.code, problem.field, problem.code) == ("clock.bad_exclusion", "exclude", "clock.bad_exclusion")
    assert problem.said == caught.value.said
    assert "0日" in problem.said.zh
    assert "0 days" in problem.said.en


NAIVE = datetime(2026, 3, 2, 12, 0)  # noqa: DTZ001 - what a caller must not pass


@pytest.mark.parametrize(
    ("start", "limit", "code", "zh", "en"),
    [
        (
            date(2026, 3, 2),
            "24h",
            "clock.needs_time",
            "以小时计的期限需要写明时刻。",
            "A limit in hours needs a time of day.",
        ),
        (NAIVE, "5WD", "clock.naive_time", "时刻需要写明时区。", "The time needs its time zone."),
        (
            date(1899, 12, 31),
            "5WD",
            "clock.out_of_range",
            "日期超出可计算的范围（1900年至2199年）。",
            "The date is outside what can be computed (the years 1900 to 2199).",
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_start(start: date, limit: str, code: str, zh: str, en: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        due(start, parse_limit(limit), CHINA)
    [problem] = caught.value.problems
    assert (problem.field, problem.code, problem.said.zh, problem.said.en) == ("start", code, zh, en)
