"""What is known of items, as far as any city asks for it: read from record, officers, files and package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from concord.capabilities.evidence.models import Item, ItemFile, Officer
from concord.foundation.database.scope import writing
from concord.foundation.ledger.models import Sealed
from concord.rules.canonical import JSON
from concord.rules.evidence.requirements import Traits

APPRAISAL, RIGHT_HOLDER = "appraisal", "right_holder"


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands in other rows than the item's own."""

    officers: int
    cards: int
    hashed: bool
    sealed: bool
    stamped: bool
    logged: bool


def traits_of(item: Item) -> Traits:
    """What is known of one item."""
    return traits_of_all([item])[item.id]


def traits_of_all(items: Sequence[Item]) -> dict[int, Traits]:
    """What is known of each item, by its id; three queries for any number of them."""
    ids = [item.id for item in items]
    listed = Officer.objects.filter(item__in=ids).values("item_id").order_by("item_id")
    officers = {
        one["item_id"]: (one["people"], one["cards"])
        for one in listed.annotate(people=Count("id"), cards=Count("card_number", filter=~Q(card_number="")))
    }
    claims: dict[int, bool] = {}
    for holding, claimed in ItemFile.objects.filter(item__in=ids).values_list("item_id", "claimed"):
        claims[holding] = claims.get(holding, True) and bool(claimed)
    with writing():  # the database shows sealed packages to nobody
        rows = Sealed.objects.filter(id__in=[item.sealed_id for item in items if item.sealed_id is not None])
        packages = {
            sealed: (bool(tokens), state == Sealed.State.PROVEN)
            for sealed, tokens, state in rows.values_list("id", "tokens", "state")
        }
    found: dict[int, Traits] = {}
    for item in items:
        people, cards = officers.get(item.id, (0, 0))
        stamped, logged = packages.get(item.sealed_id or 0, (False, False))
        around = _Around(
            officers=people,
            cards=cards,
            hashed=claims.get(item.id, False),
            sealed=item.sealed_id is not None,
            stamped=stamped,
            logged=logged,
        )
        found[item.id] = _traits(item, item.record, around)
    return found


def _traits(item: Item, record: Mapping[str, JSON], around: _Around) -> Traits:
    def told(name: str) -> bool:
        return bool(record.get(name))

    return Traits(
        kind=item.kind,
        cause=item.cause,
        officers=around.officers,
        cards=around.cards,
        has_original_medium=told("has_original_medium"),
        method_told=told("method"),
        tool_told=told("tool_name"),
        clean_check=told("clean_check"),
        continuous_video=told("continuous_video"),
        screen_recorded=told("screen_recorded"),
        party_signed=told("party_signed"),
        witness_present=told("witness"),
        refusal_noted=told("refusal"),
        read_back=told("read_back"),
        right_holder_opinion=told("right_holder_opinion")
        or (item.kind == APPRAISAL and record.get("opinion_kind") == RIGHT_HOLDER),
        notarised=told("notarised"),
        duplicate_sample=told("duplicate_sample"),
        sample_sealed=told("sample_sealed"),
        expert_named=told("expert_body"),
        hashed_at_capture=around.hashed,
        sealed_in_package=around.sealed,
        stamped=around.stamped,
        logged=around.logged,
    )
