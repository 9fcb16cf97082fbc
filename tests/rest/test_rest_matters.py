"""Matters read through the API: lists, pages, versions, receipts, and what a stranger never sees."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from concord.casework.models import Matter, Message
from concord.foundation.journal.models import Read
from tests.rest.callers import Response, bring_to, caller, refused
from tests.support.worlds import REQUEST, World, time

pytestmark = pytest.mark.django_db
# PostgreSQL is told at each turn whom the connection speaks for, which counts as a query.
MOST_FOR_A_LIST = 16
MOST_FOR_A_MATTER = 28
PARTS = ("", "/acts", "/possible-acts", "/clocks", "/messages", "/papers")


def numbers(response: Response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["items"]]


def test_a_list_shows_the_side_that_looks_what_it_knows(world: World) -> None:
    delivered = world.matter_in("delivered")
    drafted = world.begin(at="2026-02-06T09:10", case_ref="另一案")
    assert numbers(caller(world, "asking.clerk").get("/matters")) == [drafted.number, delivered.number]
    (row,) = caller(world, "asked.clerk").get("/matters").json()["items"]
    assert (row["number"], row["state"]["id"], row["role"]["id"]) == (delivered.number, "delivered", "requested")
    assert (row["origin"]["code"], row["target"]["code"]) == (world.places["asking"].code, world.places["asked"].code)
    assert (row["next_due"], row["days_left"]) == ("2026-02-10", 2)
    label = row["next_clock"]["source"]
    assert (row["next_clock"]["id"], label["kind"], label["proposed"]) == ("receipt", "agreed", True)
    assert row["acted_at"] == "2026-02-06T01:00:00Z"


def test_work_behind_the_door_moves_nothing_for_the_others(world: World) -> None:
    matter = world.matter_in("accepted")
    before = caller(world, "asking.clerk").get("/matters").content
    with time_machine.travel(time("2026-02-06T09:30"), tick=False):
        world.do(matter, "submit_answer", by="asked.case_officer", at="2026-02-10T09:00", answers=["是", "否"])
        assert caller(world, "asking.clerk").get("/matters").content == before


FILTERS: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({}, {"delivered", "drafted", "refused", "closed"}),
    ({"state": "delivered"}, {"delivered"}),
    ({"state": "nonsense"}, set()),
    ({"open": "true"}, {"delivered", "drafted", "refused"}),
    ({"direction": "out"}, {"delivered", "drafted", "closed"}),
    ({"direction": "in"}, {"refused"}),
    ({"procedure": "assistance"}, {"delivered", "drafted", "refused", "closed"}),
    ({"procedure": "errand"}, set()),
    ({"q": "甲甲"}, {"delivered"}),
    ({"q": "a%' OR 1=1"}, set()),
    ({"q": "G60-2026-00002"}, {"drafted"}),
    ({"q": "不明"}, {"refused"}),
    ({"overdue": "true"}, set()),
    ({"procedure": ["errand", "assistance"], "state": "refused"}, {"refused"}),
    ({"turn": "ours"}, {"drafted"}),
    ({"turn": "theirs"}, {"delivered", "refused"}),
    ({"duty": "work"}, {"drafted"}),
    ({"duty": "sign"}, set()),
    ({"handler": "none"}, {"refused"}),
    ({"handler": "me"}, set()),
    ({"handler": "0"}, set()),
    ({"counterpart": "nowhere"}, set()),
    ({"due_from": "2026-02-10", "due_until": "2026-02-10"}, {"delivered"}),
    ({"due_until": "2026-02-09"}, set()),
    ({"since": "2026-02-06", "until": "2026-02-06"}, {"delivered", "refused"}),
    ({"order": "due"}, {"delivered", "drafted", "refused"}),
)


def test_filters(world: World) -> None:
    made = {
        world.matter_in("delivered", case_ref="甲甲案").number: "delivered",
        world.begin().number: "drafted",
        world.matter_in("closed").number: "closed",
    }
    incoming = world.begin(by="asked.case_officer", asked="asking")
    world.do(incoming, "submit", by="asked.case_officer", at="2026-02-05T11:00")
    world.do(incoming, "issue", by="asked.leader", at="2026-02-06T09:00")
    world.do(incoming, "refuse", by="asking.leader", at="2026-02-06T09:20", ground="unclear", note="不明")
    made[incoming.number] = "refused"
    program = caller(world, "asking.clerk")
    for query, shown in FILTERS:
        assert {made[number] for number in numbers(program.get("/matters", **query))} == shown, query


def test_a_search_says_where_it_found_and_who_handles_it(world: World) -> None:
    world.matter_in("accepted")
    program = caller(world, "asked.clerk")
    (row,) = program.get("/matters", q="核实库").json()["items"]
    assert row["hit"]["where"]["en"] == "What to find out, item by item"
    assert row["hit"]["pieces"] == [{"text": "核实库", "hit": True}, {"text": "存", "hit": False}]
    assert row["handler"]["zh"] == world.person("asked.case_officer").zh
    (row,) = program.get("/matters").json()["items"]
    assert row["hit"] is None


def test_one_character_is_too_short_to_search_for(world: World) -> None:
    body = refused(caller(world, "asking.clerk").get("/matters", q="核"), 422, "casework.question_too_short")
    assert [one["field"] for one in body["errors"]] == ["q"]


def test_overdue_and_case_filters(world: World) -> None:
    case = world.open_case(by="asking.case_officer")
    late = bring_to(world, world.begin(case=case), "delivered")
    program = caller(world, "asking.case_officer")
    assert numbers(program.get("/matters", case=str(case.uid))) == [late.number]
    assert numbers(program.get("/matters", overdue="true")) == []
    with time_machine.travel(time("2026-02-11T09:00"), tick=False):
        program = caller(world, "asking.case_officer")
        assert numbers(program.get("/matters", overdue="true")) == [late.number]
        assert program.get("/matters").json()["items"][0]["days_left"] == -1
    other = caller(world, "asked.case_officer")
    refused(other.get("/matters", case=str(case.uid)), 404, "casework.no_case")


def test_pages_follow_one_another_without_gap_or_double(world: World) -> None:
    made = [world.begin(at=f"2026-02-05T10:{minute:02}").number for minute in range(7)]
    program = caller(world, "asking.clerk")
    found: list[str] = []
    address: str | None = "/api/v1/matters?limit=3&q=G60"
    sizes = []
    while address:
        page = program.get(address).json()
        sizes.append(len(page["items"]))
        found += [row["number"] for row in page["items"]]
        address = page["next"]
        assert address is None or "q=G60" in address
    assert (found, sizes) == (made[::-1], [3, 3, 1])


BAD_FILTERS: tuple[tuple[str, Any], ...] = (
    ("after", "x"),
    ("after", "1"),
    ("after", "-1-2"),
    ("after", "9" * 19 + "-1"),
    ("after", "1-2\n"),
    ("after", "\u0661-\u0662"),
    ("limit", "0"),
    ("limit", "101"),
    ("limit", "-1"),
    ("limit", "1e9"),
    ("direction", "sideways"),
    ("overdue", "perhaps"),
    ("case", "1"),
    ("q", "x" * 101),
    ("turn", "nobody's"),
    ("handler", "-1"),
    ("order", "random"),
    ("since", "yesterday"),
)


def test_a_bad_filter_is_refused_by_name(world: World) -> None:
    program = caller(world, "asking.clerk")
    for name, value in BAD_FILTERS:
        body = refused(program.get("/matters", **{name: value}), 422, "request.invalid")
        assert [one["field"] for one in body["errors"]] == [name]


def test_a_far_cursor_is_an_empty_page(world: World) -> None:
    world.begin()
    assert numbers(caller(world, "asking.clerk").get("/matters", after="0-0")) == []
    far = caller(world, "asking.clerk").get("/matters", after=f"{'9' * 18}-{'9' * 18}")
    assert len(numbers(far)) == 1


def test_one_matter(world: World) -> None:
    case = world.open_case(by="asking.case_officer")
    matter = bring_to(world, world.begin(case=case), "delivered")
    response = caller(world, "asking.clerk").get(f"/matters/{matter.number}")
    body = response.json()
    assert (response.headers["ETag"], body["version"]) == ('"3"', 3)
    assert body["facts"] == REQUEST
    assert body["uid"] == str(matter.uid)
    assert body["procedure"]["in_force_from"] == "2026-01-01"
    assert body["case"] == {"uid": str(case.uid), "number": case.number, "name": case.name}
    assert [party["role"]["id"] for party in body["parties"]] == ["requester", "requested"]
    assert body["acted_at"] == "2026-02-06T01:00:00Z"
    other = caller(world, "asked.clerk").get(f"/matters/{matter.number}").json()
    assert (other["case"], other["facts"], other["internal_fields"]) == (None, REQUEST, [])


def test_what_is_not_let_out_is_marked_for_its_own_side(world: World) -> None:
    matter = world.begin()
    body = caller(world, "asking.clerk").get(f"/matters/{matter.number}").json()
    assert body["internal_fields"] == sorted(REQUEST)


def test_the_version_is_that_of_the_side(world: World) -> None:
    matter = world.matter_in("accepted")
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-02-10T09:00", answers=["是", "否"])
    assert caller(world, "asking.clerk").get(f"/matters/{matter.number}").headers["ETag"] == '"4"'
    assert caller(world, "asked.clerk").get(f"/matters/{matter.number}").headers["ETag"] == '"5"'


def test_an_unchanged_matter_is_not_sent_again(world: World) -> None:
    matter = world.matter_in("delivered")
    program = caller(world, "asking.clerk")
    for header in ('"3"', 'W/"3"', '"2", "3"', "*"):
        response = program.get(f"/matters/{matter.number}", headers={"If-None-Match": header})
        assert (response.status_code, response.headers["ETag"], response.content) == (304, '"3"', b"")
    assert not Read.objects.exists()
    for header in ('"2"', "3", ""):
        response = program.get(f"/matters/{matter.number}", headers={"If-None-Match": header})
        assert (response.status_code, response.headers["ETag"]) == (200, '"3"')
    assert Read.objects.count() == 3


def test_reading_acknowledges_and_stands_on_record(world: World) -> None:
    matter = world.matter_in("delivered")
    program, reader = caller(world, "asked.clerk"), world.person("asked.clerk")
    for part in PARTS:
        Message.objects.update(read_at=None, read_by=None)
        assert program.get(f"/matters/{matter.number}{part}").status_code == 200
        assert [(one.read_at, one.read_by) for one in Message.objects.all()] == [(time("2026-02-06T09:30"), reader)]
    recorded = [(read.what, read.subject, read.refused, read.person) for read in Read.objects.all()]
    assert recorded == [("matter", matter.number, False, reader)] * len(PARTS)


@pytest.mark.parametrize("who", ["third.leader", "centre.leader", "asked.leader"])
def test_a_stranger_sees_nothing_and_the_asking_stands_on_record(world: World, who: str) -> None:
    matter = world.matter_in("submitted")
    program = caller(world, who)
    for part in PARTS:
        hidden = refused(program.get(f"/matters/{matter.number}{part}"), 404, "casework.no_matter")
        absent = refused(program.get(f"/matters/G60-2026-99999{part}"), 404, "casework.no_matter")
        assert {**hidden, "instance": ""} == {**absent, "instance": ""}
    recorded = [(read.subject, read.refused, read.person) for read in Read.objects.all()]
    assert recorded == [(matter.number, True, world.person(who))] * len(PARTS)
    assert program.get("/matters").json() == {"items": [], "next": None}
    for address in (f"/matters?q={matter.number}", "/matters?state=submitted", "/matters?open=true"):
        assert numbers(program.get(address)) == []


def test_the_acts_tell_each_side_its_own_story(world: World) -> None:
    matter = world.matter_in("answered")
    path = f"/matters/{matter.number}/acts"
    asking = [(one["seq"], one["act"]["id"]) for one in caller(world, "asking.clerk").get(path).json()["items"]]
    assert asking == [(1, "draft"), (2, "submit"), (3, "issue"), (4, "accept"), (6, "answer")]
    asked = caller(world, "asked.clerk").get(path).json()["items"]
    assert [one["seq"] for one in asked] == [3, 4, 5, 6]
    assert asked[2]["answers"] == {"answers": ["属实", "库存三十件"]}
    assert asked[2]["internal"] is True
    assert asked[3]["paper"]["kind"] == "reply_letter"


def test_possible_acts_say_what_they_ask_and_what_is_known(world: World) -> None:
    matter = world.matter_in("drafted")
    found = caller(world, "asking.case_officer").get(f"/matters/{matter.number}/possible-acts")
    assert found.headers["ETag"] == '"1"'
    acts = {one["id"]: one for one in found.json()["items"]}
    assert set(acts) == {"revise", "submit"}
    asks = {one["id"]: one for one in acts["revise"]["asks"]}
    assert asks["questions"]["known"] == REQUEST["questions"]
    assert [option["id"] for option in asks["case_stage"]["options"]] == ["filed", "verification"]
    assert "case_only" in [code["id"] for code in asks["handling"]["codes"]]
    assert asks["wanted_date"]["optional"] is True
    assert caller(world, "asking.clerk").get(f"/matters/{matter.number}/possible-acts").json()["items"] == []


def test_clocks_explain_themselves(world: World) -> None:
    matter = world.matter_in("delivered")
    clocks = {
        one["id"]: one for one in caller(world, "asked.clerk").get(f"/matters/{matter.number}/clocks").json()["items"]
    }
    reply = clocks["reply"]
    assert (reply["start_date"], reply["legal_due"], reply["limit"]) == ("2026-02-06", "2026-03-05", "15WD")
    assert (reply["source"]["kind"], reply["source"]["proposed"]) == ("statutory", False)
    assert clocks["receipt"]["source"]["proposed"] is True
    assert sum(step["counted"] for step in reply["steps"]) == 15
    assert any("春节" in step["said"]["zh"] for step in reply["steps"])
    assert (reply["running"], reply["days_left"], reply["ended_by"]) == (True, 15, None)


def test_messages_carry_receipts(world: World) -> None:
    matter = world.matter_in("accepted")
    (sent, answered) = caller(world, "asking.clerk").get(f"/matters/{matter.number}/messages").json()["items"]
    assert (sent["act"]["id"], sent["read_by"]["en"]) == ("issue", "case_officer")
    assert sent["answered_at"] == "2026-02-09T01:00:00Z"
    assert (answered["act"]["id"], answered["receiver"]["code"]) == ("accept", world.places["asking"].code)


def test_a_list_costs_the_same_with_3_and_30_rows(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    program = caller(world, "asking.clerk")
    for rows, minutes in ((3, range(3)), (30, range(3, 30))):
        for minute in minutes:
            world.begin(at=f"2026-02-05T10:{minute:02}")
        program.get("/matters", limit=1)
        with django_assert_max_num_queries(MOST_FOR_A_LIST):
            assert len(numbers(program.get("/matters", limit=100))) == rows


def test_a_matter_costs_the_same_with_3_and_30_acts(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    matter = world.matter_in("delivered")
    program = caller(world, "asking.clerk")
    for minutes in (range(3), range(3, 30)):
        for minute in minutes:
            world.do(matter, "escalate", by="asking.leader", at=f"2026-02-06T09:{minute:02}", note="请协调")
        for part in PARTS:
            with django_assert_max_num_queries(MOST_FOR_A_MATTER):
                assert program.get(f"/matters/{matter.number}{part}").status_code == 200


def test_a_matter_by_its_number_alone(world: World) -> None:
    matter = world.begin()
    refused(caller(world, "asking.clerk").get(f"/matters/{matter.uid}"), 404, "casework.no_matter")
    assert isinstance(Matter.objects.get().uid, UUID)
