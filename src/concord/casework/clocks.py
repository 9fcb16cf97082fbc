"""Clocks of matters: started and stopped by acts, each with the rule it started under."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import Min

from concord.casework.models import ClockRun, Matter
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import calendar_on
from concord.rules.calendar import Calendar
from concord.rules.canonical import JSON
from concord.rules.clocks import Due, due, until
from concord.rules.errors import Conflict, Said
from concord.rules.limits import Unit, parse_limit
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import ClockRule, Procedure


def require_running(matter: Matter, procedure: Procedure, act: ActRule, *, at: datetime) -> None:
    """Refuse an act that only counts while its clocks run (``while_running``): Conflict when one is over or late."""
    for name in act.while_running:
        run = ClockRun.objects.filter(matter=matter, clock=name, running=True).first()
        rule = procedure.clock(name)
        if run is None:
            raise Conflict(
                "casework.clock_not_running",
                Said(
                    f"“{act.zh}”只能在“{rule.zh}”计算期间进行，该期限已经结束。",
                    f"“{act.en}” is possible only while “{rule.en}” runs; that clock has ended.",
                ),
            )
        if is_over(run, at=at):
            raise Conflict(
                "casework.too_late",
                Said(
                    f"“{act.zh}”应当在 {run.legal_due} 前作出，期限已经届满。",
                    f"“{act.en}” was due by {run.legal_due}; the time is over.",
                ),
                details={"legal_due": run.legal_due.isoformat()},
            )


def is_over(run: ClockRun, *, at: datetime) -> bool:
    """Whether the clock has run out: a clock of hours with its instant, one of days with its last legal day."""
    return at > run.due_at if run.due_at is not None else legal_date(at) > run.legal_due


def apply(
    matter: Matter,
    procedure: Procedure,
    act: ActRule,
    *,
    facts: Mapping[str, JSON],
    parties: Mapping[str, Organisation],
    calendar: Calendar,
    at: datetime,
) -> list[ClockRun]:
    """Stop and start the clocks that ``act`` names, bring ``matter.next_due`` up to date; returns those started.

    A clock that is started again while it runs is replaced: the earlier run ends with this act.
    """
    ending = [*act.stops, *act.starts]
    if procedure_ends(procedure, act):
        ClockRun.objects.filter(matter=matter, running=True).update(running=False, ended_at=at, ended_by=act.id)
    elif ending:
        ClockRun.objects.filter(matter=matter, running=True, clock__in=ending).update(
            running=False, ended_at=at, ended_by=act.id
        )
    started = [
        _start(matter, procedure.clock(name), facts=facts, parties=parties, calendar=calendar, at=at)
        for name in act.starts
    ]
    matter.next_due = ClockRun.objects.filter(matter=matter, running=True).aggregate(due=Min("safe_due"))["due"]
    return started


def procedure_ends(procedure: Procedure, act: ActRule) -> bool:
    """Whether the act leads to a final state, where no clock runs on."""
    return act.to is not None and procedure.state(act.to).final


def _start(
    matter: Matter,
    rule: ClockRule,
    *,
    facts: Mapping[str, JSON],
    parties: Mapping[str, Organisation],
    calendar: Calendar,
    at: datetime,
) -> ClockRun:
    result = computed(rule.limit, start=at, until_day=_day(facts.get(rule.until or "")), calendar=calendar)
    run = ClockRun(
        matter=matter,
        clock=rule.id,
        owner=parties[rule.owner],
        limit=rule.limit or "",
        start_date=legal_date(at),
        started_at=at,
        nominal=_date(result.nominal),
        legal_due=_date(result.legal_due),
        safe_due=_date(result.safe_due),
        due_at=result.legal_due if isinstance(result.legal_due, datetime) else None,
        provisional=result.provisional,
        calendar_digest=calendar.digest,
    )
    run.save()
    return run


def computed(limit: str | None, *, start: datetime, until_day: date | None, calendar: Calendar) -> Due:
    """Count a clock: from the legal day of ``start`` by ``limit``, by the instant for hours, or to an agreed day."""
    if limit is None or limit == "":
        if until_day is None:
            raise ValueError("a clock without a limit needs its day")
        return until(until_day, calendar)
    parsed = parse_limit(limit)
    return due(start if parsed.unit is Unit.HOURS else legal_date(start), parsed, calendar)


def explained(run: ClockRun, calendar: Calendar) -> Due:
    """The same clock counted again, with its day-by-day explanation."""
    return computed(run.limit, start=run.started_at, until_day=run.nominal, calendar=calendar)


def recount(*, at: datetime) -> int:
    """Count running provisional clocks again with the calendar known now; returns how many dates changed."""
    calendar = calendar_on(legal_date(at))
    changed = 0
    with writing():
        for run in locked(ClockRun.objects.filter(running=True, provisional=True)):
            counted = explained(run, calendar)
            before = (run.legal_due, run.safe_due)
            run.nominal, run.legal_due = _date(counted.nominal), _date(counted.legal_due)
            run.safe_due, run.provisional = _date(counted.safe_due), counted.provisional
            run.calendar_digest = calendar.digest
            run.save()
            changed += before != (run.legal_due, run.safe_due)
            earliest = ClockRun.objects.filter(matter=run.matter_id, running=True).aggregate(due=Min("safe_due"))
            Matter.objects.filter(pk=run.matter_id).update(next_due=earliest["due"])
    return changed


def _date(moment: date | datetime) -> date:
    return legal_date(moment) if isinstance(moment, datetime) else moment


def _day(value: JSON) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
