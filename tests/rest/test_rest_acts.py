"""Acts done through the API: once, on the version that was seen, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from concord.casework.models import Act, Matter
from concord.foundation.journal.models import Read
from tests.rest.callers import caller, new_key, refused
from tests.support.worlds import REQUEST, World, everything

pytestmark = pytest.mark.django_db


def request_for(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "procedure": "assistance",
        "act": "draft",
        "parties": {"requested": world.places["asked"].code},
        "answers": dict(REQUEST),
    } | changed


def test_the_same_key_begins_one_matter(world: World) -> None:
    program, key = caller(world, "asking.case_officer"), new_key()
    first = program.post("/matters", request_for(world), key=key)
    again = program.post("/matters", request_for(world), key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["Location"] == again.headers["Location"]
    assert Matter.objects.count() == 1


def test_a_key_of_another_organisation_is_another_key(world: World) -> None:
    key = new_key()
    assert caller(world, "asking.case_officer").post("/matters", request_for(world), key=key).status_code == 201
    other = request_for(world, parties={"requested": world.places["third"].code})
    assert caller(world, "asked.case_officer").post("/matters", other, key=key).status_code == 201
    assert Matter.objects.count() == 2


def test_a_key_used_for_something_else_is_refused(world: World) -> None:
    program, key = caller(world, "asking.case_officer"), new_key()
    number = program.post("/matters", request_for(world), key=key).json()["matter"]
    other = request_for(world, answers={**REQUEST, "reason": "别的"})
    refused(program.post("/matters", other, key=key), 422, "casework.key_reused")
    refused(program.post(f"/matters/{number}/acts/submit", key=key, version=1), 422, "casework.key_reused")
    assert Act.objects.count() == 1


def test_an_act_needs_a_key(world: World) -> None:
    matter = world.begin()
    program = caller(world, "asking.case_officer")
    for key in (None, "", " ", "a b", "\u00e9", "x" * 81):
        sent = {} if key is None else {"Idempotency-Key": key}
        refused(program.post("/matters", request_for(world), headers=sent), 400, "request.no_key")
        response = program.post(f"/matters/{matter.number}/acts/submit", headers=sent, version=1)
        refused(response, 400, "request.no_key")
    assert Act.objects.count() == 1


BAD_BEGINNINGS: tuple[tuple[dict[str, Any], int, str, set[str]], ...] = (
    ({"answers": {}}, 422, "answers.invalid", {"case_ref", "case_stage", "reason", "questions", "handling"}),
    ({"answers": {**REQUEST, "extra": 1}}, 422, "answers.invalid", {"extra"}),
    ({"answers": {**REQUEST, "questions": [1, {}]}}, 422, "answers.invalid", {"questions.0", "questions.1"}),
    ({"answers": {**REQUEST, "handling": 1.5}}, 422, "answers.invalid", {"handling"}),
    ({"answers": {**REQUEST, "wanted_date": "2026-02-30"}}, 422, "answers.invalid", {"wanted_date"}),
    ({"parties": {}}, 422, "casework.bad_parties", {"requested"}),
    ({"parties": {"requested": "000000"}}, 422, "casework.bad_parties", {"requested"}),
    ({"parties": {"requested": 1}}, 422, "request.invalid", {"parties.requested"}),
    ({"case": "018f0000-0000-7000-8000-000000000000"}, 422, "request.invalid", {"case"}),
    ({"case": "x"}, 422, "request.invalid", {"case"}),
    ({"act": "issue"}, 409, "casework.not_in_state", set()),
    ({"act": "nonsense"}, 404, "casework.no_act", set()),
    ({"procedure": "nonsense"}, 404, "charter.no_procedure_in_force", set()),
    ({"parties": {"requested": "centre"}}, 422, "casework.bad_parties", {"requested"}),
)


def test_a_bad_beginning_changes_nothing(world: World) -> None:
    program = caller(world, "asking.case_officer")
    before = everything()
    for changed, status, code, fields in BAD_BEGINNINGS:
        body = refused(program.post("/matters", request_for(world, **changed), key=new_key()), status, code)
        assert fields <= {one["field"] for one in body["errors"]}, changed
    assert everything() == before


def test_only_some_posts_begin(world: World) -> None:
    response = caller(world, "asking.clerk").post("/matters", request_for(world), key=new_key())
    refused(response, 403, "casework.may_not")


def test_a_case_of_another_organisation_is_no_case(world: World) -> None:
    case = world.open_case(by="asked.case_officer")
    sent = request_for(world, case=str(case.uid))
    body = refused(caller(world, "asking.case_officer").post("/matters", sent, key=new_key()), 422, "request.invalid")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("case", "casework.no_case")]


def test_the_same_key_acts_once_whatever_came_since(world: World) -> None:
    matter, key = world.begin(), new_key()
    program = caller(world, "asking.case_officer")
    path = f"/matters/{matter.number}/acts/submit"
    first = program.post(path, key=key, version=1)
    assert first.status_code == 201
    assert (first.json()["seq"], first.json()["to_state"]) == (2, "submitted")
    assert caller(world, "asking.leader").act(matter.number, "issue").status_code == 201
    again = program.post(path, key=key, version=1)
    assert (again.status_code, again.content) == (201, first.content)
    assert Act.objects.count() == 3
    refused(program.post(path, {"answers": {"note": "x"}}, key=key, version=1), 422, "casework.key_reused")


def test_a_version_that_is_not_the_present_one_is_stale(world: World) -> None:
    matter = world.begin()
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    program = caller(world, "asking.leader")
    before = everything()
    path = f"/matters/{matter.number}/acts/issue"
    for header in ('"1"', '"7"', 'W/"2"', '"0", "1"', '"x"', '"9999999999"'):
        refused(program.post(path, key=new_key(), headers={"If-Match": header}), 412, "casework.stale")
    assert everything() == before


def test_the_present_version_among_several_is_enough(world: World) -> None:
    matter = world.begin()
    response = caller(world, "asking.case_officer").post(
        f"/matters/{matter.number}/acts/submit", key=new_key(), headers={"If-Match": '"9", "1"'}
    )
    assert response.status_code == 201


def test_an_act_names_the_version_it_rests_on(world: World) -> None:
    matter = world.begin()
    program = caller(world, "asking.case_officer")
    for header in (None, "", "*", "1", "W/1"):
        sent = {} if header is None else {"If-Match": header}
        response = program.post(f"/matters/{matter.number}/acts/submit", key=new_key(), headers=sent)
        refused(response, 428, "request.no_version")


BAD_ACTS: tuple[tuple[str, str, dict[str, Any], int, str], ...] = (
    ("asking.clerk", "submit", {}, 403, "casework.may_not"),
    ("asking.case_officer", "issue", {}, 403, "casework.may_not"),
    ("asking.case_officer", "accept", {}, 403, "casework.may_not"),
    ("asking.leader", "issue", {}, 409, "casework.not_in_state"),
    ("asking.case_officer", "nonsense", {}, 404, "casework.no_act"),
    ("asking.case_officer", "submit", {"note": "x"}, 422, "answers.invalid"),
    ("asking.case_officer", "revise", {**REQUEST, "questions": []}, 422, "answers.invalid"),
)


def test_a_refused_act_changes_nothing(world: World) -> None:
    matter = world.begin()
    programs = {who: caller(world, who) for who in ("asking.clerk", "asking.case_officer", "asking.leader")}
    before = everything()
    for who, act, answers, status, code in BAD_ACTS:
        path = f"/matters/{matter.number}/acts/{act}"
        refused(programs[who].post(path, {"answers": answers}, key=new_key(), version=1), status, code)
    assert everything() == before


def test_an_act_in_a_hidden_matter_is_no_act_and_stands_on_record(world: World) -> None:
    matter = world.begin()
    response = caller(world, "third.leader").post(f"/matters/{matter.number}/acts/issue", key=new_key(), version=1)
    refused(response, 404, "casework.no_matter")
    assert [(read.subject, read.refused) for read in Read.objects.all()] == [(matter.number, True)]
    assert Act.objects.count() == 1


def test_a_file_of_somebody_else_cannot_be_told(world: World) -> None:
    matter = world.matter_in("accepted")
    secret = world.upload("秘密.txt", by="third.case_officer")
    response = caller(world, "asked.case_officer").act(
        matter.number, "submit_answer", answers=["是", "否"], results=[str(secret.uid)]
    )
    body = refused(response, 422, "casework.unknown_reference")
    assert [one["field"] for one in body["errors"]] == ["results.0"]


def test_a_paper_that_cannot_be_set_takes_no_number(world: World) -> None:
    matter = world.begin(reason="罕见字󰀀")
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    refused(caller(world, "asking.leader").act(matter.number, "issue"), 422, "paper.missing_glyph")
    assert Act.objects.count() == 2
