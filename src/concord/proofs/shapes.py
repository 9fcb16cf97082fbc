"""Strict reading of the formats' tables: exactly the keys they have, each value of its kind, nothing put right.

Everything raises InvalidInput ``proofs.shape`` naming the place, which is a dotted path such as ``files.0.size``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeVar

from concord.proofs.canonical import JSON
from concord.proofs.digests import Pair
from concord.proofs.signing import base64_strict
from concord.rules.canonical import LARGEST_INTEGER
from concord.rules.errors import InvalidInput, Problem, Said

T = TypeVar("T")

ORG = re.compile(r"[0-9]{6}")
HEX32 = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[a-z0-9_]{1,40}")
PACKAGE_ID = re.compile(r"ev1-[a-z2-7]{52}")
ROLES = ("root", "officer", "log", "witness", "tsa")

_TABLES, _LISTS = (dict, Mapping), (list, tuple)  # the plain kinds first: asking for an abstract one is slow
_ANY = re.compile(r".*", re.DOTALL)
_KEY = re.compile(r"([0-9]{6})/(root|officer|log|witness|tsa)/([a-z0-9-]{1,32})#([1-9][0-9]{0,8})")
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


@dataclass(frozen=True, slots=True)
class KeyName:
    """The parts of a key's name ``org/role/name#n``."""

    org: str
    role: str
    name: str
    number: int

    @classmethod
    def parse(cls, text: str, place: str = "key") -> KeyName:
        """Read ``text``. Raises InvalidInput ``proofs.shape``."""
        found = _KEY.fullmatch(text)
        if found is None:
            raise refused(place, "密钥名应如 110000/officer/2026#1", "a key's name looks like 110000/officer/2026#1")
        return cls(found[1], found[2], found[3], int(found[4]))


class Table:
    """A table with all of ``needed``, any of ``optional``, and no other key; each method reads one key.

    Where keys are free ``needed`` is None.
    """

    __slots__ = ("_place", "_values")

    def __init__(self, value: JSON, place: str, needed: tuple[str, ...] | None, optional: tuple[str, ...] = ()) -> None:
        if not isinstance(value, _TABLES):
            raise refused(place, "应为键值表", "a table is wanted")
        self._values = value
        self._place = place
        if needed is None:
            return
        least, most = _keys(needed, optional)
        if not least <= value.keys() <= most:
            raise self._other_keys(least, most)

    def _other_keys(self, least: frozenset[str], most: frozenset[str]) -> InvalidInput:
        """The first key that is missing or has no place here."""
        missing = sorted(least - self._values.keys())
        if missing:
            return refused(self.at(missing[0]), "缺少此项", "it is missing")
        return refused(self.at(min(self._values.keys() - most)), "不应有此项", "it has no place here")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def at(self, key: str) -> str:
        """The place of ``key``."""
        return f"{self._place}.{key}" if self._place else key

    def value(self, key: str) -> JSON:
        """What stands there, as it is."""
        return self._values[key]

    def text(self, key: str, pattern: re.Pattern[str] = _ANY) -> str:
        """A text that ``pattern`` matches as a whole."""
        value = self._values[key]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise refused(self.at(key), "文字不合要求", "it is not a text of the right form")
        return value

    def one_of(self, key: str, choices: Collection[str]) -> str:
        """One of ``choices``."""
        value = self._values[key]
        if not isinstance(value, str) or value not in choices:
            listed = ", ".join(choices)
            raise refused(self.at(key), f"应为 {listed} 之一", f"it must be one of {listed}")
        return value

    def integer(self, key: str, least: int = 0, most: int = LARGEST_INTEGER) -> int:
        """A whole number from ``least`` to ``most``."""
        value = self._values[key]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise refused(self.at(key), f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most}")
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self._values[key]
        if not isinstance(value, bool):
            raise refused(self.at(key), "应为 true 或者 false", "true or false is wanted")
        return value

    def time(self, key: str) -> datetime:
        """A time to the second, in UTC."""
        found = time_from(self._values[key])
        if found is None:
            raise refused(self.at(key), "时刻应如 2026-11-23T01:02:03Z", "a time looks like 2026-11-23T01:02:03Z")
        return found

    def pair(self, key: str) -> Pair:
        """Both digests."""
        try:
            return Pair.from_json(self._values[key])
        except InvalidInput:
            raise refused(
                self.at(key), "应为 sha256 与 sm3 两项摘要", "both digests are wanted, sha256 and sm3"
            ) from None

    def base64(self, key: str) -> bytes:
        """Bytes written in base64."""
        text = self.text(key)
        try:
            return base64_strict(text)
        except InvalidInput:
            raise refused(self.at(key), "应为 base64 文字", "base64 is wanted") from None

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """What ``read`` makes of ``key``; None when it is absent."""
        return read(key) if key in self._values else None

    def table(self, key: str, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Table:
        """The table there."""
        return Table(self._values[key], self.at(key), needed, optional)

    def each(self, key: str, read: Callable[[JSON, str], T]) -> tuple[T, ...]:
        """What ``read`` makes of each value and place of the list there."""
        values = self._values[key]
        if not isinstance(values, _LISTS):
            raise refused(self.at(key), "应为列表", "a list is wanted")
        return tuple(read(value, f"{self.at(key)}.{index}") for index, value in enumerate(values))

    def entries(self, key: str) -> dict[str, JSON]:
        """The table there, whose keys are free."""
        value = self._values[key]
        if not isinstance(value, Mapping):
            raise refused(self.at(key), "应为键值表", "a table is wanted")
        return dict(value)

    def commits(self, key: str) -> dict[str, Pair]:
        """Commitments by the names of their fields; empty when ``key`` is absent."""
        if key not in self._values:
            return {}
        names = self.entries(key)
        for name in names:
            if not NAME.fullmatch(name):
                raise refused(f"{self.at(key)}.{name}", "字段名不合要求", "this is no name of a field")
        inner = Table(names, self.at(key), None)
        return {name: inner.pair(name) for name in names}


@lru_cache(maxsize=256)
def _keys(needed: tuple[str, ...], optional: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The keys that a table must have, and those that it may have at most."""
    return frozenset(needed), frozenset(needed + optional)


def refused(place: str, zh: str, en: str) -> InvalidInput:
    """What stands at ``place`` is not as the format wants it."""
    said = Said(f"“{place}”不符合格式：{zh}。", f"“{place}” is not of the format: {en}.")
    return InvalidInput("proofs.shape", said, problems=(Problem(place, "proofs.shape", said),))


def time_from(value: object) -> datetime | None:
    """The time that ``YYYY-MM-DDTHH:MM:SSZ`` names; None for anything else."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def time_text(at: datetime) -> str:
    """``at`` as the formats write it: UTC, to the second, what is below a second cut off."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
