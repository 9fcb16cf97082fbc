"""A role held by several organisations: who may take part, what each does for itself, who is waited for."""

from __future__ import annotations

from typing import Any

import pytest

from concord.casework import queries
from concord.casework.desk import lists
from concord.casework.desk.lists import Wanted
from concord.casework.models import Act, Audience, ClockRun, Matter, Message, Paper, Participant
from concord.foundation.files.queries import read_verified
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.queries import official_name
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from tests.support.pdf_text import text_of_pages
from tests.support.worlds import JOINT, World, everything, speaking_as

pytestmark = pytest.mark.django_db
BOTH = ("asked", "third")


def codes(world: World, *places: str) -> list[str]:
    return [world.places[place].code for place in places]


def planned(world: World, *partners: str, **answers: Any) -> Matter:
    return world.begin(
        procedure="joint",
        act="plan",
        by="asking.case_officer",
        at="2026-02-02T09:00",
        parties={"partner": codes(world, *(partners or BOTH))},
        **{**JOINT, **answers},
    )


def sent_round(world: World, *partners: str, **answers: Any) -> Matter:
    matter = planned(world, *partners, **answers)
    world.do(matter, "send_round", by="asking.leader", at="2026-02-03T09:00")
    return matter


def signed(world: World) -> Matter:
    matter = sent_round(world)
    for place in BOTH:
        world.do(matter, "sign", by=f"{place}.leader", at="2026-02-04T09:00")
    matter.refresh_from_db()
    return matter


def places_of(world: World, organisations: set[int]) -> set[str]:
    return {place for place, one in world.places.items() if one.pk in organisations}


def held_by(world: World, place: str) -> bool:
    actor = world.actor(f"{place}.leader")
    with speaking_as(actor):
        held = lists.page_of_matters(actor, Wanted(ours=True), limit=10).rows
        waiting = lists.page_of_matters(actor, Wanted(ours=False), limit=10).rows
    assert {row.pk for row in held}.isdisjoint(row.pk for row in waiting)
    return bool(held)


@pytest.mark.parametrize(
    ("named", "problems"),
    [
        ({}, [("partner", "missing")]),
        ({"partner": []}, [("partner", "missing")]),
        ({"partner": ["990200", "000001"]}, [("partner", "missing")]),
        ({"partner": ["990200", "980100", "990200"]}, [("partner", "twice")]),
        ({"partner": ["990200", "990100"]}, [("partner", "same")]),
        ({"partner": ["990200", "centre"]}, [("partner", "same")]),
        ({"partner": "990200", "host": "980100"}, [("host", "unknown")]),
        ({"partner": "990200", "guest": "980100"}, [("guest", "unknown")]),
    ],
)
def test_wrong_parties_are_told_by_role(toys: World, named: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    named = {
        role: [toys.places["centre"].code if code == "centre" else code for code in given]
        if isinstance(given, list)
        else given
        for role, given in named.items()
    }
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        toys.begin(procedure="joint", act="plan", parties=named, **JOINT)
    assert refused.value.code == "casework.bad_parties"
    assert [(one.field, one.code) for one in refused.value.problems] == problems
    assert everything() == before


def test_a_role_of_one_takes_one(toys: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        toys.begin(parties={"requested": codes(toys, *BOTH)})
    assert [(one.field, one.code) for one in refused.value.problems] == [("requested", "one_only")]


def test_a_text_is_one_code_and_the_same_request_as_a_list(toys: World) -> None:
    first = toys.begin(procedure="joint", act="plan", parties={"partner": "990200"}, key="k", **JOINT)
    again = toys.begin(procedure="joint", act="plan", parties={"partner": ["990200", ""]}, key="k", **JOINT)
    assert first == again
    assert first.target == toys.places["asked"]
    with pytest.raises(Conflict, match=r"casework\.key_reused"):
        toys.begin(procedure="joint", act="plan", parties={"partner": ["990200", "980100"]}, key="k", **JOINT)


def test_everybody_of_the_role_takes_part_once_the_act_is_let_out(toys: World) -> None:
    matter = planned(toys)
    held = Participant.objects.filter(matter=matter, role="partner").values_list("organisation_id", flat=True)
    assert places_of(toys, set(held)) == set(BOTH)
    assert matter.target is None
    for place in BOTH:
        with pytest.raises(NotFound, match=r"casework\.no_matter"):
            toys.look(matter, by=f"{place}.leader")
    toys.do(matter, "send_round", by="asking.leader", at="2026-02-03T09:00")
    for place in BOTH:
        known = toys.look(matter, by=f"{place}.leader")
        assert (known.state, known.role) == ("sent_round", "partner")
        assert known.parties["partner"] == tuple(toys.places[one] for one in BOTH)
    with pytest.raises(NotFound, match=r"casework\.no_matter"):
        toys.look(matter, by="centre.leader")
    told = Message.objects.filter(matter=matter).values_list("receiver_id", flat=True)
    assert places_of(toys, set(told)) == set(BOTH)
    noticed = Notice.objects.filter(matter_uid=matter.uid, kind="joint.send_round").values_list(
        "organisation", flat=True
    )
    assert places_of(toys, set(noticed)) == {"asking", *BOTH}


def test_each_signs_for_itself_and_the_last_moves_the_state(toys: World) -> None:
    matter = sent_round(toys)
    act = toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    assert (act.from_state, act.to_state, act.internal) == ("sent_round", "sent_round", False)
    matter.refresh_from_db()
    assert (matter.state, matter.holder) == ("sent_round", toys.places["third"])
    seen = toys.look(matter, by="third.leader")
    with speaking_as(toys.actor("third.leader")):
        assert [one.act for one in queries.timeline_of(seen, by=toys.actor("third.leader"))] == ["send_round", "sign"]
    last = toys.do(matter, "sign", by="third.leader", at="2026-02-05T09:00")
    assert (last.from_state, last.to_state) == ("sent_round", "signed")
    matter.refresh_from_db()
    assert (matter.state, matter.outer_state) == ("signed", "signed")


def test_nobody_signs_twice_and_nobody_is_offered_it(toys: World) -> None:
    matter = sent_round(toys)
    offered = {rule.id for rule in toys.look(matter, by="asked.leader").possible(toys.actor("asked.leader"))}
    assert offered == {"sign", "stand_aside"}
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    assert toys.look(matter, by="asked.leader").possible(toys.actor("asked.leader")) == ()
    assert toys.look(matter, by="third.leader").possible(toys.actor("third.leader")) != ()
    before = everything()
    second: dict[str, Any] = {"why": "改变主意"}
    for act, answers in (("sign", {}), ("stand_aside", second)):
        with pytest.raises(Conflict, match=r"casework\.done_already"):
            toys.do(matter, act, by="asked.case_officer", at="2026-02-04T10:00", **answers)
    with pytest.raises(Conflict, match=r"casework\.not_in_state"):
        toys.do(matter, "tell", by="asked.leader", at="2026-02-04T10:00", count=3)
    assert everything() == before


def test_one_way_to_answer_counts_as_well_as_the_other(toys: World) -> None:
    matter = sent_round(toys)
    toys.do(matter, "stand_aside", by="third.leader", at="2026-02-04T09:00", why="人手不足")
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T10:00")
    matter.refresh_from_db()
    assert matter.state == "signed"
    assert "why" not in matter.facts


def test_a_changed_plan_is_signed_anew_by_everybody(toys: World) -> None:
    matter = sent_round(toys)
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    toys.do(matter, "replan", by="asking.leader", at="2026-02-04T10:00", why="目标有变")
    toys.do(matter, "send_round", by="asking.leader", at="2026-02-05T09:00")
    assert toys.look(matter, by="asked.leader").possible(toys.actor("asked.leader")) != ()
    toys.do(matter, "sign", by="asked.leader", at="2026-02-05T10:00")
    toys.do(matter, "sign", by="third.leader", at="2026-02-05T11:00")
    matter.refresh_from_db()
    assert matter.state == "signed"


def test_several_who_must_act_hold_it_together(toys: World) -> None:
    matter = sent_round(toys)
    matter.refresh_from_db()
    assert matter.holder is None
    assert {place for place in ("asking", *BOTH) if held_by(toys, place)} == set(BOTH)
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    assert {place for place in ("asking", *BOTH) if held_by(toys, place)} == {"third"}
    toys.do(matter, "sign", by="third.leader", at="2026-02-04T09:00")
    # In “signed” the file lists the host's acts first.
    assert {place for place in ("asking", *BOTH) if held_by(toys, place)} == {"asking"}


def test_one_partner_alone_is_all_of_them(toys: World) -> None:
    matter = sent_round(toys, "third")
    toys.do(matter, "sign", by="third.leader", at="2026-02-04T09:00")
    matter.refresh_from_db()
    assert (matter.state, matter.target) == ("signed", toys.places["third"])
    with pytest.raises(NotFound, match=r"casework\.no_matter"):
        toys.look(matter, by="asked.leader")


def test_two_partners_do_not_make_each_other_act_blindly(toys: World) -> None:
    matter = sent_round(toys)
    known = toys.look(matter, by="third.leader").version
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    with pytest.raises(Stale):
        toys.do(matter, "sign", by="third.leader", at="2026-02-04T09:01", version=known)


def test_the_centre_hears_of_what_all_do_once_it_is_asked(toys: World) -> None:
    matter = signed(toys)
    toys.do(matter, "consult", by="asking.leader", at="2026-02-05T09:00")
    for place in BOTH:
        toys.do(matter, "tell", by=f"{place}.leader", at="2026-02-06T09:00", count=4)
    receivers = Message.objects.filter(matter=matter, act__act="tell", act__organisation=toys.places["asked"])
    assert places_of(toys, set(receivers.values_list("receiver_id", flat=True))) == {"asking", "third", "centre"}
    assert Audience.objects.filter(matter=matter).count() == 4
    assert Act.objects.filter(matter=matter, act="tell").values_list("answers", flat=True).first() == {"count": 4}


def test_the_paper_names_all_and_goes_to_the_superior_and_outside_too(toys: World) -> None:
    paper = Paper.objects.select_related("file").get(matter=sent_round(toys))
    assert paper.letter["addressee"] == "岚桥市市场监督管理局、麦屿市市场监督管理局"
    assert paper.letter["copies"] == [
        "国家市场监督管理总局",
        "东泽商会",
        official_name(toys.places["centre"], "market"),
    ]
    assert paper.letter["parties"]["host"] == "云泽市市场监督管理局"
    assert "会办：岚桥市市场监督管理局、麦屿市市场监督管理局" in text_of_pages(read_verified(paper.file))[0]


def test_the_superior_is_the_lowest_that_stands_above_all(toys: World) -> None:
    near = Paper.objects.get(matter=sent_round(toys, "asked"))
    assert near.letter["copies"][0] == "东泽省市场监督管理局"


def test_what_the_centre_begins_only_the_centre_begins(toys: World) -> None:
    sheet: dict[str, Any] = {"words": "本月无事", "reader": "990200", "file_by": "2026-02-27"}
    before = everything()
    with pytest.raises(NotAllowed, match=r"casework\.not_the_initiator"):
        toys.begin(procedure="bulletin", act="write", by="asking.leader", parties={}, **sheet)
    with pytest.raises(NotAllowed, match=r"casework\.not_the_initiator"):
        toys.begin(procedure="joint", act="plan", by="centre.leader", parties={"partner": "990200"}, **JOINT)
    assert everything() == before
    matter = toys.begin(procedure="bulletin", act="write", by="centre.leader", parties={}, **sheet)
    assert (matter.origin, matter.target) == (toys.places["centre"], None)
    assert Paper.objects.get(matter=matter).letter["addressee"] == "岚桥市市场监督管理局"
    toys.do(matter, "file", by="centre.leader", at="2026-02-06T09:00")
    assert not ClockRun.objects.filter(matter=matter, running=True).exists()
    with pytest.raises(NotFound, match=r"casework\.no_matter"):
        toys.look(matter, by="asked.leader")
