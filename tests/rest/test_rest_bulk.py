"""Many matters at once through the API, and who handles one."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine

from concord.casework.models import Act, Audience, Case, Matter, Reminder
from concord.foundation.database.scope import writing
from tests.rest.callers import caller, new_key, refused
from tests.support.worlds import World, everything, time

pytestmark = pytest.mark.django_db


def rows(*matters: Matter) -> list[dict[str, Any]]:
    return [{"number": one.number, "version": one.version} for one in matters]


def told(response: Any) -> dict[str, str]:
    """The outcome of each row, with the code where it was refused."""
    assert response.status_code == 200, response.content
    return {
        one["row"]: one["refusal"]["code"] if one["refusal"] else one["outcome"] for one in response.json()["items"]
    }


def test_each_matter_has_its_own_outcome(world: World) -> None:
    ready, early = world.matter_in("submitted"), world.matter_in("drafted")
    asked = {"act": "issue", "matters": rows(ready, early)}
    program, key = caller(world, "asking.leader"), new_key()
    first = told(program.post("/bulk/acts", asked, key=key))
    assert first == {ready.number: "done", early.number: "casework.not_in_state"}
    before = everything()
    again = program.post("/bulk/acts", asked, key=key)
    assert told(again) == first
    assert {name: found for name, found in everything().items() if found != before[name]}.keys() <= {"access_token"}
    assert Act.objects.filter(act="issue").count() == 1


def test_together_all_or_none(world: World) -> None:
    ready, early = world.matter_in("submitted"), world.matter_in("drafted")
    asked = {"act": "issue", "matters": rows(ready, early), "together": True}
    found = told(caller(world, "asking.leader").post("/bulk/acts", asked, key=new_key()))
    assert found == {ready.number: "undone", early.number: "casework.not_in_state"}
    assert not Act.objects.filter(act="issue").exists()


def test_answers_that_are_wrong_are_told_at_their_fields(world: World) -> None:
    matter = world.matter_in("submitted")
    asked = {"act": "send_back", "matters": rows(matter)}
    (one,) = caller(world, "asking.leader").post("/bulk/acts", asked, key=new_key()).json()["items"]
    assert one["refusal"]["code"] == "answers.invalid"
    assert [(fault["field"], fault["code"]) for fault in one["refusal"]["errors"]] == [("note", "answers.missing")]


def test_a_bulk_act_needs_a_key_and_rows(world: World) -> None:
    program = caller(world, "asking.leader")
    matter = world.matter_in("submitted")
    refused(program.post("/bulk/acts", {"act": "issue", "matters": rows(matter)}), 400, "request.no_key")
    refused(program.post("/bulk/acts", {"act": "issue", "matters": []}, key=new_key()), 422, "request.invalid")
    many = [{"number": f"G60-2026-{n:05d}", "version": 1} for n in range(101)]
    refused(program.post("/bulk/acts", {"act": "issue", "matters": many}, key=new_key()), 422, "request.invalid")


def test_matters_are_given_to_a_colleague(world: World) -> None:
    matters = [world.matter_in("delivered") for _ in range(2)]
    leader, officer = caller(world, "asked.leader"), world.actor("asked.case_officer")
    offered = {one["post"]: one for one in leader.get("/handlers").json()["posts"]}
    assert offered[officer.post.id]["id"] == "case_officer"
    asked = {"matters": [one.number for one in matters], "post": officer.post.id}
    assert set(told(leader.post("/bulk/handlers", asked)).values()) == {"done"}
    assert Audience.objects.filter(handler=officer.post).count() == 2
    path = f"/matters/{matters[0].number}/handler"
    assert leader.get(path).json()["post"]["post"] == officer.post.id
    refused(caller(world, "asked.case_officer").post("/bulk/handlers", asked), 403, "access.not_for_post")


def test_one_matter_is_given_back_and_taken(world: World) -> None:
    matter = world.matter_in("delivered")
    path = f"/matters/{matter.number}/handler"
    officer = world.actor("asked.case_officer")
    program = caller(world, "asked.case_officer")
    assert program.get(path).json() == {"post": None, "department": None}
    taken = put(program, path, {"post": officer.post.id})
    assert taken.json()["post"]["person"]["en"] == "case_officer"
    refused(put(program, path, {"post": None}), 403, "casework.may_not_assign")
    refused(put(caller(world, "asked.leader"), path, {"post": 999_999}), 422, "casework.bad_handler")
    refused(put(caller(world, "third.leader"), path, {"post": None}), 404, "casework.no_matter")


def put(program: Any, path: str, body: dict[str, Any]) -> Any:
    sent = program.client.put(f"/api/v1{path}", body, content_type="application/json", headers=program.headers)
    return program._told(sent)


def test_those_waited_for_are_reminded(world: World) -> None:
    waiting, own = world.matter_in("delivered"), world.matter_in("submitted")
    asked = {"matters": [waiting.number, own.number], "text": "请尽快办理"}
    found = told(caller(world, "asking.case_officer").post("/bulk/reminders", asked))
    assert found == {waiting.number: "done", own.number: "casework.nobody_to_remind"}
    assert Reminder.objects.get().text == "请尽快办理"


def lead(world: World) -> Case:
    made = world.open_case(by="asking.case_officer", number="线索〔2026〕1号", stage="verification")
    with writing():
        Case.objects.filter(id=made.id).update(
            source="inspection",
            found_date=date(2026, 4, 15),
            party="某某日用品商行",
            party_address="某路8号",
            cause="trademark_infringement",
            content="检查中发现标有近似商标的毛巾。",
        )
    return made


def test_leads_are_handed_over(world: World, morning: time_machine.Traveller) -> None:
    morning.move_to(time("2026-04-20T09:30"))
    case, key = lead(world), new_key()
    codes = [world.places[place].code for place in ("asked", "third")]
    asked = {
        "answers": {"competence_article": "place_of_violation", "transfer_reason": "在贵地。", "handling": "case_only"},
        "cases": [{"case": str(case.uid), "to": codes}],
        "submit": True,
    }
    program = caller(world, "asking.case_officer")
    first = told(program.post("/bulk/hand-over", asked, key=key))
    assert first == {f"{case.uid}-{code}": "done" for code in codes}
    assert told(program.post("/bulk/hand-over", asked, key=key)) == first
    assert sorted(Matter.objects.values_list("target__code", "state")) == sorted((code, "submitted") for code in codes)
    bad = {**asked, "answers": {}, "together": True}
    assert set(told(program.post("/bulk/hand-over", bad, key=new_key())).values()) == {"answers.invalid"}
    refused(program.post("/bulk/hand-over", {**asked, "procedure": "none"}, key=new_key()), 404, "casework.no_way")
    other = caller(world, "asked.case_officer")
    refused(other.post("/bulk/hand-over", asked, key=new_key()), 404, "casework.no_case")
