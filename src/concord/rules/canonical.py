"""One way to write a value as bytes, so that equal values have equal digests everywhere.

The canonical JSON of RFC 8785, restricted to what facts are made of: texts, whole numbers, true, false, null, lists,
and tables with text keys. Fractions are refused: money is whole fen, and a float has no place in a fact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

from concord.rules.errors import InvalidInput, Problem, Said

JSON: TypeAlias = Union[bool, int, str, Sequence["JSON"], Mapping[str, "JSON"], None]  # noqa: UP007 - names itself

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64

_QUOTED = json.JSONEncoder(ensure_ascii=False).encode


def canonical_json(value: object) -> bytes:
    """``value`` as canonical JSON in UTF-8: keys sorted by UTF-16 code units, no white space.

    Raises InvalidInput ``canonical.not_json`` for anything that is not such a value, naming its place.
    """
    return _written(value, "", 0).encode()


def _written(value: object, path: str, depth: int) -> str:
    if depth > DEEPEST:
        raise _refused(path, Said("嵌套过深", "nested too deeply"))
    match value:
        case None | bool():
            return _QUOTED(value)
        case str():
            return _text(value, path)
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise _refused(path, Said("整数过大，须在 ±(2^53 - 1) 之内", "the number is beyond ±(2^53 - 1)"))
            return str(int(value))
        case Mapping():
            return _table(value, path, depth)
        case list() | tuple():
            inner = (_written(entry, _under(path, str(index)), depth + 1) for index, entry in enumerate(value))
            return f"[{','.join(inner)}]"
        case _:
            kind = type(value).__name__
            raise _refused(path, Said(f"“{kind}”不能写入规范 JSON", f"“{kind}” has no place in canonical JSON"))


def _table(table: Mapping[object, object], path: str, depth: int) -> str:
    keys: list[str] = []
    for key in table:
        if not isinstance(key, str):
            raise _refused(path, Said("键须为文字", "keys must be texts"))
        keys.append(key)
    written = {key: _text(key, path) for key in keys}
    pairs = (
        f"{written[key]}:{_written(table[key], _under(path, key), depth + 1)}"
        for key in sorted(keys, key=lambda key: key.encode("utf-16-be"))
    )
    return f"{{{','.join(pairs)}}}"


def _text(text: str, path: str) -> str:
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise _refused(path, Said("文字中含有不成对的代理码位", "the text holds half a surrogate pair"))
    return _QUOTED(text)


def _under(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _refused(path: str, said: Said) -> InvalidInput:
    return InvalidInput("canonical.not_json", said, problems=(Problem(path, "canonical.not_json", said),))
