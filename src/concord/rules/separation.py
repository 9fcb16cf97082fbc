"""Separation of duties (三员分立): who manages people, who confirms it and who audits are never one person.

Source: the house rule of three administrators; each is named by the permission that makes it what it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from concord.rules.coverage import Span

SEPARATE = frozenset({"people:manage", "people:confirm", "journal:read"})


@dataclass(frozen=True, slots=True)
class Tenure:
    """What somebody may do in one organisation for a time, in a post of their own or in place of another."""

    permissions: frozenset[str]
    span: Span


def separate_duties(permissions: Collection[str]) -> frozenset[str]:
    """Those among the permissions that must be held apart."""
    return SEPARATE.intersection(permissions)


def clash(wanted: Tenure, others: Sequence[Tenure]) -> Tenure | None:
    """The first of the others that one person may not hold on the same day as ``wanted``; None when there is none."""
    own = separate_duties(wanted.permissions)
    if not own:
        return None
    for other in others:
        theirs = separate_duties(other.permissions)
        if theirs and len(own | theirs) > 1 and wanted.span.meets(other.span):
            return other
    return None
