"""Writes: handing a leaf to the ledger, with the act that it belongs to."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.transaction import TransactionManagementError

from concord.foundation.database.scope import writing
from concord.foundation.ledger.models import LONGEST_LEAF, Kind, Submission
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import Conflict, InvalidInput, Said


def submit(*, leaf: bytes, kind: str, subject: str, organisation: Organisation | None, at: datetime) -> Submission:
    """Hand ``leaf`` to the ledger in the caller's transaction; it is logged soon after the commit, or never.

    ``subject`` says what it is about, once per kind: the same leaf again returns the first submission. Raises
    TransactionManagementError outside of a transaction, InvalidInput ``ledger.leaf`` for an empty leaf or one beyond
    1 KiB or of an unknown kind, Conflict ``ledger.subject_taken`` when the subject has another leaf.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("ledger.submit belongs into the transaction of the act it tells of")
    if kind not in Kind.values or not 0 < len(leaf) <= LONGEST_LEAF:
        said = Said(
            f"存证叶须为已知种类且不超过 {LONGEST_LEAF} 字节。",
            f"A leaf of the ledger is of a known kind and holds at most {LONGEST_LEAF} bytes.",
        )
        raise InvalidInput("ledger.leaf", said)
    with writing():
        kept, new = Submission.objects.get_or_create(
            kind=kind,
            subject=subject,
            defaults={"leaf": leaf, "organisation": organisation, "submitted_at": at},
        )
    if not new and bytes(kept.leaf) != leaf:
        said = Said(
            f"“{subject}”已有另一条存证记录，未再提交。请核对后以新的标识提交。",
            f"{subject!r} has another leaf already, so this one was not taken; submit it under a name of its own.",
        )
        raise Conflict("ledger.subject_taken", said)
    return kept
