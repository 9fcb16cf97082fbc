"""What an actor may begin: the procedures in force, gathered under the working groups that are charged with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Kind
from concord.rules.procedure import Act, Line, Procedure, SourceLabel
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
    """The same for the page: groups with their procedures, each with its ways to begin and the ground it stands on."""
    found: dict[str, list[tuple[Procedure, Act]]] = {}
    for procedure, act in beginnings(by, glass):
        found.setdefault(procedure.id, []).append((procedure, act))
    cards: dict[tuple[str, str], dict[str, Any]] = {}
    for ways in found.values():
        procedure, act = ways[0]
        area = act.permission.partition(":")[0]
        group = next((group for group in glass.charter.groups if area in group.duties), None)
        place = (group.id if group else "", procedure.line.value)
        label = words(group) if group else _("其他")
        card = cards.setdefault(place, {"id": "-".join(place), "group": label, "line": procedure.line, "entries": []})
        card["entries"].append(_entry(ways, case))
    groups = [group.id for group in glass.charter.groups]
    ordered = sorted(cards.items(), key=lambda one: groups.index(one[0][0]) if one[0][0] in groups else len(groups))
    both = [place[0] for place in cards]
    return [{**card, "label": _titled(card, alone=both.count(place[0]) == 1)} for place, card in ordered]


def _titled(card: dict[str, Any], *, alone: bool) -> str:
    """The group's name; with the line of business where the group works in both."""
    line = _("知识产权") if card["line"] is Line.PATENT else _("市场监管")
    return str(card["group"]) if alone else f"{card['group']} · {line}"


def _entry(ways: list[tuple[Procedure, Act]], case: str) -> dict[str, Any]:
    procedure = ways[0][0]
    law = next((source for source in procedure.sources if source.label is SourceLabel.STATUTORY), None)
    ground = law or procedure.sources[0]
    links = [
        {"label": words(act), "url": _within(reverse("workspace:begin", args=[procedure.id, act.id]), case)}
        for _procedure, act in ways
    ]
    return {
        "label": words(procedure),
        "links": links,
        "source": words(ground.label.said),
        "proposed": ground.proposed,
        "article": ground.text,
    }


def _within(address: str, case: str) -> str:
    return f"{address}?case={case}" if case else address
