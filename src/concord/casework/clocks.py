"""Clocks of matters: started, stopped and changed by acts, each with the rule it started under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from concord.casework.adjusting import adjust
from concord.casework.bearing import Turn, borne_upon
from concord.casework.counting import Ends, count, ends_of, is_over
from concord.casework.models import NEVER, Audience, ClockRun, Matter
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import calendar_on
from concord.rules.canonical import JSON
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import ClockRule, Procedure, refusals


@dataclass(frozen=True, slots=True)
class Changed:
    """What an act did to clocks: those it started or counted anew; the ends of counting ones, None when untouched."""

    started: Sequence[ClockRun]
    moved: Sequence[ClockRun]
    ends: Ends | None

    def said(self) -> dict[str, str]:
        """For the journal: ``clock.<id>`` → the last legal day, or ``suspended``."""
        return {
            f"clock.{run.clock}": "suspended" if run.suspended_on else run.legal_due.isoformat()
            for run in (*self.moved, *self.started)
        }


@dataclass(frozen=True, slots=True)
class Recounted:
    """A clock whose dates were changed by a holiday notice."""

    matter: Matter
    clock: str
    owner: Organisation
    old_legal_due: date
    old_safe_due: date
    new_legal_due: date
    new_safe_due: date


def require_running(matter: Matter, procedure: Procedure, act: ActRule, *, by: Organisation, at: datetime) -> None:
    """Refuse an act that only counts while its clocks run (``while_running``): Conflict when one is over or late."""
    for name in act.while_running:
        rule = procedure.clock(name)
        runs = list(borne_upon(matter, procedure, act, name, by=by))
        if not runs:
            raise refusals.clock_not_running(act, rule)
        counting = [run for run in runs if run.suspended_on is None]
        if not counting:
            raise refusals.clock_suspended(act, rule)
        if all(is_over(run, at=at) for run in counting):
            raise refusals.too_late(act, counting[0].legal_due)


def apply(turn: Turn) -> Changed:
    """Stop, change and start the clocks that an act names, and bring ``matter.next_due`` up to date.

    A clock that is started again while it runs is replaced: the earlier run ends with this act.
    """
    act = turn.act
    final = act.to is not None and turn.procedure.state(act.to).final
    ended = ClockRun.objects.filter(matter=turn.matter, running=True) if final else turn.runs(*act.stops, *act.starts)
    if final or act.stops or act.starts:
        ended.update(running=False, ended_at=turn.at, ended_by=act.id)
    moved = adjust(turn)
    started = [run for name in act.starts for run in _start(turn, turn.procedure.clock(name))]
    touched = final or act.stops or started or moved
    return Changed(started, moved, _follow(turn.matter) if touched else None)


def bring_up_to_date(matter: Matter) -> None:
    """Let ``matter.next_due`` and every side's lists follow the clocks; the caller saves the matter."""
    due, late_after = _follow(matter)
    Audience.objects.filter(matter=matter).update(due=due, late_after=late_after)


def _follow(matter: Matter) -> Ends:
    ends = ends_of(matter)
    matter.next_due = ends[0] if ends[0] != NEVER else None
    return ends


def _start(turn: Turn, rule: ClockRule) -> list[ClockRun]:
    """One run, or one for each organisation of a role that many hold."""
    alone = turn.act.each and rule.owner == turn.act.role
    owners: Iterable[Organisation] = (turn.by,) if alone else turn.parties[rule.owner]
    start = _instant(turn.facts.get(rule.before or rule.from_instant or "")) or turn.at
    runs = []
    for owner in owners:
        run = ClockRun(
            matter=turn.matter,
            clock=rule.id,
            owner=owner,
            limit=rule.limit or "",
            start_date=legal_date(start),
            started_at=start,
            counts_back=rule.before is not None,
            rule_digest=turn.procedure.digest,
        )
        if rule.until is not None:
            run.nominal = date.fromisoformat(str(turn.facts[rule.until]))
        count(run, turn.calendar)
        run.save()
        runs.append(run)
    return runs


def recount(*, at: datetime) -> list[Recounted]:
    """Count running provisional clocks again with the calendar known now; returns those whose dates changed."""
    calendar = calendar_on(legal_date(at))
    changed = []
    with writing():
        for run in locked(ClockRun.objects.select_related("matter", "owner").filter(running=True, provisional=True)):
            legal, safe = run.legal_due, run.safe_due
            count(run, calendar)
            run.save()
            if (legal, safe) != (run.legal_due, run.safe_due):
                changed.append(Recounted(run.matter, run.clock, run.owner, legal, safe, run.legal_due, run.safe_due))
                bring_up_to_date(run.matter)
                run.matter.save(update_fields=["next_due"])
    return changed


def _instant(value: JSON) -> datetime | None:
    """The instant of a date or datetime field; a day begins at midnight of the legal clock."""
    if not isinstance(value, str):
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=LEGAL_ZONE)
