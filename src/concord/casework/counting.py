"""Counting a clock from the columns of its row, the first time and ever after."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from concord.casework.models import ClockRun
from concord.foundation.database.clock import legal_date
from concord.rules.calendar import Calendar
from concord.rules.clocks import Due, Exclusion, due, until
from concord.rules.counting import spans_of
from concord.rules.limits import Unit, parse_limit


def is_over(run: ClockRun, *, at: datetime) -> bool:
    """Whether the clock has run out: one of hours with its instant, one of days with its last legal day.

    A suspended clock stands still and does not run out.
    """
    if run.suspended_on is not None:
        return False
    return at > run.due_at if run.due_at is not None else legal_date(at) > run.legal_due


def explained(run: ClockRun, calendar: Calendar) -> Due:
    """The clock counted from its columns, with its day-by-day explanation.

    Time excluded from a clock with an agreed day puts that day off by as many days.
    """
    exclusions = [Exclusion.span(date.fromisoformat(first), date.fromisoformat(last)) for first, last in run.exclusions]
    if not run.limit:
        put_off = sum((last - first).days + 1 for first, last in spans_of(exclusions))
        return until(run.nominal + timedelta(days=put_off), calendar)
    limit = parse_limit(run.limit)
    return due(
        run.started_at if limit.unit is Unit.HOURS else run.start_date,
        limit,
        calendar,
        exclusions=exclusions,
        extensions=[parse_limit(given) for given in run.extensions],
        before=run.counts_back,
    )


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
