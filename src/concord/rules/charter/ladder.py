"""The escalation ladder (升级督办): whom a charter tells of an overdue clock, and on which day."""

from __future__ import annotations

from datetime import date, timedelta

from concord.rules.calendar import Calendar
from concord.rules.charter.model import Charter, Escalation


def ladder_of(charter: Charter, procedure: str, clock: str) -> tuple[Escalation, ...]:
    """The rungs for a clock of a procedure, the lowest first; none where the charter names none."""
    rungs = [rung for rung in charter.escalation if (rung.procedure, rung.clock) == (procedure, clock)]
    return tuple(sorted(rungs, key=lambda rung: rung.working_days))


def rung_day(legal_due: date, working_days: int, calendar: Calendar) -> date:
    """The day on which a clock that ended on ``legal_due`` is so many working days late.

    With 0 it is the day after ``legal_due``, worked or not, on which the clock is first overdue.
    """
    if working_days == 0:
        return legal_due + timedelta(days=1)
    day = legal_due
    for _ in range(working_days):
        day = calendar.next_working(day)
    return day
