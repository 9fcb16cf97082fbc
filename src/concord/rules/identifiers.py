"""Identifiers of organisations, people, places and rights: read, checked, written in one form.

Every ``parse_…`` takes what people type (full-width characters, small letters, blanks) and raises ``InvalidInput``
with code ``identifiers.bad_…``; the problem's ``field`` is the position of the character at fault, counted from 1 in
the cleaned text, and empty where the whole is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from concord.rules.errors import InvalidInput, Problem, Said

CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS: Final = tuple(pow(3, n, 31) for n in range(17))
RESIDENT_WEIGHTS: Final = tuple(pow(2, 17 - n, 11) for n in range(17))
RESIDENT_CHECKS: Final = "10X98765432"
LENGTH: Final = 18
# First two digits of GB/T 2260: provinces, autonomous regions, municipalities, special administrative regions.
# The one-digit regions with the last province of each: 11 to 15, 21 to 23, …
PROVINCES: Final = frozenset(
    f"{region}{n}" for region, last in ((1, 5), (2, 3), (3, 7), (4, 6), (5, 4), (6, 5)) for n in range(1, last + 1)
) | {"50", "71", "81", "82"}
UUID_RANDOM_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class DivisionCode:
    """An administrative division (GB/T 2260): six digits, two each for province, city and county."""

    value: str

    @property
    def level(self) -> str:
        """``province``, ``city`` or ``county``; the districts of a municipality are ``county``."""
        if self.value.endswith("0000"):
            return "province"
        return "city" if self.value.endswith("00") else "county"

    @property
    def province(self) -> str:
        """The code of the province it lies in."""
        return f"{self.value[:2]}0000"


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A unified social credit code (GB 32100-2015): 18 characters without I, O, S, V and Z."""

    value: str

    @property
    def division(self) -> str:
        """Six digits of the registering authority's place; codes since abolished occur."""
        return self.value[2:8]

    @property
    def organisation(self) -> str:
        """The nine characters that identify the body itself (GB 11714)."""
        return self.value[8:17]


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A citizen's identity number (GB 11643-1999): place, date of birth, sequence, check character."""

    value: str

    @property
    def birth_date(self) -> date:
        """The day of birth it states."""
        return date(int(self.value[6:10]), int(self.value[10:12]), int(self.value[12:14]))

    def masked(self) -> str:
        """For screens: the first three and last four characters, eleven stars between (our convention)."""
        return f"{self.value[:3]}{'*' * 11}{self.value[-4:]}"

    def __repr__(self) -> str:
        return f"ResidentId({self.masked()})"


def clean(text: str) -> str:
    """``text`` as it is compared: full width made half width, capitals, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def parse_division(text: str) -> DivisionCode:
    """An administrative division code; only its form and province are checked, not that the place exists today."""
    code = clean(text)
    _only(code, "0123456789", 6, "division", Said("行政区划代码", "administrative division code"))
    if code[:2] not in PROVINCES:
        raise _bad("division", "1", Said(f"没有以{code[:2]}开头的省级区划", f"no province begins with {code[:2]}"))
    if code[2:4] == "00" and code[4:] != "00":
        raise _bad("division", "3", Said("市级代码为00时，县级代码也应为00", "no county stands under city code 00"))
    return DivisionCode(code)


def parse_credit_code(text: str) -> CreditCode:
    """A unified social credit code with its check character (GB 32100-2015, modulus 31)."""
    code = clean(text)
    _only(code, CREDIT_ALPHABET, LENGTH, "credit_code", Said("统一社会信用代码", "unified social credit code"))
    if code[0] == "0":  # the standard numbers the registering authorities from 1
        raise _bad("credit_code", "1", Said("第1位不能是0（登记管理部门）", "character 1, the authority, cannot be 0"))
    for at, char in enumerate(code[2:8], start=3):
        if not char.isdigit():
            said = Said(
                f"第{at}位“{char}”应为数字（行政区划）", f"character {at}, “{char}”, must be a digit (division)"
            )
            raise _bad("credit_code", str(at), said)
    total = sum(CREDIT_ALPHABET.index(char) * weight for char, weight in zip(code[:17], CREDIT_WEIGHTS, strict=True))
    _check(code, CREDIT_ALPHABET[-total % 31], "credit_code")
    return CreditCode(code)


def parse_resident_id(text: str) -> ResidentId:
    """An 18-digit identity number with its check character (GB 11643-1999, ISO 7064 MOD 11-2).

    The errors never repeat the number.
    """
    code = clean(text)
    _only(code, "0123456789X", LENGTH, "resident_id", Said("公民身份号码", "identity number"), secret=True)
    if "X" in code[:17]:
        at = code.index("X") + 1
        raise _bad("resident_id", str(at), Said(f"第{at}位应为数字", f"character {at} must be a digit"))
    if code[:2] not in PROVINCES:
        raise _bad("resident_id", "1", Said("前两位不是省级区划", "the first two digits are no province"))
    found = ResidentId(code)
    try:
        possible = found.birth_date.year >= 1800  # noqa: PLR2004 - the standard's own example was born in 1880
    except ValueError:
        possible = False
    if not possible:
        raise _bad("resident_id", "7", Said("第7至14位不是出生日期", "characters 7 to 14 are no date of birth"))
    total = sum(int(char) * weight for char, weight in zip(code[:17], RESIDENT_WEIGHTS, strict=True))
    _check(code, RESIDENT_CHECKS[total % 11], "resident_id", secret=True)
    return found


def uuid7(at: datetime, random_bytes: bytes) -> UUID:
    """A UUID of version 7 (RFC 9562 section 5.7): the milliseconds of ``at``, then 74 of the 80 random bits.

    The first two bytes give rand_a (their low 12 bits), the other eight rand_b (their low 62 bits).
    Raises ``InvalidInput``: ``identifiers.naive_time``, ``identifiers.bad_random`` unless ten bytes are given,
    ``identifiers.out_of_range`` before 1970.
    """
    if at.tzinfo is None:
        raise InvalidInput("identifiers.naive_time", Said("时刻需要写明时区", "the time needs its time zone"))
    if len(random_bytes) != UUID_RANDOM_BYTES:
        raise InvalidInput("identifiers.bad_random", Said("需要十个随机字节", "ten random bytes are needed"))
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    milliseconds = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    if milliseconds < 0:
        raise InvalidInput("identifiers.out_of_range", Said("时刻早于1970年", "the time lies before 1970"))
    rand_a = int.from_bytes(random_bytes[:2]) & 0x0FFF
    rand_b = int.from_bytes(random_bytes[2:]) & (2**62 - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)


def parse_uuid7(text: str) -> UUID:
    """A version 7 UUID in its usual form. Raises ``InvalidInput`` (``identifiers.bad_uid``)."""
    if re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", text.strip().lower()):
        return UUID(text.strip())
    raise _bad("uid", "", Said("这不是有效的标识（UUIDv7）", "this is no valid identifier (UUIDv7)"))


def _only(code: str, alphabet: str, length: int, kind: str, name: Said, *, secret: bool = False) -> None:
    """Refuse the first character outside ``alphabet`` and any other length."""
    for at, char in enumerate(code, start=1):
        if char not in alphabet:
            shown = "" if secret else f"“{char}”"
            raise _bad(
                kind,
                str(at),
                Said(f"{name.zh}第{at}位{shown}不允许", f"character {at} {shown} of the {name.en} is not allowed"),
            )
    if len(code) != length:
        said = Said(
            f"{name.zh}应为{length}位，现为{len(code)}位", f"the {name.en} has {length} characters, not {len(code)}"
        )
        raise _bad(kind, "", said)


def _check(code: str, expected: str, kind: str, *, secret: bool = False) -> None:
    """Refuse a wrong last character; a ``secret`` number does not say what would be right."""
    if code[-1] != expected:
        at = len(code)
        zh = "" if secret else f"，应为“{expected}”"
        en = "" if secret else f", “{expected}” would be right"
        said = Said(
            f"第{at}位校验码不符{zh}；请核对全部字符",
            f"the check character at {at} does not fit{en}; compare every character",
        )
        raise _bad(kind, str(at), said)


def _bad(kind: str, at: str, said: Said) -> InvalidInput:
    code = f"identifiers.bad_{kind}"
    return InvalidInput(code, said, problems=(Problem(at, code, said),))
