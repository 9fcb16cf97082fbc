"""Who does what an organisation has to do, day by day: terms, leaves and substitutes laid over one another.

Pure: it is given posts with their terms and says on which days a duty has nobody, and whether a change opened such a
gap. Days run from ``first``; ``end`` is the first day that no longer counts, None for without end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` to the day before ``end``."""

    first: date
    end: date | None = None

    def covers(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.end is None or day < self.end)

    def meets(self, other: Span) -> bool:
        """Whether the two have a day in common."""
        return (self.end is None or other.first < self.end) and (other.end is None or self.first < other.end)

    def lies_in(self, other: Span) -> bool:
        """Whether every day of this one is one of the other."""
        if self.first < other.first:
            return False
        return other.end is None or (self.end is not None and self.end <= other.end)


@dataclass(frozen=True, slots=True)
class Held:
    """A post that somebody holds, and what it may do."""

    post: int
    permissions: frozenset[str]
    span: Span


@dataclass(frozen=True, slots=True)
class Standing:
    """For a time ``substitute`` acts in ``post`` (None: nobody does); ``away``: its holder is on leave meanwhile."""

    post: int
    substitute: int | None
    span: Span
    away: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """The posts of one organisation with leaves, substitutes and delegations."""

    held: tuple[Held, ...]
    standing: tuple[Standing, ...] = ()

    def able(self, day: date) -> frozenset[str]:
        """Everything that somebody who is there may do on the day, in a post of their own or in place of another."""
        held = {one.post: one for one in self.held if one.span.covers(day)}
        today = [one for one in self.standing if one.span.covers(day)]
        away = {one.post for one in today if one.away}
        there = set(held) - away
        replaced = {one.post for one in today if one.post in held and one.substitute in there}
        return frozenset().union(*(held[post].permissions for post in there | replaced))

    def turns(self) -> Iterator[date]:
        """Every day on which something begins or ends."""
        for span in (*(one.span for one in self.held), *(one.span for one in self.standing)):
            yield span.first
            if span.end is not None:
                yield span.end


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that must always find somebody: a post with one of these permissions."""

    alternatives: frozenset[str]

    def met_by(self, able: Collection[str]) -> bool:
        """Whether one of the permissions is among them."""
        return not self.alternatives.isdisjoint(able)


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which a duty has nobody."""

    duty: Duty
    span: Span


def strictest(duties: Iterable[Duty]) -> tuple[Duty, ...]:
    """The duties without those that are met whenever another one is."""
    kept: list[Duty] = []
    for duty in sorted(set(duties), key=lambda one: (len(one.alternatives), sorted(one.alternatives))):
        if duty.alternatives and not any(one.alternatives <= duty.alternatives for one in kept):
            kept.append(duty)
    return tuple(kept)


def gaps(staff: Staff, duties: Iterable[Duty], *, since: date) -> tuple[Gap, ...]:
    """The days from ``since`` on for which a duty has nobody."""
    return opened(None, staff, duties, since=since)


def opened(before: Staff | None, after: Staff, duties: Iterable[Duty], *, since: date) -> tuple[Gap, ...]:
    """The days from ``since`` on for which a duty has nobody and had somebody ``before`` (None: had always)."""
    turns = {since, *(day for day in after.turns() if day > since)}
    if before is not None:
        turns.update(day for day in before.turns() if day > since)
    days = sorted(turns)
    ends = [*days[1:], None]
    able_before = [None if before is None else before.able(day) for day in days]
    able_after = [after.able(day) for day in days]
    found: list[Gap] = []
    for duty in duties:
        for first, end, had, has in zip(days, ends, able_before, able_after, strict=True):
            if duty.met_by(has) or not (had is None or duty.met_by(had)):
                continue
            last = found[-1] if found and found[-1].duty == duty else None
            if last is not None and last.span.end == first:
                found[-1] = Gap(duty, Span(last.span.first, end))
            else:
                found.append(Gap(duty, Span(first, end)))
    return tuple(found)
