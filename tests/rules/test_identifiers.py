"""Identifiers against published samples, and every way they go wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import InvalidInput
from concord.rules.identifiers import (
    CREDIT_ALPHABET,
    PROVINCES,
    parse_credit_code,
    parse_division,
    parse_resident_id,
    parse_uuid7,
    uuid7,
)

# The sample of GB 32100-2015 and codes that companies publish in their imprints.
CREDIT_CODES = ["91350100M000100Y43", "914403001922038216", "91330100799655058B", "9144030071526726XG"]
# The two samples of GB 11643-1999.
RESIDENT_IDS = ["11010519491231002X", "440524188001010014"]


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_a_published_credit_code_is_taken(code: str) -> None:
    assert parse_credit_code(code).value == code


def test_a_credit_code_is_normalised_and_has_parts() -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) for char in "91350100m000100y43")
    found = parse_credit_code(f" {wide[:8]} {wide[8:]}\n")
    assert found.value == "91350100M000100Y43"
    assert (found.division, found.organisation) == ("350100", "M000100Y4")


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("91350100M000100Y42", "18"),
        ("91350100I000100Y43", "9"),
        ("9135A100M000100Y43", "5"),
        ("000000000000000000", "1"),
        ("91350100M000100Y4", ""),
        ("91350100M000100Y433", ""),
        ("", ""),
    ],
)
def test_a_wrong_credit_code_names_the_character(code: str, at: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_credit_code(code)
    assert caught.value.code == "identifiers.bad_credit_code"
    assert caught.value.problems[0].field == at


def test_a_wrong_check_character_says_what_would_be_right() -> None:
    with pytest.raises(InvalidInput, match="“3” would be right"):
        parse_credit_code("91350100M000100Y42")


@given(st.sampled_from(CREDIT_CODES), st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_one_mistyped_character_of_a_credit_code_is_always_seen(code: str, at: int, char: str) -> None:
    mistyped = code[:at] + char + code[at + 1 :]
    if mistyped == code:
        assert parse_credit_code(mistyped).value == code
    else:
        with pytest.raises(InvalidInput):
            parse_credit_code(mistyped)


@pytest.mark.parametrize("number", RESIDENT_IDS)
def test_a_published_resident_id_is_taken(number: str) -> None:
    assert parse_resident_id(number.lower()).value == number


def test_a_resident_id_tells_the_birth_date_and_hides_itself() -> None:
    found = parse_resident_id("11010519491231002x")
    assert found.birth_date == date(1949, 12, 31)
    assert found.masked() == "110***********002X"
    assert "19491231" not in repr(found)


@pytest.mark.parametrize(
    ("number", "at"),
    [
        ("110105194912310021", "18"),
        ("1101051949X231002X", "11"),
        ("1101051949A231002X", "11"),
        ("000105194912310020", "1"),
        ("110105194902310020", "7"),
        ("110105179912310020", "7"),
        ("11010519491231002", ""),
    ],
)
def test_a_wrong_resident_id_names_the_place_and_never_repeats_itself(number: str, at: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_resident_id(number)
    assert caught.value.code == "identifiers.bad_resident_id"
    assert caught.value.problems[0].field == at
    assert number[6:14] not in str(caught.value)
    assert "would be right" not in caught.value.said.en


@given(st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_mistyped_digit_of_a_resident_id_is_always_seen(at: int, digit: str) -> None:
    number = RESIDENT_IDS[1]
    mistyped = number[:at] + digit + number[at + 1 :]
    if mistyped == number:
        assert parse_resident_id(mistyped).value == number
    else:
        with pytest.raises(InvalidInput):
            parse_resident_id(mistyped)


@pytest.mark.parametrize(
    ("code", "level", "province"),
    [("330000", "province", "330000"), ("330400", "city", "330000"), ("310117", "county", "310000")],
)
def test_a_division_has_a_level_and_a_province(code: str, level: str, province: str) -> None:
    found = parse_division(code)
    assert (found.value, found.level, found.province) == (code, level, province)


@pytest.mark.parametrize(("code", "at"), [("990000", "1"), ("330017", "3"), ("33A400", "3"), ("3304", "")])
def test_a_wrong_division_is_refused(code: str, at: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_division(code)
    assert caught.value.code == "identifiers.bad_division"
    assert caught.value.problems[0].field == at


def test_the_provinces_are_thirty_four() -> None:
    assert len(PROVINCES) == 34


def test_the_uuid_of_the_rfc() -> None:
    # RFC 9562 appendix A.6: Tuesday 22 February 2022, 14:22:22.00 GMT-05:00.
    at = datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))
    found = uuid7(at, bytes.fromhex("0CC318C4DC0C0C07398F"))
    assert found == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
    assert found.version == 7
    assert parse_uuid7(f" {str(found).upper()} ") == found


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    st.binary(min_size=10, max_size=10),
)
def test_every_uuid_has_version_variant_and_time(at: datetime, random_bytes: bytes) -> None:
    found = uuid7(at, random_bytes)
    assert (found.version, found.variant) == (7, "specified in RFC 4122")
    assert found.int >> 80 == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert found.bytes[9:] == random_bytes[3:]
    assert parse_uuid7(str(found)) == found


def test_a_uuid_needs_a_zone_ten_bytes_and_a_time_after_1970() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="naive_time"):
        uuid7(now.replace(tzinfo=None), bytes(10))
    with pytest.raises(InvalidInput, match="bad_random"):
        uuid7(now, bytes(9))
    with pytest.raises(InvalidInput, match="out_of_range"):
        uuid7(datetime(1969, 12, 31, tzinfo=UTC), bytes(10))


@pytest.mark.parametrize("text", ["", "x", "017F22E2-79B0-4CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f"])
def test_another_uuid_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_uid"):
        parse_uuid7(text)


@given(st.text())
def test_junk_is_refused_and_nothing_else_happens(text: str) -> None:
    for parse in (parse_credit_code, parse_resident_id, parse_division, parse_uuid7):
        with pytest.raises(InvalidInput):
            parse(text)
