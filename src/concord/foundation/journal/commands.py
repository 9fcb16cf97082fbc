"""Writes: an entry for an act, in the act's transaction; a read, in a transaction of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry, Read
from concord.foundation.organisations.models import Organisation
from concord.rules.canonical import LARGEST_INTEGER
from concord.rules.errors import ConcordError

# Which errors leave an entry though their act is undone: code → event. Apps add theirs when they are ready.
REFUSALS: dict[str, str] = {}
# Identifiers, numbers, states and digests; sentences and names with spaces do not fit.
TOKEN = re.compile(r"[\w.:/@+\-#*〔〕（）()]{0,128}")


def record(
    *,
    event: str,
    at: datetime,
    by: Actor | None,
    organisation: Organisation | None = None,
    subject: str = "",
    matter_uid: UUID | None = None,
    internal: bool = False,
    details: Mapping[str, str | int | list[str]] | None = None,
) -> Entry:
    """Write that ``event`` (``area.happened``) happened; ``by`` is None when the system itself acted.

    What the system did with things of one ``organisation`` stands in the journal of that one.

    Belongs inside the transaction of the change it tells of: raises TransactionManagementError outside of one, and
    ValueError when ``details`` carry anything but identifiers, numbers (below 2^53), states and digests.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("journal.record belongs into the transaction of the act it tells of")
    kept = dict(details or {})
    for name, value in kept.items():
        _refuse_free_text(name, value)
    return Entry.objects.create(
        at=at,
        event=event,
        person=by.person if by else None,
        post=by.post if by else None,
        organisation=by.organisation if by else organisation,
        subject=subject,
        matter_uid=matter_uid,
        internal=internal,
        details=kept,
    )


def record_refusal(error: Exception, *, act: str, by: Actor, at: datetime) -> None:
    """Keep a record of an act that was refused and undone, when the error is one of ``REFUSALS``; else nothing.

    The details of the error are those of the entry: identifiers only.
    """
    if not isinstance(error, ConcordError) or error.code not in REFUSALS:
        return
    details: dict[str, str | int | list[str]] = {**error.details, "act": act}
    with writing():
        subject = str(details.pop("subject", ""))
        record(event=REFUSALS[error.code], at=at, by=by, subject=subject, internal=True, details=details)


def record_read(*, what: str, subject: str, by: Actor, at: datetime, refused: bool = False) -> None:
    """Write that ``by`` looked at ``subject``, a sensitive thing of kind ``what``, or was refused.

    Call it after the data was read, outside of any transaction (RuntimeError inside of one), so that the record of
    a refusal does not vanish with what was refused.
    """
    with transaction.atomic(durable=True), writing():
        Read.objects.create(
            at=at, person=by.person, organisation=by.organisation, what=what, subject=subject, refused=refused
        )


def _refuse_free_text(name: str, value: str | int | list[str]) -> None:
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise ValueError(f"the journal keeps no number beyond 2^53: {name}")
        return
    for text in [value] if isinstance(value, str) else value:
        if not TOKEN.fullmatch(text):
            raise ValueError(f"the journal keeps no free text: {name}")
