"""What acts do to a running clock: suspend it, resume it, extend it, take days out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from concord.casework.counting import count, is_over
from concord.casework.definitions import clock_rule
from concord.casework.models import ClockRun
from concord.foundation.database.clock import legal_date
from concord.rules.clocks import Exclusion
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import ClockRule, ExcludedTime
from concord.rules.procedure.timing import granted_field

if TYPE_CHECKING:
    from concord.casework.clocks import Turn

ONE_DAY = timedelta(days=1)
Change: TypeAlias = Callable[["Turn", ClockRun], None]


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
    refusals: list[Conflict] = []
    for name in names:
        runs = list(turn.runs(name))
        if not runs:
            refusals.append(not_running(turn.act, turn.procedure.clock(name)))
        for run in runs:
            try:
                change(turn, run)
            except Conflict as refused:
                refusals.append(refused)
                continue
            run.save()
            changed[run.pk] = run
    if refusals and not changed:
        raise refusals[0]
    return changed


def _suspend(turn: Turn, run: ClockRun) -> None:
    _require_counting(turn, run)
    run.suspended_on = legal_date(turn.at)


def _resume(turn: Turn, run: ClockRun) -> None:
    """The days from the day of suspension to the one before resumption are not counted."""
    if run.suspended_on is None:
        rule = clock_rule(run)
        said = Said(
            f"“{rule.zh}”没有中止，不能办理“{turn.act.zh}”。",
            f"“{rule.en}” is not suspended; “{turn.act.en}” is not possible.",
        )
        raise Conflict("casework.clock_not_suspended", said)
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
        said = Said(
            f"“{rule.zh}”可以延长 {len(rule.extensions)} 次，已经用完，不能再延长。",
            f"“{rule.en}” may be extended {len(rule.extensions)} time(s), and has been; no extension is left.",
        )
        raise Conflict("casework.no_extension_left", said, details={"given": given})
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
        raise stands_still(turn.act, clock_rule(run))
    if is_over(run, at=turn.at):
        raise too_late(turn.act, run)


def not_running(act: ActRule, rule: ClockRule) -> Conflict:
    """The error for an act on a clock that does not run."""
    return Conflict(
        "casework.clock_not_running",
        Said(
            f"“{act.zh}”只能在“{rule.zh}”计算期间进行，该期限没有在计算。",
            f"“{act.en}” is possible only while “{rule.en}” runs; that clock does not run.",
        ),
    )


def stands_still(act: ActRule, rule: ClockRule) -> Conflict:
    """The error for an act on a clock that is suspended."""
    said = Said(
        f"“{rule.zh}”已经中止，恢复计算后才能办理“{act.zh}”。",
        f"“{rule.en}” is suspended; “{act.en}” is possible once it has been resumed.",
    )
    return Conflict("casework.clock_suspended", said)


def too_late(act: ActRule, run: ClockRun) -> Conflict:
    """The error for an act on a clock that has run out."""
    return Conflict(
        "casework.too_late",
        Said(
            f"“{act.zh}”应当在 {run.legal_due} 前作出，期限已经届满。",
            f"“{act.en}” was due by {run.legal_due}; the time is over.",
        ),
        details={"legal_due": run.legal_due.isoformat()},
    )
