"""Sending e-mail in the background."""

from __future__ import annotations

from datetime import datetime, timedelta

from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.notices.mailing import send_due


@job("notices.mail", schedule=Every(timedelta(minutes=5)))
def mail(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Send the notices whose time has come."""
    send_due(at=at)
