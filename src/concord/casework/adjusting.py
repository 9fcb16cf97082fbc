"""What acts do to a running clock: suspend it, resume it, extend it, take days out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TypeAlias

from concord.casework.bearing import Turn
from concord.casework.counting import count, is_over
from concord.casework.definitions import clock_rule
from concord.casework.models import ClockRun
from concord.foundation.database.clock import legal_date
from concord.rules.clocks import Exclusion
from concord.rules.errors import Conflict, InvalidInput, Problem
from concord.rules.procedure import ExcludedTime, refusals
from concord.rules.procedure.timing import granted_field

ONE_DAY = timedelta(days=1)
Change: TypeAlias = Callable[[Turn, ClockRun], None]


def adjust(turn: Turn) -> list[ClockRun]:
    """Do what the act says to running clocks, in the order resume, exclude, extend, suspend; returns those changed.

    Of several clocks named together those are changed that can be. Raises Conflict when none can:
    ``casework.clock_not_running``, ``casework.too_late``, ``casework.clock_suspended``,
    ``casework.clock_not_suspended``, ``casework.no_extension_left``.
    """
    act = turn.act
    steps: list[tuple[Sequence[str], Change]] = [(act.resumes, _resume)]
    steps += [((span.clock,), partial(_exclude, span)) for span in act.excludes]
    steps += [(act.extends, _extend), (act.suspends, _suspend)]
    changed: dict[int, ClockRun] = {}
    for names, change in steps:
        changed |= _changed(turn, names, change)
    return list(changed.values())


def _changed(turn: Turn, names: Sequence[str], change: Change) -> dict[int, ClockRun]:
    changed: dict[int, ClockRun] = {}
    against: list[Conflict] = []
    for name in names:
        runs = list(turn.runs(name))
        if not runs:
            against.append(refusals.clock_not_running(turn.act, turn.procedure.clock(name)))
        for run in runs:
            try:
                change(turn, run)
            except Conflict as refused:
                against.append(refused)
                continue
            run.save()
            changed[run.pk] = run
    if against and not changed:
        raise against[0]
    return changed


def _suspend(turn: Turn, run: ClockRun) -> None:
    _require_counting(turn, run)
    run.suspended_on = legal_date(turn.at)


def _resume(turn: Turn, run: ClockRun) -> None:
    """The days from the day of suspension to the one before resumption are not counted."""
    if run.suspended_on is None:
        raise refusals.clock_not_suspended(turn.act, clock_rule(run))
    last = legal_date(turn.at) - ONE_DAY
    if last >= run.suspended_on:
        run.exclusions = [*run.exclusions, _span(run.suspended_on, last)]
    run.suspended_on = None
    count(run, turn.calendar)


def _extend(turn: Turn, run: ClockRun) -> None:
    _require_counting(turn, run)
    rule = clock_rule(run)
    given = len(run.extensions)
    if given >= len(rule.extensions):
        raise refusals.no_extension_left(rule)
    written = rule.extensions[given]
    granted = granted_field(written)
    if granted is not None:
        written = f"{turn.facts[granted]}{written.partition(':')[2]}"
    run.extensions = [*run.extensions, written]
    count(run, turn.calendar)


def _exclude(span: ExcludedTime, turn: Turn, run: ClockRun) -> None:
    """Also of a clock that has run out meanwhile: its time was longer than it seemed."""
    first, last = (date.fromisoformat(str(turn.facts[name])) for name in (span.first, span.last))
    try:
        Exclusion.span(first, last)
    except InvalidInput as wrong:
        raise InvalidInput(wrong.code, wrong.said, problems=(Problem(span.last, wrong.code, wrong.said),)) from None
    run.exclusions = [*run.exclusions, _span(first, last)]
    count(run, turn.calendar)


def _span(first: date, last: date) -> list[str]:
    return [first.isoformat(), last.isoformat()]


def _require_counting(turn: Turn, run: ClockRun) -> None:
    if run.suspended_on is not None:
        raise refusals.clock_suspended(turn.act, clock_rule(run))
    if is_over(run, at=turn.at):
        raise refusals.too_late(turn.act, run.legal_due)
