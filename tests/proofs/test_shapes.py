"""Tables are read strictly, and what is wrong is named by its place."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs.canonical import JSON
from concord.proofs.shapes import ORG, KeyName, Table, time_from, time_text
from concord.rules.errors import InvalidInput


def place_of(caught: pytest.ExceptionInfo[InvalidInput]) -> str:
    assert caught.value.code == "proofs.shape"
    return caught.value.problems[0].field


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "at"),
        ("x", "at"),
        ({}, "at.a"),
        ({"b": 1}, "at.a"),
        ({"a": 1, "c": 1}, "at.c"),
        ({"a": 1, "b": 1, "c": 1}, "at.c"),
    ],
)
def test_a_table_has_its_keys_and_no_other(value: JSON, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Table(value, "at", ("a",), ("b",))
    assert place_of(caught) == place


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda table: table.text("a", ORG), "31011"),
        (lambda table: table.text("a"), 1),
        (lambda table: table.one_of("a", ("x", "y")), "z"),
        (lambda table: table.one_of("a", ("x", "y")), ["x"]),
        (lambda table: table.integer("a", 1, 3), 4),
        (lambda table: table.integer("a"), -1),
        (lambda table: table.integer("a"), True),
        (lambda table: table.integer("a"), "1"),
        (lambda table: table.flag("a"), 1),
        (lambda table: table.time("a"), "2026-11-23"),
        (lambda table: table.time("a"), "2026-02-29T00:00:00Z"),
        (lambda table: table.time("a"), 1),
        (lambda table: table.pair("a"), {"sha256": "0" * 64}),
        (lambda table: table.base64("a"), "AAA"),
        (lambda table: table.base64("a"), "AA=="[:-1]),
        (lambda table: table.base64("a"), "AB=="),
        (lambda table: table.table("a", ("b",)), 1),
        (lambda table: table.each("a", lambda value, _: value), {}),
        (lambda table: table.entries("a"), []),
        (lambda table: table.commits("a"), {"A": 1}),
        (lambda table: table.commits("a"), {"a": 1}),
    ],
)
def test_each_kind_of_value_is_its_own(read: object, value: JSON) -> None:
    assert callable(read)
    with pytest.raises(InvalidInput) as caught:
        read(Table({"a": value}, "at", ("a",)))
    assert place_of(caught).startswith("at.a")


def test_what_is_there_is_read() -> None:
    table = Table({"a": ["x", "y"], "b": {"c": True}}, "", ("a", "b"), ("d",))
    assert table.each("a", lambda value, place: f"{place}={value}") == ("a.0=x", "a.1=y")
    assert table.table("b", ("c",)).flag("c") is True
    assert table.optional("d", table.text) is None
    assert "a" in table
    assert "d" not in table


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_times_are_written_to_the_second_and_read_back(at: datetime) -> None:
    assert time_from(time_text(at)) == at.replace(microsecond=0)


def test_a_time_is_written_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert time_text(datetime(2026, 11, 23, 8, 0, 5, 9, tzinfo=shanghai)) == "2026-11-23T00:00:05Z"


def test_a_key_has_four_parts() -> None:
    assert KeyName.parse("310117/officer/desk-2#12") == KeyName("310117", "officer", "desk-2", 12)


@pytest.mark.parametrize(
    "text",
    [
        "310117/officer/x#0",
        "310117/officer/x#01",
        "310117/officer/X#1",
        "310117/officer/x",
        "310117/boss/x#1",
        "x" * 99,
    ],
)
def test_a_key_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        KeyName.parse(text, "actor.key")
    assert place_of(caught) == "actor.key"
