"""One way to write a value as bytes, so that equal values have equal digests everywhere.

The canonical JSON of RFC 8785, restricted to what facts are made of: texts, whole numbers, true, false, null, lists,
and tables with text keys. Fractions are refused: money is whole fen, and a float has no place in a fact.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, Union

from concord.rules.errors import InvalidInput, Problem, Said

JSON: TypeAlias = Union[bool, int, str, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007 - names itself

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64

_BASIC = "\uffff"
"""The last character that UTF-16 writes as one unit."""
_TABLES, _LISTS = (dict, Mapping), (list, tuple)  # the plain kinds first: asking for an abstract one is slow
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def canonical_json(value: object) -> bytes:
    """``value`` as canonical JSON in UTF-8: keys sorted by UTF-16 code units, no white space.

    Raises InvalidInput ``canonical.not_json`` for anything that is not such a value, naming its place.
    """
    try:
        is_basic = _check(value, 0)
    except _Outside as outside:
        raise _refused(".".join(reversed(outside.steps)), outside.said) from None
    if is_basic:
        return _SORTING.encode(value).encode()
    return _WRITER.encode(_in_order(value)).encode()


def _writer(*, sort_keys: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=False, check_circular=False, sort_keys=sort_keys, separators=(",", ":"), default=dict
    )


# Sorting by characters and by UTF-16 code units is the same unless a key holds a character of two units.
_SORTING, _WRITER = _writer(sort_keys=True), _writer(sort_keys=False)


class _Outside(Exception):
    """A value lies outside the bounds; ``steps`` lead to it, the last one first."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(zh, en)
        self.steps: list[str] = []


def _check(value: object, depth: int) -> bool:
    """Refuse what lies outside the bounds; whether every key is made of characters of one UTF-16 unit."""
    if depth > DEEPEST:
        raise _Outside("嵌套过深", "nested too deeply")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise _Outside("整数过大，须在 ±(2^53 - 1) 之内", "the number is beyond ±(2^53 - 1)")
    elif isinstance(value, _TABLES):
        is_basic = _check_keys(value)
        return _check_each(value.items(), depth + 1) and is_basic
    elif isinstance(value, _LISTS):
        return _check_each(enumerate(value), depth + 1)
    elif value is not None:
        kind = type(value).__name__
        raise _Outside(f"“{kind}”不能写入规范 JSON", f"“{kind}” has no place in canonical JSON")
    return True


def _check_each(entries: Iterable[tuple[object, object]], depth: int) -> bool:
    is_basic, here = True, None
    try:
        for step, entry in entries:
            here = step
            plain = type(entry) is str and depth <= DEEPEST and entry.isascii()  # most are
            is_basic &= plain or _check(entry, depth)
    except _Outside as outside:
        outside.steps.append(str(here))
        raise
    return is_basic


def _check_keys(table: Mapping[Any, object]) -> bool:
    """As ``_check``, for the keys of a table."""
    is_basic = True
    for key in table:
        if not isinstance(key, str):
            raise _Outside("键须为文字", "keys must be texts")
        if not key.isascii():
            _check_text(key)
            is_basic &= max(key) <= _BASIC
    return is_basic


def _check_text(text: str) -> None:
    if not text.isascii() and _HALF_PAIR.search(text):
        raise _Outside("文字中含有不成对的代理码位", "the text holds half a surrogate pair")


def _in_order(value: Any) -> object:
    """The same value, each table with its keys in the order of their UTF-16 code units."""
    if isinstance(value, Mapping):
        return {key: _in_order(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_in_order(entry) for entry in value] if isinstance(value, list | tuple) else value


def _refused(path: str, said: Said) -> InvalidInput:
    return InvalidInput("canonical.not_json", said, problems=(Problem(path, "canonical.not_json", said),))
