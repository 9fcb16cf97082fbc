"""The queue's own upkeep."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from concord.foundation.jobs.commands import clear
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job

KEPT_FOR = timedelta(days=14)


@job("jobs.clear", schedule=Daily(time(3, 30)))
def clear_ended(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Forget the jobs that ended well a fortnight ago."""
    clear(before=at - KEPT_FOR)
