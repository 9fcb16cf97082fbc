"""Evidence in the background: signing what is closed or erased, which the web process has no keys for."""

from __future__ import annotations

import secrets
from datetime import datetime, time, timedelta
from uuid import UUID

from concord.capabilities.evidence.background import ERASING, SEALING
from concord.foundation.jobs.contracts import Daily, Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.ledger.log import is_ready
from concord.rules.errors import ConcordError

EXPORTING, SWEEPING = "evidence.export", "evidence.sweep_exports"
SWEPT_AT = time(3, 40)


@job(SEALING, schedule=Every(timedelta(minutes=1)), lease=timedelta(hours=2))
def seal_waiting(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Sign the package of every item that is closed; nothing without a ledger that can seal.

    One that cannot be signed, since a file is missing, keeps no other from its turn: the first such error is raised at
    the end, so that the job is tried again.
    """
    if not is_ready():
        return
    from concord.capabilities.evidence import packing  # noqa: PLC0415  jobs load what signs, pages do not
    from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  as above

    equipment = equipment_here(secrets.token_bytes)
    failed: ConcordError | None = None
    for uid in packing.waiting():
        try:
            packing.finish_sealing(uid, equipment=equipment, at=at)
        except ConcordError as error:
            failed = failed or error
    if failed is not None:
        raise failed


@job(ERASING, schedule=Every(timedelta(hours=1)), lease=timedelta(hours=1))
def finish_erasing(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  as above
    """Remove the bytes of what was erased lately, and sign into its package that it was."""
    from concord.capabilities.evidence import erasing  # noqa: PLC0415  as above

    erasing.remove_bytes(at=at)
    if is_ready():
        from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  as above

        erasing.sign_disposals(equipment=equipment_here(secrets.token_bytes), at=at)


@job(EXPORTING, lease=timedelta(hours=2), attempts=3)
def write_export(*, payload: Payload, at: datetime) -> None:
    """Write and seal the evidence of a matter that somebody asked for; written twice it is one."""
    from concord.capabilities.evidence import exporting  # noqa: PLC0415  as above
    from concord.foundation.ledger.equipment import equipment_here  # noqa: PLC0415  as above

    exporting.write(UUID(payload["uid"]), equipment=equipment_here(secrets.token_bytes), at=at)


@job(SWEEPING, schedule=Daily(SWEPT_AT))
def sweep_exports(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  as above
    """Let go of the content of exports of a week ago."""
    from concord.capabilities.evidence import exporting  # noqa: PLC0415  as above

    exporting.sweep(at=at)
