"""The queue's own upkeep."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from concord.foundation.jobs.commands import clear
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job

KEPT_FOR = timedelta(days=14)
# So long an operator can look at a failed job and let it run again; its traceback is kept no longer.
FAILED_KEPT_FOR = timedelta(days=30)


@job("jobs.clear", schedule=Daily(time(3, 30)))
def clear_ended(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Forget the jobs that ended well a fortnight ago, and those that failed thirty days ago."""
    clear(well_before=at - KEPT_FOR, failed_before=at - FAILED_KEPT_FOR)
