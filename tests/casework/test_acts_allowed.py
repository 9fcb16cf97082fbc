"""Every act of assistance in every state by every post: done, or refused with the right code and nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import transaction

from concord.casework.models import Act, Matter
from concord.rules.errors import ConcordError
from tests.support.worlds import WAYS, World, everything

pytestmark = pytest.mark.django_db

DRAFT = {"case_officer", "leader", "liaison", "secondee"}
SIGN = {"leader"}
HANDLE = {"case_officer", "leader", "liaison"}
BLIND = {"service_provider", "administrator", "security_officer"}  # posts that read no matter

# Whose act it is, and which posts may do it; read off the agreement's text, not off the file.
WHO: Mapping[str, tuple[str, set[str]]] = {
    "draft": ("asking", DRAFT),
    "revise": ("asking", DRAFT),
    "submit": ("asking", DRAFT),
    "send_back": ("asking", SIGN),
    "issue": ("asking", SIGN),
    "accept": ("asked", HANDLE),
    "offer_date": ("asked", HANDLE),
    "notify_delay": ("asked", SIGN),
    "submit_answer": ("asked", HANDLE),
    "send_answer_back": ("asked", SIGN),
    "answer": ("asked", SIGN),
    "refuse": ("asked", SIGN),
    "escalate": ("asking", SIGN),
    "withdraw": ("asking", SIGN),
    "close": ("asking", DRAFT),
}
# What is possible in each state; an answer that awaits signature is not known to the asking side.
POSSIBLE: Mapping[str, set[str]] = {
    "drafted": {"revise", "submit", "withdraw"},
    "submitted": {"send_back", "issue", "withdraw"},
    "delivered": {"escalate", "withdraw", "accept", "offer_date", "refuse"},
    "accepted": {"escalate", "withdraw", "offer_date", "notify_delay", "submit_answer", "refuse"},
    "answer_submitted": {"escalate", "withdraw", "send_answer_back", "answer"},
    "answered": {"close"},
    "refused": {"escalate", "close"},
    "closed": set(),
    "withdrawn": set(),
}
LEADS_TO = {
    "submit": "submitted",
    "send_back": "drafted",
    "issue": "delivered",
    "accept": "accepted",
    "submit_answer": "answer_submitted",
    "send_answer_back": "accepted",
    "answer": "answered",
    "refuse": "refused",
    "withdraw": "withdrawn",
    "close": "closed",
}
DRAFTED = {
    "case_ref": "另一名称",
    "case_stage": "verification",
    "reason": "补充",
    "questions": ["核实主体"],
    "handling": "lead_only",
}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "draft": DRAFTED,
    "revise": DRAFTED,
    "send_back": {"note": "请补充"},
    "offer_date": {"promised_date": "2026-03-05", "note": "正在调取"},
    "notify_delay": {"promised_date": "2026-03-20", "note": "正在调取"},
    "submit_answer": {"answers": ["属实", "三十件"]},
    "send_answer_back": {"note": "请补充"},
    "refuse": {"ground": "unclear", "note": "事项不明"},
    "escalate": {"note": "请协调"},
    "withdraw": {"note": "不再需要"},
}
AT = "2026-03-04T10:00"
# One state that both sides know and one that only one of them knows; the others take their time.
QUICK = {"delivered", "answer_submitted"}


def attempt(world: World, matter: Matter, act: str, by: str) -> str:
    """The code of the refusal, or "" for an act that was done (and is undone here)."""
    place, _ = by.split(".")
    known = Act.objects.filter(matter=matter)
    known = known.filter(internal=False) | known.filter(organisation=world.places[place])
    last = known.order_by("-seq").values_list("seq", flat=True).first()
    try:
        with transaction.atomic():
            done = world.do(matter, act, by=by, at=AT, version=last or 0, **ANSWERS.get(act, {}))
            assert done.act == act
            matter.refresh_from_db()
            expected = LEADS_TO.get(act, done.from_state)
            assert (done.to_state, matter.acted_at) == (expected, done.at)
            transaction.set_rollback(True)
    except ConcordError as refused:
        return refused.code
    return ""


def hidden(state: str, place: str) -> bool:
    return place in {"third", "centre"} or (place == "asked" and state in {"drafted", "submitted"})


def expected(act: str, state: str, place: str, kind: str) -> str:
    if hidden(state, place) or kind in BLIND:
        return "casework.no_matter"
    side, posts = WHO[act]
    if place != side or kind not in posts:
        return "casework.may_not"
    return "" if act in POSSIBLE[state] else "casework.not_in_state"


@pytest.mark.parametrize(
    "state", [pytest.param(state, marks=[] if state in QUICK else [pytest.mark.slow]) for state in WAYS]
)
def test_each_post_does_what_it_may_and_nothing_else(world: World, state: str) -> None:
    matter = world.matter_in(state)
    assert matter.state == state
    before = everything()
    for by in world.people():
        place, kind = by.split(".")
        if hidden(state, place) and kind not in {"leader", "auditor"}:
            continue  # nobody of that side sees the matter; two of them show it
        found = {act: attempt(world, matter, act, by) for act in WHO}
        assert found == {act: expected(act, state, place, kind) for act in WHO}, by
    assert everything() == before


def test_the_table_speaks_of_every_act_and_state(world: World) -> None:
    procedure = world.look(world.begin(), by="asking.leader").procedure
    assert set(WHO) == {act.id for act in procedure.acts}
    assert set(POSSIBLE) == {state.id for state in procedure.states}


@pytest.mark.parametrize("kind", ["leader", "secondee", "clerk"])
def test_the_centre_sees_what_is_put_before_it_and_acts_on_none_of_it(world: World, kind: str) -> None:
    matter = world.matter_in("delivered")
    world.do(matter, "escalate", by="asking.leader", at="2026-02-10T09:00", note="请协调")
    by = f"centre.{kind}"
    assert world.look(matter, by=by).possible(world.actor(by)) == ()
    before = everything()
    assert {attempt(world, matter, act, by) for act in WHO} == {"casework.may_not"}
    assert everything() == before


@pytest.mark.parametrize("kind", ["case_officer", "leader", "liaison", "secondee", "clerk", "auditor"])
def test_what_is_offered_is_what_can_be_done(world: World, kind: str) -> None:
    for state in WAYS:
        matter = world.matter_in(state)
        for place in ("asking", "asked"):
            if hidden(state, place):
                continue
            by = f"{place}.{kind}"
            offered = {rule.id for rule in world.look(matter, by=by).possible(world.actor(by))}
            mine = {act for act, (side, posts) in WHO.items() if side == place and kind in posts}
            assert offered == POSSIBLE[state] & mine, (state, by)
