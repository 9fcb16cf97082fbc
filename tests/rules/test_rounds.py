"""Acts that each of several organisations does for itself: who has, who has not, what one of several changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.procedure import Act, Procedure, parse
from concord.rules.procedure.rounds import Told, answered, as_done, awaited, done_already
from tests.support.toy_charter import toy_files

PATH = "toy/procedures/joint/2026-01-01.toml"
JOINT: Procedure = parse(toy_files()[PATH], file=PATH)
SIGN, ASIDE, TELL = (JOINT.act(name) for name in ("sign", "stand_aside", "tell"))
SENT: Told = ("send_round", "h", "planned", "sent_round")
REPLAN: Told = ("replan", "h", "sent_round", "planned")
HOLDERS = {"host": ["h"], "partner": ["a", "b"], "centre": ["c"]}


def by(organisation: str, act: str = "sign", to: str = "sent_round") -> Told:
    return (act, organisation, "sent_round", to)


@pytest.mark.parametrize(
    ("told", "done"),
    [
        ([SENT], set()),
        ([SENT, by("a")], {"a"}),
        ([SENT, by("a"), by("b", "stand_aside")], {"a", "b"}),
        ([SENT, by("a"), REPLAN, SENT], set()),
        ([SENT, by("a"), REPLAN, SENT, by("b")], {"b"}),
        ([SENT, by("a"), ("give_notice", "h", "sent_round", "sent_round")], {"a"}),
        ([SENT, by("a"), by("b", to="signed"), ("tell", "a", "signed", "signed")], {"a", "b"}),
    ],
)
def test_who_has_answered_in_this_round(told: Sequence[Told], done: set[str]) -> None:
    assert answered(JOINT, SIGN, told) == answered(JOINT, ASIDE, told) == done


def test_another_question_is_answered_apart() -> None:
    told = [SENT, by("a"), by("b", to="signed"), ("tell", "a", "signed", "signed")]
    assert answered(JOINT, TELL, told) == {"a"}
    assert done_already(JOINT, JOINT.acts, told, "a") == {"sign", "stand_aside", "tell"}
    assert done_already(JOINT, [TELL], told, "b") == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        replace(ASIDE, to=None),
        replace(ASIDE, to="told"),
        replace(ASIDE, from_states=("signed",)),
        replace(ASIDE, role="centre"),
        replace(ASIDE, each=False),
    ],
    ids=["stays", "elsewhere", "from elsewhere", "another role", "not each"],
)
def test_acts_that_ask_something_else_do_not_answer(other: Act) -> None:
    procedure = replace(JOINT, acts=tuple(other if act is ASIDE else act for act in JOINT.acts))
    assert answered(procedure, SIGN, [SENT, by("a", "stand_aside")]) == set()


def test_acts_that_lead_nowhere_are_answered_one_by_one() -> None:
    sign, aside = replace(SIGN, to=None), replace(ASIDE, to=None)
    acts = tuple({SIGN.id: sign, ASIDE.id: aside}.get(act.id, act) for act in JOINT.acts)
    told = [SENT, by("a"), by("b", "stand_aside")]
    assert answered(replace(JOINT, acts=acts), sign, told) == {"a"}


def test_one_of_several_moves_nothing_but_its_own() -> None:
    rule = replace(
        SIGN,
        starts=("telling", "whole"),
        stops=("signing", "notice"),
        suspends=("telling", "whole"),
        resumes=("telling", "whole"),
        extends=("telling", "whole"),
        excludes=(replace(JOINT.act("test").excludes[0], clock="telling"), *JOINT.act("test").excludes),
    )
    part = as_done(JOINT, rule, [SENT], HOLDERS["partner"], "a")
    assert (part.to, part.starts, part.stops) == (None, ("telling",), ("signing",))
    assert part.suspends == part.resumes == part.extends == ("telling",)
    assert [span.clock for span in part.excludes] == ["telling"]
    assert as_done(JOINT, rule, [SENT, by("b")], HOLDERS["partner"], "a") is rule
    assert as_done(JOINT, rule, [], ["a"], "a") is rule


def test_what_one_does_for_all_is_done_whole() -> None:
    rule = JOINT.act("send_round")
    assert as_done(JOINT, rule, [], ["h", "x"], "h") is rule


@pytest.mark.parametrize(
    ("state", "told", "waiting"),
    [
        ("planned", [], ("h",)),
        ("sent_round", [SENT], ("a", "b")),
        ("sent_round", [SENT, by("b")], ("a",)),
        ("sent_round", [SENT, by("a"), by("b")], ("h",)),
        ("signed", [SENT], ("h",)),
        ("finished", [SENT], ()),
    ],
)
def test_whose_turn_it_is(state: str, told: Sequence[Told], waiting: tuple[str, ...]) -> None:
    assert awaited(JOINT, state, told, HOLDERS) == waiting


@given(order=st.permutations("abcdef"), ways=st.lists(st.sampled_from(["sign", "stand_aside"]), min_size=6, max_size=6))
def test_only_the_last_moves_the_state(order: list[str], ways: list[str]) -> None:
    told: list[Told] = [SENT]
    for at, (organisation, way) in enumerate(zip(order, ways, strict=True)):
        to = as_done(JOINT, JOINT.act(way), told, "abcdef", organisation).to
        assert to == ("signed" if at == len(order) - 1 else None)
        told.append(by(organisation, way, to or "sent_round"))
    assert answered(JOINT, SIGN, told) == set("abcdef")
