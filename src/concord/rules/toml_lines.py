"""TOML with line numbers: the standard reader gives values only, faults must point at a line.

The reader of the standard library validates; the scanner here then walks the same text, assumes that it is valid,
and remembers where every key and every element of an array stands.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from concord.rules.errors import Fault, Said

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

AT_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands (line from 1, offset from 0 in the text with Unix line ends) and how it is written."""

    line: int
    written: str
    offset: int


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed TOML file: its values, and the place of every value by path, such as ``("acts", 3, "to")``."""

    file: str
    values: Mapping[str, object]
    places: Mapping[Path, Place]

    def line(self, *path: Step) -> int:
        """The line of the value at ``path``, or of the nearest thing around it."""
        for length in range(len(path), 0, -1):
            place = self.places.get(path[:length])
            if place:
                return place.line
        return 1

    def written(self, *path: Step) -> str:
        """The text of the value at ``path`` exactly as it stands in the file; empty if there is none."""
        place = self.places.get(path)
        return place.written if place else ""


def read_toml(text: str, *, file: str) -> Document | Fault:
    """Parse ``text``; a syntax error comes back as the one fault it is, with its line."""
    try:
        return sound_toml(text, file=file)
    except tomllib.TOMLDecodeError as error:
        found = AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.replace("\r\n", "\n").count("\n") + 1
        reason = AT_LINE.sub("", str(error)).strip()
        return Fault(
            file,
            line,
            "toml",
            "definition.syntax",
            Said(f"不是有效的 TOML：{reason}", f"not valid TOML: {reason}"),
            Said("请检查引号、逗号和括号", "check quotes, commas and brackets"),
        )
    except RecursionError:
        said = Said("嵌套过深", "nested too deeply")
        return Fault(file, 1, "toml", "definition.syntax", said, Said("减少括号层数", "use fewer brackets"))


def sound_toml(text: str, *, file: str) -> Document:
    """The document of a text that is known to be TOML, such as that of a parsed procedure."""
    text = text.replace("\r\n", "\n")
    values = tomllib.loads(text)
    return Document(file, MappingProxyType(values), MappingProxyType(_Scanner(text).scan()))


class _Scanner:
    """Walks valid TOML once and notes places; every method leaves ``self.at`` behind what it read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}
        self.counts: dict[Path, int] = {}
        self.line_starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def scan(self) -> dict[Path, Place]:
        """All places of the document."""
        prefix: Path = ()
        while self._skip_blank():
            if self.text[self.at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
        return self.places

    def _skip_blank(self, also: str = "") -> bool:
        """Skip white space, line ends, comments and the characters of ``also``; whether anything is left."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "#":
                self.at = self._line_end()
            elif char.isspace() or char in also:
                self.at += 1
            else:
                return True
        return False

    def _line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _note(self, path: Path, start: int) -> None:
        written = self.text[start : self.at].strip()
        self.places[path] = Place(bisect_right(self.line_starts, start), written, start)

    def _header(self) -> Path:
        start = self.at
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path: Path = tuple(self._key("]"))
        self.at += 2 if many else 1
        self._note(path, start)
        if many:
            index = self.counts.get(path, 0)
            self.counts[path] = index + 1
            path = (*path, index)
            self._note(path, start)
        return path

    def _key(self, end: str) -> list[str]:
        """The parts of a dotted key, up to ``end`` which is not taken."""
        parts: list[str] = []
        bare = ""
        while self.text[self.at] != end:
            char = self.text[self.at]
            if char in "\"'":
                start = self.at
                self._string(char)
                bare = self.text[start + 1 : self.at - 1]
                continue
            if char == ".":
                parts.append(bare.strip())
                bare = ""
            else:
                bare += char
            self.at += 1
        return [*parts, bare.strip()]

    def _pair(self, prefix: Path) -> None:
        start = self.at
        path = (*prefix, *self._key("="))
        self.at += 1
        self._skip_blank()
        self._value(path)
        self._note(path, start)

    def _value(self, path: Path) -> None:
        char = self.text[self.at]
        if char in "\"'":
            self._string(char)
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline_table(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip_blank(",") and self.text[self.at] != "]":
            start = self.at
            self._value((*path, index))
            self._note((*path, index), start)
            index += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._skip_blank(",") and self.text[self.at] != "}":
            self._pair(path)
        self.at += 1

    def _string(self, quote: str) -> None:
        """Skip one string of any of the four kinds."""
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        while not self.text.startswith(fence, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(fence)
        # Up to two quotes may stand directly before the closing fence of a multi-line string.
        while len(fence) > 1 and self.text.startswith(quote, self.at):
            self.at += 1
