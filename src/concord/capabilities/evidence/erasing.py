"""Writes: erasing an item by duty (law N17, N27): bytes, record, names and salts go; digests and the act stay.

What is left verifies and identifies nobody: the manifest, which holds codes, sizes and digests, the signed events, the
leaves of the log. That it was erased is an act in the journal, a move in the chain of custody and, once a job has
signed it, a ``dispose`` event of the package.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings

from concord.capabilities.evidence import audience, custody_log, recording, refusals
from concord.capabilities.evidence.background import ERASING
from concord.capabilities.evidence.models import Custody, Item, ItemFile, Lot, Officer
from concord.capabilities.evidence.policy import DISPOSE, require
from concord.capabilities.evidence.queries import item_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files import storage, sweeping
from concord.foundation.files.models import File, Upload
from concord.foundation.jobs.commands import enqueue
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.proofs.statements import read_event
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.evidence.custody import ENDS, ERASE

if TYPE_CHECKING:  # for signatures only
    from concord.foundation.ledger.sealing import Equipment

REASONS: Mapping[str, Said] = {
    "purpose_reached": Said("使用目的已经实现", "The purpose is reached"),
    "retention_over": Said("保存期限届满", "The time of keeping is over"),
    "order": Said("依上级机关或者法院要求", "By order of a superior or a court"),
    "wrongly_collected": Said("不应当采集", "It should not have been collected"),
}
"""Why something is erased: a closed list, since the journal keeps no free text."""
GONE = "已删除"
TRIED_FOR = timedelta(days=7)
"""For how long the job looks whether bytes are gone: such as arrived within a day stay until the next."""
DISPOSED = "dispose"


def erase(*, item: UUID, reason: str, by: Actor, at: datetime) -> Item:
    """Erase an item in one's custody: its record, names, salts, and the bytes that nothing else needs.

    Raises NotAllowed ``evidence.may_not`` or ``evidence.not_holder``, NotFound ``evidence.no_item``, Conflict
    ``evidence.state`` unless it is sealed or disposed of and ``evidence.under_way`` while it is being handed over,
    InvalidInput ``evidence.reason`` for a reason that is not in ``REASONS``.
    """
    require(by, DISPOSE)
    shown = item_for(uid=item, by=by)
    if reason not in REASONS:
        said = Said("请从列出的理由中选择。", "Choose one of the listed reasons.")
        raise InvalidInput("evidence.reason", said, problems=(Problem("reason", "unknown", said),))
    with writing():
        kept = locked(Item.objects.filter(pk=shown.pk)).get()
        if kept.holder_id != by.organisation.id:
            raise refusals.not_holder()
        if kept.state not in {Item.State.SEALED, Item.State.DISPOSED}:
            raise refusals.other_state(kept)
        if kept.handovers.filter(received_at=None, declined_at=None).exists():
            raise _under_way(kept)
        medium = custody_log.medium_of(kept)
        _forget(kept, at=at)
        custody_log.append(
            kept,
            act=ERASE,
            organisation=by.organisation,
            person=by.person,
            post=by.post,
            at=at,
            purpose=REASONS[reason].zh,
            medium=medium,
            result=GONE,
        )
        audience.restate(kept)
        recording.record(event="evidence.erase", item=kept, by=by, at=at, reason=reason, files=kept.files.count())
        enqueue(ERASING, payload={})
    return kept


def sign_disposals(*, equipment: Equipment, at: datetime) -> int:
    """Add to the packages of items erased or disposed of the signed event that says so; how many gained it."""
    with writing():
        moves = Custody.objects.filter(act__in=ENDS, at__gt=at - TRIED_FOR)
        ended = Item.objects.filter(state__in=(Item.State.ERASED, Item.State.DISPOSED), id__in=moves.values("item_id"))
        waiting = list(ended.select_related("holder"))
    signed = 0
    for item in waiting:
        with writing():
            row = locked(Sealed.objects.filter(pk=item.sealed_id or 0)).get()
            if not any(read_event(event.encode()).action == DISPOSED for event in row.events):
                sealing.append_event(row.pk, equipment=equipment, organisation=item.holder, action=DISPOSED, at=at)
                signed += 1
    return signed


def remove_bytes(*, at: datetime) -> None:
    """Remove the bytes of what was erased lately, but for those that something else names."""
    with writing():
        rows = ItemFile.objects.filter(erased_at__gt=at - TRIED_FOR)
        digests = set(rows.values_list("file__digest", flat=True))
        free = digests - _needed(digests)
    for digest in sorted(free):
        storage.remove(Path(settings.FILES_ROOT), digest)


def _forget(item: Item, *, at: datetime) -> None:
    """Empty what tells of people, in rows and in the package."""
    Officer.objects.filter(item=item).delete()
    Lot.objects.filter(item=item).update(name=GONE, seal="")
    own = [one.file_id for one in item.files.all()]
    item.files.update(erased_at=at, original_location="")
    assert item.sealed_id is not None  # noqa: S101  the state says so
    made = set(sealing.erase(item.sealed_id)) - set(own)
    digests = set(File.objects.filter(id__in=own).values_list("digest", flat=True))
    free = digests - _needed(digests)
    File.objects.filter(digest__in=free).update(name=GONE)
    Upload.objects.filter(file__digest__in=free).update(name=GONE)
    sweeping.discard(made, before=at + timedelta(seconds=1))
    item.title, item.place, item.record, item.state = GONE, "", {}, Item.State.ERASED
    item.version += 1
    item.save()


def _needed(digests: Collection[str]) -> set[str]:
    """Those of the digests whose bytes some row still needs that is not one of an erased item.

    That a file once came in pieces keeps nothing.
    """
    needed: set[str] = set()
    for table, column in sweeping.references():
        if table is Upload:
            continue
        rows = table._base_manager.filter(**{f"{column}__digest__in": digests})  # noqa: SLF001  no row is left out by it
        if table is ItemFile:
            rows = rows.filter(erased_at=None)
        needed.update(rows.values_list(f"{column}__digest", flat=True))
    return needed


def _under_way(item: Item) -> Conflict:
    return Conflict(
        "evidence.under_way",
        Said(
            f"证据项“{item.number}”正在移交，尚未接收。请等接收机关接收或者不予接收后再办理。",
            f"{item.number} is on its way and not yet received. Wait for the receiver.",
        ),
    )
