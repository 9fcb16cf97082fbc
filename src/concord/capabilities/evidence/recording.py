"""What is done with an item, in the journal of whoever does it: identifiers, numbers and codes, and nothing typed."""

from __future__ import annotations

from datetime import datetime

from concord.capabilities.evidence.models import Item
from concord.foundation.access.actor import Actor
from concord.foundation.journal import commands as journal


def record(*, event: str, item: Item, by: Actor | None, at: datetime, **details: str | int) -> None:
    """Write ``event`` with the item's number, in the act's transaction; nobody else sees what is done with an own item.

    What the system does stands in the journal of the organisation that collected the item.
    """
    owner = None if by is not None else item.organisation
    journal.record(
        event=event, at=at, by=by, organisation=owner, subject=item.number, internal=True, details=dict(details)
    )
