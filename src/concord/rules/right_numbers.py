"""Numbers of trade marks and patents in China: read, checked, written in one form.

Errors are ``InvalidInput`` as in ``concord.rules.identifiers``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.identifiers import clean

NATIONAL_MARK: Final = re.compile(r"第?([0-9]{1,8})([A-Z]{0,2})号?")
INTERNATIONAL_MARK: Final = re.compile(r"第?G([0-9]{5,8})([A-Z]?)号?")
APPLICATION: Final = re.compile(r"(?:ZL|CN)?((?:19|20)[0-9]{2}[12389][0-9]{7}|[0-9]{2}[12389][0-9]{5})\.?([0-9X])")
PUBLICATION: Final = re.compile(r"CN([1236789][0-9]{6,8})([ABCDSUY][1-9]?)")
FIRST_OLD_YEAR: Final = 85  # 1985, the first year of patent applications; two-digit years ended with 2003
LAST_OLD_YEAR: Final = 3
FIRST_NEW_YEAR: Final = 2003
APPLICATION_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)


class PatentKind(StrEnum):
    """The kind digit of an application number: 1 and 8 inventions, 2 and 9 utility models, 3 designs."""

    INVENTION = "invention"
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"


KINDS: Final = {
    "1": PatentKind.INVENTION,
    "2": PatentKind.UTILITY_MODEL,
    "3": PatentKind.DESIGN,
    "8": PatentKind.INVENTION,
    "9": PatentKind.UTILITY_MODEL,
}


@dataclass(frozen=True, slots=True)
class TrademarkNumber:
    """A trade mark registration: digits, an optional letter suffix, ``international`` for Madrid (G) numbers.

    The numbers carry no check digit, so only the form can be tested; a mistyped digit cannot be seen.
    """

    digits: str
    suffix: str
    international: bool

    @property
    def value(self) -> str:
        """The number in one form: ``1234567``, ``1234567A``, ``G1234567``."""
        return f"{'G' if self.international else ''}{self.digits}{self.suffix}"


@dataclass(frozen=True, slots=True)
class PatentApplication:
    """A patent's application number, which is also its patent number after grant (with ZL before it)."""

    digits: str
    check: str

    @property
    def value(self) -> str:
        """The number in one form: ``201710601862.3``."""
        return f"{self.digits}.{self.check}"

    @property
    def year(self) -> int:
        """The year of filing."""
        if len(self.digits) == len(APPLICATION_WEIGHTS):
            return int(self.digits[:4])
        short = int(self.digits[:2])
        return 1900 + short if short >= FIRST_OLD_YEAR else 2000 + short

    @property
    def kind(self) -> PatentKind:
        """Invention, utility model or design."""
        return KINDS[self.digits[4 if len(self.digits) == len(APPLICATION_WEIGHTS) else 2]]

    @property
    def international(self) -> bool:
        """Whether it entered the national phase from the PCT (kind digits 8 and 9)."""
        return self.digits[4 if len(self.digits) == len(APPLICATION_WEIGHTS) else 2] in "89"


@dataclass(frozen=True, slots=True)
class PatentPublication:
    """A publication or announcement number: ``CN107123456A``; ``kind_code`` as in WIPO ST.16."""

    digits: str
    kind_code: str

    @property
    def value(self) -> str:
        """The number in one form."""
        return f"CN{self.digits}{self.kind_code}"


def parse_trademark_number(text: str) -> TrademarkNumber:
    """A registration number: 1 to 8 digits with up to two letters after, or G and 5 to 8 digits (Madrid).

    Raises ``InvalidInput`` (``identifiers.bad_trademark``); there is no check digit to test.
    """
    found = NATIONAL_MARK.fullmatch(clean(text))
    abroad = INTERNATIONAL_MARK.fullmatch(clean(text))
    match = found or abroad
    if not match or not int(match[1]):
        said = Said(
            "商标注册号应为1至8位数字（可带字母后缀），国际注册以G开头",
            "a registration has 1 to 8 digits (letters may follow), an international one begins with G",
        )
        raise _bad("trademark", "", said)
    return TrademarkNumber(match[1], match[2], international=abroad is not None)


def parse_patent_application(text: str) -> PatentApplication:
    """An application or patent number with its check digit: twelve digits since October 2003, eight before.

    ``ZL`` or ``CN`` may stand before it, blanks inside. The check digit is the sum of the digits times
    2 to 9, 2 to 5 modulo 11, X for ten. Raises ``InvalidInput`` (``identifiers.bad_patent``).
    """
    found = APPLICATION.fullmatch(clean(text))
    if not found:
        said = Said(
            "专利号应为12位（2003年10月前为8位）数字，加小数点和校验位，如201710601862.3",
            "a patent number has 12 digits (8 before October 2003), a point and a check digit, such as 201710601862.3",
        )
        raise _bad("patent", "", said)
    number = PatentApplication(found[1], found[2])
    old = len(number.digits) != len(APPLICATION_WEIGHTS)
    short = int(number.digits[:2])
    if (old and LAST_OLD_YEAR < short < FIRST_OLD_YEAR) or (not old and number.year < FIRST_NEW_YEAR):
        raise _bad("patent", "1", Said("申请年份与号码位数不符", "the year does not fit the number of digits"))
    total = sum(int(digit) * weight for digit, weight in zip(number.digits, APPLICATION_WEIGHTS, strict=False))
    expected = "0123456789X"[total % 11]
    if number.check != expected:
        at = len(number.digits) + 1
        said = Said(
            f"校验位不符，应为“{expected}”；请核对全部数字",
            f"the check digit does not fit, “{expected}” would be right; compare every digit",
        )
        raise _bad("patent", str(at), said)
    return number


def parse_patent_publication(text: str) -> PatentPublication:
    """A publication number: CN, 7 to 9 digits, a kind code.

    Raises ``InvalidInput`` (``identifiers.bad_publication``).
    """
    found = PUBLICATION.fullmatch(clean(text))
    if not found:
        said = Said("公开（公告）号应如 CN107123456A", "a publication number looks like CN107123456A")
        raise _bad("publication", "", said)
    return PatentPublication(found[1], found[2])


def _bad(kind: str, at: str, said: Said) -> InvalidInput:
    code = f"identifiers.bad_{kind}"
    return InvalidInput(code, said, problems=(Problem(at, code, said),))
