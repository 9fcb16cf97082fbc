"""A request for assistance from draft to close, by the API alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from concord.casework.models import Matter
from concord.foundation.database.clock import legal_date, now
from concord.foundation.journal.models import Entry
from tests.rest.callers import caller, new_key
from tests.support.worlds import REQUEST, World

pytestmark = pytest.mark.django_db


def test_a_request_runs_from_draft_to_close(world: World) -> None:
    number = asked_for(world)
    answered(world, number)
    officer, handler = caller(world, "asking.case_officer"), caller(world, "asked.case_officer")
    assert officer.act(number, "close").status_code == 201

    assert Matter.objects.get(number=number).outcome == "answered"
    told = [one["act"]["id"] for one in handler.get(f"/matters/{number}/acts").json()["items"]]
    assert told == ["issue", "accept", "notify_delay", "submit_answer", "answer", "close"]
    kinds = [one["kind"] for one in officer.get(f"/matters/{number}/papers").json()["items"]]
    assert kinds == ["request_letter", "reply_letter"]
    clocks = {one["id"]: one["ended_by"] for one in officer.get(f"/matters/{number}/clocks").json()["items"]}
    assert clocks == {"reply": "notify_delay", "receipt": "accept", "promise": "answer", "close": "close"}
    messages = officer.get(f"/matters/{number}/messages").json()["items"]
    assert [one["act"]["id"] for one in messages] == ["issue", "accept", "notify_delay", "answer", "close"]
    assert all(one["read_at"] for one in messages[:-1])
    assert Entry.objects.filter(subject=number).count() == 11


def asked_for(world: World) -> str:
    """One side drafts inside a case, is sent back, revises and sends."""
    officer, leader = caller(world, "asking.case_officer"), caller(world, "asking.leader")
    case = officer.post("/cases", {"number": "案字〔2026〕7号", "name": "某某案", "stage": "filed"})
    assert case.status_code == 201
    sent = {
        "procedure": "assistance",
        "act": "draft",
        "parties": {"requested": world.places["asked"].code},
        "answers": dict(REQUEST),
        "case": case.json()["uid"],
    }
    begun = officer.post("/matters", sent, key=new_key())
    assert begun.status_code == 201, begun.content
    number: str = begun.json()["matter"]
    assert begun.headers["Location"] == f"/api/v1/matters/{number}"
    assert officer.get(begun.headers["Location"]).json()["facts"] == REQUEST
    for by, act, answers in (
        (officer, "submit", {}),
        (leader, "send_back", {"note": "请补充"}),
        (officer, "revise", {**REQUEST, "questions": ["查主体", "查库存", "查账"]}),
        (officer, "submit", {}),
    ):
        done = by.act(number, act, **answers)
        assert done.status_code == 201, done.content
    handler = caller(world, "asked.case_officer")
    assert handler.get(f"/matters/{number}").status_code == 404

    issued = leader.act(number, "issue")
    assert issued.status_code == 201, issued.content
    paper = issued.json()["paper"]["uid"]
    original = handler.get(f"/papers/{paper}.pdf")
    assert (original.headers["Content-Type"], original.content[:5]) == ("application/pdf", b"%PDF-")
    assert handler.get(f"/papers/{paper}.docx").content[:2] == b"PK"
    return number


def answered(world: World, number: str) -> None:
    """The other side accepts, tells of a delay, answers with evidence that is seen once the answer is signed."""
    handler, signer = caller(world, "asked.case_officer"), caller(world, "asked.leader")
    officer = caller(world, "asking.case_officer")
    assert handler.get(f"/matters/{number}").json()["state"]["id"] == "delivered"
    possible = {one["id"] for one in handler.get(f"/matters/{number}/possible-acts").json()["items"]}
    assert possible == {"accept", "offer_date"}
    promised = (legal_date(now()) + timedelta(days=30)).isoformat()
    assert handler.act(number, "accept").status_code == 201
    assert signer.act(number, "notify_delay", promised_date=promised, note="在查").status_code == 201
    evidence = handler.upload("现场记录.txt", "三十件。".encode()).json()
    sent = handler.act(number, "submit_answer", answers=["属实", "三十件", "无账"], results=[evidence["uid"]])
    assert [one["name"] for one in sent.json()["files"]] == ["现场记录.txt"]
    assert officer.get(f"/matters/{number}").json()["state"]["id"] == "accepted"
    assert officer.get(f"/files/{evidence['uid']}").status_code == 404
    assert signer.act(number, "answer").status_code == 201
    seen = officer.get(f"/matters/{number}").json()
    assert (seen["state"]["id"], seen["facts"]["answers"]) == ("answered", ["属实", "三十件", "无账"])
    assert b"".join(officer.get(f"/files/{evidence['uid']}")) == "三十件。".encode()
