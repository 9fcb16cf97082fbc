"""Reads of recognition: the grid of item × city, and precedents; both only of items that the reader may see.

What a city has written as its reason is shown to those who see the matter in which it was written, and blank to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from concord.capabilities.evidence.models import Item, Recognition
from concord.capabilities.evidence.policy import READ
from concord.capabilities.evidence.queries import visible_to
from concord.casework import queries as casework
from concord.casework.models import Matter
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on
from concord.rules.charter import Charter
from concord.rules.evidence.requirements import LegalPosition, legal_position

AGREEMENT = "agreement"
# On which basis an item came in procedures that do not ask for it.
BASES: Mapping[str, str] = {"case_transfer": "transferred_case", "assistance": "assistance"}
PRECEDENTS = 50
OF_MATTER = ("id", "number", "procedure", "facts")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a city thinks, or once thought, of an item; the matter where the reader sees it; what it rests on."""

    row: Recognition
    matter: Matter | None
    position: LegalPosition


def grid(items: Sequence[Item], by: Actor) -> dict[tuple[int, int], Recognition]:
    """What cities think now of those of the items that ``by`` may see, by item and organisation; two queries."""
    rows = _shown(by, [item.id for item in items]).filter(current=True)
    return {(one.item_id, one.organisation_id): one for one in _without_reasons_of_others(rows, by)}


def precedents(
    *,
    by: Actor,
    kind: str = "",
    cause: str = "",
    ground: str = "",
    limit: int = PRECEDENTS,
    before: int | None = None,
) -> list[Recognition]:
    """How cities have judged items that ``by`` may see, newest first; ``before`` is the id of the last one shown.

    Empty filters ask nothing. A presumption is no precedent: nobody has judged anything.
    """
    if not by.may(READ):
        return []
    judged = (Recognition.Outcome.RECOGNISED, Recognition.Outcome.OBJECTED)
    wanted = {name: value for name, value in (("kind", kind), ("cause", cause), ("ground", ground)) if value}
    rows = Recognition.objects.filter(item__audience__scope_id=by.scope_id, outcome__in=judged, **wanted)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _without_reasons_of_others(rows.select_related("item", "organisation").order_by("-id")[:limit], by)


def opinions_of(item: Item, by: Actor) -> list[Opinion]:
    """Everything cities have thought of an item that ``by`` may see, newest first, with what no longer stands."""
    rows = list(_shown(by, [item.id]).select_related("item__organisation").order_by("-id"))
    matters = _matters(rows, by)
    charters: dict[str, Charter] = {}
    opinions = []
    for row in rows:
        matter = matters.get(row.matter_id)
        row.reason = row.reason if matter is not None else ""
        if row.charter not in charters:
            charters[row.charter] = charter_on(legal_date(row.at))
        opinions.append(Opinion(row, matter, position_of(row, matter, charters[row.charter])))
    return opinions


def position_of(row: Recognition, matter: Matter | None, charter: Charter) -> LegalPosition:
    """On what a recognition rests in law, in plain words; without the matter, as for what is given by agreement."""
    basis = AGREEMENT
    if matter is not None:
        basis = str(matter.facts.get("basis") or BASES.get(matter.procedure, AGREEMENT))
    giver: Organisation = row.item.organisation
    return legal_position(giver.code, row.organisation.code, basis, at=legal_date(row.at), charter=charter)


def _shown(by: Actor, items: Sequence[int]) -> QuerySet[Recognition]:
    shown = visible_to(by).filter(id__in=items).values("id")
    return Recognition.objects.filter(item__in=shown).select_related("organisation")


def _without_reasons_of_others(rows: Iterable[Recognition], by: Actor) -> list[Recognition]:
    listed = list(rows)
    matters = _matters(listed, by)
    for row in listed:
        row.reason = row.reason if row.matter_id in matters else ""
    return listed


def _matters(rows: Sequence[Recognition], by: Actor) -> dict[int, Matter]:
    """The matters of these rows that ``by`` sees."""
    asked = {row.matter_id for row in rows}
    return {matter.id: matter for matter in casework.visible_to(by).filter(id__in=asked).only(*OF_MATTER)}
