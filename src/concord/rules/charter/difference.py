"""What differs between two versions of a charter: line by line, under the rule each line belongs to, and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import TypeAlias

from concord.rules.charter.wording import added, changed, name_of, removed
from concord.rules.errors import Said
from concord.rules.toml_lines import Document, Path, read_toml

WORDS = re.compile(r"\w+|\s+|.", re.DOTALL)
VERSION_FILE = re.compile(r"([^/]+)/procedures/([^/]+)/(\d{4}-\d{2}-\d{2})\.toml")
Segment: TypeAlias = tuple[str, bool]
OUTSIDE = Said("注释和其他文字", "comments and other text")
MOVED = Said("内容未变，只移动了位置", "unchanged, only moved")


class Kind(StrEnum):
    """What happened to a file or to a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @property
    def said(self) -> Said:
        """The word for people."""
        return KIND_WORDS[self]


KIND_WORDS = {
    Kind.ADDED: Said("新增", "added"),
    Kind.REMOVED: Said("删去", "removed"),
    Kind.CHANGED: Said("修改", "changed"),
    Kind.MOVED: Said("移动", "moved"),
}


@dataclass(frozen=True, slots=True)
class NumberedLine:
    """One line of a file, counted from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """What became of one rule (``clocks.reply``); ``rule`` is empty for lines outside of any, such as comments.

    ``name`` is the rule in words, as 期限“协查完成期限”; ``said`` tells in words what is new. ``removed`` are lines of
    the file before, ``added`` of the file after.
    """

    rule: str
    name: Said
    kind: Kind
    removed: tuple[NumberedLine, ...]
    added: tuple[NumberedLine, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class FileDifference:
    """What became of one file. A file that is new is compared with what it follows, where there is such a file.

    ``compared_with`` is the path of the file before; empty when every line is new.
    """

    file: str
    kind: Kind
    compared_with: str
    rules: tuple[RuleDifference, ...]


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileDifference, ...]:
    """Every file that differs between two sets of texts (relative path → text), by path."""
    found: list[FileDifference] = []
    for path in sorted({*before, *after}):
        if path not in after:
            found.append(FileDifference(path, Kind.REMOVED, path, compared(before[path], "", path)))
        elif path not in before:
            base = _followed(path, before)
            found.append(FileDifference(path, Kind.ADDED, base, compared(before.get(base, ""), after[path], path)))
        elif _lines(before[path]) != _lines(after[path]):
            found.append(FileDifference(path, Kind.CHANGED, path, compared(before[path], after[path], path)))
    return tuple(found)


def compared(before: str, after: str, file: str) -> tuple[RuleDifference, ...]:
    """The rules that differ between two texts of one file, in the order of the text after."""
    old, new = _Text(before, file), _Text(after, file)
    hunks: dict[tuple[str, int], tuple[list[NumberedLine], list[NumberedLine]]] = {}
    matcher = SequenceMatcher(None, old.lines, new.lines, autojunk=False)
    for at, (tag, i1, i2, j1, j2) in enumerate(matcher.get_opcodes()):
        if tag == "equal":
            continue
        for side, text, numbers in ((0, old, range(i1, i2)), (1, new, range(j1, j2))):
            for number in numbers:
                rule = text.rule_of[number]
                hunk = hunks.setdefault((rule, 0 if rule else at), ([], []))
                hunk[side].append(NumberedLine(number + 1, text.lines[number]))
    return tuple(_told(rule, tuple(gone), tuple(come), old, new) for (rule, _), (gone, come) in hunks.items())


def marked(before: str, after: str) -> tuple[list[Segment], list[Segment]]:
    """Two lines as stretches of text, each with whether the other line lacks it."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    sides: tuple[list[Segment], list[Segment]] = ([], [])
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for side, words in ((0, old[i1:i2]), (1, new[j1:j2])):
            if words:
                sides[side].append(("".join(words), tag != "equal"))
    return sides


def _told(
    rule: str, gone: tuple[NumberedLine, ...], come: tuple[NumberedLine, ...], old: _Text, new: _Text
) -> RuleDifference:
    stood, stands = (rule in old.values, rule in new.values) if rule else (bool(gone), bool(come))
    name = name_of(rule, new.values.get(rule, old.values.get(rule))) if rule else OUTSIDE
    if rule and [line.text for line in gone] == [line.text for line in come]:
        return RuleDifference(rule, name, Kind.MOVED, gone, come, (MOVED,))
    said: tuple[Said, ...] = ()
    if not stood:
        said = added(rule, new.values[rule], new.document) if rule else ()
        return RuleDifference(rule, name, Kind.ADDED, gone, come, said)
    if not stands:
        said = removed(rule, old.values[rule], old.document) if rule else ()
        return RuleDifference(rule, name, Kind.REMOVED, gone, come, said)
    if rule:
        said = changed(rule, old.values[rule], new.values[rule], old.document, new.document)
    return RuleDifference(rule, name, Kind.CHANGED, gone, come, said)


def _followed(path: str, before: Mapping[str, str]) -> str:
    """The file that a new one takes the place of: the version before it, or its namesake in another charter."""
    folder, _, rest = path.partition("/")
    version = VERSION_FILE.fullmatch(path)
    if version is None:
        return next((other for other in sorted(before) if other.partition("/")[2] == rest), "")
    earlier = [
        (found[3], found[1] == folder, other)
        for other in before
        if (found := VERSION_FILE.fullmatch(other)) and found[2] == version[2] and found[3] <= version[3]
    ]
    return max(earlier)[2] if earlier else ""


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").splitlines()


class _Text:
    """A text as lines, with the rule that each line belongs to and the value of each rule."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = _lines(text)
        self.values: dict[str, object] = {}
        self.document: Mapping[str, object] = {}
        self.rule_of = [""] * len(self.lines)
        document = read_toml(text, file=file) if file.endswith(".toml") else None
        if isinstance(document, Document):
            self.document = document.values
            self._assign(document)

    def _assign(self, document: Document) -> None:
        """A line belongs to the outermost thing that begins on it, else to the innermost one around it."""
        begun: set[int] = set()
        for path, place in sorted(document.places.items(), key=lambda entry: len(entry[0])):
            rule, value = _rule(path, document.values)
            self.values.setdefault(rule, value)
            first, last = place.line - 1, place.line - 1 + place.written.count("\n")
            for number in range(first, min(last + 1, len(self.lines))):
                if number not in begun and self.lines[number].strip()[:1] not in {"", "#"}:
                    self.rule_of[number] = rule
            begun.add(first)


def _rule(path: Path, values: Mapping[str, object]) -> tuple[str, object]:
    """The rule that the value at ``path`` belongs to, named as the check names it, and that rule's own value."""
    names: list[str] = []
    value: object = values
    for step in path:
        if isinstance(step, int):
            row = value[step] if isinstance(value, Sequence) and not isinstance(value, str) else None
            if not isinstance(row, dict):
                return ".".join(names), value
            own = row.get("id", row.get("code"))
            return ".".join([*names, own if isinstance(own, str) else str(step)]), row
        value = value.get(step) if isinstance(value, dict | Mapping) else None
        names.append(step)
    return ".".join(names), value
