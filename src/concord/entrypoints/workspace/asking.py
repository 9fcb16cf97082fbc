"""Small forms of our own: fields as the templates show them, and refusals put beside the field they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from concord.entrypoints.workspace.presenting import words
from concord.rules.errors import ConcordError, InvalidInput, Problem, Said

Option = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was wrong with a form: texts per field, and all of them in the order they came."""

    problems: Mapping[str, list[str]] = field(default_factory=dict)
    summary: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        return 422 if self.summary else 200


NOTHING_WRONG = Refusal()


def refusal_of(error: ConcordError) -> Refusal:
    """An error as the form shows it: what concerns no field is told in full, with what is to be done."""
    problems: dict[str, list[str]] = {}
    summary: list[tuple[str, str]] = []
    if not all(problem.field for problem in error.problems) or not error.problems:
        summary.append(("", words(error.said)))
    for problem in error.problems:
        summary.append((problem.field, words(problem.said)))
        if problem.field:
            problems.setdefault(problem.field, []).append(words(problem.said))
    return Refusal(problems, tuple(summary))


def asked(
    name: str,
    label: str,
    value: str,
    refusal: Refusal,
    *,
    kind: str = "text",
    required: bool = True,
    options: Iterable[Option] = (),
    help_text: str = "",
) -> dict[str, Any]:
    """A field for the template: ``text``, ``date``, ``choice`` or ``person`` (always a list to open)."""
    return {
        "id": name,
        "kind": kind,
        "label": label,
        "value": value,
        "options": list(options),
        "required": required,
        "max": None,
        "min": None,
        "problems": refusal.problems.get(name, []),
        "help": help_text,
        "items": [],
        "kept": [],
    }


def day_typed(typed: Mapping[str, str], name: str) -> date:
    """A day that must be given; InvalidInput ``people.no_day``."""
    found = day_or_none(typed, name)
    if found is None:
        said = Said("请填写日期。", "Give a date.")
        raise InvalidInput("people.no_day", said, problems=(Problem(name, "missing", said),))
    return found


def day_or_none(typed: Mapping[str, str], name: str) -> date | None:
    """A day that may be left out; InvalidInput ``people.no_day`` for what is none."""
    text = typed.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        said = Said("日期写作2026-03-02。", "Write a date as 2026-03-02.")
        raise InvalidInput("people.no_day", said, problems=(Problem(name, "form", said),)) from None
