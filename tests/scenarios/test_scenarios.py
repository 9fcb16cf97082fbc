"""Scenarios that a lawyer can read: each file tells acts one after another and what must follow from each.

``tests/support/scenarios.py`` says what a file holds. A step says ``at`` (legal time), ``by`` (place and post), ``do``
(act), ``answers``, and may ``expect``: ``state`` (as the acting side sees it), ``other_side_sees``, ``refused`` (the
code; nothing may change), ``papers`` (the numbers issued by this act), ``addressed_to`` (the addressee of the paper it
issued), ``due`` and ``safe_due`` (the last day of every clock that counts; a list where organisations have different
ones), ``suspended`` (the clocks that stand still), ``holder``, ``outcome``, ``shown_to`` and ``hidden_from`` (places).
A step that does an initial act begins a matter. Answers name a person as ``place.post``, files by a name, and items of
evidence by their title: the first who names one has sealed it that morning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from concord.casework.definitions import version_in_force
from concord.casework.models import Act, ClockRun, Matter, Paper, Participant
from concord.rules.errors import ConcordError, NotFound
from concord.rules.procedure import FieldType, Procedure
from tests.support.evidence_items import sealed_item
from tests.support.scenarios import (
    Run,
    Step,
    all_runs,
    files,
    read_procedure,
    runs,
    shipped_files,
    transitions,
    transitions_of,
    walked,
)
from tests.support.worlds import WORLDS, World, everything, time

RUNS = all_runs()
FIRST = list({run.procedure: run for run in reversed(RUNS)}.values())


# One story of each procedure is quick; stories and their branches are many.
@pytest.mark.django_db
@pytest.mark.parametrize(
    "run",
    [pytest.param(run, id=run.name, marks=[] if run in FIRST else [pytest.mark.slow]) for run in RUNS],
)
def test_scenario(run: Run) -> None:
    world = WORLDS[run.charter](run.cities)
    day = time(said(run.steps[0]["at"])).date()
    procedure = version_in_force(run.procedure, on=day)[1]
    assert procedure.in_force_from == run.version
    matter: Matter | None = None
    items: dict[str, str] = {}
    done: list[tuple[str, str]] = []
    for step in run.steps:
        known = set(Paper.objects.values_list("pk", flat=True))
        acted = take(world, matter, step, run=run, procedure=procedure, items=items)
        if acted is not None:
            matter = acted.matter
            done.append((acted.act, acted.from_state))
        if matter is not None:
            matter.refresh_from_db()
            check(world, matter, step, list(Paper.objects.exclude(pk__in=known)))
    assert done == [(act, known) for act, known, _ in walked(run, procedure)], (
        "the walk on paper differs from what was done"
    )


def take(
    world: World, matter: Matter | None, step: Step, *, run: Run, procedure: Procedure, items: dict[str, str]
) -> Act | None:
    """Do the step; None where it is refused as expected. ``items`` are the numbers of those named so far, by title."""
    refused = step.get("expect", {}).get("refused")
    place, at = step["by"].partition(".")[0], said(step["at"])
    kinds = {field.id: field.type for field in procedure.fields}
    answers: dict[str, Any] = {
        name: numbers(world, value, step, run=run, items=items)
        if kinds.get(name) is FieldType.EVIDENCE
        else answer(world, procedure, name, value, by=step["by"], at=at)
        for name, value in step.get("answers", {}).items()
    }
    before = everything() if refused else {}
    try:
        if matter is not None and step["do"] not in {act.id for act in procedure.initial_acts()}:
            acted = world.do(matter, step["do"], by=step["by"], at=at, **answers)
        else:
            chosen = run.places(procedure, place)
            codes = {role: [world.places[one].code for one in places] for role, places in chosen.items()}
            begun = world.begin(procedure=run.procedure, act=step["do"], by=step["by"], at=at, parties=codes, **answers)
            acted = Act.objects.get(matter=begun, seq=1)
    except ConcordError as error:
        if error.code != refused:
            raise
        unchanged = everything() == before
        assert unchanged, "a refused act left something behind"
        return None
    assert refused is None, f"{step['do']} should have been refused with {refused}"
    return acted


def numbers(world: World, titles: list[str], step: Step, *, run: Run, items: dict[str, str]) -> list[str]:
    """The numbers of the items with these titles; one that was not named yet is sealed first."""
    for title in titles:
        if title not in items:
            known = {"by": step["by"], "at": said(step["at"]), **run.items.get(title, {})}
            items[title] = sealed_item(world, title=title, **known).number
    return [items[title] for title in titles]


def answer(world: World, procedure: Procedure, name: str, value: Any, *, by: str, at: str) -> Any:
    """What is answered for a value of the file: days and times in writing, people and files by their uids."""
    kinds = {field.id: field.type for field in procedure.fields}
    if kinds.get(name) is FieldType.DATETIME and isinstance(value, datetime):
        return time(value.isoformat()).isoformat()
    if kinds.get(name) is FieldType.PERSON:
        return str(world.person(value).uid)
    if kinds.get(name) is FieldType.FILES:
        return [str(world.upload(one, by=by, at=at).uid) for one in value]
    return said(value)


def check(world: World, matter: Matter, step: Step, issued: list[Paper]) -> None:
    expected = step.get("expect", {})
    place = step["by"].partition(".")[0]
    counting = ClockRun.objects.filter(matter=matter, running=True, suspended_on__isnull=True)
    taking_part = set(Participant.objects.filter(matter=matter).values_list("organisation__code", flat=True))
    parties = [name for name, organisation in world.places.items() if organisation.code in taking_part]
    if "refused" not in expected or "state" in expected:
        found: dict[str, Any] = {
            "state": world.look(matter, by=f"{place}.leader").state,
            "papers": sorted(paper.number for paper in issued),
            "addressed_to": "；".join(str(paper.letter["addressee"]) for paper in issued),
            "due": days({(run.clock, run.legal_due) for run in counting}),
            "safe_due": days({(run.clock, run.safe_due) for run in counting}),
            "suspended": sorted(
                set(matter.clocks.filter(running=True, suspended_on__isnull=False).values_list("clock", flat=True))
            ),
            "holder": next((name for name, one in world.places.items() if one == matter.holder), ""),
            "outcome": matter.outcome,
        }
        for name in expected.keys() & found.keys():
            assert found[name] == expected[name], f"{step['do']}: {name}"
    if "other_side_sees" in expected:
        other = next(name for name in ("asking", "asked", *parties) if name in parties and name != place)
        assert world.look(matter, by=f"{other}.leader").state == expected["other_side_sees"]
    for shown in expected.get("shown_to", []):
        assert world.look(matter, by=f"{shown}.leader").matter == matter
    outside = [name for name in world.places if name not in parties]
    for hidden in [*outside, *expected.get("hidden_from", [])]:
        with pytest.raises(NotFound):
            world.look(matter, by=f"{hidden}.leader")


def days(found: set[tuple[str, date]]) -> dict[str, date | list[date]]:
    """Clock → its day, or the days where the organisations of a role have different ones."""
    told: dict[str, list[date]] = {}
    for clock, day in sorted(found):
        told.setdefault(clock, []).append(day)
    return {clock: listed[0] if len(listed) == 1 else listed for clock, listed in told.items()}


def said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_can_be_read(path: Path) -> None:
    assert runs(path)


@pytest.mark.parametrize(
    "path", shipped_files(), ids=lambda path: f"{path.parents[2].name}-{path.parent.name}-{path.stem}"
)
def test_the_scenarios_together_walk_every_transition(path: Path) -> None:
    procedure, charter = read_procedure(path), path.parents[2].name
    own = [run for run in RUNS if (run.procedure, run.version) == (procedure.id, procedure.in_force_from)]
    done = {one for run in own if charter in {run.charter, "cn"} for one in transitions_of(run, procedure)}
    missing = [f"{act} from {state or 'the beginning'}" for act, state in sorted(transitions(procedure) - done)]
    assert not missing, f"no scenario of {procedure.id} {procedure.in_force_from} walks: {'; '.join(missing)}"


def test_every_title_is_told_once() -> None:
    told: Mapping[str, int] = Counter(run.title for run in RUNS)
    assert len(told) >= 8
    assert [title for title, times in told.items() if times > 1] == []
