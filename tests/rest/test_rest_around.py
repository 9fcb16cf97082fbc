"""Around a matter through the API: the same rules as on its page, and nothing of what is hidden."""

from __future__ import annotations

import json

import pytest
import time_machine

from concord.casework.desk.escalating import escalate
from concord.casework.models import DateOffer, Link
from tests.rest.callers import V1, caller, refused
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(morning: time_machine.Traveller) -> time_machine.Traveller:
    """Ten o'clock on 9 February 2026."""
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    return morning


def test_a_program_reminds_and_both_sides_read_it(world: World) -> None:
    matter = world.matter_in("delivered")
    asking, asked = caller(world, "asking.leader"), caller(world, "asked.leader")
    path = f"/matters/{matter.number}/reminders"
    made = asking.post(path, {"text": "请尽快"})
    assert made.status_code == 201
    (item,) = made.json()["items"]
    assert (item["receiver"]["code"], item["text"]) == (world.places["asked"].code, "请尽快")
    assert asking.get(path).json() == asked.get(path).json() == made.json()
    refused(asking.post(path, {}), 409, "casework.reminded_already")
    refused(asked.post(path, {}), 409, "casework.nobody_to_remind")
    refused(caller(world, "asking.clerk").post(path, {}), 403, "access.not_for_post")
    refused(caller(world, "third.leader").post(path, {}), 404, "casework.no_matter")
    refused(caller(world, "third.leader").get(path), 404, "casework.no_matter")


def test_a_program_asks_for_a_date_and_another_takes_it(world: World) -> None:
    matter = world.matter_in("delivered")
    asked, asking = caller(world, "asked.leader"), caller(world, "asking.leader")
    path = f"/matters/{matter.number}/date-offers"
    body = {"clock": "receipt", "day": "2026-02-12", "reason": "出差"}
    refused(asked.post(path, {**body, "clock": "reply"}), 403, "casework.clock_is_law")
    refused(asked.post(path, {**body, "day": "2026-02-17"}), 422, "casework.bad_date")
    offer = asked.post(path, body).json()
    assert (offer["waiting"], offer["before"], offer["day"]) == (True, "2026-02-10", "2026-02-12")
    refused(asked.post(path, body), 409, "casework.offer_open")
    refused(asked.post(f"{path}/{offer['id']}/answer", {"take": True}), 403, "casework.not_asked")
    taken = asking.post(f"{path}/{offer['id']}/answer", {"take": True, "text": "好"})
    assert (taken.status_code, taken.json()["taken"], taken.json()["waiting"]) == (200, True, False)
    runs = asking.get(f"/matters/{matter.number}/clocks").json()["items"]
    assert [(run["legal_due"], run["running"], run["ended_by"]) for run in runs if run["id"] == "receipt"] == [
        ("2026-02-12", True, None),
        ("2026-02-10", False, "date_agreed"),
    ]
    refused(asking.post(f"{path}/{offer['id']}/answer", {"take": False}), 409, "casework.offer_over")
    refused(asking.post(f"{path}/999999/answer", {"take": False}), 404, "casework.no_offer")


def test_an_offer_is_taken_back(world: World) -> None:
    matter = world.matter_in("delivered")
    asked, asking = caller(world, "asked.leader"), caller(world, "asking.leader")
    path = f"/matters/{matter.number}/date-offers"
    offer = asked.post(path, {"clock": "receipt", "day": "2026-02-12", "reason": "出差"}).json()
    refused(asking.post(f"{path}/{offer['id']}/withdraw"), 403, "casework.not_your_offer")
    assert asked.post(f"{path}/{offer['id']}/withdraw").json()["taken"] is None
    assert DateOffer.objects.get().answered_at is not None
    assert [one["waiting"] for one in asking.get(path).json()["items"]] == [False]


def test_the_ladder_and_the_agenda_are_read(world: World, monday: time_machine.Traveller) -> None:
    matter = world.matter_in("accepted")
    monday.move_to(time("2026-03-19T08:00"), tick=False)
    escalate(payload={}, at=time("2026-03-19T08:00"))
    centre = caller(world, "centre.secondee")
    rungs = centre.get(f"/matters/{matter.number}/ladder").json()["items"]
    assert [(rung["to"], rung["day"], rung["reached_at"] is not None) for rung in rungs] == [
        ("requested.leader", "2026-03-06", True),
        ("centre.enforcement", "2026-03-10", True),
        ("agenda", "2026-03-19", True),
    ]
    (row,) = centre.get("/agenda").json()["items"]
    assert (row["number"], row["legal_due"], row["days_late"]) == (matter.number, "2026-03-05", 10)
    assert row["owner"]["code"] == world.places["asked"].code
    world.matter_in("accepted", case_ref="另案")
    escalate(payload={}, at=time("2026-03-19T08:00"))
    first = centre.get("/agenda", limit=1).json()
    second = centre.get(first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (1, 1, None)
    assert caller(world, "third.leader").get("/agenda").json()["items"] == []
    refused(caller(world, "asking.case_officer").get("/agenda"), 403, "access.not_for_post")


def test_ratings_open_to_both_at_once(world: World) -> None:
    matter = world.matter_in("closed")
    asking, asked = caller(world, "asking.leader"), caller(world, "asked.leader")
    code = {place: world.places[place].code for place in ("asking", "asked")}
    path = f"/matters/{matter.number}/ratings"
    assert [one["code"] for one in asking.get(path).json()["owed"]] == [code["asked"]]
    body = {"rated": code["asked"], "timeliness": 2, "effort": 4, "comment": "三次催办才回复"}
    given = asking.post(path, body)
    assert (given.status_code, given.json()["negative"], given.json()["opened"]) == (201, True, False)
    unopened = asked.get(path)
    assert unopened.json()["received"] == []
    assert "三次催办" not in unopened.content.decode()
    refused(asking.post(path, {**body, "timeliness": 5}), 409, "casework.rated_already")
    refused(asked.post(path, {**body, "rated": code["asked"]}), 409, "casework.no_side")
    refused(asked.post(path, {**body, "timeliness": 6}), 422, "request.invalid")
    assert asked.post(path, {"rated": code["asking"], "timeliness": 5, "effort": 5}).json()["opened"] is True
    (received,) = asked.get(path).json()["received"]
    assert received["comment"] == "三次催办才回复"
    open_matter = world.matter_in("answered", case_ref="另案")
    refused(asking.post(f"/matters/{open_matter.number}/ratings", body), 409, "casework.not_ended")


def test_matters_are_linked_and_the_link_undone(world: World) -> None:
    first, own = world.matter_in("delivered"), world.begin(asked="third", case_ref="另案")
    asking, asked = caller(world, "asking.leader"), caller(world, "asked.leader")
    path = f"/matters/{first.number}/links"
    refused(asked.post(path, {"other": own.number, "kind": "related"}), 422, "casework.bad_link")
    made = asking.post(path, {"other": own.number, "kind": "follow_up"})
    assert (made.status_code, made.json()["number"], made.json()["kind"]["zh"]) == (201, own.number, "后续")
    refused(asking.post(path, {"other": own.number, "kind": "related"}), 409, "casework.linked_already")
    assert asked.get(path).json() == {"items": []}
    address = f"{V1}{path}/{made.json()['id']}"
    missing = json.loads(asked.client.delete(address, headers=asked.headers).content)
    assert missing["code"] == "casework.no_link"
    done = asking.client.delete(address, headers=asking.headers)
    assert (done.status_code, done.content) == (204, b"")
    assert not Link.objects.exists()
