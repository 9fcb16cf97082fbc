"""Typed, patient reading of definition files: every fault is collected, none stops the reading.

A ``Row`` hands out typed values and remembers which keys were asked for, so that ``finish`` can name the unknown ones.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import TypeVar

from concord.rules.errors import Fault, Said
from concord.rules.toml_lines import Document, Path

T = TypeVar("T")

# Short enough for the columns that keep states, acts and clocks, and for procedure.act in the journal.
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,38}")
LONGEST_TEXT = 2000


def advise(given: str, known: Collection[str]) -> Said:
    """What would be right in place of ``given``: the nearest known name, or all known names."""
    near = difflib.get_close_matches(given, sorted(known), n=1, cutoff=0.6)
    if near:
        return Said(f"是否想写“{near[0]}”？", f"did you mean “{near[0]}”?")
    if not known:
        return Said("此处尚无可用名称", "nothing of the kind is defined")
    names = sorted(known)
    return Said(f"可用：{'、'.join(names)}", f"known: {', '.join(names)}")


class Row:
    """One rule of a file: an inline table, a table, or the top level."""

    def __init__(self, document: Document, path: Path, values: Mapping[str, object], faults: list[Fault]) -> None:
        self.document = document
        self.path = path
        self.values = values
        self.faults = faults
        self.asked: list[str] = []

    @property
    def line(self) -> int:
        """The line on which the rule begins."""
        return self.document.line(*self.path)

    @property
    def rule(self) -> str:
        """How a fault names the rule: ``acts.issue``, or by number when it has no usable id."""
        if not self.path:
            return ""
        own = self.values.get("id", self.values.get("code"))
        last = own if isinstance(own, str) else self.path[-1]
        names = [str(step) for step in self.path[:-1]]
        return ".".join([*names, str(last)]) if names else str(self.path[-1])

    def fault(self, key: str, code: str, said: Said, advice: Said) -> None:
        """Note a fault at ``key`` of this rule."""
        line = self.document.line(*self.path, key) if key else self.line
        rule = self.rule or key
        self.faults.append(Fault(self.document.file, line, rule, code, said, advice))

    def _raw(self, key: str, *, required: bool) -> object:
        self.asked.append(key)
        value = self.values.get(key)
        if value is None and required:
            self.fault(
                key,
                "definition.missing",
                Said(f"缺少“{key}”", f"“{key}” is missing"),
                Said(f"请补上 {key} = …", f"add {key} = …"),
            )
        return value

    def _wrong(self, key: str, zh: str, en: str) -> None:
        self.fault(
            key,
            "definition.wrong_type",
            Said(f"“{key}”的值类型不对", f"“{key}” has the wrong type"),
            Said(f"应为{zh}", f"should be {en}"),
        )

    def text(self, key: str, *, required: bool = True) -> str:
        """A text on one line, not blank; ``""`` after a fault or when it is absent and not required."""
        value = self._raw(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(key, "文字", "a text")
            return ""
        if not value.strip() or not value.isprintable() or len(value) > LONGEST_TEXT:
            self.fault(
                key,
                "definition.bad_text",
                Said(f"“{key}”为空、过长或含控制字符", f"“{key}” is blank, too long, or holds control characters"),
                Said(f"写一行文字，至多 {LONGEST_TEXT} 字", f"write one line of at most {LONGEST_TEXT} characters"),
            )
            return ""
        return value

    def text_or_none(self, key: str) -> str | None:
        """A text that may be absent."""
        return self.text(key, required=False) or None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts without repetition; empty when absent."""
        value = self._raw(key, required=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            self._wrong(key, "文字列表", "a list of texts")
            return ()
        for repeated in {entry for entry in value if value.count(entry) > 1}:
            self.fault(
                key,
                "definition.duplicate",
                Said(f"“{key}”中“{repeated}”重复", f"“{repeated}” stands twice in “{key}”"),
                Said("只写一次", "write it once"),
            )
        return tuple(value)

    def integer(self, key: str) -> int | None:
        """A whole number from zero upwards; None when absent."""
        value = self._raw(key, required=False)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._wrong(key, "不小于零的整数", "a whole number, zero or more")
            return None
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when absent."""
        value = self._raw(key, required=False)
        if value is None:
            return False
        if not isinstance(value, bool):
            self._wrong(key, " true 或 false", "true or false")
            return False
        return value

    def day(self, key: str) -> date:
        """A TOML date, required; ``date.min`` after a fault."""
        value = self._raw(key, required=True)
        if value is None:
            return date.min
        if not isinstance(value, date) or isinstance(value, datetime):
            self._wrong(key, "日期，如 2026-01-01，不加引号", "a date such as 2026-01-01, without quotes")
            return date.min
        return value

    def day_or_none(self, key: str) -> date | None:
        """A date that may be absent."""
        if key in self.values:
            return self.day(key)
        self.asked.append(key)
        return None

    def identifier(self, key: str) -> str:
        """A lower-case name in snake_case; ``""`` after a fault."""
        value = self.text(key)
        if value and not IDENTIFIER.fullmatch(value):
            self.fault(
                key,
                "definition.bad_identifier",
                Said(f"“{value}”不能作标识", f"“{value}” cannot be an identifier"),
                Said("用小写英文字母、数字和下划线，字母开头", "lower-case letters, digits and _, a letter first"),
            )
            return ""
        return value

    def choice(self, key: str, known: Collection[str], *, default: str | None = None) -> str:
        """One of ``known``; ``default`` when absent (required if there is none), ``""`` after a fault."""
        value = self.text(key, required=default is None)
        if value and value not in known:
            self.fault(
                key,
                "definition.unknown_choice",
                Said(f"“{key}”不能是“{value}”", f"“{key}” cannot be “{value}”"),
                advise(value, known),
            )
            return default or ""
        return value or default or ""

    def table(self, key: str, *, required: bool = True) -> Row:
        """The table or inline table under ``key``; an empty one after a fault or when absent."""
        value = self._raw(key, required=required)
        if value is not None and not isinstance(value, dict):
            self._wrong(key, "表", "a table")
        return Row(self.document, (*self.path, key), value if isinstance(value, dict) else {}, self.faults)

    def rows(self, key: str, *, required: bool = False) -> Iterator[Row]:
        """The inline tables of the array under ``key``, each on one line of the file."""
        value = self._raw(key, required=required)
        if value is None:
            return
        if not isinstance(value, list):
            self._wrong(key, "列表", "a list")
            return
        for index, entry in enumerate(value):
            row = Row(self.document, (*self.path, key, index), entry if isinstance(entry, dict) else {}, self.faults)
            if not isinstance(entry, dict):
                row.fault(
                    "",
                    "definition.wrong_type",
                    Said("此处不是一条规则", "here stands no rule"),
                    Said("写成一行 { … }", "write it as { … } on one line"),
                )
                continue
            written = self.document.written(*row.path)
            if "\n" in written or written.startswith("[["):
                row.fault(
                    "",
                    "definition.several_lines",
                    Said("一条规则占了多行", "one rule stands on several lines"),
                    Said("写成一行 { … }", "write it as { … } on one line"),
                )
            yield row

    def finish(self) -> None:
        """Name every key that nobody asked for."""
        for key in self.values:
            if key not in self.asked:
                self.fault(
                    key,
                    "definition.unknown_key",
                    Said(f"不认识“{key}”", f"“{key}” is unknown"),
                    advise(key, self.asked),
                )


def unique(rows: Iterable[tuple[Row, str, T]]) -> tuple[T, ...]:
    """The built things in order; a second one with the same id is a fault of its row."""
    seen: dict[str, int] = {}
    built: list[T] = []
    for row, own, thing in rows:
        if own and own in seen:
            row.fault(
                "",
                "definition.duplicate",
                Said(f"“{own}”已在第 {seen[own]} 行定义", f"“{own}” is already defined on line {seen[own]}"),
                Said("另取一个标识", "choose another one"),
            )
            continue
        seen[own] = row.line
        built.append(thing)
    return tuple(built)
