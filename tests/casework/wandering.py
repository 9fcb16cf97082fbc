"""Matters driven along random lawful ways, and an independent word on who may know of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from concord.casework.models import Act, Case, Matter
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Person, Post
from concord.rules.errors import ConcordError
from concord.rules.procedure import Act as ActRule
from tests.support.worlds import BEGINNING, JOINT, WAYS, World, time

MEMBERS = ("asking", "asked", "third")
KINDS = (
    "case_officer",
    "leader",
    "liaison",
    "secondee",
    "legal_officer",
    "clerk",
    "service_provider",
    "auditor",
    "administrator",
)
BEGUN_AT = time("2026-02-05T10:00")


@dataclass(frozen=True, slots=True)
class Way:
    """Between which members a matter runs, how far on the usual way, and what is chosen from there on."""

    origin: str
    target: str
    state: str
    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JointWay:
    """Whose joint work it is, with whom, and what is chosen from the start on."""

    origin: str
    partners: tuple[str, ...]
    choices: tuple[int, ...]


sides = st.permutations(MEMBERS).map(lambda order: (order[0], order[1]))
ways = st.builds(
    lambda pair, state, choices: Way(pair[0], pair[1], state, tuple(choices)),
    sides,
    st.sampled_from(sorted(WAYS)),
    st.lists(st.integers(0, 99), max_size=4),
)
joint_ways = st.builds(
    lambda order, many, choices: JointWay(order[0], tuple(order[1 : 2 + many]), tuple(choices)),
    st.permutations(MEMBERS),
    st.booleans(),
    st.lists(st.integers(0, 99), max_size=10),
)
posts = st.lists(st.tuples(st.sampled_from([*MEMBERS, "centre"]), st.sampled_from(KINDS)), min_size=1, max_size=3)


@dataclass
class Run:
    """A matter with what its making left behind."""

    matter: Matter
    case: Case
    way: Way | JointWay
    acts: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    def known_to(self) -> set[str]:
        """The places that may know of the matter: the law of the test, not of the code."""
        places = {self.way.origin}
        if isinstance(self.way, JointWay):
            if "send_round" in self.acts:
                places.update(self.way.partners)
        elif "issue" in self.acts:
            places.add(self.way.target)
        if {"escalate", "consult"} & set(self.acts):
            places.add("centre")
        return places


def drive(world: World, way: Way | JointWay, n: int) -> Run:
    """Begin the matter, bring it to its state on the usual way, then let the choices decide."""
    case = world.open_case(by=f"{way.origin}.leader", number=f"案字〔2026〕{n}号")
    run = _joint(world, way, case, n) if isinstance(way, JointWay) else _assistance(world, way, case, n)
    moment = max(Act.objects.filter(matter=run.matter).latest("seq").at, BEGUN_AT)
    for choice in way.choices:
        moment += timedelta(hours=1)
        open_now = _possible(world, run)
        if open_now:
            rule, by = open_now[choice % len(open_now)]
            _do(world, run, rule.id, by=by, at=moment.isoformat(), given=_answers(world, run, rule, by))
    return run


def _assistance(world: World, way: Way, case: Case, n: int) -> Run:
    names = {"asking": way.origin, "asked": way.target}
    matter = world.begin(
        by=f"{way.origin}.case_officer", asked=way.target, case_ref=f"第{n}件某某案", reason=f"事由{n}", case=case
    )
    run = Run(matter, case, way, ["draft"])
    for act, by, at, given in WAYS[way.state]:
        place, _, kind = by.partition(".")
        _do(world, run, act, by=f"{names[place]}.{kind}", at=at, given=given)
    return run


def _joint(world: World, way: JointWay, case: Case, n: int) -> Run:
    matter = world.begin(
        procedure="joint",
        act="plan",
        by=f"{way.origin}.case_officer",
        parties={"partner": [world.places[place].code for place in way.partners]},
        case=case,
        **{**JOINT, "aim": f"第{n}件某某会办"},
    )
    run = Run(matter, case, way, ["plan"])
    if way.choices:
        _do(world, run, "send_round", by=f"{way.origin}.leader", at="2026-02-06T09:00", given={})
    return run


def appoint_at_random(world: World, wanted: Sequence[tuple[str, str]], n: int) -> Person:
    """Somebody new with these posts."""
    person = Person.objects.create(username=f"random.{n}", zh="某人", en="Somebody")
    for place, kind in wanted:
        Post.objects.create(person=person, organisation=world.places[place], kind=kind, held_from=BEGINNING)
    return person


def _possible(world: World, run: Run) -> list[tuple[ActRule, str]]:
    found = []
    for place in sorted(run.known_to()):
        for kind in ("case_officer", "leader"):
            by = f"{place}.{kind}"
            found += [(rule, by) for rule in world.look(run.matter, by=by).possible(world.actor(by))]
    return found


def _answers(world: World, run: Run, rule: ActRule, by: str) -> dict[str, Any]:
    offered = {
        "note": f"密语{run.matter.pk}",
        "ground": "unclear",
        "promised_date": "2026-03-05",
        "answers": ["一", "二"],
        "case_ref": run.matter.title,
        "case_stage": "filed",
        "reason": "改后的事由",
        "questions": ["核实主体", "核实库存"],
        "handling": "lead_only",
        "why": f"密语{run.matter.pk}",
        "months": 1,
        "count": 3,
        "test_from": "2026-02-10",
        "test_to": "2026-02-12",
        **JOINT,
        "aim": run.matter.title,
    }
    answers = {name: offered[name] for name in rule.asks if name in offered}
    if "results" in rule.asks:
        file = world.upload(f"材料{run.matter.pk}.txt", by=by)
        run.files.append(file)
        answers["results"] = [str(file.uid)]
    return answers


def _do(world: World, run: Run, act: str, *, by: str, at: str, given: Mapping[str, Any]) -> None:
    try:
        world.do(run.matter, act, by=by, at=at, **given)
    except ConcordError:
        return  # a guard or a clock forbids it: nothing happened
    run.acts.append(act)
