"""Numbers of trade marks and patents against published samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import InvalidInput
from concord.rules.right_numbers import (
    PatentKind,
    parse_patent_application,
    parse_patent_publication,
    parse_trademark_number,
)


@pytest.mark.parametrize(
    ("text", "value", "international"),
    [
        ("1234567", "1234567", False),
        ("第1234567号", "1234567", False),
        ("12345678a", "12345678A", False),
        ("5", "5", False),
        ("G1234567", "G1234567", True),
        ("g 654321 b", "G654321B", True),
    ],
)
def test_a_trademark_number_is_written_in_one_form(text: str, value: str, international: bool) -> None:  # noqa: FBT001 - table column
    found = parse_trademark_number(text)
    assert (found.value, found.international) == (value, international)


@pytest.mark.parametrize("text", ["", "123456789", "0", "00000000", "A123", "G1234", "1234567ABC", "12-34"])
def test_what_is_no_trademark_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_trademark"):
        parse_trademark_number(text)


@pytest.mark.parametrize(
    ("text", "value", "year", "kind"),
    [
        ("201710601862.3", "201710601862.3", 2017, PatentKind.INVENTION),
        ("ZL 2017 1 0601862.3", "201710601862.3", 2017, PatentKind.INVENTION),
        ("CN97101765.4", "97101765.4", 1997, PatentKind.INVENTION),
        ("zl95115608x", "95115608.X", 1995, PatentKind.INVENTION),
    ],
)
def test_a_published_patent_number_is_taken(text: str, value: str, year: int, kind: PatentKind) -> None:
    found = parse_patent_application(text)
    assert (found.value, found.year, found.kind, found.international) == (value, year, kind, False)


def with_check(digits: str) -> str:
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
    return f"{digits}.{'0123456789X'[total % 11]}"


@pytest.mark.parametrize(
    ("digits", "year", "kind", "international"),
    [
        ("200320000001", 2003, PatentKind.UTILITY_MODEL, False),
        ("202630000001", 2026, PatentKind.DESIGN, False),
        ("202680000001", 2026, PatentKind.INVENTION, True),
        ("02900001", 2002, PatentKind.UTILITY_MODEL, True),
        ("85100001", 1985, PatentKind.INVENTION, False),
    ],
)
def test_the_digits_tell_year_and_kind(digits: str, year: int, kind: PatentKind, international: bool) -> None:  # noqa: FBT001 - table column
    found = parse_patent_application(with_check(digits))
    assert (found.year, found.kind, found.international) == (year, kind, international)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("201710601862.4", "13"),
        ("97101765.5", "9"),
        ("201710601862", ""),
        ("201740601862.3", ""),
        (with_check("04100001"), "1"),
        (with_check("84100001"), "1"),
        (with_check("200210000001"), "1"),
        ("", ""),
    ],
)
def test_a_wrong_patent_number_names_the_place(text: str, at: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_patent_application(text)
    assert caught.value.code == "identifiers.bad_patent"
    assert caught.value.problems[0].field == at


@given(st.integers(0, 9), st.sampled_from("0123456789"))
def test_one_mistyped_serial_digit_is_seen(at: int, digit: str) -> None:
    number = "201710601862.3"
    at = 5 + at % 7
    mistyped = number[:at] + digit + number[at + 1 :]
    if mistyped == number:
        assert parse_patent_application(mistyped).value == number
    else:
        with pytest.raises(InvalidInput):
            parse_patent_application(mistyped)


@pytest.mark.parametrize(
    ("text", "value"),
    [("cn107123456a", "CN107123456A"), ("CN 2001234 Y", "CN2001234Y"), ("CN302345678S1", "CN302345678S1")],
)
def test_a_publication_number_is_written_in_one_form(text: str, value: str) -> None:
    assert parse_patent_publication(text).value == value


@pytest.mark.parametrize("text", ["", "107123456A", "CN107123456", "CN507123456A", "CN107123456Z", "CN10712A"])
def test_what_is_no_publication_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_publication"):
        parse_patent_publication(text)
