"""What an actor may begin: the procedures in force, gathered under the working groups that are charged with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Kind
from concord.rules.procedure import Act, Procedure, SourceLabel
from concord.rules.procedure.parties import CENTRE_ROLE


def beginnings(by: Actor, glass: Glass) -> Iterator[tuple[Procedure, Act]]:
    """Every initial act that the actor may do today, in the charter's order."""
    at_centre = by.organisation.kind == Kind.CENTRE
    for name in glass.charter.in_force:
        procedure = glass.charter.procedure(name, on=glass.today)
        if (procedure.initiating_role == CENTRE_ROLE) is at_centre:
            yield from ((procedure, act) for act in procedure.initial_acts() if by.may(act.permission))


def begin_address(by: Actor, glass: Glass, *, case: str = "") -> str:
    """Where the actor chooses what to begin; empty when there is nothing to choose."""
    return _within(reverse("workspace:beginnings"), case) if next(beginnings(by, glass), None) else ""


def beginnings_by_group(by: Actor, glass: Glass, *, case: str = "") -> list[dict[str, Any]]:
    """The same for the page: groups with their procedures, each with its address and the ground it stands on."""
    found = list(beginnings(by, glass))
    groups: list[dict[str, Any]] = []
    for group in glass.charter.groups:
        listed = [one for one in found if _area(one[1]) in group.duties]
        if listed:
            groups.append({"id": group.id, "label": words(group), "entries": [_entry(*one, case) for one in listed]})
    charged = {duty for group in glass.charter.groups for duty in group.duties}
    rest = [_entry(*one, case) for one in found if _area(one[1]) not in charged]
    return [*groups, *([{"id": "other", "label": _("其他"), "entries": rest}] if rest else [])]


def _area(act: Act) -> str:
    """What a permission is about: ``assistance`` of ``assistance:draft``; groups are charged with it by this word."""
    return act.permission.partition(":")[0]


def _entry(procedure: Procedure, act: Act, case: str) -> dict[str, Any]:
    law = next((source for source in procedure.sources if source.label is SourceLabel.STATUTORY), None)
    ground = law or procedure.sources[0]
    only = len(procedure.initial_acts()) == 1
    return {
        "label": words(procedure) if only else f"{words(procedure)} · {words(act)}",
        "url": _within(reverse("workspace:begin", args=[procedure.id, act.id]), case),
        "line": _("知识产权") if procedure.line == "patent" else _("市场监管"),
        "source": words(ground.label.said),
        "proposed": ground.proposed,
        "article": ground.text,
    }


def _within(address: str, case: str) -> str:
    return f"{address}?case={case}" if case else address
