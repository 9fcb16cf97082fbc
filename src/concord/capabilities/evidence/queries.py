"""Reads of evidence; every one starts from ``visible_to``."""

from __future__ import annotations

from typing import TypeAlias, TypedDict
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django_stubs_ext import WithAnnotations

from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.policy import READ
from concord.foundation.access.actor import Actor
from concord.rules.errors import NotFound, Said


class Showing(TypedDict):
    """What ``visible_to`` puts on a row: its place in lists."""

    sort_key: int


ShownItem: TypeAlias = "WithAnnotations[Item, Showing]"


def visible_to(by: Actor) -> QuerySet[ShownItem]:
    """The items that ``by`` may see: one join on the audience of items; none without ``evidence:read``."""
    rows: QuerySet[ShownItem] = Item.objects.filter(audience__scope_id=by.scope_id).annotate(
        sort_key=F("audience__sort_key")
    )
    return rows if by.may(READ) else rows.none()


def item_for(*, uid: UUID | None = None, number: str | None = None, by: Actor) -> Item:
    """An item that ``by`` may see; NotFound ``evidence.no_item`` for what does not exist or is not shown."""
    rows = visible_to(by).select_related("organisation", "holder", "case", "sealed", "person")
    item = rows.filter(Q(uid=uid) if uid is not None else Q(number=number)).first()
    if item is None:
        raise no_item()
    return item


def no_item() -> NotFound:
    """The error for an item that does not exist or must not be known to exist."""
    return NotFound(
        "evidence.no_item",
        Said(
            "没有找到该证据项，或者您无权查看。请核对编号。",
            "No such item of evidence, or it is not shown to you. Check the number.",
        ),
    )
