"""Who may see an item: rows that the commands of evidence write in the transaction of their act, and nothing else."""

from __future__ import annotations

from datetime import datetime

from concord.capabilities.evidence.models import Item, ItemAudience
from concord.casework.effects import sort_key
from concord.casework.models import Matter
from concord.foundation.access.models import Scope
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Organisation


def show(item: Item, organisation: Organisation, *, granted_by: Matter | None, at: datetime) -> ItemAudience:
    """Let the organisation see the item from now on, in the caller's transaction; nothing when it does already.

    ``granted_by`` is the matter in which it is told; none for the organisation that registers it.
    """
    with writing():
        row, _new = ItemAudience.objects.get_or_create(
            item=item,
            scope=Scope.objects.get(organisation=organisation),
            defaults={
                "sort_key": sort_key(at),
                "kind": item.kind,
                "state": item.state,
                "organisation_id": item.organisation_id,
                "granted_by": granted_by,
            },
        )
        return row


def restate(item: Item) -> None:
    """Bring what lists are filtered by to what the item says now, in the caller's transaction."""
    with writing():
        ItemAudience.objects.filter(item=item).update(kind=item.kind, state=item.state)
