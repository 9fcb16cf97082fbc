"""Lists of items: pages of what an organisation may see, what a picker offers, what a matter tells, who has looked.

Every list is answered from the audience of items, whose row holds all that lists are filtered and sorted by; so a page
costs the same among a million items.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from concord.capabilities.evidence.models import Item, Presentation
from concord.capabilities.evidence.queries import ShownItem, visible_to
from concord.casework.desk.receipts import HIDDEN
from concord.casework.models import Case, Matter
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Read

# A word is looked for among the newest items only; a number is found however old it is.
MOST_SEARCHED = 5_000
WITH = ("organisation", "holder", "case", "person")
# Whoever asks for an item that is not shown leaves a record of it.
HIDDEN["item"] = (Item.objects.all, "number")


@dataclass(frozen=True, slots=True)
class ItemsWanted:
    """Filters of a list of items; empty ones ask nothing. ``text`` is a number, or part of a title."""

    text: str = ""
    kind: str = ""
    state: str = ""
    organisation: int | None = None
    case: Case | None = None


EVERY_ITEM = ItemsWanted()


def page_of_items(
    by: Actor, wanted: ItemsWanted = EVERY_ITEM, *, limit: int, before: tuple[int, int] | None = None
) -> list[ShownItem]:
    """The items that ``by`` may see, newest first; ``before`` is sort key and id of the last one shown."""
    rows = _wanted(by, wanted)
    if before is not None:
        key, last = before
        rows = rows.filter(sort_key__lte=key).filter(Q(sort_key__lt=key) | Q(id__gt=last))
    return list(rows.select_related(*WITH).order_by("-sort_key", "id")[:limit])


def _wanted(by: Actor, wanted: ItemsWanted) -> QuerySet[ShownItem]:
    shown = visible_to(by).annotate(
        shown_kind=F("audience__kind"),
        shown_state=F("audience__state"),
        shown_giver=F("audience__organisation_id"),
    )
    rows = shown
    if wanted.kind:
        rows = rows.filter(shown_kind=wanted.kind)
    if wanted.state:
        rows = rows.filter(shown_state=wanted.state)
    if wanted.organisation is not None:
        rows = rows.filter(shown_giver=wanted.organisation)
    if wanted.case is not None:
        rows = rows.filter(case=wanted.case)
    if wanted.text:
        numbered = rows.filter(number=wanted.text)
        if numbered.exists():
            return numbered
        newest = rows.order_by("-sort_key", "id").values("id")[:MOST_SEARCHED]
        rows = rows.filter(id__in=newest, title__icontains=wanted.text)
    return rows


def offered_to(by: Actor, *, case: Case | None, named: Collection[str], limit: int) -> list[ShownItem]:
    """What a picker offers: the sealed items of the case first, then the newest, and those ``named`` already."""
    sealed = visible_to(by).filter(state=Item.State.SEALED).select_related(*WITH)
    kept = list(sealed.filter(number__in=list(named)))
    ours = list(sealed.filter(case=case).order_by("-id")[:limit]) if case is not None else []
    newest = page_of_items(by, ItemsWanted(state=Item.State.SEALED), limit=limit)
    return list({item.id: item for item in (*kept, *ours, *newest)}.values())[: limit + len(kept)]


def told_in(matter: Matter, *, by: Actor) -> list[Presentation]:
    """The items told in a matter that ``by`` may see, with whoever told them, in the order they were told."""
    rows = Presentation.objects.filter(matter=matter, item__in=visible_to(by).values("id"))
    return list(rows.select_related("item", "item__organisation", "item__holder", "organisation").order_by("id"))


def readers_of(item: Item, *, by: Actor, limit: int) -> Sequence[Read]:
    """Who outside the giving organisation looked at an item, newest first; only the giving organisation is told."""
    if item.organisation_id != by.organisation.id:
        return ()
    with writing():  # what others read stands in rows of theirs
        rows = Read.objects.filter(what="item", subject=item.number, refused=False)
        others = rows.exclude(organisation=by.organisation).select_related("person", "organisation")
        return list(others.order_by("-id")[:limit])
