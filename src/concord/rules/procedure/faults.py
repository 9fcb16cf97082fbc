"""A place to collect the faults of one file."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from concord.rules.errors import Fault, Said
from concord.rules.rows import advise
from concord.rules.toml_lines import sound_toml

Add: TypeAlias = Callable[[str, Said, Said], None]


class Faults:
    """The faults of ``file``, in the order they were found; ``text`` is the file's, to find the lines of keys in."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self.text = text
        self.found: list[Fault] = []

    def at(self, line: int, rule: str) -> Add:
        """A function that notes a fault (code, what is wrong, what would be right) of this rule."""

        def add(code: str, said: Said, advice: Said) -> None:
            self.found.append(Fault(self.file, line, rule, code, said, advice))

        return add

    def at_key(self, key: str) -> Add:
        """As ``at``, for a key of the top level."""
        return self.at(sound_toml(self.text, file=self.file).line(key), key)

    def known(self, add: Add, given: Collection[str], known: Collection[str], code: str, what: Said) -> bool:
        """Whether all ``given`` names are among ``known``; a fault for each that is not."""
        missing = [name for name in given if name not in known]
        for name in missing:
            add(code, Said(f"没有{what.zh}“{name}”", f"there is no {what.en} “{name}”"), advise(name, known))
        return not missing

    def sorted(self) -> tuple[Fault, ...]:
        """All faults by place."""
        return tuple(sorted(self.found, key=lambda fault: (fault.file, fault.line, fault.rule, fault.code)))
