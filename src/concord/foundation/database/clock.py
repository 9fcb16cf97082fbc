"""The one place where the clock is read; edges (views, API, tasks, commands of the operator) pass the time on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LEGAL_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant in UTC."""
    return datetime.now(tz=UTC)  # noqa: TID251  the edge itself


def legal_date(at: datetime) -> date:
    """The legal day of an instant: its date in Asia/Shanghai."""
    return at.astimezone(LEGAL_ZONE).date()
