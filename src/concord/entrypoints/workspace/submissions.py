"""What forms send and get back: the key that makes a submission one act, and problems at their fields."""

from __future__ import annotations

import secrets

from django.http import HttpRequest
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.presenting import words
from concord.rules.errors import ConcordError, Problem


def problems_by_field(error: ConcordError | None) -> dict[str, list[str]]:
    """What is wrong with each field of the form, in the reader's language."""
    found: dict[str, list[str]] = {}
    for problem in error.problems if error else ():
        found.setdefault(problem.field.split(".")[0], []).append(spoken(problem))
    return found


def summary_of(error: ConcordError | None) -> list[tuple[str, str]]:
    """Everything that is wrong, each with its field, for the top of the page."""
    if error is None:
        return []
    return [(problem.field, spoken(problem)) for problem in error.problems] or [("", words(error.said))]


def spoken(problem: Problem) -> str:
    """A problem in words; one of a list says which entry it means."""
    parts = problem.field.split(".")
    said = words(problem.said)
    if len(parts) > 1 and parts[1].isdecimal():
        return _("第 %(n)s 项：%(said)s") % {"n": int(parts[1]) + 1, "said": said}
    return said


def key_of(request: HttpRequest, *, longest: int = 80) -> str:
    """The key of this submission; a form without one gets none, and then each post is its own act."""
    key = request.POST.get("key", "")
    return key if 0 < len(key) <= longest else secrets.token_urlsafe(18)


def whole_number(text: str | None) -> int:
    """The number that a hidden field holds; -1 for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004  nine digits fit any column
