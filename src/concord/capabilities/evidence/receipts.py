"""The two receipts of a handover (双方回执): signed by a job, since pages hold no keys.

The receiver's receipt is signed only after every file was read again and its digests are those that were sealed; where
they differ nothing is signed, and what was presumed of the item is presumed no longer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from concord.capabilities.evidence.handing_over import SIGN
from concord.capabilities.evidence.models import Handover, Recognition
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files.queries import blocks_of
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import sealing
from concord.foundation.ledger.log import is_ready
from concord.foundation.ledger.models import Sealed, SealedFile
from concord.proofs.canonical import JSON, encode
from concord.proofs.digests import Pair, digested, pair_of
from concord.proofs.statements import read_manifest
from concord.rules.errors import Unavailable

if TYPE_CHECKING:  # for signatures only
    from concord.foundation.ledger.sealing import Equipment

SCHEMA = "receipt/1"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """What the receiver's own computation found: the pair of each file that could be read, and whether all agree."""

    found: Mapping[str, Pair]
    agree: bool

    @property
    def rows(self) -> list[JSON]:
        """The digests as the handover keeps them."""
        return [{"path": path, **pair.as_json()} for path, pair in sorted(self.found.items())]

    def report(self, package: str) -> Pair:
        """The pair of the report that the receiver signs."""
        return pair_of(encode({"schema": SCHEMA, "package": package, "files": self.rows, "agree": self.agree}))


@job(SIGN, schedule=Every(timedelta(minutes=5)), lease=timedelta(hours=2))
def sign_receipts(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Sign what waits for its receipts; nothing without a ledger that can seal."""
    if is_ready():
        from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  pages do not load it

        sign(equipment=equipment_here(secrets.token_bytes), at=at)


def sign(*, equipment: Equipment, at: datetime) -> int:
    """Check and sign the handovers that were received and have no receipts yet; how many were signed.

    A run that was killed is taken up where it ended. Raises as ``signers.officer``.
    """
    signed, after = 0, 0
    while waiting := _waiting(after):
        for one in waiting:
            checked = check(one)
            signed += _sign(one, checked, equipment=equipment, at=at) if checked.agree else _differ(one, checked, at)
        after = waiting[-1].id
    return signed


def check(handover: Handover) -> Checked:
    """Read every file of the item's package again, and compare its digests with those that were sealed."""
    with writing():
        sealed = Sealed.objects.get(pk=handover.item.sealed_id or 0)
        listed = {one.path: one.pair for one in read_manifest(sealed.manifest.encode()).files}
        files = {one.path: one.file for one in SealedFile.objects.filter(sealed=sealed).select_related("file")}
    found: dict[str, Pair] = {}
    for path, file in files.items():
        try:
            found[path] = digested(blocks_of(file)).pair
        except Unavailable:
            continue
    return Checked(found, agree=found == listed)


def _waiting(after: int) -> Sequence[Handover]:
    with writing():
        rows = Handover.objects.filter(received_at__isnull=False, received=None, digests_agree=None, id__gt=after)
        rows = rows.filter(item__sealed__isnull=False).select_related("item", "giver", "receiver", "matter")
        return list(rows.order_by("id")[:AT_ONCE])


def _sign(waiting: Handover, checked: Checked, *, equipment: Equipment, at: datetime) -> int:
    with writing():
        kept = locked(Handover.objects.filter(id=waiting.id)).get()
        if kept.received is not None:
            return 0
        sealed = Sealed.objects.only("package").get(pk=waiting.item.sealed_id or 0)
        kept.given = sealing.append_event(
            sealed.id,
            equipment=equipment,
            organisation=waiting.giver,
            action="transfer",
            counterparty=waiting.receiver.code,
            at=kept.given_at,
        )
        kept.received = sealing.append_event(
            sealed.id,
            equipment=equipment,
            organisation=waiting.receiver,
            action="receive",
            counterparty=waiting.giver.code,
            report=checked.report(sealed.package),
            at=kept.received_at or at,
        )
        kept.digests_agree, kept.findings = True, checked.rows
        kept.save(update_fields=["given", "received", "digests_agree", "findings"])
        details = {"given": kept.given, "received": kept.received}
        record(waiting, at, event="evidence.sign_receipts", details=details)
    return 1


def _differ(waiting: Handover, checked: Checked, at: datetime) -> int:
    """Digests differ: no receipt, and no presumption either."""
    with writing():
        kept = locked(Handover.objects.filter(id=waiting.id)).get()
        if kept.digests_agree is not None:
            return 0
        kept.digests_agree, kept.findings = False, checked.rows
        kept.save(update_fields=["digests_agree", "findings"])
        presumed = [Recognition.Outcome.PRESUMED, Recognition.Outcome.LAPSED]
        current = Recognition.objects.filter(item=waiting.item, organisation=waiting.receiver, current=True)
        current.filter(outcome__in=presumed).update(current=False)
        record(waiting, at, event="evidence.digests_differ", details={})
    return 0


def record(handover: Handover, at: datetime, *, event: str, details: Mapping[str, int]) -> None:
    """Write what the job found into the receiver's journal."""
    journal.record(
        event=event,
        at=at,
        by=None,
        organisation=handover.receiver,
        subject=handover.item.number,
        matter_uid=handover.matter.uid,
        details={**details, "giver": handover.giver.code},
    )
