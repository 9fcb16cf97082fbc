"""Looking after the ledger in the background."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.keys import installation
from concord.foundation.ledger import fsck, incidents, sealing
from concord.foundation.ledger.log import installation_here, is_ready


@job("ledger.watch", schedule=Every(timedelta(minutes=1)))
def watch(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """See whether entries wait too long, or witnesses are missing too long."""
    if installation.exists(Path(settings.LEDGER_ROOT)):
        incidents.watch(at=at)


@job("ledger.check", schedule=Every(timedelta(days=7)), lease=timedelta(hours=12), attempts=2)
def check(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  as above
    """Derive the whole ledger anew and compare; what is wrong becomes an incident."""
    if not installation.exists(Path(settings.LEDGER_ROOT)):
        return
    found = fsck.check(installation_here())
    if found.sound:
        incidents.end(incidents.CHECK, at=at)
    else:
        incidents.begin(incidents.CHECK, at=at, reason=",".join(sorted({one.kind for one in found.findings})))


@job("ledger.complete", schedule=Every(timedelta(minutes=1)), lease=timedelta(hours=1))
def complete(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  as above
    """Add to sealed packages the proofs that are published by now, and the time-stamps that came late."""
    if is_ready():
        from concord.foundation.ledger import equipment  # noqa: PLC0415  jobs load the libraries of proofs, pages do not

        stamping = equipment.stamping_of(installation_here(), secrets.token_bytes)
        sealing.complete(at=at, stamping=stamping)
