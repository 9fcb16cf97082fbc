"""One cell, from what was typed to a value: what is wrong with it, and what would be right."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from concord.rules.errors import InvalidInput, Said
from concord.rules.identifiers import parse_credit_code
from concord.rules.right_numbers import parse_patent_application, parse_trademark_number
from concord.rules.sheets.columns import Column, ColumnType, Option
from concord.rules.sheets.defusing import UNWRITABLE

Value: TypeAlias = str | int | date | None

WRITTEN_DAY: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
PACKED_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
MIDNIGHT: Final = re.compile(r"[ T]00:00(:00(\.0+)?)?$")
AMOUNT: Final = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?")
WHOLE: Final = re.compile(r"-?\d{1,15}")
ERROR_VALUE: Final = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|GETTING_DATA|SPILL!|CALC!)")
# Spreadsheets count days from here (with a leap day that 1900 never had).
FIRST_SERIAL: Final = date(1899, 12, 30)
SERIALS: Final = range(20_000, 80_000)
EARLIEST: Final = date(1949, 10, 1)
MOST_YUAN: Final = 10**12
FEN_DIGITS: Final = 2
OPTIONS_NAMED: Final = 6


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with the cell of a column, and what would be right."""

    column: str
    code: str
    said: Said
    right: Said


class _Wrong(Exception):
    """Carries a fault from wherever it is found to ``read_cell``."""

    def __init__(self, code: str, zh: str, en: str, right_zh: str, right_en: str) -> None:
        super().__init__(code)
        self.code, self.said, self.right = code, Said(zh, en), Said(right_zh, right_en)


def read_cell(column: Column, typed: str, *, today: date) -> tuple[Value, CellFault | None]:
    """The value of a cell and what is wrong with it; None for an empty cell and after a fault."""
    try:
        return _value(column, typed, today), None
    except _Wrong as wrong:
        return None, CellFault(column.id, wrong.code, wrong.said, wrong.right)


def _value(column: Column, typed: str, today: date) -> Value:
    text = _text(column, typed)
    value = READERS[column.type](column, text) if text else None
    if value is None and column.required:
        raise _Wrong("missing", "没有填写", "is empty", "请填写", "fill it in")
    if column.past and isinstance(value, date) and value > today:
        raise _Wrong("ahead", "日期晚于今天", "lies ahead", f"应不晚于 {today}", f"a day no later than {today}")
    return value


def _text(column: Column, typed: str) -> str:
    """The cell without blanks at its ends; refuses formulas, error values and what is too long."""
    text = UNWRITABLE.sub("", typed).strip()
    if column.type is not ColumnType.LONGTEXT:
        text = " ".join(text.split())
    if text.startswith(("=", "\uff1d")):
        raise _Wrong(
            "formula",
            "这是公式，不会计算",
            "is a formula, which is not computed",
            "在表格软件中复制后“粘贴为数值”，或直接填写结果",
            "paste it as a value, or type the result",
        )
    if ERROR_VALUE.fullmatch(text):
        raise _Wrong(
            "error_value", "这是表格软件的错误值", "is an error value", "填写正确的内容", "type the right content"
        )
    if column.type in {ColumnType.TEXT, ColumnType.LONGTEXT} and len(text) > column.longest:
        over = len(text) - column.longest
        raise _Wrong(
            "too_long",
            f"共 {len(text)} 个字，超出 {over} 个",
            f"has {len(text)} characters, {over} too many",
            f"最多 {column.longest} 个字",
            f"at most {column.longest} characters",
        )
    return text


def _as_text(column: Column, text: str) -> Value:
    if column.pattern and not re.fullmatch(column.pattern, text):
        raise _Wrong("bad_form", "写法不对", "is not written as it should be", column.help.zh, column.help.en)
    return text


def _as_date(_column: Column, text: str) -> Value:
    plain = MIDNIGHT.sub("", unicodedata.normalize("NFKC", text))
    found = WRITTEN_DAY.fullmatch(plain) or PACKED_DAY.fullmatch(plain)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is not None and day >= EARLIEST:
        return day
    right = Said("例如 2026-03-05", "such as 2026-03-05")
    if plain.isdecimal() and int(plain) in SERIALS:
        meant = FIRST_SERIAL + timedelta(days=int(plain))
        right = Said(f"是否为 {meant}？", f"{meant}?")
    raise _Wrong("bad_date", "不是有效日期", "is no valid day", right.zh, right.en)


def _as_choice(column: Column, text: str) -> Value:
    wanted, named = _folded(text), _named(column.options)
    if wanted in named:
        return named[wanted]
    near = difflib.get_close_matches(wanted, list(named), n=1, cutoff=0.5)
    if near:
        option = next(option for option in column.options if option.id == named[near[0]])
        right = Said(f"是否为“{option.zh}”？", f"“{option.en}”?")
    else:
        some, more = column.options[:OPTIONS_NAMED], len(column.options) > OPTIONS_NAMED
        right = Said(
            "可填：" + "、".join(option.zh for option in some) + ("等" if more else ""),
            "one of: " + ", ".join(option.en for option in some) + (", …" if more else ""),
        )
    raise _Wrong("unknown", "不在可选范围内", "is not among the choices", right.zh, right.en)


def _as_money(_column: Column, text: str) -> Value:
    plain = unicodedata.normalize("NFKC", text).replace(" ", "").removeprefix("¥").removeprefix("RMB")
    found = AMOUNT.fullmatch(plain.removesuffix("元"))
    if found is None:
        raise _Wrong("bad_amount", "不是金额", "is no amount", "以元为单位，例如 12800.50", "in yuan, such as 12800.50")
    whole, part = int(found[2].replace(",", "")), (found[3] or "").rstrip("0")
    if found[1]:
        raise _Wrong("negative", "金额不能为负数", "is negative", "填零或正数", "zero or more")
    if len(part) > FEN_DIGITS:
        rounded = f"{whole}.{part[:FEN_DIGITS]}"
        raise _Wrong(
            "too_precise",
            "金额最多两位小数",
            "has more than two decimals",
            f"精确到分，如 {rounded}",
            f"whole fen, such as {rounded}",
        )
    if whole >= MOST_YUAN:
        raise _Wrong("too_large", "金额过大", "is too large", "请核对单位是否为元", "check that the unit is yuan")
    return whole * 100 + int(part.ljust(FEN_DIGITS, "0") or "0")


def _as_integer(_column: Column, text: str) -> Value:
    plain = unicodedata.normalize("NFKC", text)
    if not WHOLE.fullmatch(plain):
        raise _Wrong("bad_number", "不是整数", "is no whole number", "填写整数，例如 12", "a whole number, such as 12")
    return int(plain)


def _as_credit_code(_column: Column, text: str) -> Value:
    try:
        return parse_credit_code(text).value
    except InvalidInput as error:
        raise _Wrong(
            "bad_credit_code",
            f"统一社会信用代码有误：{error.said.zh}",
            f"is no valid credit code: {error.said.en}",
            "对照营业执照核对 18 位代码",
            "compare the 18 characters with the business licence",
        ) from error


def _as_right_number(_column: Column, text: str) -> Value:
    for parse in (parse_trademark_number, parse_patent_application):
        try:
            return parse(text).value
        except InvalidInput as error:
            wrong = error
    long_enough = sum(char.isdigit() for char in text) > len("12345678")
    said = wrong.said if long_enough else Said("不是商标注册号或专利号", "is neither a trade mark nor a patent number")
    raise _Wrong(
        "bad_right_number",
        said.zh,
        said.en,
        "商标注册号如 1234567、G1234567；专利号如 201710601862.3",
        "a mark such as 1234567 or G1234567, a patent such as 201710601862.3",
    )


@lru_cache(maxsize=64)
def _named(options: tuple[Option, ...]) -> dict[str, str]:
    """The id of each option by everything that people may write for it."""
    named: dict[str, str] = {}
    for option in options:
        for name in (option.id, option.zh, option.en):
            named.setdefault(_folded(name), option.id)
    return named


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


READERS: Final[Mapping[ColumnType, Callable[[Column, str], Value]]] = {
    ColumnType.TEXT: _as_text,
    ColumnType.LONGTEXT: _as_text,
    ColumnType.DATE: _as_date,
    ColumnType.CHOICE: _as_choice,
    ColumnType.MONEY: _as_money,
    ColumnType.INTEGER: _as_integer,
    ColumnType.CREDIT_CODE: _as_credit_code,
    ColumnType.RIGHT_NUMBER: _as_right_number,
}
