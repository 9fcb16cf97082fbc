"""Custody, recognition, what cities ask for and who has looked, through the API: told to whoever may know, alone."""

from __future__ import annotations

import pytest

from concord.capabilities.evidence.models import Item
from concord.casework.models import Matter
from concord.foundation.journal.models import Read
from tests.rest.callers import Caller, caller, refused
from tests.support.evidence_items import received, sealed_item
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
OF_ONE = ("chain", "recognition", "readers", "precheck?member=320500")
LISTS = ("grid", "precedents")
REASON = "采集程序有瑕疵，未附现场录像。"


def object_to(world: World, matter: Matter, item: Item) -> None:
    """The asked city objects."""
    world.do(
        matter,
        "object",
        by="asked.leader",
        at="2026-03-10T09:00",
        objected_items=[item.number],
        objection_ground="lawfulness",
        objection_reason=REASON,
    )


@pytest.fixture
def item(world: World) -> Item:
    """An item that the asking city has sealed, and the asked one has received and objected to."""
    return sealed_item(world)


@pytest.fixture
def objected(world: World, item: Item) -> Item:
    object_to(world, received(world, [item]), item)
    return item


@pytest.fixture
def program(world: World) -> Caller:
    return caller(world, "asking.case_officer")


@pytest.mark.parametrize("part", OF_ONE)
def test_what_is_not_shown_is_not_found_and_the_asking_recorded(world: World, item: Item, part: str) -> None:
    stranger = caller(world, "third.case_officer")
    refused(stranger.get(f"/evidence/{item.number}/{part}"), 404, "evidence.no_item")
    assert Read.objects.filter(subject=item.number, refused=True).count() == 1


@pytest.mark.parametrize("part", [*LISTS, "松市监证〔2026〕1号/chain", "松市监证〔2026〕1号/readers"])
def test_without_the_permission_nothing_is_told(world: World, part: str) -> None:
    narrow = caller(world, "asking.case_officer", ["directory:read"])
    refused(narrow.get(f"/evidence/{part}"), 403, "access.not_for_post")


def test_the_chain_is_told_in_order_with_its_gaps(program: Caller, item: Item) -> None:
    told = program.get(f"/evidence/{item.number}/chain").json()
    assert [(one["seq"], one["act"]) for one in told["moves"]] == [(1, "collect"), (2, "seal")]
    assert (told["holder"]["code"], told["gaps"]) == (item.holder.code, [])


def test_a_move_elsewhere_is_a_gap_until_somebody_explains_it(program: Caller, item: Item) -> None:
    move = {"act": "inspect", "purpose": "核对", "medium": "电子文件 1 个", "result": "一致", "place": "某路2号"}
    assert program.post(f"/evidence/{item.number}/custody", move).status_code == 201
    gaps = program.get(f"/evidence/{item.number}/chain").json()["gaps"]
    assert [(one["after"], one["kind"], one["explained"]) for one in gaps] == [(2, "place", False)]
    explained = {**move, "act": "explain", "result": "由两名人员护送", "explains": 2}
    assert program.post(f"/evidence/{item.number}/custody", explained).status_code == 201
    gaps = program.get(f"/evidence/{item.number}/chain").json()["gaps"]
    assert [(one["after"], one["explained"]) for one in gaps] == [(2, True)]


def test_only_the_holder_notes_a_move_and_answers_every_question(world: World, program: Caller, item: Item) -> None:
    path = f"/evidence/{item.number}/custody"
    move = {"act": "inspect", "purpose": "核对", "medium": "电子文件 1 个", "result": "一致", "place": "某路1号"}
    refused(program.post(path, {**move, "purpose": " "}), 422, "evidence.bad_note")
    refused(program.post(path, {**move, "act": "explain", "explains": 1}), 404, "evidence.no_gap")
    refused(caller(world, "third.case_officer").post(path, move), 404, "evidence.no_item")
    refused(caller(world, "asking.case_officer", ["evidence:read"]).post(path, move), 403, "access.not_for_post")
    received(world, [item])
    refused(program.post(path, move), 403, "evidence.not_holder")


def test_the_grid_tells_what_each_city_thinks_to_those_who_see_the_item(
    world: World, program: Caller, objected: Item
) -> None:
    (row,) = program.get("/evidence/grid").json()["items"]
    assert row["number"] == objected.number
    assert [(one["organisation"]["code"], one["outcome"]) for one in row["recognition"]] == [
        (world.places["asked"].code, "objected")
    ]
    assert program.get("/evidence/grid", kind="video").json()["items"] == []
    assert caller(world, "third.case_officer").get("/evidence/grid").json() == {"items": [], "next": None}


def test_the_grid_comes_in_pages(world: World, program: Caller) -> None:
    numbers = [sealed_item(world, at=f"2026-02-0{day}T08:00").number for day in (3, 4, 5)]
    first = program.get("/evidence/grid", limit="2").json()
    second = program.get(first["next"]).json()
    assert [one["number"] for one in (*first["items"], *second["items"])] == numbers[::-1]
    assert second["next"] is None
    refused(program.get("/evidence/grid", after="x"), 422, "casework.bad_cursor")


def test_precedents_are_searched_by_kind_cause_and_ground(world: World, program: Caller, objected: Item) -> None:
    (found,) = program.get("/evidence/precedents", ground="lawfulness", kind=objected.kind).json()["items"]
    assert (found["item"], found["outcome"], found["reason"]) == (objected.number, "objected", REASON)
    for asked in ("kind=video", "cause=patent_infringement", "ground=form"):
        assert program.get(f"/evidence/precedents?{asked}").json()["items"] == []
    assert caller(world, "third.case_officer").get("/evidence/precedents").json()["items"] == []


def test_the_opinions_of_an_item_say_on_what_they_rest(program: Caller, objected: Item) -> None:
    found = program.get(f"/evidence/{objected.number}/recognition").json()["items"]
    assert [(one["outcome"], one["current"]) for one in found] == [("objected", True), ("presumed", False)]
    assert found[0]["reason"] == REASON
    assert found[0]["matter"]
    assert found[0]["position"]["zh"]
    assert not found[0]["position"]["statutory"]
    assert Read.objects.filter(subject=objected.number, refused=False).count() == 1


def test_before_collection_each_city_says_what_it_will_want(program: Caller) -> None:
    asked = {"members": ["320500", "340200"], "kinds": ["onsite_record", "photo"], "cause": "trademark_infringement"}
    found = program.post("/evidence/precheck", asked).json()["items"]
    wanted = {(one["member"]["code"], one["kind"]): {rule["id"] for rule in one["wanted"]} for one in found}
    assert len(wanted) == 4
    assert "suzhou_video" in wanted["320500", "onsite_record"]
    assert "suzhou_video" not in wanted["340200", "onsite_record"] | wanted["320500", "photo"]
    assert all(rule["zh"] and rule["en"] and rule["source"] for one in found for rule in one["wanted"])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"members": ["320500", "999999"]}, "members.1"),
        ({"kinds": ["sculpture"]}, "kinds.0"),
        ({"cause": "no_such_cause"}, "cause"),
        ({"members": []}, "members"),
        ({"on": "2026-02-30"}, "on"),
    ],
)
def test_what_the_charter_does_not_know_is_marked(program: Caller, wrong: dict[str, object], field: str) -> None:
    asked = {"members": ["320500"], "kinds": ["photo"], "cause": "", **wrong}
    body = refused(program.post("/evidence/precheck", asked), 422, "request.invalid")
    assert [one["field"] for one in body["errors"]] == [field]


def test_of_an_item_a_city_is_told_what_it_misses(world: World, program: Caller) -> None:
    record: dict[str, object] = {"party_signed": True, "read_back": True}
    lacking = sealed_item(world, kind="onsite_record", record=record, officers=("case_officer",))
    path = f"/evidence/{lacking.number}/precheck"
    told = program.get(path, member="340200").json()
    assert (told["presumed"], {one["id"] for one in told["missing"]}) == (False, {"two_officers"})
    whole = sealed_item(world, kind="onsite_record", record=record)
    assert program.get(f"/evidence/{whole.number}/precheck", member="340200").json()["missing"] == []
    body = refused(program.get(path, member="999999"), 422, "request.invalid")
    assert [one["field"] for one in body["errors"]] == ["member"]


def test_the_collector_is_told_who_else_has_looked(world: World, program: Caller, item: Item) -> None:
    received(world, [item])
    other = caller(world, "asked.case_officer")
    assert other.get(f"/evidence/{item.number}").status_code == 200
    assert program.get(f"/evidence/{item.number}").status_code == 200
    readers = program.get(f"/evidence/{item.number}/readers").json()["items"]
    assert [one["organisation"]["code"] for one in readers] == [world.places["asked"].code]
    refused(other.get(f"/evidence/{item.number}/readers"), 403, "evidence.not_ours")


def test_the_reason_is_told_to_those_who_see_its_matter_only(world: World) -> None:
    item = sealed_item(world, handling="ask_before_use")
    object_to(world, received(world, [item], handling="ask_before_use"), item)
    received(world, [item], receiver="third", handling="ask_before_use")
    for name, reason in (("asking", REASON), ("third", "")):
        program, city = caller(world, f"{name}.leader"), world.places["asked"].code
        whole = program.get(f"/evidence/{item.number}").json()["recognition"]
        (row,) = program.get("/evidence/grid").json()["items"]
        opinions = program.get(f"/evidence/{item.number}/recognition").json()["items"]
        for said in (whole, row["recognition"], opinions):
            told = [one["reason"] for one in said if one["outcome"] == "objected"]
            assert (told, city in {one["organisation"]["code"] for one in said}) == ([reason], True)
