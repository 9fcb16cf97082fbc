"""Setting up the demo: people, stories and lists, in the order in which it all happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from concord.casework.desk.silence import STATE
from concord.entrypoints.demo import fillers, steps
from concord.entrypoints.demo.around import CLIMB
from concord.entrypoints.demo.enrolling import enrol_everybody
from concord.entrypoints.demo.fillers import MATTERS, Sides
from concord.entrypoints.demo.personas import PERSONAS
from concord.entrypoints.demo.playing import Player
from concord.entrypoints.demo.steps import ASSISTANCE, Step
from concord.entrypoints.demo.timetable import Timetable, around
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.jobs.commands import enqueue
from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import calendar_on, charter_on

if TYPE_CHECKING:
    from concord.foundation.ledger.sealing import Equipment

IN_OFFICE_FOR = 250
NOTICES_READ = (-3, time(17, 20))
# The ladder's job ran every evening since the oldest matter that is still open; before that nothing waited.
CLIMBED_FOR, CLIMBED_AT = 40, time(17, 45)
# Whoever takes no part in anything, so that one of the personas starts with an empty desk.
BYSTANDER = "he.an"
Progress = Callable[[str, int, int], None]


def seed(
    *,
    now: datetime,
    on_progress: Progress | None = None,
    matters: int = MATTERS,
    equipment: Equipment | None = None,
) -> None:
    """Set the demo up as of ``now``: all of it or nothing, and nothing when it is there already.

    Once the worker runs, what waited for an answer when yesterday ended is stated and sealed.

    Every date is counted from the legal day of ``now``; nothing happens on that day or after it. Needs a charter in
    force whose ``assistance`` procedure began at least thirty working days ago (else NotFound
    ``charter.no_procedure_in_force``). ``on_progress`` is told the day that was played, and how many of
    how many steps are done; ``matters`` fill the lists beside the stories. ``equipment`` seals what the stories of
    evidence collect; without it they are left out.
    """
    if Person.objects.filter(username=PERSONAS[0].username).exists():
        return
    today = legal_date(now)
    timetable = around(today, calendar_on(today))
    with writing():
        usernames = enrol_everybody(held_from=timetable.day(-IN_OFFICE_FOR))
        actors = _actors(usernames, at=now)
        codes = {row.position: row.code for row in Organisation.objects.all()}
        player = Player(actors=actors, codes=codes, equipment=equipment)
        course = _course(timetable, actors, today=today, matters=matters, sealing=equipment is not None)
        for done, step in enumerate(course, start=1):
            player.play(step)
            if on_progress is not None:
                on_progress(legal_date(step.at).isoformat(), done, len(course))
        enqueue(STATE, payload={})


def _course(
    timetable: Timetable, actors: Mapping[str, Actor], *, today: date, matters: int, sealing: bool
) -> list[Step]:
    """Everything that happens, in the order of time; what happens at one moment stays in the order it was told."""
    since = charter_on(today).procedure(ASSISTANCE, on=today).in_force_from
    own = timetable.reach(since)
    reading = [
        Step(at=timetable.at(*NOTICES_READ), key=f"reading-{name}", by=name, do=steps.READ_NOTICES) for name in actors
    ]
    lists = fillers.planned(timetable, _sides(), reach=IN_OFFICE_FOR - 1, national_beyond=own, matters=matters)
    climbing = [
        Step(at=timetable.at(-days, CLIMBED_AT), key=f"climbing-{days}", by="", do=CLIMB)
        for days in range(1, CLIMBED_FOR + 1)
    ]
    told = [*steps.told(timetable, sealing=sealing), *steps.cases(timetable), *steps.around_matters(timetable)]
    return sorted([*told, *lists, *reading, *climbing], key=lambda step: step.at)


def _actors(usernames: Iterable[str], *, at: datetime) -> dict[str, Actor]:
    people = Person.objects.filter(username__in=usernames).order_by("id")
    found = ((person.username, actor_for(person, post_id=None, at=at)) for person in people)
    return {username: actor for username, actor in found if actor is not None}


def _sides() -> dict[int, Sides]:
    """Who drafts and who signs in each bureau."""
    sides: dict[int, Sides] = {}
    for post in Post.objects.select_related("person", "organisation").order_by("id"):
        place = post.organisation
        if place.position == 0 or post.person.username == BYSTANDER:
            continue
        side = sides.setdefault(place.position, Sides(place.zh, place.mark, (), ()))
        if post.kind == "case_officer":
            side = replace(side, officers=(*side.officers, post.person.username))
        elif post.kind == "leader":
            side = replace(side, leaders=(*side.leaders, post.person.username))
        sides[place.position] = side
    return sides
