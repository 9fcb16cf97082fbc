"""Scenarios that a lawyer can read: each file tells acts one after another and what must follow from each.

A file names ``title``, ``procedure``, the ``version`` that must be in force and the ``charter`` (``g60``, ``toy``,
``national``). A step says ``at`` (legal time), ``by`` (place and post), ``do`` (act), ``answers``, and may ``expect``:
``state`` (as the acting side sees it), ``other_side_sees``, ``refused`` (the code; nothing may change), ``papers`` (the
numbers issued by this act), ``due`` (last legal day of every clock that runs), ``holder``, ``outcome``, ``shown_to``
and ``hidden_from`` (places). The first step begins the matter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from concord.casework.models import ClockRun, Matter, Paper
from concord.rules.errors import ConcordError, NotFound
from concord.rules.procedure import parse
from tests.support.worlds import WORLDS, World, everything

pytestmark = pytest.mark.django_db
FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/*.toml"))
CHARTERS = FOLDER.parents[1] / "src" / "concord" / "charters"
EXPECTATIONS = {
    "state",
    "other_side_sees",
    "refused",
    "papers",
    "due",
    "holder",
    "outcome",
    "shown_to",
    "hidden_from",
}


def read(path: Path) -> dict[str, Any]:
    scenario = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(scenario) == {"title", "procedure", "version", "charter", "step"}, path.name
    for step in scenario["step"]:
        assert set(step) <= {"at", "by", "do", "answers", "expect"}, path.name
        assert set(step.get("expect", {})) <= EXPECTATIONS, path.name
    return scenario


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(db: None, path: Path) -> None:  # noqa: ARG001  the database is needed, not its value
    scenario = read(path)
    world = WORLDS[scenario["charter"]]()
    first, *others = scenario["step"]
    matter = world.begin(
        procedure=scenario["procedure"],
        act=first["do"],
        by=first["by"],
        at=said(first["at"]),
        **first.get("answers", {}),
    )
    assert matter.procedure_version.in_force_from == scenario["version"]
    check(world, matter, first, issued=[])
    for step in others:
        take(world, matter, step)


def take(world: World, matter: Matter, step: Mapping[str, Any]) -> None:
    refused = step.get("expect", {}).get("refused")
    before, issued = everything(), set(Paper.objects.values_list("number", flat=True))
    answers = {name: said(value) for name, value in step.get("answers", {}).items()}
    try:
        world.do(matter, step["do"], by=step["by"], at=said(step["at"]), **answers)
    except ConcordError as error:
        if error.code != refused:
            raise
        unchanged = everything() == before
        assert unchanged, "a refused act left something behind"
    else:
        assert refused is None, f"{step['do']} should have been refused with {refused}"
    matter.refresh_from_db()
    new = sorted(set(Paper.objects.values_list("number", flat=True)) - issued)
    check(world, matter, step, issued=new)


def check(world: World, matter: Matter, step: Mapping[str, Any], *, issued: list[str]) -> None:
    place = step["by"].partition(".")[0]
    running = ClockRun.objects.filter(matter=matter, running=True)
    found: dict[str, Any] = {
        "state": world.look(matter, by=f"{place}.leader").state,
        "refused": step.get("expect", {}).get("refused"),  # checked where the act was tried
        "papers": issued,
        "due": {run.clock: run.legal_due for run in running},
        "holder": next((name for name, place_of in world.places.items() if place_of == matter.holder), ""),
        "outcome": matter.outcome,
    }
    expected = step.get("expect", {})
    for name in expected.keys() & found.keys():
        assert found[name] == expected[name], f"{step['do']}: {name}"
    other = "asked" if place == "asking" else "asking"
    if "other_side_sees" in expected:
        assert world.look(matter, by=f"{other}.leader").state == expected["other_side_sees"]
    for shown in expected.get("shown_to", []):
        assert world.look(matter, by=f"{shown}.leader").matter == matter
    for hidden in ["third", *expected.get("hidden_from", [])]:
        with pytest.raises(NotFound):
            world.look(matter, by=f"{hidden}.leader")


def said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.mark.parametrize("file", ["g60/procedures/assistance/2026-01-01", "cn/procedures/assistance/2022-11-01"])
def test_the_scenarios_together_walk_every_act(file: str) -> None:
    path = CHARTERS / f"{file}.toml"
    procedure = parse(path.read_text(encoding="utf-8"), file=path.name)
    done = {
        step["do"]
        for scenario in map(read, FILES)
        if (scenario["procedure"], scenario["version"]) == (procedure.id, procedure.in_force_from)
        for step in scenario["step"]
        if "refused" not in step.get("expect", {})
    }
    assert done == {act.id for act in procedure.acts}


def test_every_title_is_told_once() -> None:
    titles = [read(path)["title"] for path in FILES]
    assert len(titles) == len(set(titles)) >= 8
