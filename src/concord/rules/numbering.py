"""Numbers of letters (文号) and of matters.

A letter's number is made from a template with three placeholders, ``{mark}协查〔{year}〕{n}号``: the organisation's
letter mark, the year, and a number that runs without gaps per organisation, kind and year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from concord.rules.errors import InvalidInput, Problem, Said

PLACEHOLDERS: Final = ("mark", "year", "n")
FIRST_YEAR, LAST_YEAR = 1949, 9999
LONGEST_TEMPLATE: Final = 80
BRACED: Final = re.compile(r"\{([^{}]*)\}")
MATTER_NUMBER: Final = re.compile(r"([A-Z][A-Z0-9]{1,9})-([0-9]{4})-([0-9]{5,9})")
ALLIANCE_MARK: Final = re.compile(r"[A-Z][A-Z0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class MatterNumber:
    """The parts of a matter's number; ``str()`` writes it, at least five digits wide."""

    alliance: str
    year: int
    n: int

    def __str__(self) -> str:
        return f"{self.alliance}-{self.year:04}-{self.n:05}"


def check_template(template: str) -> tuple[Problem, ...]:
    """What is wrong with a number template; empty when it can be used.

    Each of ``{mark}``, ``{year}`` and ``{n}`` stands in it exactly once, nothing else is in braces, and it is one
    line of at most 80 characters. ``Problem.field`` is the placeholder concerned, empty for the whole.
    """
    names = BRACED.findall(template)
    problems = [
        _problem(name, "numbering.unknown_placeholder", f"不认识的占位符{{{name}}}", f"unknown placeholder {{{name}}}")
        for name in dict.fromkeys(names)
        if name not in PLACEHOLDERS
    ]
    problems += [
        _problem(
            name,
            "numbering.placeholder_count",
            f"占位符{{{name}}}应当恰好出现一次",
            f"the placeholder {{{name}}} must stand exactly once",
        )
        for name in PLACEHOLDERS
        if names.count(name) != 1
    ]
    rest = BRACED.sub("", template)
    if "{" in rest or "}" in rest:
        problems.append(_problem("", "numbering.stray_brace", "花括号不成对", "a brace has no partner"))
    if len(template) > LONGEST_TEMPLATE or not template.isprintable():
        zh, en = (
            f"应为一行，不超过{LONGEST_TEMPLATE}字",
            f"it must be one line of at most {LONGEST_TEMPLATE} characters",
        )
        problems.append(_problem("", "numbering.bad_text", zh, en))
    return tuple(problems)


def render(template: str, *, mark: str, year: int, n: int) -> str:
    """The number of one letter: ``示市监协查〔2026〕12号``.

    Raises ``InvalidInput``: ``numbering.bad_template`` with every problem of the template, ``numbering.bad_value``
    when the mark is empty or holds a brace, the year has not four digits, or n is below 1.
    """
    problems = check_template(template)
    if problems:
        said = Said(f"文号模板“{template}”不可用", f"the number template “{template}” cannot be used")
        raise InvalidInput("numbering.bad_template", said, problems=problems)
    if not mark.strip() or not mark.isprintable() or "{" in mark or "}" in mark:
        raise _bad_value(
            "mark", "机关代字为空或含有不允许的字符", "the letter mark is empty or holds a forbidden character"
        )
    _check_year_and_n(year, n)
    values = {"mark": mark, "year": str(year), "n": str(n)}
    return BRACED.sub(lambda found: values[found[1]], template)


def matter_number(alliance: str, year: int, n: int) -> MatterNumber:
    """The number of the n-th matter of a year, such as ``G60-2026-00012``.

    Raises ``InvalidInput`` (``numbering.bad_value``) when the alliance's mark is not 2 to 10 capital letters and
    digits, the year has not four digits, or n is below 1.
    """
    if not ALLIANCE_MARK.fullmatch(alliance):
        zh, en = (
            "联盟代号应为2至10位大写字母或数字，以字母开头",
            "an alliance's mark is 2 to 10 capitals and digits, a capital first",
        )
        raise _bad_value("alliance", zh, en)
    _check_year_and_n(year, n)
    return MatterNumber(alliance, year, n)


def parse_matter_number(text: str) -> MatterNumber:
    """The parts of a matter's number as people type it: blanks around it and small letters are taken.

    Raises ``InvalidInput`` (``numbering.bad_matter_number``).
    """
    found = MATTER_NUMBER.fullmatch(text.strip().upper())
    if found:
        number = MatterNumber(found[1], int(found[2]), int(found[3]))
        if number.n >= 1 and number.year >= FIRST_YEAR and str(number) == found[0]:
            return number
    said = Said("事项编号应如 G60-2026-00012。", "A matter's number looks like G60-2026-00012.")
    problem = Problem("number", "numbering.bad_matter_number", said)
    raise InvalidInput("numbering.bad_matter_number", said, problems=(problem,))


def _check_year_and_n(year: int, n: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _bad_value("year", "年份应为四位数", "the year has four digits")
    if n < 1:
        raise _bad_value("n", "序号从1开始", "numbers begin with 1")


def _bad_value(field: str, zh: str, en: str) -> InvalidInput:
    problem = _problem(field, "numbering.bad_value", zh, en)
    return InvalidInput("numbering.bad_value", problem.said, problems=(problem,))


def _problem(field: str, code: str, zh: str, en: str) -> Problem:
    return Problem(field, code, Said(zh, en))
