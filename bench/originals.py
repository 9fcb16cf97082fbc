"""Originals for the reference load: matters of every procedure, brought by the engine into every state it knows.

The scenarios of the tests are replayed in one world of the nine cities: the main stories to their ends, and again up to
each state that no other original stands in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bench.spreading import FIRST_ID
from concord.casework.definitions import version_in_force
from concord.casework.models import Audience, ClockRun, Matter
from concord.foundation.access.models import Scope
from concord.foundation.database.clock import legal_date, now
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Department, Kind, Organisation, Person, Post
from concord.foundation.organisations.queries import organisations
from concord.rules.errors import ConcordError
from concord.rules.procedure import FieldType, Procedure
from tests.support.scenarios import Run, Step, all_runs
from tests.support.worlds import BEGINNING, REQUEST, World, g60_world, time

PLACES = ("asking", "asked", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
# Case officers of each city beside the one whom the acts name.
OFFICERS = 11
DEPARTMENTS = ("商标监管科", "专利保护科", "综合执法科")
TENTH, CODE_OF_TENTH = "tenth", "990000"


@dataclass(frozen=True, slots=True)
class Original:
    """A matter to be copied: its last day, its first clock to run out, the members that see it."""

    id: int
    uid: str
    begun_at: datetime
    last_date: date
    due_date: date | None
    open: bool
    members: tuple[int, ...]
    title_field: str
    entries: int


def nine_cities() -> World:
    """The nine with people in every post and departments, and beside them a tenth member that hardly takes part."""
    codes = [one.code for one in g60_members()]
    world = g60_world(dict(zip(PLACES, codes, strict=True)))
    with writing():
        tenth = Organisation.objects.create(
            code=CODE_OF_TENTH, kind=Kind.MEMBER, zh="第十市", en="Tenth City", mark="第十市监", position=90
        )
        Scope.objects.create(organisation=tenth)
        for place in PLACES:
            _staff(world.places[place], place)
        kinds = Post.objects.filter(organisation=world.places["asking"]).values_list("kind", flat=True)
        for kind in sorted(set(kinds)):
            person = Person.objects.create(username=f"{TENTH}.{kind}", zh=f"第十市{kind}", en=kind)
            Post.objects.create(person=person, organisation=tenth, kind=kind, held_from=BEGINNING)
        _staff(tenth, TENTH)
    return world


def standing_world() -> World:
    """The world that ``nine_cities`` made earlier, in the database that Django speaks to."""
    world = World.__new__(World)
    world.request, world._drawn = REQUEST, now().microsecond + 1_000_000  # noqa: SLF001  as its own beginning does
    codes = [one.code for one in g60_members()]
    by_code = {one.code: one for one in organisations()}
    world.places = {place: by_code[code] for place, code in zip(PLACES, codes, strict=True)}
    world.places |= {"centre": organisations()[0], TENTH: by_code[CODE_OF_TENTH]}
    return world


def g60_members() -> list[Any]:
    """The members of the shipped charter, in its order."""
    from concord.charters import folder  # noqa: PLC0415  read once, here alone
    from concord.rules.charter import load  # noqa: PLC0415  as above

    return list(load(folder.read(folder.shipped(), "cn", "g60"), "g60").members)


def _staff(organisation: Organisation, place: str) -> None:
    """Departments, and more officers, spread over them."""
    departments = [
        Department.objects.create(organisation=organisation, zh=zh, desk=not at, valid_from=BEGINNING)
        for at, zh in enumerate(DEPARTMENTS)
    ]
    for at in range(1, OFFICERS + 1):
        person = Person.objects.create(
            username=f"{place}.case_officer.{at}", zh=f"{organisation.zh}办案人员{at}", en=f"case_officer {at}"
        )
        Post.objects.create(
            person=person,
            organisation=organisation,
            kind="case_officer",
            held_from=BEGINNING,
            department=departments[at % len(departments)],
        )


def drive(world: World) -> None:
    """Replay the scenarios; a story that goes its own way here ends where it came to."""
    places_of = {organisation.code: place for place, organisation in world.places.items()}
    runs = [run for run in all_runs() if run.charter == "g60"]
    seen: set[tuple[str, str]] = set()
    unfinished: dict[tuple[str, str], tuple[Run, int]] = {}
    for run in runs:
        if "+" in run.name and not _tells_more(run, seen):
            continue
        states = list(_replayed(world, run, places_of, len(run.steps)))
        for steps, state in enumerate(states[:-1], start=1):
            unfinished.setdefault((run.procedure, state), (run, steps))
        if states:
            seen.add((run.procedure, states[-1]))
    for place in unfinished.keys() - seen:
        run, steps = unfinished[place]
        for _state in _replayed(world, run, places_of, steps):
            pass


def _tells_more(run: Run, seen: set[tuple[str, str]]) -> bool:
    """Whether a branch of a story ends in another way than those before, as far as its last act says."""
    key = (run.procedure, f"by {run.steps[-1]['do']}")
    new = key not in seen
    seen.add(key)
    return new


def _replayed(world: World, run: Run, places_of: dict[str, str], steps: int) -> Iterator[str]:
    """Take the first steps of a run; yields the state after each that was not refused."""
    here = {place: places_of[code] for place, code in run.cities.items()}
    procedure = version_in_force(run.procedure, on=time(_said(run.steps[0]["at"])).date())[1]
    matter: Matter | None = None
    for step in run.steps[:steps]:
        if "refused" in step.get("expect", {}):
            continue
        try:
            matter = _taken(Story(world, run, procedure, here), matter, step)
        except (ConcordError, KeyError):
            return
        matter.refresh_from_db()
        yield matter.state


@dataclass(frozen=True, slots=True)
class Story:
    """A run in the world of the nine: the places it names, as they are called here."""

    world: World
    run: Run
    procedure: Procedure
    here: dict[str, str]

    def by(self, step: Step) -> str:
        """Who takes the step."""
        place, _, kind = str(step["by"]).partition(".")
        return f"{self.here.get(place, place)}.{kind}"


def _taken(story: Story, matter: Matter | None, step: Step) -> Matter:
    world, run, procedure, here = story.world, story.run, story.procedure, story.here
    by, at, place = story.by(step), _said(step["at"]), step["by"].partition(".")[0]
    answers = {name: _answer(story, step, name) for name in step.get("answers", {})}
    if matter is not None and step["do"] not in {act.id for act in procedure.initial_acts()}:
        world.do(matter, step["do"], by=by, at=at, **answers)
        return matter
    codes = {
        role: [world.places[here.get(one, one)].code for one in places]
        for role, places in run.places(procedure, place).items()
    }
    return world.begin(procedure=run.procedure, act=step["do"], by=by, at=at, parties=codes, **answers)


def _answer(story: Story, step: Step, name: str) -> Any:
    kind = {field.id: field.type for field in story.procedure.fields}.get(name)
    value, world, here = step["answers"][name], story.world, story.here
    if kind is FieldType.DATETIME and isinstance(value, datetime):
        return time(value.isoformat()).isoformat()
    if kind is FieldType.PERSON:
        place, _, post = str(value).partition(".")
        return str(world.person(f"{here.get(place, place)}.{post}").uid)
    if kind is FieldType.FILES:
        return [str(world.upload(one, by=story.by(step), at=_said(step["at"])).uid) for one in value]
    return _said(value)


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def originals() -> list[Original]:
    """What was driven, as the copier needs it."""
    from concord.casework.definitions import procedure_of  # noqa: PLC0415  models load only once Django is set up
    from concord.foundation.journal.models import Entry  # noqa: PLC0415  as above

    members = {one.id for one in organisations() if one.kind == Kind.MEMBER}
    seeing: dict[int, list[int]] = defaultdict(list)
    sides = Audience.objects.filter(matter__lt=FIRST_ID).order_by("id")
    for of, organisation in sides.values_list("matter_id", "scope__organisation_id"):
        if organisation in members:
            seeing[of].append(organisation)
    found = []
    for matter in Matter.objects.filter(id__lt=FIRST_ID).select_related("procedure_version").order_by("id"):
        counting = ClockRun.objects.filter(matter=matter, running=True, suspended_on__isnull=True)
        found.append(
            Original(
                id=matter.id,
                uid=matter.uid.hex,
                begun_at=matter.begun_at,
                last_date=legal_date(matter.acted_at),
                due_date=min((run.legal_due for run in counting), default=None),
                open=not matter.final,
                members=tuple(dict.fromkeys(seeing[matter.id])),
                title_field=(procedure_of(matter.procedure_version).title or "") if matter.title else "",
                entries=Entry.objects.filter(matter_uid=matter.uid).count(),
            )
        )
    return found
