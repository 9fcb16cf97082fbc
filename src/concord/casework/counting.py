"""Counting a clock from the columns of its row, the first time and ever after."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias

from django.db.models import Min

from concord.casework.models import NEVER, ClockRun, Matter
from concord.foundation.database.clock import legal_date
from concord.rules.calendar import Calendar
from concord.rules.clocks import Due
from concord.rules.procedure.clock_runs import Written

Ends: TypeAlias = tuple[date, date]


def ends_of(matter: Matter) -> Ends:
    """When the first of the counting clocks ends: the safe day and the legal one, ``NEVER`` without a clock."""
    counting = ClockRun.objects.filter(matter=matter, running=True, suspended_on__isnull=True)
    first = counting.aggregate(due=Min("safe_due"), late=Min("legal_due"))
    return first["due"] or NEVER, first["late"] or NEVER


def is_over(run: ClockRun, *, at: datetime) -> bool:
    """Whether the clock has run out: one of hours with its instant, one of days with its last legal day.

    A suspended clock stands still and does not run out.
    """
    if run.suspended_on is not None:
        return False
    return at > run.due_at if run.due_at is not None else legal_date(at) > run.legal_due


def explained(run: ClockRun, calendar: Calendar) -> Due:
    """The clock counted from its columns, with its day-by-day explanation."""
    told = (run.counts_back, run.extensions, run.exclusions)
    return Written(run.limit, run.start_date, run.started_at, run.nominal, *told).due(calendar)


def count(run: ClockRun, calendar: Calendar) -> None:
    """Write the dates that follow from the columns; when they change, the warnings begin anew."""
    counted = explained(run, calendar)
    known = (run.legal_due, run.safe_due, run.due_at)
    if run.limit:
        run.nominal = _date(counted.nominal)
    run.legal_due, run.safe_due = _date(counted.legal_due), _date(counted.safe_due)
    run.due_at = counted.legal_due if isinstance(counted.legal_due, datetime) else None
    run.provisional, run.calendar_digest = counted.provisional, calendar.digest
    if known != (run.legal_due, run.safe_due, run.due_at):
        run.warned = []


def _date(moment: date) -> date:
    return legal_date(moment) if isinstance(moment, datetime) else moment
