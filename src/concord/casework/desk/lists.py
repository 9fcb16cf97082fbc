"""Lists of matters: pages, counts, what Today asks for, what goes on between organisations, what is due on which day.

Every list is answered from the audience, whose row holds all that lists are filtered and sorted by as its side knows
it; only the few matters of a page are then read themselves. So a page costs the same among a million matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from concord.casework.desk import search
from concord.casework.desk.versions import procedures_kept
from concord.casework.models import NEVER, Audience, Case, Matter
from concord.casework.queries import READ, ShownMatter, bad_cursor, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.organisations.models import Post
from concord.rules.procedure.leading import SIGN, WORK, decides

CURSOR = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
SECOND = 1_000_000
# How far a list is walked for a frequent word, step by step.
STEPS = (400, 2_000, 8_000, 20_000)
MOST_BETWEEN = 100
MOST_ON_A_DAY = 99
FIRST_OF_A_DAY = 3
# Stands for each day of a calendar in turn; nothing is due on it.
SOME_DAY = date.min
BETWEEN = """
SELECT o.id, t.id,
  (SELECT count(*) FROM (SELECT 1 FROM casework_audience a WHERE a.scope_id = %s AND a.open
    AND a.origin_id = o.id AND a.target_id = t.id LIMIT %s) counted),
  (SELECT count(*) FROM (SELECT 1 FROM casework_audience a WHERE a.scope_id = %s AND a.open
    AND a.origin_id = o.id AND a.target_id = t.id AND a.late_after < %s LIMIT %s) counted)
FROM organisations_organisation o CROSS JOIN organisations_organisation t
WHERE o.id <> t.id ORDER BY o.position, t.position
"""
Order: TypeAlias = Literal["updated", "due"]
# A matter's key in the order of a list, and its id.
Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of a list of matters; empty ones ask nothing.

    ``direction`` is ``out`` (begun here) or ``in``; ``ours`` whether it is our turn, ``duty`` what comes next there
    (``sign`` or ``work``); ``handlers`` are posts, ``unassigned`` what nobody handles here, ``counterpart`` is an
    organisation that began the matter or that it goes to, ``origin`` and ``target``
    ask for one of these alone. ``overdue_on`` asks for what was late on that day,
    ``due_from`` and ``due_until`` for last legal days, both with the day; ``since`` and ``until`` likewise for the last
    act the side knows of. ``without`` are procedures left out. What has a due day is open; so is what is sorted by it.
    """

    text: str = ""
    procedures: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    state: str = ""
    direction: str = ""
    open_only: bool = False
    ours: bool | None = None
    duty: str = ""
    handlers: tuple[int, ...] = ()
    unassigned: bool = False
    department: int | None = None
    overdue_on: date | None = None
    due_from: date | None = None
    due_until: date | None = None
    counterpart: int | None = None
    origin: int | None = None
    target: int | None = None
    since: date | None = None
    until: date | None = None
    case: Case | None = None
    order: Order = "updated"

    @property
    def key(self) -> str:
        """The column of the audience that the list is sorted by; questions of days sort by the last legal day."""
        if self.overdue_on is not None or self.due_from is not None or self.due_until is not None:
            return "late_after"
        return "due" if self.order == "due" else "sort_key"

    @property
    def still_open(self) -> bool:
        """Whether only matters that have not ended can be on the list."""
        return self.open_only or self.ours is not None or bool(self.duty) or self.key != "sort_key"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the key it is sorted by (microseconds or the number of a day) and the matter."""

    key: int
    id: int

    def __str__(self) -> str:
        return f"{self.key}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """The cursor written as ``text``; InvalidInput ``casework.bad_cursor``."""
        found = CURSOR.fullmatch(text)
        if found is None:
            raise bad_cursor()
        return cls(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of matters in the order of their list; ``older`` and ``newer`` say where the neighbours begin."""

    rows: tuple[ShownMatter, ...]
    older: Cursor | None
    newer: Cursor | None


def page_of_matters(
    by: Actor, wanted: Wanted, *, limit: int, after: Cursor | None = None, before: Cursor | None = None
) -> Page:
    """A page of the matters that ``by`` sees; costs the same at any depth.

    Raises InvalidInput ``casework.question_too_short``, ``casework.bad_cursor``.
    """
    backwards = before is not None
    places = _places(by, wanted, limit=limit + 1, beyond=before or after, backwards=backwards)
    more, places = len(places) > limit, places[:limit]
    if backwards:
        places.reverse()
    rows = rows_with(by, [matter for _, matter in places])
    older = more if not backwards else True
    newer = more if backwards else after is not None
    return Page(
        rows=tuple(rows),
        older=Cursor(*places[-1]) if places and older else None,
        newer=Cursor(*places[0]) if places and newer else None,
    )


def count_of_matters(by: Actor, wanted: Wanted, *, most: int) -> int:
    """How many matters of the list the actor sees, counted no further than ``most`` + 1."""
    narrowed = _filtered(by, wanted)
    if wanted.text:
        found = search.gathered(by, wanted.text)
        if found is not None:
            narrowed = narrowed.filter(matter_id__in=found)
        elif wanted == Wanted(text=wanted.text):
            return most + 1
        else:
            narrowed = narrowed.filter(matter_id__in=RawSQL(*search.every_answer(by, wanted.text)))  # noqa: S611  parameters
    return narrowed.order_by().values("matter_id")[: most + 1].count()


def first_of_each(by: Actor, asked: Mapping[str, Wanted], *, limit: int) -> dict[str, list[int]]:
    """The ids of the first matters of several lists, by the lists' names, in one statement; lists without a text."""
    found: dict[str, list[int]] = {name: [] for name in asked}
    parts, parameters = list[str](), list[Any]()
    for number, wanted in enumerate(asked.values()):
        sign, way = ("-", "DESC") if wanted.key == "sort_key" else ("", "ASC")
        rows = _filtered(by, wanted).order_by(f"{sign}{wanted.key}", f"{sign}matter_id")
        listed = rows.values(wanted.key, "matter_id")[:limit].query
        if listed.is_empty():
            continue
        statement, told = listed.sql_with_params()
        place = f"row_number() OVER (ORDER BY {wanted.key} {way}, matter_id {way})"
        parts.append(f"SELECT {number} AS list, {place} AS place, matter_id FROM ({statement}) of_list")  # noqa: S608  Django's own statement
        parameters += told
    if not parts:
        return found
    names = list(asked)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        for number, _place, matter in sorted(cursor.fetchall()):
            found[names[number]].append(matter)
    return found


def counts_of_matters(by: Actor, asked: Sequence[Wanted], *, most: int) -> list[int]:
    """How many matters each of several lists has, as ``count_of_matters`` counts, in one statement."""
    parts, parameters = list[str](), list[Any]()
    for wanted in asked:
        counted = _filtered(by, wanted).order_by().values("matter_id")[: most + 1].query
        statement, told = ("", ()) if counted.is_empty() else counted.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({statement}) counted)" if statement else "0")  # noqa: S608  as above
        parameters += told
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return list(cursor.fetchone())


def rows_with(by: Actor, ids: Sequence[int]) -> list[ShownMatter]:
    """These matters in this order, as lists show them; those that are not shown to the actor are left out."""
    if not ids:
        return []
    rows = visible_to(by).filter(id__in=ids).select_related("procedure_version", "origin", "target", "holder")
    found = {row.id: row for row in rows.defer("facts", "drafts", "procedure_version__text")}
    return [found[one] for one in ids if one in found]


def to_sign(by: Actor) -> Wanted:
    """What waits for a signature or decision that the actor's post may give."""
    return Wanted(ours=True, duty=SIGN, without=_closed_to(by, SIGN), order="due")


def mine(handlers: Collection[int]) -> Wanted:
    """What these posts handle and what now waits for their organisation."""
    return Wanted(ours=True, handlers=tuple(sorted(handlers)), order="due")


def nobodys(by: Actor) -> Wanted:
    """What waits for the organisation, is handled by nobody yet, and could be worked on by the actor's post."""
    return Wanted(ours=True, duty=WORK, unassigned=True, without=_closed_to(by, WORK), order="due")


def waiting_for_others(handlers: Collection[int] = ()) -> Wanted:
    """What is open and waits for others; of all posts, or of these alone."""
    return Wanted(ours=False, handlers=tuple(sorted(handlers)), order="due")


def handlers_of(by: Actor, matters: Sequence[Matter]) -> dict[int, Post]:
    """Who handles each of these matters in the actor's organisation, by the matter's id; one query."""
    if not matters or not by.may(READ):
        return {}
    rows = Audience.objects.filter(scope_id=by.scope_id, matter__in=list(matters), handler__isnull=False)
    return {row.matter_id: row.handler for row in rows.select_related("handler__person") if row.handler is not None}


@dataclass(frozen=True, slots=True)
class Traffic:
    """The open matters that one organisation began with another, and how many are late; both up to ``MOST_BETWEEN``."""

    origin: int
    target: int
    open: int
    late: int


def between(by: Actor, *, on: date) -> list[Traffic]:
    """What is open between each two organisations, as the actor's side sees it; pairs without anything are left out.

    A matter that goes to several organisations at once belongs to no pair.
    """
    if not by.may(READ):
        return []
    with connection.cursor() as cursor:
        cursor.execute(BETWEEN, [by.scope_id, MOST_BETWEEN, by.scope_id, on, MOST_BETWEEN])
        return [Traffic(*row) for row in cursor.fetchall() if row[2]]


@dataclass(frozen=True, slots=True)
class DueDay:
    """What is due on one day: how many, up to ``MOST_ON_A_DAY`` + 1, and the first few."""

    day: date
    count: int
    first: tuple[ShownMatter, ...]


def due_days(by: Actor, wanted: Wanted, *, first: date, last: date) -> list[DueDay]:
    """What of the list is due on each day from ``first`` to ``last``, days without anything left out.

    Two statements; their cost is bounded by the number of days.
    """
    if not by.may(READ):
        return []
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    # The statement of one day is made once; made for each day it took longer than the answer.
    rows = _filtered(by, replace(wanted, text="", due_from=SOME_DAY, due_until=SOME_DAY))
    listed = rows.order_by("late_after", "matter_id").values("late_after", "matter_id")[: MOST_ON_A_DAY + 1]
    statement, told = listed.query.sql_with_params()
    written = connection.ops.adapt_datefield_value
    parameters: list[Any] = []
    for day in days:
        parameters += [written(day) if one == written(SOME_DAY) else one for one in told]
    part = f"SELECT * FROM ({statement}) of_a_day"  # noqa: S608  Django's own statement
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([part] * len(days)), parameters)
        found: dict[date, list[int]] = {}
        for day, matter in cursor.fetchall():
            found.setdefault(_day(day), []).append(matter)
    shown = [matter for matters in found.values() for matter in matters[:FIRST_OF_A_DAY]]
    rows_by_id = {row.id: row for row in rows_with(by, shown)}
    return [
        DueDay(day, len(matters), tuple(rows_by_id[one] for one in matters[:FIRST_OF_A_DAY] if one in rows_by_id))
        for day, matters in sorted(found.items())
    ]


def _day(value: date | str) -> date:
    """A day as a bare statement gives it: SQLite knows days as texts."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def _closed_to(by: Actor, duty: str) -> tuple[str, ...]:
    """The procedures in which the actor's post may do nothing of that duty."""
    asked: Mapping[str, set[str]] = {
        procedure.id: {act.permission for act in procedure.acts if decides(act) == (duty == SIGN)}
        for procedure in procedures_kept().values()
    }
    return tuple(name for name, permissions in sorted(asked.items()) if not permissions & by.permissions)


def _filtered(by: Actor, wanted: Wanted) -> QuerySet[Audience]:
    """The rows of the actor's side that the filters leave, but for the text asked for."""
    shut = bool(wanted.without) and {one.id for one in procedures_kept().values()} <= set(wanted.without)
    if shut or not by.may(READ):
        return Audience.objects.none()
    # A post handles few rows; a sum keeps the database from walking through all rows of the side instead.
    own = Q(Exact(F("scope_id") + 0, by.scope_id)) if wanted.handlers else Q(scope_id=by.scope_id)
    return Audience.objects.filter(own, *_conditions(wanted, by))


def _conditions(wanted: Wanted, by: Actor) -> Iterator[Q]:
    if wanted.still_open:
        yield Q(open=True)
    if wanted.procedures:
        yield Q(procedure__in=wanted.procedures)
    if wanted.without:
        yield ~Q(procedure__in=wanted.without)
    if wanted.state:
        yield Q(state=wanted.state)
    if wanted.ours is not None:
        yield Q(ours=wanted.ours)
    if wanted.duty:
        yield Q(duty=wanted.duty)
    if wanted.case is not None:
        yield Q(matter__case=wanted.case)
    yield from _of_sides(wanted, by)
    yield from _of_people(wanted)
    yield from _of_days(wanted)


def _of_sides(wanted: Wanted, by: Actor) -> Iterator[Q]:
    if wanted.direction:
        own = Q(origin=by.organisation)
        yield own if wanted.direction == "out" else ~own
    if wanted.counterpart is not None:
        yield Q(origin=wanted.counterpart) | Q(target=wanted.counterpart)
    if wanted.origin is not None:
        yield Q(origin=wanted.origin)
    if wanted.target is not None:
        yield Q(target=wanted.target)


def _of_people(wanted: Wanted) -> Iterator[Q]:
    if wanted.handlers:
        yield Q(handler__in=wanted.handlers)
    if wanted.unassigned:
        yield Q(handler__isnull=True)
    if wanted.department is not None:
        yield Q(department=wanted.department)


def _of_days(wanted: Wanted) -> Iterator[Q]:
    if wanted.overdue_on is not None:
        yield Q(late_after__lt=wanted.overdue_on)
    if wanted.due_from is not None:
        yield Q(late_after__gte=wanted.due_from, late_after__lt=NEVER)
    if wanted.due_until is not None:
        yield Q(late_after__lte=wanted.due_until)
    if wanted.since is not None:
        yield Q(sort_key__gte=_microseconds(wanted.since))
    if wanted.until is not None:
        yield Q(sort_key__lt=_microseconds(wanted.until + timedelta(days=1)))


def _microseconds(day: date) -> int:
    return int(datetime.combine(day, time(), tzinfo=LEGAL_ZONE).timestamp()) * SECOND


def _places(
    by: Actor, wanted: Wanted, *, limit: int, beyond: Cursor | None = None, backwards: bool = False
) -> list[Place]:
    """The first places of a list beyond a cursor, in its order; ``backwards`` from the cursor towards its beginning."""
    rows = _filtered(by, wanted)
    rising = (wanted.key != "sort_key") != backwards
    sign = "" if rising else "-"
    if beyond is not None:
        rows = rows.filter(_beyond(beyond, wanted.key, rising=rising))
    ordered = rows.order_by(f"{sign}{wanted.key}", f"{sign}matter_id").values_list(wanted.key, "matter_id")

    def first(some: QuerySet[Audience, tuple[int | date, int]], many: int) -> list[Place]:
        return [(_number(key), matter) for key, matter in some[:many]]

    if wanted.text:
        return _answering(by, wanted, ordered, first, limit=limit, rising=rising)
    if wanted.counterpart is None:
        return first(ordered, limit)
    # Two ranges of two indexes, merged; an OR of both would read all that the side sees.
    begun = first(ordered.filter(origin=wanted.counterpart), limit)
    received = first(ordered.filter(target=wanted.counterpart).exclude(origin=wanted.counterpart), limit)
    return sorted([*begun, *received], reverse=not rising)[:limit]


def _answering(
    by: Actor,
    wanted: Wanted,
    ordered: QuerySet[Audience, tuple[int | date, int]],
    first: Callable[[QuerySet[Audience, tuple[int | date, int]], int], list[Place]],
    *,
    limit: int,
    rising: bool,
) -> list[Place]:
    """The first places of a list that answer the text asked for.

    A frequent word soon fills a page while the list is walked; the answers of a rare one are gathered and sorted. Only
    a word that was frequent long ago is gathered in full.
    """
    search.asked(wanted.text)
    looked, page = 0, list[Place]()
    for until in STEPS:
        part = [(_number(key), matter) for key, matter in ordered[looked:until]]
        answers = search.answering(by, wanted.text, [matter for _, matter in part]) if part else set()
        page += [place for place in part if place[1] in answers]
        if len(page) >= limit or len(part) < until - looked:
            return page[:limit]
        looked = until
        found = search.gathered(by, wanted.text)
        if found is not None:
            places = [(_number(key), matter) for key, matter in ordered.filter(matter_id__in=found).order_by()]
            return sorted(places, reverse=not rising)[:limit]
    every = RawSQL(*search.every_answer(by, wanted.text))  # noqa: S611  the text is a parameter
    return first(ordered.filter(matter_id__in=every), limit)


def _number(key: int | date) -> int:
    return key.toordinal() if isinstance(key, date) else key


def _beyond(cursor: Cursor, column: str, *, rising: bool) -> Q:
    key: int | date = cursor.key
    if column != "sort_key":
        if not 1 <= cursor.key <= date.max.toordinal():
            raise bad_cursor()
        key = date.fromordinal(cursor.key)
    way = "gt" if rising else "lt"
    nearer = {f"{column}__{way}e": key}
    return Q(**nearer) & (Q(**{f"{column}__{way}": key}) | Q(**{f"matter_id__{way}": cursor.id}))
