"""Items of evidence in the demo: each is registered, recorded, filled with small real files and sealed in one step.

Their packages are signed at once with the demonstration's keys, so that they can be handed over in the same story.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from concord.capabilities.evidence import items, packing
from concord.casework.models import Case
from concord.entrypoints.demo.evidence import made
from concord.entrypoints.demo.steps import Step
from concord.foundation.access.actor import Actor
from concord.foundation.files import commands as files
from concord.foundation.ledger.sealing import Stamping
from concord.foundation.organisations.models import Person
from concord.rules.identifiers import uuid7

if TYPE_CHECKING:
    from concord.foundation.ledger.sealing import Equipment

UID_BYTES = 10


def seal_item(
    step: Step, by: Actor, *, case: Case | None, equipment: Equipment, entropy: Callable[[str], bytes]
) -> str:
    """Play the step and give the number of the item; raises what the commands raise."""
    told = dict(step.answers)
    item = items.register(
        kind=told["kind"],
        title=told["title"],
        handling=told["handling"],
        cause=told["cause"],
        case=case.uid if case else None,
        by=by,
        at=step.at,
        entropy=entropy(step.key),
    )
    item = items.describe(
        item=item.uid,
        version=item.version,
        record=told["record"],
        officers=_officers(told["officers"]),
        place=told["place"],
        started_at=datetime.fromisoformat(told["started_at"]),
        ended_at=datetime.fromisoformat(told["ended_at"]),
        by=by,
        at=step.at,
    )
    for n, wanted in enumerate(told["files"]):
        _add(item.uid, wanted, entropy(f"{step.key}-file-{n}"), by=by, at=step.at)
    item.refresh_from_db()
    items.seal(item=item.uid, version=item.version, by=by, at=step.at)
    # The demonstration's time-stamper does not run yet; nothing here waits for one.
    unstamped = replace(equipment, stamping=Stamping([], equipment.random_bytes))
    packing.finish_sealing(item.uid, equipment=unstamped, at=step.at)
    return item.number


def _officers(told: Iterable[tuple[str, str]]) -> list[tuple[UUID, str]]:
    cards = dict(told)
    return [(one.uid, cards[one.username]) for one in Person.objects.filter(username__in=cards).order_by("id")]


def _add(item: UUID, wanted: Mapping[str, Any], chance: bytes, *, by: Actor, at: datetime) -> None:
    content = made(wanted, at=at)
    file = files.store(content=content, name=wanted["name"], by=by, at=at, uid=uuid7(at, chance[:UID_BYTES]))
    items.add_file(
        item=item,
        file=file.uid,
        claimed=hashlib.sha256(content).hexdigest(),
        original_location=wanted.get("origin", ""),
        by=by,
        at=at,
    )
