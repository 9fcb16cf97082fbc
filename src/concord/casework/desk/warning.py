"""Casework in the background: warnings before a clock runs out, and word when it has."""

from __future__ import annotations

from datetime import datetime, timedelta

from concord.casework.counting import explained, is_over
from concord.casework.definitions import clock_rule, rules_of
from concord.casework.models import ClockRun
from concord.casework.queries import at_work
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.queries import calendar_on
from concord.rules.calendar import Calendar
from concord.rules.clocks import remaining
from concord.rules.procedure.clock_runs import reminder, warnings_reached

HORIZON = timedelta(days=60)
OVERDUE = "overdue"


@job("casework.warn", schedule=Every(timedelta(minutes=30)))
def warn(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Warn the owners of clocks that near their end, each warning once; tell them once when a clock is overdue."""
    today = legal_date(at)
    calendar = calendar_on(today)
    counting = ClockRun.objects.filter(running=True, suspended_on__isnull=True)
    for run_id in list(counting.filter(safe_due__lte=today + HORIZON).values_list("id", flat=True)):
        with writing():
            run = locked(counting.select_related("matter", "owner")).filter(id=run_id).first()
            if run is not None:
                _warn(run, calendar, at=at)


def _warn(run: ClockRun, calendar: Calendar, *, at: datetime) -> None:
    today = legal_date(at)
    due = [name for name in _reached(run, calendar, at=at) if name not in run.warned]
    if not due:
        return
    left = None if OVERDUE in due else remaining(today, run.legal_due, calendar)
    rule = clock_rule(run)
    source = rules_of(run).source(rule.source) if rule.source else None
    said = reminder(rule, source, title=run.matter.title or run.matter.number, legal_due=run.legal_due, left=left)
    notices.tell(
        posts=at_work(run.matter, run.owner, on=today),
        kind="casework.warn",
        said=said,
        matter_uid=run.matter.uid,
        at=at,
        subject=run.matter.number,
    )
    run.warned = [*run.warned, *due]
    run.save(update_fields=["warned"])


def _reached(run: ClockRun, calendar: Calendar, *, at: datetime) -> list[str]:
    """The warnings whose moment has come, and ``overdue``."""
    reached = warnings_reached(clock_rule(run), explained(run, calendar), legal_date(at), calendar)
    return [*reached, OVERDUE] if is_over(run, at=at) else reached
