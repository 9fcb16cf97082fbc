"""A proof writes JSON one way, and reads nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from concord.proofs.canonical import DEEPEST, decode, decode_table, encode
from concord.rules.canonical import LARGEST_INTEGER, canonical_json
from concord.rules.errors import InvalidInput

KEYS = st.text("abcxyz019_", min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"])).map(lambda text: normalize("NFC", text))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=15,
)


def nested(levels: int) -> list[Any]:
    """A list in a list in a list …"""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def refused_at(error: InvalidInput) -> str:
    """The place that a refusal names."""
    assert error.code == "proofs.not_canonical"
    (problem,) = error.problems
    assert problem.code == error.code
    return problem.field


@settings(deadline=None)
@example({"z": "\u2028\x7f\x00\x1f\b\f\n\r\t\"\\/<>&'"})
@example({"a10": 1, "a1": 2, "a_": 3, "0": 4, "_": 5})
@given(VALUES)
def test_it_is_what_rfc_8785_and_the_facts_are_written_as(value: Any) -> None:
    written = encode(value)
    assert written == rfc8785.dumps(value) == canonical_json(value)
    assert decode(written) == value


@settings(deadline=None)
@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_what_reads_writes_the_same_bytes(data: bytes) -> None:
    with suppress(InvalidInput):
        assert encode(decode(data)) == data


@settings(deadline=None)
@given(VALUES, st.data())
def test_one_changed_bit_is_another_value_or_is_refused(value: Any, draw: st.DataObject) -> None:
    data = bytearray(encode(value))
    data[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    with suppress(InvalidInput):
        assert encode(decode(bytes(data))) == bytes(data) != encode(value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (0.5, ""),
        ({"a": [1, {"b": 2.0}]}, "a.1.b"),
        ({"a": float("nan")}, "a"),
        ([2**53], "0"),
        ([-(2**53)], "0"),
        ({"a": {"B": 1}}, "a"),
        ({"": 1}, ""),
        ({"a b": 1}, ""),
        ({"a\n": 1}, ""),
        ({"é": 1}, ""),
        ({1: "a"}, ""),
        ({"a": "A\u030a"}, "a"),
        (["\u00e9", "\ud83d"], "1"),
        ({"a": b"bytes"}, "a"),
        ({"a": {1, 2}}, "a"),
        ({"a": object()}, "a"),
    ],
)
def test_what_has_no_place_is_refused_where_it_stands(value: Any, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        encode(value)
    assert refused_at(caught.value) == place


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", ""),
        (b"\xef\xbb\xbf{}", ""),
        (b'"\xff"', "@1"),
        (b'"\xed\xa0\x80"', "@1"),
        (b"{} ", "@2"),
        (b'{"a": 1}', "@5"),
        (b'{"b":1,"a":2}', "@2"),
        (b'{"a":1,"a":1}', "@6"),
        (b'{"a":1,"a":2}', "@5"),
        (b'"\\u0061"', "@1"),
        (b'"\\/"', "@1"),
        (b'"\\ud83d\\ude02"', "@1"),
        (b'"\\ud83d"', ""),
        (b"-0", "@0"),
        (b"01", ""),
        (b"1.0", ""),
        (b"1e2", ""),
        (b"NaN", ""),
        (b"Infinity", ""),
        (b"9007199254740992", ""),
        (b"1" * 5000, ""),
        (b"{'a':1}", ""),
        (b'{"a":1,}', ""),
        (b"[1][2]", ""),
        (b"[" * 100_000, ""),
        (b"[" * 500 + b"]" * 500, ".".join("0" * 16)),
    ],
)
def test_any_other_way_to_write_is_refused(data: bytes, place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        decode(data)
    assert refused_at(caught.value) == place


def test_sixteen_levels_and_no_more() -> None:
    written = encode(nested(DEEPEST))
    assert written == b"[" * 16 + b"]" * 16
    assert decode(written) == nested(DEEPEST)
    with pytest.raises(InvalidInput, match="16 deep"):
        encode(nested(DEEPEST + 1))
    with pytest.raises(InvalidInput, match="16 deep"):
        decode(b"[" + written + b"]")


def test_a_value_within_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidInput, match="deep"):
        encode(endless)


def test_the_limit_is_in_bytes() -> None:
    data = encode("协作")
    assert decode(data, limit=len(data)) == "协作"
    with pytest.raises(InvalidInput, match="longer than 7 bytes"):
        decode(data, limit=len(data) - 1)


def test_tables_of_any_kind_are_written() -> None:
    assert encode(MappingProxyType({"b": MappingProxyType({"c": (1, 2)}), "a": []})) == b'{"a":[],"b":{"c":[1,2]}}'


def test_a_table_is_asked_for() -> None:
    assert decode_table(b'{"a":1}') == {"a": 1}
    for other in (b"[]", b"null", b'"a"'):
        with pytest.raises(InvalidInput, match="not a table"):
            decode_table(other)
    with pytest.raises(InvalidInput, match="longer than 3 bytes"):
        decode_table(b'{"a":1}', limit=3)
