"""What a job is: its name, what runs it, how long and how often it may run, and when it runs by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from concord.foundation.database.clock import LEGAL_ZONE

Payload = Mapping[str, Any]

LEASE = timedelta(minutes=5)
ATTEMPTS = 5
BACKOFF = timedelta(seconds=30)


class Handler(Protocol):
    """What a job does. It may be run again after it was killed half-way, so it must come to the same end twice."""

    def __call__(self, *, payload: Payload, at: datetime) -> None:
        """Do it; ``at`` is when this attempt began."""


class Cadence(Protocol):
    """When a scheduled job is due again."""

    def after(self, at: datetime) -> datetime:
        """The first due instant later than ``at``, in UTC."""


@dataclass(frozen=True, slots=True)
class Every:
    """Due again a period after it last ran."""

    period: timedelta

    def after(self, at: datetime) -> datetime:
        """``at`` and one period."""
        return at + self.period


@dataclass(frozen=True, slots=True)
class Daily:
    """Due once a day at a wall-clock time of Asia/Shanghai."""

    wall: time

    def after(self, at: datetime) -> datetime:
        """That time today if it is still to come, or tomorrow."""
        local = at.astimezone(LEGAL_ZONE)
        due = datetime.combine(local.date(), self.wall, LEGAL_ZONE)
        if due <= local:
            due = datetime.combine(local.date() + timedelta(days=1), self.wall, LEGAL_ZONE)
        return due.astimezone(at.tzinfo)


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms a job runs.

    ``lease`` is longer than one attempt ever takes: an attempt older than that is taken for dead and the job runs
    again. After ``attempts`` it is failed. An attempt that raised is followed by a pause of ``backoff``, doubled
    each time.
    """

    lease: timedelta = LEASE
    attempts: int = ATTEMPTS
    backoff: timedelta = BACKOFF


@dataclass(frozen=True, slots=True)
class Job:
    """A registered job."""

    name: str
    handler: Handler
    terms: Terms
    schedule: Cadence | None


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that was given up: what it was, and how its last attempt ended."""

    uid: UUID
    name: str
    attempts: int
    failed_at: datetime
    error: str
