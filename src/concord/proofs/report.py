"""What verification found: a status for each check, the verdict, the level, and the same for machines.

Source: docs/reference/evidence-format.md §11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unicodedata import east_asian_width, normalize

from concord.proofs import report_words as words
from concord.proofs.canonical import JSON, encode
from concord.proofs.trust import LEVELS, Asked
from concord.rules.canonical import LARGEST_INTEGER
from concord.rules.errors import Said

PASS, FAIL, INDETERMINATE, NOT_APPLICABLE = "pass", "fail", "indeterminate", "not_applicable"
CHECKS = tuple(f"C{number:02}" for number in range(1, 18))
LINE = 100
EXIT_CODES = {PASS: 0, FAIL: 1, INDETERMINATE: 2}

_PIECES = re.compile(r"[（《“]*(?:\[[^\]]*\]|[^\s\u3000-\uffef]+|.)[，。、；：）》”]*\s*")
_UNFIT = {PASS: 0, NOT_APPLICABLE: 0, INDETERMINATE: 1, FAIL: 2}
_FOR_LEVEL = (("C01", "C02", "C05", "C06", "C07", "C14"), ("C09", "C10", "C11"), ("C12",), ("C15",))
_OR_ABSENT = ("C03", "C04")


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check: its status, a stable reason, and what was found in names, times and counts."""

    id: str
    status: str
    reason: str
    facts: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of all checks on one package."""

    package: str
    asked: Asked
    checks: tuple[Check, ...]
    trust_version: int
    trust_fingerprint: str
    facts: Mapping[str, JSON] = field(default_factory=dict)

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each check by its id."""
        return {check.id: check.status for check in self.checks}

    @property
    def level(self) -> str:
        """L0 to L3, with T when a time-stamp verifies; empty when not even L0 is reached."""
        statuses = self.statuses
        reached = ""
        if all(statuses[one] in {PASS, NOT_APPLICABLE} for one in _OR_ABSENT):
            for level, needed in zip(LEVELS, _FOR_LEVEL, strict=True):
                if any(statuses[one] != PASS for one in needed):
                    break
                reached = level
        return reached + "T" if reached and statuses["C08"] == PASS else reached

    @property
    def verdict(self) -> str:
        """The worst of fail, indeterminate and pass; indeterminate below the level asked for."""
        worst = max(self.statuses.values(), key=_UNFIT.__getitem__)
        if worst in {FAIL, INDETERMINATE}:
            return worst
        return PASS if self.level[:2] >= self.asked.level else INDETERMINATE

    @property
    def exit_code(self) -> int:
        """What a command that verifies leaves with."""
        return EXIT_CODES[self.verdict]

    def as_json(self) -> bytes:
        """The report as canonical JSON."""
        checks: Sequence[JSON] = [
            {"id": one.id, "status": one.status, "reason": one.reason, "facts": _plain(one.facts)}
            for one in self.checks
        ]
        return encode(
            {
                "schema": "report/1",
                "package": self.package,
                "verdict": self.verdict,
                "level": self.level,
                "asked": self.asked.as_json(),
                "checks": checks,
                "trust": {"version": self.trust_version, "fingerprint": self.trust_fingerprint},
                "facts": _plain(self.facts),
            }
        )

    def text(self, language: str) -> str:
        """The report for people, in Chinese or, for an ``en`` language, in English; made for a terminal."""
        lines = [*self._heading(language), "", *self._lines(language), "", *self._times(language), ""]
        lines += [Said(f"等级 {self.level or '—'}", f"Level {self.level or '—'}").in_language(language)]
        lines += _paragraph(words.LEVELS[self.level[:2]], language)
        if self.level.endswith("T"):
            lines += _paragraph(words.WITH_TOKEN, language)
        lines += [
            "",
            Said("本报告能说明与不能说明的", "What this report shows and does not show").in_language(language),
        ]
        for one in words.NOT_PROVEN:
            lines += _paragraph(one, language, mark="· ")
        return "\n".join(lines) + "\n"

    def _heading(self, language: str) -> list[str]:
        timestamp = "T" if self.asked.timestamp else ""
        asked = f"{self.asked.level}{timestamp}"
        fingerprint = " ".join(self.trust_fingerprint[at : at + 8] for at in range(0, 64, 8))
        level = self.level or "—"
        rows: list[list[Said | str]] = [
            [Said("证据包", "package"), self.package or "—"],
            [Said("核验结果", "verdict"), words.VERDICTS[self.verdict]],
            [Said("等级", "level"), Said(f"{level}（要求 {asked}）", f"{level} (asked: {asked})")],
            [Said("根密钥指纹", "root keys"), fingerprint],
        ]
        return _table(_in(rows, language), indent="")

    def _lines(self, language: str) -> list[str]:
        """A line for each check, then the rule that it serves."""
        rows = []
        for check in self.checks:
            found = words.found(check.id, check.reason, check.facts, language)
            status, name, serves = (
                table[key].in_language(language)
                for table, key in ((words.STATUSES, check.status), (words.CHECKS, check.id), (words.SERVES, check.id))
            )
            rows.append([check.id, status, name, f"{found}  [{serves}]"])
        return _table(rows)

    def _times(self, language: str) -> list[str]:
        """What is claimed, and what is proven by others."""
        rows: list[list[Said | str]] = []
        for one in _tables(self.facts.get("claimed")):
            who = f"{words.ACTIONS[str(one['action'])].in_language(language)} {one['org']}"
            rows.append([Said("自称", "claimed"), words.moment(str(one["at"])), who])
        for one in _tables(self.facts.get("not_later")):
            by = Said("足够多的见证方", "enough witnesses") if one["by"] == "witnesses" else str(one["by"])
            rows.append([Said("不晚于", "not later than"), words.moment(str(one["at"])), by])
        for one in _tables([self.facts["not_earlier"]] if "not_earlier" in self.facts else []):
            place = Said(
                f"账本第 {one['size']} 条之后，须与账本核对", f"leaf {one['size']} of the log, to be compared with it"
            )
            rows.append([Said("不早于", "not earlier than"), place, str(one["origin"])])
        title = Said("时间", "Times").in_language(language)
        return [title, *_table(_in(rows, language))]


def _in(rows: Sequence[Sequence[Said | str]], language: str) -> list[list[str]]:
    """The cells in the language, fit to be printed."""
    return [
        [words.printable(cell if isinstance(cell, str) else cell.in_language(language)) for cell in row] for row in rows
    ]


def _tables(value: JSON) -> list[Mapping[str, JSON]]:
    """The tables of a list of facts."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows with their columns one below the other; the last cell of a row goes on below itself when it is long."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)][:-1]
    lines = []
    for row in rows:
        before = indent + "".join(
            f"{cell}{' ' * (width - _width(cell))}  " for cell, width in zip(row, widths, strict=False)
        )
        first, *more = _wrapped(row[-1], LINE - _width(before))
        lines += [before + first, *(" " * _width(before) + one for one in more)]
    return lines


def _paragraph(said: Said, language: str, mark: str = "") -> list[str]:
    """The sentences on lines of at most LINE columns, the first one after ``mark``."""
    first, *more = _wrapped(said.in_language(language), LINE - 2 - _width(mark))
    return [f"  {mark}{first}", *(f"  {' ' * _width(mark)}{one}" for one in more)]


def _wrapped(text: str, room: int) -> list[str]:
    """The text on lines of at most ``room`` columns, unless a word is longer; no line begins with a closing mark."""
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if line and _width(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _width(text: str) -> int:
    """How many columns a terminal gives the text; a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _plain(value: JSON) -> JSON:
    """The value as canonical JSON can hold it: what a hostile package put in may be in no normal form, or too large."""
    if isinstance(value, str):
        return normalize("NFC", value)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
