"""Programs ask who is competent."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from tests.rest.callers import Caller, caller, refused
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db


def codes(world: World) -> dict[str, str]:
    return {name: world.places[name].code for name in ("asking", "asked", "third")}


def test_the_competent_one_the_other_and_what_the_third_must_do(world: World, morning: time_machine.Traveller) -> None:
    morning.move_to(time("2026-11-20T09:30"))
    place = codes(world)
    asked: dict[str, Any] = {
        "party": "in_platform_merchant",
        "business_place": place["asked"],
        "platform_domicile": place["third"],
        "received": [{"authority": place["third"], "date": "2026-11-02"}],
        "holder": place["asking"],
        "arrival": "report",
    }
    body = caller(world, "asking.clerk").post("/competence", asked).json()
    assert [one["authority"] for one in body["competent"]] == [place["asked"]]
    assert [one["authority"] for one in body["may_also"]] == [place["third"]]
    (step,) = body["steps"]
    assert (step["code"], step["authority"]) == ("tell_reporter", place["asking"])
    (ground,) = step["grounds"]
    assert (ground["law_row"], ground["kind"], ground["label"]["zh"]) == ("T10", "statutory", "法定")
    assert {one["field"] for one in body["turning"]} == {"received", "filed"}
    assert (body["on"], body["handles"]) == ("2026-11-20", None)
    assert body["dispute"]["superior"]["authority"]
    assert set(body["dispute"]["between"]) == {place["asked"], place["third"]}


def test_the_law_of_another_day_can_be_asked_for(world: World) -> None:
    place = codes(world)
    asked = {"party": "live_room", "business_place": place["asked"]}
    program = caller(world, "asking.clerk")
    assert program.post("/competence", asked).json()["competent"]
    earlier = program.post("/competence", {**asked, "on": "2026-01-31"}).json()
    assert (earlier["competent"], earlier["dispute"]) == ([], None)
    assert [note["code"] for note in earlier["notes"]] == ["not_in_catalogue"]


def test_a_place_outside_has_no_superior_here(world: World) -> None:
    asked = {
        "party": "own_site",
        "domicile": "outside",
        "filed": [{"authority": codes(world)["asking"], "date": "2026-02-02"}],
    }
    body = caller(world, "asking.clerk").post("/competence", asked).json()
    assert body["dispute"]["superior"] is None
    assert body["notes"][0]["code"] == "outside"


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"violation_places": ["110000"]}, 422, "jurisdiction.bad_facts"),
        ({"cause": "patent_infringement"}, 422, "jurisdiction.bad_facts"),
        ({"cause": "theft"}, 422, "jurisdiction.bad_facts"),
        ({"violation_places": ["北京"]}, 422, "request.invalid"),
        ({"party": "shop"}, 422, "request.invalid"),
        ({"filed": [{"authority": "outside", "date": "2026-13-01"}]}, 422, "request.invalid"),
        ({"colour": "red"}, 422, "request.invalid"),
        ({"violation_places": ["outside"], "holder": "000000", "on": "2015-01-01"}, 404, "law.no_such_row"),
    ],
)
def test_what_cannot_be_right_is_refused(world: World, asked: dict[str, Any], status: int, code: str) -> None:
    refused(caller(world, "asking.clerk").post("/competence", asked), status, code)


def test_nobody_asks_without_a_token() -> None:
    refused(Caller().post("/competence", {}), 401, "request.no_token")
