"""Scenarios as files tell them: read, laid out as runs, and walked through a procedure on paper.

A file names ``title``, ``procedure``, the ``version`` that must be in force and the ``charter`` (``g60``, ``toy``,
``national``); ``parties`` says which place or places hold a role, ``cities`` which member stands at a place, ``items``
what is known of an item of evidence by its title. A branch replays the first ``after`` steps and goes on its own way.
``tests/scenarios/test_scenarios.py`` says what a step may expect.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from concord.rules.procedure import Procedure, parse
from concord.rules.procedure.parties import CENTRE_ROLE
from concord.rules.procedure.rounds import Told, as_done

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "tests" / "scenarios"
CHARTERS = PROJECT / "src" / "concord" / "charters"
# Who holds the roles that a file says nothing of, one after another.
OTHERS = ("asked", "third", "fourth", "asking")

Step: TypeAlias = Mapping[str, Any]
# An act and the state it is done in; the state of an act that begins a matter is empty.
Transition: TypeAlias = tuple[str, str]

TOP = {"title", "procedure", "version", "charter", "parties", "cities", "items", "step", "branch"}
STEP = {"at", "by", "do", "answers", "expect"}
EXPECTATIONS = {
    "state",
    "other_side_sees",
    "refused",
    "papers",
    "due",
    "safe_due",
    "suspended",
    "addressed_to",
    "holder",
    "outcome",
    "shown_to",
    "hidden_from",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One way through a file: the steps of the main story, or those of a branch after what it replays."""

    name: str
    title: str
    procedure: str
    version: date
    charter: str
    parties: Mapping[str, Any]
    cities: Mapping[str, str]
    steps: Sequence[Step]
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def places(self, procedure: Procedure, beginner: str) -> dict[str, list[str]]:
        """The places that hold each role to be chosen when ``beginner`` begins a matter."""
        free = (place for place in OTHERS if place != beginner)
        chosen: dict[str, list[str]] = {}
        for role in procedure.roles:
            if role not in {procedure.initiating_role, CENTRE_ROLE}:
                named = self.parties.get(role) or next(free)
                chosen[role] = [named] if isinstance(named, str) else list(named)
        return chosen


def runs(path: Path) -> list[Run]:
    """The main story of a file and its branches."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(told) <= TOP, f"{path.name}: {set(told) - TOP}"
    steps, branches = told["step"], told.get("branch", [])
    for step in (*steps, *(step for branch in branches for step in branch["step"])):
        assert set(step) <= STEP, f"{path.name}: {set(step) - STEP}"
        assert set(step.get("expect", {})) <= EXPECTATIONS, f"{path.name}: {set(step['expect']) - EXPECTATIONS}"
    kept = told["procedure"], told["version"], told["charter"], told.get("parties", {}), told.get("cities", {})
    stem = f"{path.parent.name}/{path.stem}"
    items = told.get("items", {})
    found = [Run(stem, told["title"], *kept, steps, items)]
    for number, branch in enumerate(branches, start=1):
        assert set(branch) == {"title", "after", "step"}, path.name
        assert 0 <= branch["after"] <= len(steps), path.name
        told_steps = [*steps[: branch["after"]], *branch["step"]]
        found.append(Run(f"{stem}+{number}", branch["title"], *kept, told_steps, items))
    return found


def all_runs() -> list[Run]:
    """Every run of every file that can be read; ``files`` gives all of them."""
    found: list[Run] = []
    for path in files():
        with suppress(ValueError, KeyError, AssertionError):
            found += runs(path)
    return found


def files() -> list[Path]:
    """Every file that tells scenarios."""
    return sorted(FOLDER.glob("*/*.toml"))


def shipped_files() -> list[Path]:
    """The file of every version of every shipped procedure."""
    return sorted(CHARTERS.glob("*/procedures/*/*.toml"))


def read_procedure(path: Path) -> Procedure:
    """The procedure of a file."""
    return parse(path.read_text(encoding="utf-8"), file=path.name)


def walked(run: Run, procedure: Procedure) -> Iterator[tuple[str, str, str]]:
    """What a run does, worked out from the files alone: act, the state its side knows, the state the matter is in."""
    told: list[Told] = []
    state = outer = inner = ""
    holders: dict[str, list[str]] = {}
    for step in run.steps:
        if "refused" in step.get("expect", {}):
            continue
        rule, place = procedure.act(step["do"]), step["by"].partition(".")[0]
        if rule.initial:
            told, state, outer, inner = [], "", "", ""
            holders = run.places(procedure, place)
        known = state if inner in {"", rule.role} else outer
        yield rule.id, known, state
        to = as_done(procedure, rule, told, holders.get(rule.role, ()), place).to
        if to is not None:
            state, inner = to, rule.role if rule.internal else ""
            outer = outer if rule.internal else to
        outer = outer or state
        if not rule.internal:
            told.append((rule.id, place, known, to or known))


def transitions(procedure: Procedure) -> set[Transition]:
    """Every act in every state it is possible in."""
    return {(act.id, state) for act in procedure.acts for state in (act.from_states or ("",))}


def transitions_of(run: Run, procedure: Procedure) -> set[Transition]:
    """The transitions that a run makes, be it that the acting side does not know the state the matter is in."""
    return {(act, state) for act, *states in walked(run, procedure) for state in states}
