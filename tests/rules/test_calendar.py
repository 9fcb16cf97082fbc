"""The shipped calendar against two independent libraries, and what it says of years without a notice."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import holidays
import pytest

from concord.rules.calendar import Calendar, calendar_from, dated, parse_notice
from concord.rules.errors import DefinitionError
from tests.support.shipped_calendar import CHINA, FILES, MADE_UP_2027


def days_of(first: int, last: int) -> list[date]:
    start = date(first, 1, 1)
    return [start + timedelta(days=n) for n in range((date(last, 12, 31) - start).days + 1)]


def test_every_day_of_2019_to_2026_agrees_with_chinesecalendar() -> None:
    wrong = [day for day in days_of(2019, 2026) if CHINA.is_working(day) is not chinese_calendar.is_workday(day)]
    assert wrong == []


def test_every_day_of_2024_to_2026_agrees_with_holidays() -> None:
    china = holidays.country_holidays("CN", years=range(2024, 2027))
    assert [day for day in days_of(2024, 2026) if CHINA.is_working(day) is not china.is_working_day(day)] == []


@pytest.mark.parametrize("year", range(2019, 2027))
def test_statutory_days_are_as_many_as_the_regulation_gives(year: int) -> None:
    days = [day for day in days_of(year, year) if CHINA.is_statutory_holiday(day)]
    # 2020: Mid-Autumn fell on National Day, so eleven days are ten.
    expected = {2020: 10, 2025: 13, 2026: 13}.get(year, 11)
    assert len(days) == expected
    assert all(CHINA.is_off(day) for day in days)


@pytest.mark.parametrize(
    ("day", "statutory"),
    [
        (date(2024, 2, 9), False),  # D12: the eve was an ordinary working day
        (date(2024, 2, 10), True),
        (date(2025, 1, 28), True),  # D11: the eve since 2025
        (date(2024, 5, 2), False),
        (date(2025, 5, 2), True),
        (date(2025, 10, 3), True),
        (date(2025, 10, 4), False),  # freed by exchange
        (date(2025, 10, 6), True),  # Mid-Autumn inside the National Day stretch
        (date(2025, 11, 15), False),  # a plain Saturday (HC19)
    ],
)
def test_a_statutory_day_is_only_what_the_law_names(day: date, statutory: bool) -> None:  # noqa: FBT001 - table column
    assert CHINA.is_statutory_holiday(day) is statutory


def test_the_extension_of_spring_festival_2020_is_off_and_names_its_own_notice() -> None:
    assert not CHINA.is_working(date(2020, 1, 31))
    assert CHINA.described(date(2020, 2, 1)).zh == "延长的春节假期放假（国办发明电〔2020〕1号）"
    assert CHINA.is_working(date(2020, 2, 3))


def test_days_of_the_year_before_belong_to_the_notice_that_names_them() -> None:
    assert CHINA.is_working(date(2018, 12, 29))
    assert CHINA.is_off(date(2018, 12, 31))
    assert not CHINA.is_provisional(date(2018, 12, 31))
    assert CHINA.is_provisional(date(2018, 12, 28))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2027, 1, 1), False),
        (date(2027, 5, 2), False),
        (date(2027, 5, 3), True),
        (date(2027, 10, 1), False),
        (date(2027, 10, 4), True),
        (date(2027, 2, 8), True),  # Spring Festival has no fixed date: unknown until announced
    ],
)
def test_an_unannounced_year_knows_weekends_and_fixed_festivals(day: date, working: bool) -> None:  # noqa: FBT001 - table column
    assert CHINA.is_working(day) is working
    assert CHINA.is_provisional(day)
    assert CHINA.is_statutory_holiday(day) is (day.month in {1, 5, 10} and not working)


def test_loading_a_notice_changes_the_new_calendar_only() -> None:
    loaded = CHINA.with_notice(parse_notice(MADE_UP_2027, file="2027.toml"))
    assert loaded.is_off(date(2027, 1, 4))
    assert loaded.is_working(date(2027, 1, 9))
    assert not loaded.is_provisional(date(2027, 1, 4))
    assert CHINA.is_working(date(2027, 1, 4))


def test_a_later_notice_of_a_year_replaces_the_earlier() -> None:
    loaded = CHINA.with_notice(parse_notice(MADE_UP_2027, file="2027.toml"))
    changed = MADE_UP_2027.replace("last = 2027-01-04, worked = [2027-01-09]", "last = 2027-01-03, worked = []")
    again = loaded.with_notice(parse_notice(changed, file="2027.toml"))
    assert again.is_working(date(2027, 1, 4))
    assert not again.is_working(date(2027, 1, 9))


def test_the_digest_depends_on_the_facts_not_on_the_order() -> None:
    reversed_files = dict(reversed(FILES.items()))
    assert calendar_from(reversed_files).digest == CHINA.digest
    assert hash(calendar_from(reversed_files)) == hash(CHINA)
    assert CHINA.with_notice(parse_notice(MADE_UP_2027, file="2027.toml")).digest != CHINA.digest


def test_next_and_previous_working_day_are_strictly_after_and_before() -> None:
    assert CHINA.next_working(date(2026, 2, 14)) == date(2026, 2, 24)
    assert CHINA.previous_working(date(2026, 2, 24)) == date(2026, 2, 14)
    assert CHINA.next_working(date(2026, 3, 3)) == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [
        (date(2026, 2, 14), "调休上班", "make-up working day"),
        (
            date(2026, 2, 15),
            "春节放假（国办发明电〔2025〕7号）",
            "off for Spring Festival (notice 国办发明电〔2025〕7号)",
        ),
        (date(2026, 3, 1), "周末", "weekend"),
        (date(2026, 3, 2), "工作日", "working day"),
        (
            date(2027, 1, 1),
            "元旦，法定放假（放假办法（2024）第二条第一项）",
            "New Year, off by law (放假办法（2024）第二条第一项)",
        ),
    ],
)
def test_a_day_is_described(day: date, zh: str, en: str) -> None:
    assert (CHINA.described(day).zh, CHINA.described(day).en) == (zh, en)


def test_a_date_is_written_in_both_languages() -> None:
    assert dated(date(2026, 2, 14)).zh == "2026-02-14（周六）"
    assert dated(date(2026, 2, 14)).en == "Sat 14 Feb 2026"


def test_a_calendar_without_files_knows_weekends_only() -> None:
    empty = calendar_from({"cn/charter.toml": "not read"})
    assert empty == Calendar()
    assert empty.is_working(date(2027, 1, 1))
    assert empty.is_off(date(2027, 1, 2))
    assert not empty.with_notice(parse_notice(MADE_UP_2027, file="x")).is_statutory_holiday(date(2027, 1, 1))


@pytest.mark.parametrize("name", ["cn/calendar/2028.toml", "zz/calendar/2026.toml"])
def test_a_file_that_is_not_its_year_or_comes_twice_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        calendar_from({**FILES, name: FILES["cn/calendar/2026.toml"]})
    assert caught.value.code == "calendar.wrong_year"
    assert caught.value.faults[0].file == name
