"""A notice file is taken whole or refused with every fault, each with its line."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import DefinitionError
from concord.rules.holiday_notices import parse_notice, parse_statutory
from tests.support.shipped_calendar import FILES, MADE_UP_2027

STATUTORY = FILES["cn/calendar/statutory.toml"]


def test_a_notice_knows_its_number_title_day_and_confidence() -> None:
    notice = parse_notice(FILES["cn/calendar/2020.toml"], file="2020.toml")
    assert notice.year == 2020
    assert notice.number == "国办发明电〔2019〕16号"
    assert notice.title == "国务院办公厅关于2020年部分节假日安排的通知"
    assert notice.published == date(2019, 11, 21)
    assert notice.source
    assert notice.confidence == "V"
    assert date(2020, 2, 2) in notice.off
    assert date(2020, 1, 19) in notice.worked


def test_the_confidence_of_a_year_is_its_weakest_notice() -> None:
    text = FILES["cn/calendar/2020.toml"].replace('confidence = "V"', 'confidence = "S"', 1)
    assert parse_notice(text, file="2020.toml").confidence == "S"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("format = 1", "format = 2", "calendar.format", 2),
        ("format = 1", "format = true", "calendar.bad_value", 2),
        ("year = 2027", "", "calendar.bad_value", 1),
        ("year = 2027", "year = 2027\ncolour = 1", "calendar.unknown_key", 4),
        ("published = 2026-11-01", "published = 2026-11-01T00:00:00", "calendar.bad_value", 5),
        ("published = 2026-11-01, ", "", "calendar.bad_value", 5),
        ('confidence = "M"', 'confidence = "X"', "calendar.bad_value", 5),
        ("first = 2027-01-01, last", "first = 2027-01-05, last", "calendar.bad_period", 8),
        ("last = 2027-01-04", "last = 2027-11-04", "calendar.bad_period", 8),
        ("worked = [2027-01-09]", "worked = 3", "calendar.bad_value", 8),
        ("worked = [2027-01-09]", "worked = [2027-01-08]", "calendar.not_weekend", 8),
        ("worked = [2027-01-09]", "worked = [2027-01-02]", "calendar.day_twice", 8),
        ("worked = [2027-01-09]", "worked = [2028-02-05]", "calendar.other_year", 8),
        ("new_year = 2027-01-01", "new_year = 2027-01-05", "calendar.festival_outside", 8),
        ("{ new_year = 2027-01-01 }", "{}", "calendar.festival_count", 7),
        ("new_year = 2027-01-01", "carnival = 2027-01-01", "calendar.bad_value", 8),
        ("first = 2027-06-09", 'by = "无此文号", first = 2027-06-09', "calendar.bad_value", 12),
        ('zh = "端午节", ', "", "calendar.bad_value", 12),
        ("periods = [", "stretches = [", "calendar.missing", 1),
        ("notices = [", "notices = [] #", "definition.syntax", 5),
        ("year = 2027", "year = = 2027", "definition.syntax", 3),
    ],
)
def test_a_faulty_notice_names_file_line_and_fault(old: str, new: str, code: str, line: int) -> None:
    assert old in MADE_UP_2027
    with pytest.raises(DefinitionError) as caught:
        parse_notice(MADE_UP_2027.replace(old, new, 1), file="x/2027.toml")
    assert (code, line) in [(fault.code, fault.line) for fault in caught.value.faults]
    assert all(fault.file == "x/2027.toml" for fault in caught.value.faults)


def test_a_year_without_any_notice_is_refused() -> None:
    text = "format = 1\nyear = 2027\nnotices = []\nperiods = [\n  { first = 2027-01-01 },\n]\n"
    with pytest.raises(DefinitionError) as caught:
        parse_notice(text, file="x")
    assert "calendar.missing" in [fault.code for fault in caught.value.faults]


def test_every_fault_is_reported_at_once() -> None:
    text = MADE_UP_2027.replace('confidence = "M"', 'confidence = "X"').replace("worked = [2027-05-08]", "worked = 1")
    with pytest.raises(DefinitionError) as caught:
        parse_notice(text, file="x")
    assert [fault.line for fault in caught.value.faults] == [5, 11]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("month = 1, day = 1", "month = 2, day = 30", "calendar.bad_date"),
        ("month = 1, day = 1", "month = 1", "calendar.bad_date"),
        ("offsets = [0, 1, 2]", "offsets = []", "calendar.bad_offsets"),
        ("offsets = [0, 1, 2]", 'offsets = [0, "1"]', "calendar.bad_offsets"),
        ("offsets = [0, 1, 2]", "offsets = 1", "calendar.bad_offsets"),
        ('id = "qingming"', 'id = "carnival"', "calendar.bad_value"),
        ("in_force_from = 2014-01-01", "in_force_from = 2014", "calendar.bad_value"),
        ("festivals = [", "festivals = 1 #", "definition.syntax"),
    ],
)
def test_a_faulty_statutory_file_is_refused(old: str, new: str, code: str) -> None:
    assert old in STATUTORY
    with pytest.raises(DefinitionError) as caught:
        parse_statutory(STATUTORY.replace(old, new, 1), file="statutory.toml")
    assert code in [fault.code for fault in caught.value.faults]


def test_statutory_festivals_come_oldest_first_with_article_and_confidence() -> None:
    festivals = parse_statutory(STATUTORY, file="statutory.toml")
    assert [one.in_force_from for one in festivals] == sorted(one.in_force_from for one in festivals)
    assert all(one.article for one in festivals)
    assert {one.confidence for one in festivals if one.in_force_from.year == 2025} == {"V"}


def test_a_statutory_file_without_festivals_is_refused() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse_statutory("format = 1\nfestivals = []\n", file="statutory.toml")
    assert [(fault.code, fault.line) for fault in caught.value.faults] == [("calendar.missing", 2)]


SCALARS = st.sampled_from(["1", "-3", '"x"', "true", "[]", "{}", "2027-01-01", "1.5", "[1]", "[{}]", "{ a = 1 }"])
KEYS = st.sampled_from(["format", "year", "notices", "periods", "festivals", "zh", "other"])


@given(st.dictionaries(KEYS, SCALARS))
def test_junk_raises_nothing_but_definition_errors(values: dict[str, str]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in values.items())
    for parse in (parse_notice, parse_statutory):
        with pytest.raises(DefinitionError):
            parse(text, file="junk")
