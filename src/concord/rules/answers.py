"""What people answer to an act's questions, taken as canonical values or refused with everything that is wrong.

Forms give texts and lists of texts, programs give JSON; both are accepted, and a canonical value is taken as it is:
text, longtext, choice, code, organisation, person, matter → str; date → ``2026-03-05``;
datetime → ``2026-03-05T01:00:00Z``; integer → int; money → int (fen); items, answers, files → list of str.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TypeAlias

from concord.rules.canonical import JSON, LARGEST_INTEGER
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import Act, Field, FieldType, Procedure
from concord.rules.rows import advise

LONGEST = {FieldType.TEXT: 200, FieldType.LONGTEXT: 5000, FieldType.ITEMS: 2000, FieldType.ANSWERS: 5000}
MOST_ITEMS = 100
MOST_FILES = 20
MOST_EVIDENCE = 200
MOST_UNKNOWN = 20
LONGEST_REFERENCE = 120
LONGEST_SHOWN = 40

# Characters that turn the direction of the text around them: they can make a letter say something else than it shows.
DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d{1,16}", re.ASCII)
YUAN = re.compile(r"(?:¥|￥)?\s*(\d{1,13}|\d{1,3}(?:,\d{3}){1,4})(?:\.(\d{1,2}))?\s*元?", re.ASCII)
REFERENCE = re.compile(r"[^\s\x00-\x1f\x7f]+(?: [^\s\x00-\x1f\x7f]+)*")

Path: TypeAlias = str


class _Refused(Exception):
    """One value cannot be taken; carries its problems and never leaves this module."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


@dataclass(frozen=True, slots=True)
class _Question:
    """One field as it is asked now, with what is already known of the matter."""

    field: Field
    known: Mapping[str, object]
    codes: Collection[str]


def take(
    procedure: Procedure,
    act: Act,
    raw: Mapping[str, object],
    *,
    known: Mapping[str, object],
    code_lists: Mapping[str, Collection[str]],
) -> dict[str, JSON]:
    """The canonical answers to what ``act`` asks; an optional field left blank is absent.

    ``known`` are the matter's folded facts: an ``answers`` field answers the ``items`` found there. ``code_lists`` maps
    the name of a list to the ids of its codes. Raises InvalidInput ``answers.invalid`` with every problem, each at its
    field path such as ``questions.2``.
    """
    unknown = (name for name in raw if name not in act.asks)
    problems = [_unknown(name, act.asks) for name in islice(unknown, MOST_UNKNOWN)]
    taken: dict[str, JSON] = {}
    for name in act.asks:
        field = procedure.field(name)
        question = _Question(field, {**known, **taken}, code_lists.get(field.list or "", ()))
        value = raw.get(name)
        if _blank(value):
            if not field.optional:
                said = Said(f"请填写“{field.zh}”。", f"Please fill in “{field.en}”.")
                problems.append(Problem(name, "answers.missing", said))
            continue
        try:
            taken[name] = TAKERS[field.type](question, value)
        except _Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise InvalidInput(
            "answers.invalid",
            Said(
                f"有 {len(problems)} 处需要修改：{problems[0].said.zh}",
                f"{len(problems)} thing(s) to put right: {problems[0].said.en}",
            ),
            problems=tuple(problems),
        )
    return taken


def _blank(value: object) -> bool:
    """Whether nothing was answered: absent, white space, or a list of nothing but that."""
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case list() | tuple():
            return all(isinstance(entry, str) and not entry.strip() for entry in value)
        case _:
            return False


def _unknown(name: object, asked: Collection[str]) -> Problem:
    shown = _shown(name)
    advice = advise(shown, asked)
    said = Said(f"此行为不询问“{shown}”；{advice.zh}。", f"This act does not ask “{shown}”; {advice.en}.")
    return Problem(shown, "answers.unknown_field", said)


def _shown(value: object) -> str:
    """What was given, short and harmless enough to be said back."""
    text = value if isinstance(value, str) else type(value).__name__
    text = "".join(char if char.isprintable() else "�" for char in text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _refuse(path: Path, code: str, zh: str, en: str) -> _Refused:
    return _Refused(Problem(path, f"answers.{code}", Said(zh, en)))


def _clean(question: _Question, value: object, path: Path, *, lines: bool, longest: int) -> str:
    """A text in NFC, trimmed, not blank, without control characters; several lines only if ``lines``."""
    field = question.field
    if not isinstance(value, str):
        raise _refuse(path, "not_text", f"“{field.zh}”应为文字。", f"“{field.en}” should be a text.")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if lines:
        text = "\n".join(line.rstrip() for line in text.split("\n")).replace("\t", " ").strip()
    for char in text:
        if (char != "\n" or not lines) and (
            unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in DIRECTION
        ):
            raise _refuse(
                path,
                "control_character",
                f"“{field.zh}”中有不可见的控制字符 U+{ord(char):04X}（或换行），请删除后重试。",
                f"“{field.en}” holds the control character U+{ord(char):04X} (or a line break); remove it.",
            )
    if not text:
        raise _refuse(path, "missing", f"请填写“{field.zh}”。", f"Please fill in “{field.en}”.")
    if len(text) > longest:
        raise _refuse(
            path,
            "too_long",
            f"“{field.zh}”最多 {longest} 字，现为 {len(text)} 字，请缩短。",
            f"“{field.en}” may have {longest} characters and has {len(text)}; shorten it.",
        )
    return text


def _longest(field: Field) -> int:
    return field.max or LONGEST[field.type]


def _take_text(question: _Question, value: object) -> JSON:
    return _clean(question, value, question.field.id, lines=False, longest=_longest(question.field))


def _take_longtext(question: _Question, value: object) -> JSON:
    return _clean(question, value, question.field.id, lines=True, longest=_longest(question.field))


def _one_of(question: _Question, value: object, names: Collection[str]) -> JSON:
    field = question.field
    text = value.strip() if isinstance(value, str) else value
    if isinstance(text, str) and text in names:
        return text
    listed = sorted(names)
    raise _refuse(
        field.id,
        "not_an_option",
        f"“{field.zh}”不能是“{_shown(value)}”，请选择：{'、'.join(listed)}。",
        f"“{field.en}” cannot be “{_shown(value)}”; choose one of: {', '.join(listed)}.",
    )


def _take_choice(question: _Question, value: object) -> JSON:
    return _one_of(question, value, [option.id for option in question.field.options])


def _take_code(question: _Question, value: object) -> JSON:
    return _one_of(question, value, question.codes)


def _plain(value: object) -> str:
    """Full-width digits and signs as plain ones, trimmed; ``""`` if it is no text."""
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""


def _take_date(question: _Question, value: object) -> JSON:
    field = question.field
    found = DAY.fullmatch(_plain(value))
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        pass
    raise _refuse(
        field.id,
        "not_a_date",
        f"“{field.zh}”不是日期：“{_shown(value)}”。请写成 2026-03-05 或 2026年3月5日。",
        f"“{field.en}” is no date: “{_shown(value)}”. Write it as 2026-03-05.",
    )


def _take_datetime(question: _Question, value: object) -> JSON:
    field = question.field
    try:
        instant = datetime.fromisoformat(_plain(value))
        if instant.tzinfo is not None:
            return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except (ValueError, OverflowError):
        pass
    raise _refuse(
        field.id,
        "not_an_instant",
        f"“{field.zh}”不是带时区的时刻：“{_shown(value)}”。请写成 2026-03-05T09:00:00+08:00。",
        f"“{field.en}” is no time with its offset: “{_shown(value)}”. Write it as 2026-03-05T09:00:00+08:00.",
    )


def _take_integer(question: _Question, value: object) -> JSON:
    field = question.field
    number: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif INTEGER.fullmatch(_plain(value)):
        number = int(_plain(value))
    low = -LARGEST_INTEGER if field.min is None else field.min
    high = LARGEST_INTEGER if field.max is None else field.max
    if number is None or not low <= number <= high:
        raise _refuse(
            field.id,
            "not_an_integer",
            f"“{field.zh}”应为 {low} 至 {high} 的整数，不能是“{_shown(value)}”。",
            f"“{field.en}” should be a whole number from {low} to {high}, not “{_shown(value)}”.",
        )
    return number


def _take_money(question: _Question, value: object) -> JSON:
    """Whole fen as an int, or yuan as a text; a fraction of a fen or a float is refused."""
    field = question.field
    fen: int | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        fen = value
    elif found := YUAN.fullmatch(_plain(value)):
        fen = int(found[1].replace(",", "")) * 100 + int((found[2] or "").ljust(2, "0"))
    if fen is None or not 0 <= fen <= LARGEST_INTEGER:
        raise _refuse(
            field.id,
            "not_money",
            f"“{field.zh}”不是金额：“{_shown(value)}”。请以元为单位写成 1,234.50。",
            f"“{field.en}” is no amount: “{_shown(value)}”. Write yuan as 1,234.50.",
        )
    return fen


def _list(question: _Question, value: object) -> Sequence[object]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list | tuple):
        return value
    field = question.field
    raise _refuse(field.id, "not_a_list", f"“{field.zh}”应为列表。", f"“{field.en}” should be a list.")


def _each(question: _Question, values: Sequence[object], *, lines: bool, longest: int) -> list[str]:
    """Every value as a clean text; the problems of all of them at once, each under its own path."""
    texts: list[str] = []
    problems: list[Problem] = []
    for index, value in enumerate(values):
        try:
            texts.append(_clean(question, value, f"{question.field.id}.{index}", lines=lines, longest=longest))
        except _Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise _Refused(*problems)
    return texts


def _take_items(question: _Question, value: object) -> JSON:
    field = question.field
    rows = [row for row in _list(question, value) if not _blank(row)]
    low, high = field.min or 1, field.max or MOST_ITEMS
    if not low <= len(rows) <= high:
        raise _refuse(
            field.id,
            "wrong_count",
            f"“{field.zh}”须有 {low} 至 {high} 项，现有 {len(rows)} 项。",
            f"“{field.en}” takes {low} to {high} items and has {len(rows)}.",
        )
    return _each(question, rows, lines=True, longest=LONGEST[FieldType.ITEMS])


def _take_answers(question: _Question, value: object) -> JSON:
    field = question.field
    items = question.known.get(field.of or "")
    asked = len(items) if isinstance(items, list | tuple) else 0
    rows = _list(question, value)
    if len(rows) != asked:
        raise _refuse(
            field.id,
            "wrong_count",
            f"“{field.zh}”须逐项答复：共 {asked} 项，现有 {len(rows)} 项。",
            f"“{field.en}” answers item by item: {asked} were asked, {len(rows)} are answered.",
        )
    return _each(question, rows, lines=True, longest=LONGEST[FieldType.ANSWERS])


def _reference(question: _Question, value: object, path: Path) -> str:
    """The uid, code or number of something else; whether it exists is for the caller to see."""
    field = question.field
    text = unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else ""
    if not (
        REFERENCE.fullmatch(text)
        and len(text) <= LONGEST_REFERENCE
        and text.isprintable()
        and not DIRECTION & set(text)
    ):
        raise _refuse(
            path,
            "not_a_reference",
            f"“{field.zh}”无法识别“{_shown(value)}”，请从列表中选择。",
            f"“{field.en}” does not know “{_shown(value)}”; choose from the list.",
        )
    return text


def _take_reference(question: _Question, value: object) -> JSON:
    return _reference(question, value, question.field.id)


def _references(question: _Question, value: object, *, most: int, zh: str, en: str) -> JSON:
    """Each of several things once, in the order given."""
    field = question.field
    rows = [row for row in _list(question, value) if not _blank(row)]
    if len(rows) > most:
        raise _refuse(
            field.id,
            "wrong_count",
            f"“{field.zh}”最多{zh.format(most)}，现有 {len(rows)} 个。",
            f"“{field.en}” takes at most {en.format(most)} and has {len(rows)}.",
        )
    return list(dict.fromkeys(_reference(question, row, f"{field.id}.{index}") for index, row in enumerate(rows)))


def _take_files(question: _Question, value: object) -> JSON:
    return _references(question, value, most=MOST_FILES, zh=" {} 个文件", en="{} files")


def _take_evidence(question: _Question, value: object) -> JSON:
    return _references(question, value, most=MOST_EVIDENCE, zh=" {} 个证据项", en="{} items of evidence")


TAKERS: Mapping[FieldType, Callable[[_Question, object], JSON]] = {
    FieldType.TEXT: _take_text,
    FieldType.LONGTEXT: _take_longtext,
    FieldType.CHOICE: _take_choice,
    FieldType.CODE: _take_code,
    FieldType.DATE: _take_date,
    FieldType.DATETIME: _take_datetime,
    FieldType.INTEGER: _take_integer,
    FieldType.MONEY: _take_money,
    FieldType.ITEMS: _take_items,
    FieldType.ANSWERS: _take_answers,
    FieldType.FILES: _take_files,
    FieldType.ORGANISATION: _take_reference,
    FieldType.PERSON: _take_reference,
    FieldType.MATTER: _take_reference,
    FieldType.EVIDENCE: _take_evidence,
}
