"""Clocks: when a period ends, and why, day by day.

Counting follows law sheet section 12. The day (or hour) that starts a period is not counted (D01).

* Working days: days of the calendar that are worked, make-up days included.
* Calendar days and months: the nominal last day, months by the corresponding day or the month's end (D04).
* ``legal_due``: nominal, rolled forward past days off; it protects a party and decides what is overdue.
* ``safe_due``: nominal, rolled back to the last working day; it binds an authority and drives warnings. Where no
  working day lies between start and nominal it stands before the start and means: at once.
* Hours run through holidays, so ``legal_due`` is nominal; ``safe_due`` is nominal, or 23:59 on the last working day
  before it when nominal falls on a day off (D05: a day ends at 24:00).

The strict reading of 法定节假日 (D02) rolls ``legal_due`` only past days the law itself names, and stops at the first
day that is none, even on a weekend or a day freed by exchange. It gives the earliest date that can be argued.
Dates are Asia/Shanghai days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from concord.rules import counting
from concord.rules.calendar import Calendar, dated
from concord.rules.counting import Counted, Exclusion, Step
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.limits import Limit, Unit, parse_limit

__all__ = [
    "SHANGHAI",
    "Due",
    "Exclusion",
    "Limit",
    "Reading",
    "Step",
    "Unit",
    "due",
    "parse_limit",
    "remaining",
    "until",
    "warn_dates",
]

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
# Far enough from both ends of the proleptic calendar for any bounded count, wide enough for any file.
FIRST_YEAR, LAST_YEAR = 1900, 2199


D = TypeVar("D", bound=date)


class Reading(StrEnum):
    """How 法定节假日 is read where the last day rolls (D02)."""

    WIDE = "wide"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Due:
    """When a period ends: dates for day clocks, aware Asia/Shanghai datetimes for hour clocks.

    ``provisional`` says that a day looked at lies in a year whose holidays are not announced; ``steps`` explain.
    """

    nominal: date
    legal_due: date
    safe_due: date
    provisional: bool
    steps: tuple[Step, ...]


def due(
    start: date,
    limit: Limit,
    calendar: Calendar,
    *,
    exclusions: Sequence[Exclusion] = (),
    extensions: Sequence[Limit] = (),
    reading: Reading = Reading.WIDE,
    before: bool = False,
) -> Due:
    """The end of ``limit`` from ``start``, a date or an aware datetime (hour limits need the latter).

    Excluded time is added before rolling: in a working-day clock the working days of an excluded span are simply not
    counted; in the others the days of the span that the period meets are added to the nominal end. Extensions count
    from the nominal end, never from the rolled one.

    ``before`` counts back from ``start`` (“at least n days before”), ``start`` not counted. ``legal_due`` is then the
    lenient last day, the nth before; ``safe_due`` the strict one, a working day earlier, so that n full days lie
    between. Both stand on working days. In hours, ``safe_due`` is nominal or the last working moment before it.

    Raises ``InvalidInput``: ``clock.needs_time``, ``clock.naive_time``, ``clock.mixed_units``, ``clock.before_alone``,
    ``clock.out_of_range``.
    """
    if before and (exclusions or extensions):
        said = Said(
            "倒数的期限不能同时扣除或延长。", "A limit that counts back takes no excluded time and no extension."
        )
        raise _bad("before", "clock.before_alone", said)
    if len({one.unit is Unit.HOURS for one in (limit, *extensions)}) > 1:
        said = Said("小时不能与日、月相加。", "Hours and days cannot be added to one another.")
        raise _bad("extend", "clock.mixed_units", said)
    try:
        if limit.unit is Unit.HOURS:
            return _hours(_moment(start), limit, extensions, exclusions, calendar, before=before)
        day = _day(start)
        if before:
            return _days_before(counting.backward(day, limit, calendar), calendar, reading)
        return _rolled(counting.forward(day, limit, extensions, exclusions, calendar), calendar, reading)
    except OverflowError:
        raise _out_of_range() from None


def until(day: date, calendar: Calendar, *, reading: Reading = Reading.WIDE) -> Due:
    """A clock with an agreed end: nominal is ``day``, ``legal_due`` rolled forward, ``safe_due`` rolled back."""
    agreed = _day(day)
    said = dated(agreed)
    step = Step(agreed, True, 1, Said(f"{said.zh}约定的日期", f"{said.en}, the agreed day"))
    return _rolled(Counted(agreed, (step,)), calendar, reading)


def remaining(today: date, due_date: date, calendar: Calendar) -> int:
    """Working days left after ``today`` up to and with ``due_date``; 0 on the day itself, negative once it is past."""
    now, end = _day(today), _day(due_date)
    return calendar.working_days(now, end) - calendar.working_days(end, now)


def warn_dates(due: Due, limits: Sequence[Limit], calendar: Calendar) -> tuple[date, ...]:
    """When each warning fires: so much before ``safe_due``, itself not counted; in the order of ``limits``.

    Dates for limits in days and months; datetimes for limits in hours, which only an hour clock takes.
    Raises ``InvalidInput`` (``clock.needs_time``) for hours before a date.
    """
    return tuple(
        _plus_hours(_moment(due.safe_due), -limit.n)
        if limit.unit is Unit.HOURS
        else counting.backward(_day(due.safe_due), limit, calendar).end
        for limit in limits
    )


def _rolled(counted: Counted, calendar: Calendar, reading: Reading) -> Due:
    ordinal = counted.steps[-1].ordinal
    legal = counting.roll_forward(counted.end, ordinal, calendar, strict=reading is Reading.STRICT)
    safe = counting.roll_back(counted.end, ordinal, calendar)
    return Due(
        counted.end,
        legal.end,
        safe.end,
        _provisional(calendar, *counted.consulted, counted.end, legal.end, safe.end),
        (*counted.steps, *legal.steps, *safe.steps),
    )


def _days_before(counted: Counted, calendar: Calendar, reading: Reading) -> Due:
    nominal, ordinal = counted.end, counted.steps[-1].ordinal
    stays = reading is Reading.STRICT and not calendar.is_statutory_holiday(nominal)
    legal = Counted(nominal, ()) if stays else counting.roll_back(nominal, ordinal, calendar)
    safe = calendar.previous_working(nominal)
    said = dated(safe)
    words = Said(f"{said.zh}再提前一个工作日，为稳妥期限", f"{said.en}, one working day earlier: the safe end")
    return Due(
        nominal,
        legal.end,
        safe,
        _provisional(calendar, *counted.consulted, nominal, legal.end, safe),
        (*counted.steps, *legal.steps, Step(safe, False, ordinal, words)),
    )


def _hours(
    start: datetime,
    limit: Limit,
    extensions: Sequence[Limit],
    exclusions: Sequence[Exclusion],
    calendar: Calendar,
    *,
    before: bool,
) -> Due:
    total = sum(one.n for one in (limit, *extensions))
    end = _plus_hours(start, -total if before else total)
    end, excluded = counting.excluded_hours(start, end, exclusions)
    begun, ended = _timed(start), _timed(end)
    steps = [
        Step(start, False, 0, Said(f"{begun.zh}起算", f"{begun.en}, the start")),
        *excluded,
        Step(
            end,
            True,
            total,
            Said(
                f"{ended.zh}{'之前' if before else ''}{total}小时届满，节假日不停",
                f"{ended.en}: {total} hour{'' if total == 1 else 's'}{' before' if before else ''}, "
                "running through holidays",
            ),
        ),
    ]
    day, safe = _day(end), end
    if calendar.is_off(day):
        last = calendar.previous_working(day)
        safe = datetime(last.year, last.month, last.day, 23, 59, tzinfo=SHANGHAI)
        said = _timed(safe)
        words = Said(
            f"{said.zh}届满前最后的工作时刻，为稳妥期限", f"{said.en}, last working moment before: the safe end"
        )
        steps.append(Step(safe, False, total, words))
    return Due(end, end, safe, _provisional(calendar, day, _day(safe)), tuple(steps))


def _provisional(calendar: Calendar, *days: date) -> bool:
    return any(calendar.is_provisional(day) for day in days)


def _plus_hours(moment: datetime, hours: int) -> datetime:
    """So many hours of real time on."""
    return (moment.astimezone(UTC) + timedelta(hours=hours)).astimezone(SHANGHAI)


def _timed(moment: datetime) -> Said:
    said = dated(moment)
    return Said(f"{said.zh}{moment:%H:%M}，", f"{said.en} {moment:%H:%M}")


def _moment(start: date) -> datetime:
    """``start`` as an aware Shanghai datetime."""
    if not isinstance(start, datetime):
        said = Said("以小时计的期限需要写明时刻。", "A limit in hours needs a time of day.")
        raise _bad("start", "clock.needs_time", said)
    if start.tzinfo is None:
        said = Said("时刻需要写明时区。", "The time needs its time zone.")
        raise _bad("start", "clock.naive_time", said)
    return _in_range(start).astimezone(SHANGHAI)


def _day(start: date) -> date:
    """The Shanghai day of ``start``."""
    return _moment(start).date() if isinstance(start, datetime) else _in_range(start)


def _in_range(day: D) -> D:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _out_of_range()
    return day


def _out_of_range() -> InvalidInput:
    said = Said(
        f"日期超出可计算的范围（{FIRST_YEAR}年至{LAST_YEAR}年）。",
        f"The date is outside what can be computed (the years {FIRST_YEAR} to {LAST_YEAR}).",
    )
    return _bad("start", "clock.out_of_range", said)


def _bad(field: str, code: str, said: Said) -> InvalidInput:
    return InvalidInput(code, said, problems=(Problem(field, code, said),))
