"""The one way a proof writes JSON: RFC 8785 restricted until every JSON writer agrees on it.

Keys are ``[a-z0-9_]+``; there are no fractions; whole numbers lie within ±(2^53 - 1); texts are in Unicode normal
form C without half surrogate pairs; nesting is at most sixteen deep. Within these bounds the standard library, sorted
and without white space, writes exactly the bytes that RFC 8785 asks for. Reading demands that writing gives the same
bytes again, which leaves no room for duplicate keys, other number forms, escapes or white space.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import is_normalized

from concord.rules.canonical import JSON, LARGEST_INTEGER
from concord.rules.errors import InvalidInput, Problem, Said

__all__ = ["DEEPEST", "JSON", "decode", "decode_table", "encode", "rewritten"]

DEEPEST = 16

_KEY = re.compile(r"[a-z0-9_]+")
_TABLES = (dict, Mapping)  # the plain kinds first: asking for an abstract one is slow
_CONTAINERS = (dict, list, tuple, Mapping)
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def encode(value: JSON) -> bytes:
    """``value`` in its one form. Raises InvalidInput ``proofs.not_canonical`` naming the place of what has none."""
    try:
        _check(value, 0)
    except _Outside as outside:
        raise _refused(".".join(reversed(outside.steps)), outside.said) from None
    return _WRITER.encode(value).encode()


def rewritten(value: JSON) -> bytes:
    """The bytes of a value, or part of one, that ``decode`` gave: it was checked then and is not checked again."""
    return _WRITER.encode(value).encode()


def decode(data: bytes, *, limit: int = 1 << 20) -> JSON:
    """Read what ``encode`` writes, at most ``limit`` bytes; nothing else is taken.

    Raises InvalidInput ``proofs.not_canonical``.
    """
    if len(data) > limit:
        raise _refused("", Said(f"超过 {limit} 字节", f"it is longer than {limit} bytes"))
    try:
        value: JSON = json.loads(data.decode())
    except UnicodeDecodeError as error:
        place = f"@{error.start}"
        raise _refused(place, Said("不是 UTF-8 文字", "it is not UTF-8")) from None
    except (ValueError, RecursionError):
        raise _refused("", Said("不是 JSON", "it is not JSON")) from None
    written = encode(value)
    if written != data:
        at = next((at for at, (one, other) in enumerate(zip(written, data, strict=False)) if one != other), None)
        place = f"@{min(len(written), len(data)) if at is None else at}"
        raise _refused(place, Said("写法不规范，或者键重复", "it is not in canonical form, or a key stands twice"))
    return value


def decode_table(data: bytes, *, limit: int = 1 << 20) -> dict[str, JSON]:
    """As ``decode``, for a table with keys. Raises InvalidInput ``proofs.not_canonical``."""
    value = decode(data, limit=limit)
    if not isinstance(value, dict):
        raise _refused("", Said("不是一张键值表", "it is not a table"))
    return value


_WRITER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=dict
)


class _Outside(Exception):
    """A value lies outside the bounds; ``steps`` lead to it, the last one first."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Said(zh, en)
        self.steps: list[str] = []


def _check(value: object, depth: int) -> None:
    """Refuse what lies outside the bounds; texts, the most frequent, are asked for first."""
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise _Outside("整数过大，须在 ±(2^53 - 1) 之内", "the number is beyond ±(2^53 - 1)")
    elif isinstance(value, _CONTAINERS):
        if depth == DEEPEST:
            raise _Outside(f"嵌套超过 {DEEPEST} 层", f"it is nested more than {DEEPEST} deep")
        _check_entries(value, depth + 1)
    elif value is not None:
        kind = type(value).__name__
        raise _Outside(f"“{kind}”不能写入规范 JSON", f"“{kind}” has no place in canonical JSON")


def _check_entries(value: Mapping[object, object] | Sequence[object], depth: int) -> None:
    if isinstance(value, _TABLES):
        _check_keys(value)
        steps: Iterable[tuple[object, object]] = value.items()
    else:
        steps = enumerate(value)
    here: object = None
    try:
        for step, entry in steps:
            if type(entry) is str and entry.isascii():  # most are, and nothing can be wrong with them
                continue
            here = step
            _check(entry, depth)
    except _Outside as outside:
        outside.steps.append(str(here))
        raise


def _check_keys(table: Mapping[Any, object]) -> None:
    try:
        good = all(map(_KEY.fullmatch, table))
    except TypeError:  # a key that is no text
        good = False
    if not good:
        raise _Outside("键须由 a-z、0-9、下划线组成", "keys are made of a-z, 0-9 and underscores")


def _check_text(text: str) -> None:
    if _HALF_PAIR.search(text):
        raise _Outside("文字中含有不成对的代理码位", "the text holds half a surrogate pair")
    if not is_normalized("NFC", text):
        raise _Outside("文字不是 Unicode 规范形式 C（NFC）", "the text is not in Unicode normal form C")


def _refused(place: str, why: Said) -> InvalidInput:
    said = Said(f"不是规范 JSON：{why.zh}。", f"This is not canonical JSON: {why.en}.")
    return InvalidInput("proofs.not_canonical", said, problems=(Problem(place, "proofs.not_canonical", said),))
