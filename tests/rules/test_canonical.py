"""Equal values are written as equal bytes; what has no place in a fact is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.rules.canonical import DEEPEST, LARGEST_INTEGER, canonical_json
from concord.rules.errors import InvalidInput

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, "松江"]}, '{"a":[true,null,"松江"],"b":1}'),
        ('\u20ac$\u000f\nA\'B"\\\\"/\x7f', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'),
        (
            {"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4, "\r": 5},
            '{"\\r":5,"1":4,"€":3,"\U0001f600":2,"\ufb33":1}',
        ),
        ((), "[]"),
        ({}, "{}"),
    ],
)
def test_it_is_the_canonical_form_of_rfc_8785(value: object, written: str) -> None:
    assert canonical_json(value).decode() == written


@settings(deadline=None)
@given(VALUES)
def test_what_is_written_reads_back_and_writes_the_same(value: object) -> None:
    written = canonical_json(value)
    assert json.loads(written) == value
    assert canonical_json(json.loads(written)) == written


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1.0, ""),
        ({"a": [1, 0.5]}, "a.1"),
        ({"a": {1: 2}}, "a"),
        (["\ud800"], "0"),
        ({"\udc00": 1}, ""),
        (2**53, ""),
        ({"x": b"bytes"}, "x"),
        ({"x": {1, 2}}, "x"),
    ],
)
def test_what_has_no_place_is_refused_where_it_stands(value: object, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"canonical\.not_json") as caught:
        canonical_json(value)
    assert caught.value.problems[0].field == path


def test_endless_depth_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(InvalidInput, match="deep"):
        canonical_json(value)


@pytest.mark.parametrize("at_the_bottom", ["text", "文字", 1, None, [], {}])
def test_whatever_lies_at_the_bottom_lies_equally_deep(at_the_bottom: object) -> None:
    value = at_the_bottom
    for _ in range(DEEPEST):
        value = [value]
    assert canonical_json(value).endswith(b"]" * DEEPEST)
    with pytest.raises(InvalidInput, match="deep"):
        canonical_json([value])
