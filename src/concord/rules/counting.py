"""Counting days: forwards, backwards, past days off; every count explains itself in steps.

The pieces ``concord.rules.clocks`` is built from; that module states the rules and their sources.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

from concord.rules.calendar import ONE_DAY, Calendar, dated
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.holiday_notices import SATURDAY
from concord.rules.limits import LARGEST, Limit, Unit

LONGEST_EXCLUSION: Final = LARGEST[Unit.CALENDAR_DAYS]
Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the explanation: the day, whether it counts, how many count so far, and why."""

    date: date
    counted: bool
    ordinal: int
    said: Said


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Time that is not counted: a span of days, both ends excluded, or a bare number of days (``first`` is None)."""

    days: int
    first: date | None = None

    @classmethod
    def span(cls, first: date, last: date) -> Self:
        """From ``first`` to ``last``, both excluded: last - first + 1 days (such as an appraisal or a test).

        Raises ``InvalidInput`` (``clock.bad_exclusion``) when the span is empty, reversed or longer than 20 years.
        """
        return cls._bounded((last - first).days + 1, first, least=1)

    @classmethod
    def suspension(cls, suspended: date, resumed: date) -> Self:
        """Suspended on one day, resumed on another: resumed - suspended days.

        The day of suspension is the first not counted, the day of resumption counts again (our reading; the law sheet
        fixes the number of days only). Suspended and resumed on one day excludes nothing.
        Raises ``InvalidInput`` (``clock.bad_exclusion``) when resumed lies before suspended.
        """
        return cls._bounded((resumed - suspended).days, suspended, least=0)

    @classmethod
    def of_days(cls, days: int) -> Self:
        """So many days of the clock's unit (24 hours each in an hour clock) without saying which.

        Raises ``InvalidInput`` (``clock.bad_exclusion``) when negative or longer than 20 years.
        """
        return cls._bounded(days, None, least=0)

    @classmethod
    def _bounded(cls, days: int, first: date | None, *, least: int) -> Self:
        if not least <= days <= LONGEST_EXCLUSION:
            said = Said(
                f"扣除时间不正确（{days}日）：起日不得晚于止日，且不超过{LONGEST_EXCLUSION}日。",
                f"The excluded time is not possible ({days} days): it may not end before it begins, nor be longer "
                f"than {LONGEST_EXCLUSION} days.",
            )
            problem = Problem("exclude", "clock.bad_exclusion", said)
            raise InvalidInput("clock.bad_exclusion", said, problems=(problem,))
        return cls(days, first)


@dataclass(frozen=True, slots=True)
class Counted:
    """A finished count: where it ends, the steps, and the days whose calendar it rested on."""

    end: date
    steps: tuple[Step, ...]
    consulted: tuple[date, ...] = ()


def spans_of(exclusions: Sequence[Exclusion]) -> list[Span]:
    """The excluded spans, first and last day, in order and without overlap."""
    merged: list[Span] = []
    for first, days in sorted((one.first, one.days) for one in exclusions if one.first and one.days):
        last = first + timedelta(days=days - 1)
        if merged and first <= merged[-1][1] + ONE_DAY:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def bare_days(exclusions: Sequence[Exclusion]) -> int:
    """The excluded days that no span names."""
    return sum(one.days for one in exclusions if one.first is None)


def forward(
    start: date, limit: Limit, extensions: Sequence[Limit], exclusions: Sequence[Exclusion], calendar: Calendar
) -> Counted:
    """Count ``limit`` and then each extension from the end before it; ``start`` is not counted."""
    spans, bare = spans_of(exclusions), bare_days(exclusions)
    said = dated(start)
    steps = [Step(start, False, 0, Said(f"{said.zh}起算日，不计入", f"{said.en}, the day it starts: not counted"))]
    if bare:
        steps.append(
            Step(start, False, 0, Said(f"另有{bare}日不计入，届满日相应推后", f"{_days(bare)} more not counted"))
        )
    end, ordinal, consulted = start, 0, list[date]()
    for index, leg in enumerate((limit, *extensions)):
        if index:
            said, by = dated(end), leg.said
            zh, en = f"延长{by.zh}，自{said.zh}届满后接续计算", f"extended by {by.en}, counted on from {said.en}"
            steps.append(Step(end, False, ordinal, Said(zh, en)))
            ordinal = ordinal if leg.unit is (limit, *extensions)[index - 1].unit else 0
        more = 0 if index else bare
        if leg.unit is Unit.WORKING_DAYS:
            counted = _working_days(end, leg, more, ordinal, spans=spans, calendar=calendar)
        else:
            counted = _calendar_days(end, leg, more, ordinal, spans=spans)
        ordinal += leg.n + (more if leg.unit is Unit.WORKING_DAYS else 0)
        end = counted.end
        steps += counted.steps
        consulted += counted.consulted
    return Counted(end, tuple(steps), tuple(consulted))


def _working_days(
    start: date, limit: Limit, more: int, ordinal: int, *, spans: list[Span], calendar: Calendar
) -> Counted:
    """Day by day; an excluded span is one step."""
    steps: list[Step] = []
    consulted: list[date] = []
    day, target = start, ordinal + limit.n + more
    while ordinal < target:
        day += ONE_DAY
        last = next((last for first, last in spans if first <= day <= last), None)
        if last:
            steps.append(Step(last, False, ordinal, _excluded(day, last)))
            day = last
            continue
        consulted.append(day)
        kind, working = _kind(day, calendar), calendar.is_working(day)
        ordinal += working
        if working:
            words = Said(f"{kind.zh}第{ordinal}个工作日", f"{kind.en}: day {ordinal}")
        else:
            words = Said(f"{kind.zh}，不计入", f"{kind.en}: not counted")
        steps.append(Step(day, working, ordinal, words))
    return Counted(day, tuple(steps), tuple(consulted))


def _calendar_days(start: date, limit: Limit, more: int, ordinal: int, *, spans: list[Span]) -> Counted:
    """Days and months in one stride; each excluded span that the period meets pushes its end."""
    months = limit.unit is Unit.MONTHS
    nominal = corresponding(start, limit.n) if months else start + timedelta(days=limit.n)
    end = nominal + timedelta(days=more)
    steps: list[Step] = []
    for first, last in spans:
        met = max(first, start + ONE_DAY)
        if met <= min(end, last):
            steps.append(Step(last, False, ordinal, _excluded(met, last)))
            end += last - met + ONE_DAY
    said, first_day, total = dated(end), dated(start + ONE_DAY), ordinal + limit.n
    if not months:
        zh, en = f"第{total}日，届满", f"day {total}, the last"
    elif nominal.day == start.day:
        zh, en = f"{limit.said.zh}届满", f"end of {limit.said.en}"
    else:
        zh, en = (
            f"{limit.said.zh}届满（无对应日，取月末）",
            f"end of {limit.said.en} (no such day, so the month's last)",
        )
    words = Said(f"{said.zh}{zh}，自{first_day.zh}数起", f"{said.en}: {en}, counted from {first_day.en}")
    return Counted(end, (*steps, Step(end, True, total, words)))


def corresponding(day: date, months: int) -> date:
    """The same day so many months on (or back, when negative); the month's last day where there is none (D04)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def backward(day: date, limit: Limit, calendar: Calendar) -> Counted:
    """Count ``limit`` back from ``day``, which is not counted."""
    said = dated(day)
    steps = [Step(day, False, 0, Said(f"{said.zh}由此倒数，不计入", f"{said.en}, counted back from here: not counted"))]
    end, ordinal, consulted = day, 0, list[date]()
    if limit.unit is not Unit.WORKING_DAYS:
        end = corresponding(day, -limit.n) if limit.unit is Unit.MONTHS else day - timedelta(days=limit.n)
        said = dated(end)
        words = Said(f"{said.zh}倒数{limit.said.zh}", f"{said.en}: {limit.said.en} before")
        return Counted(end, (*steps, Step(end, True, limit.n, words)))
    while ordinal < limit.n:
        end -= ONE_DAY
        consulted.append(end)
        kind, working = _kind(end, calendar), calendar.is_working(end)
        ordinal += working
        if working:
            words = Said(f"{kind.zh}倒数第{ordinal}个工作日", f"{kind.en}: day {ordinal} before")
        else:
            words = Said(f"{kind.zh}，不计入", f"{kind.en}: not counted")
        steps.append(Step(end, working, ordinal, words))
    return Counted(end, tuple(steps), tuple(consulted))


def roll_forward(nominal: date, ordinal: int, calendar: Calendar, *, strict: bool) -> Counted:
    """The first day from ``nominal`` on that may end a period; strict: past statutory holidays only."""
    day, steps = nominal, list[Step]()
    while calendar.is_statutory_holiday(day) if strict else calendar.is_off(day):
        kind = _kind(day, calendar)
        words = Said(f"{kind.zh}，顺延", f"{kind.en}: rolls on")
        steps.append(Step(day, False, ordinal, words))
        day += ONE_DAY
    if steps:
        said = dated(day)
        words = Said(f"{said.zh}节假日后的第一日，为法定届满日", f"{said.en}, first day after: the legal end")
        steps.append(Step(day, False, ordinal, words))
    elif strict and calendar.is_off(day):
        kind = _kind(day, calendar)
        zh, en = "不是法定节日，严格解读不顺延", "no statutory holiday, does not roll under the strict reading"
        steps.append(Step(day, False, ordinal, Said(f"{kind.zh}，{zh}", f"{kind.en}: {en}")))
    return Counted(day, tuple(steps))


def roll_back(nominal: date, ordinal: int, calendar: Calendar) -> Counted:
    """The last working day up to ``nominal``."""
    if calendar.is_working(nominal):
        return Counted(nominal, ())
    day = calendar.previous_working(nominal)
    said = dated(day)
    words = Said(f"{said.zh}届满日前最后一个工作日，为稳妥期限", f"{said.en}, last working day before: the safe end")
    return Counted(day, (Step(day, False, ordinal, words),))


def excluded_hours(start: datetime, end: datetime, exclusions: Sequence[Exclusion]) -> tuple[datetime, list[Step]]:
    """``end`` moved on by the excluded time that the hours from ``start`` meet, with a step for each."""
    bare, steps = bare_days(exclusions), list[Step]()
    if bare:
        steps.append(Step(start, False, 0, Said(f"另有{bare * 24}小时不计入", f"{bare * 24} hours more not counted")))
    end += timedelta(hours=24 * bare)
    for first, last in spans_of(exclusions):
        opens = datetime(first.year, first.month, first.day, tzinfo=start.tzinfo)
        closes = datetime(last.year, last.month, last.day, tzinfo=start.tzinfo) + ONE_DAY
        met = max(opens, start)
        if met < min(end, closes):
            steps.append(Step(last, False, 0, _excluded(met, last)))
            end += closes - met
    return end, steps


def _kind(day: date, calendar: Calendar) -> Said:
    """The day and what kind of day it is; a plain working day goes without saying."""
    said, kind = dated(day), calendar.described(day)
    if calendar.is_off(day):
        return Said(f"{said.zh}{kind.zh}", f"{said.en}, {kind.en}")
    if day.weekday() >= SATURDAY:
        return Said(f"{said.zh}{kind.zh}，", f"{said.en}, {kind.en}")
    return said


def _excluded(first: date, last: date) -> Said:
    one, other = dated(first), dated(last)
    days = (date(last.year, last.month, last.day) - date(first.year, first.month, first.day)).days + 1
    if days == 1:
        return Said(f"{one.zh}依法扣除，不计入", f"{one.en}, excluded: not counted")
    return Said(
        f"{one.zh}至{other.zh}依法扣除{days}日，不计入", f"{one.en} to {other.en}, {_days(days)} excluded: not counted"
    )


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"
