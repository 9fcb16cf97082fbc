"""One run of a clock: counted from what is written down of it, and when to speak of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from concord.rules.calendar import Calendar
from concord.rules.clocks import Due, Exclusion, due, until, warn_dates
from concord.rules.counting import spans_of
from concord.rules.days import day_said
from concord.rules.errors import Said
from concord.rules.limits import Unit, parse_limit
from concord.rules.procedure.model import ClockRule, Source


@dataclass(frozen=True, slots=True)
class Written:
    """What is written down of a run; days in ISO form.

    Days are counted from ``start`` (back from it when ``counts_back``), hours from ``started_at``; without a ``limit``
    the run ends on the agreed day ``nominal``. ``extensions`` are the limits given; ``exclusions`` pairs of first and
    last day not counted.
    """

    limit: str
    start: date
    started_at: datetime
    nominal: date | None
    counts_back: bool
    extensions: Sequence[str]
    exclusions: Sequence[Sequence[str]]

    def due(self, calendar: Calendar) -> Due:
        """When the run ends, explained; time excluded from an agreed day puts it off by as many days."""
        spans = [Exclusion.span(date.fromisoformat(first), date.fromisoformat(last)) for first, last in self.exclusions]
        if self.nominal is not None and not self.limit:
            put_off = sum((last - first).days + 1 for first, last in spans_of(spans))
            return until(self.nominal + timedelta(days=put_off), calendar)
        limit = parse_limit(self.limit)
        return due(
            self.started_at if limit.unit is Unit.HOURS else self.start,
            limit,
            calendar,
            exclusions=spans,
            extensions=[parse_limit(given) for given in self.extensions],
            before=self.counts_back,
        )


def warnings_reached(rule: ClockRule, counted: Due, today: date, calendar: Calendar) -> list[str]:
    """The warnings of ``rule`` whose day has come; those in hours are not given by the day."""
    limits = [limit for limit in map(parse_limit, rule.warn) if limit.unit is not Unit.HOURS]
    days = zip(limits, warn_dates(counted, limits, calendar), strict=True)
    return [str(limit) for limit, day in days if day <= today]


def reminder(rule: ClockRule, source: Source | None, *, title: str, legal_due: date, left: int | None) -> Said:
    """What the owner of a clock is told: so many working days left, or (None) overdue; with the label of its source."""
    label = source.standing if source else Said("", "")
    due = day_said(legal_due)
    zh = f"{rule.zh}（{'，'.join(part for part in (label.zh, due.zh) if part)}）— {title}"
    en = f"{rule.en} ({', '.join(part for part in (label.en, due.en) if part)}) — {title}"
    if left is None:
        return Said(f"已超期：{zh}", f"Overdue: {en}")
    days = "1 working day" if left == 1 else f"{left} working days"
    return Said(f"还剩 {left} 个工作日：{zh}", f"{days} left: {en}")
