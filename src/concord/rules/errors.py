"""The one tree of errors.

    ConcordError
    ├── InvalidInput        what was given cannot be taken as it is (422)
    ├── DefinitionError     a charter or procedure file is wrong (start-up refuses)
    ├── NotAllowed          you may see it, but not do it (403)
    ├── NotFound            it does not exist, or you may not know that it does (404)
    ├── Conflict            the act does not fit the present state (409)
    │   └── Stale           someone else acted first (409)
    └── Unavailable         something outside failed; try again (503)

Every error has a stable ``code`` (``area.reason``), the fields it speaks of, and one sentence each in Chinese
and English that says what happened, why, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in both languages of the house."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """The sentence in ``language`` (a BCP 47 tag); Chinese unless it is English."""
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field; ``field`` is a dotted path such as ``questions.2``, empty for the whole."""

    field: str
    code: str
    said: Said


class ConcordError(Exception):
    """Root of every error that Concord raises on purpose."""

    status = 400

    def __init__(
        self,
        code: str,
        said: Said,
        *,
        problems: tuple[Problem, ...] = (),
        details: Mapping[str, str | int] | None = None,
    ) -> None:
        super().__init__(f"{code}: {said.en}")
        self.code = code
        self.said = said
        self.problems = problems
        self.details: dict[str, str | int] = dict(details or {})


class InvalidInput(ConcordError):
    """What was given cannot be taken as it is; ``problems`` name the fields."""

    status = 422


class DefinitionError(ConcordError):
    """A charter or procedure file is wrong; ``faults`` name file, line and rule."""

    status = 500

    def __init__(self, code: str, said: Said, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(code, said)
        self.faults = faults


class NotAllowed(ConcordError):
    """The person may see the thing, but not do this with it."""

    status = 403


class NotFound(ConcordError):
    """It does not exist, or the person may not know that it does."""

    status = 404


class Conflict(ConcordError):
    """The act does not fit the present state of the thing."""

    status = 409


class Stale(Conflict):
    """Someone else acted first; the page must be looked at again."""


class Unavailable(ConcordError):
    """Something outside failed; nothing was lost, the same call may be made again."""

    status = 503


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a charter folder: where, which rule, what is wrong, what would be right."""

    file: str
    line: int
    rule: str
    code: str
    said: Said
    advice: Said

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: [{self.rule}] {self.said.en} → {self.advice.en}"
