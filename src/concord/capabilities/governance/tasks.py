"""Governance in the background: organisations follow the charter on the day it comes into force."""

from __future__ import annotations

from datetime import datetime, timedelta

from concord.foundation.access.commands import give_scopes
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.organisations.commands import follow_charter
from concord.foundation.organisations.models import CharterVersion


@job("charter.follow", schedule=Every(timedelta(minutes=5)))
def follow(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Let new members in and rename others as the charter in force today has it; nothing is done twice."""
    today = legal_date(at)
    if CharterVersion.objects.filter(effective_from__lte=today).exists():
        with writing():
            follow_charter(on=today)
            give_scopes()
