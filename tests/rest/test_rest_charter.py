"""What the token is, the rules as data, cases, and the clock."""

from __future__ import annotations

from typing import Any

import pytest

from concord.casework.models import Case, ProcedureVersion
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on
from tests.rest.callers import caller, refused
from tests.support.worlds import BEGINNING, World

pytestmark = pytest.mark.django_db


def test_me(world: World) -> None:
    body = caller(world, "asking.auditor").get("/me").json()
    assert body["organisation"]["code"] == world.places["asking"].code
    assert (body["post"]["id"], body["post"]["held_from"], body["post"]["held_until"]) == (
        "auditor",
        "2019-01-01",
        None,
    )
    assert body["permissions"] == ["charter:read", "directory:read", "journal:read", "ledger:read", "matter:read"]
    assert body["unread_notices"] == 0


def test_procedures_in_force(world: World) -> None:
    listed = caller(world, "asking.service_provider").get("/procedures").json()["items"]
    assert [found["id"] for found in listed] == list(charter_on(BEGINNING).in_force)
    assert (listed[0]["id"], listed[0]["en"], listed[0]["in_force_from"]) == (
        "assistance",
        "Assistance in investigation",
        "2026-01-01",
    )


def test_a_procedure_is_data(world: World) -> None:
    body = caller(world, "asking.clerk").get("/procedures/assistance").json()
    assert [role["zh"] for role in body["roles"]][:1] != ["requester"]
    acts = {act["id"]: act for act in body["acts"]}
    assert (acts["draft"]["initial"], acts["issue"]["paper"], acts["issue"]["starts"]) == (
        True,
        "request_letter",
        ["reply", "receipt"],
    )
    sources = {source["id"]: source for source in body["sources"]}
    clocks = {clock["id"]: sources[clock["source"]] for clock in body["clocks"]}
    assert (clocks["reply"]["kind"], clocks["reply"]["label"]["zh"]) == ("statutory", "法定")
    assert (clocks["receipt"]["kind"], clocks["receipt"]["proposed"]) == ("agreed", True)
    assert body["digest"] == ProcedureVersion.objects.get(procedure="assistance", in_force_from="2026-01-01").digest
    assert [state["id"] for state in body["states"] if state["final"]] == ["closed", "withdrawn"]


def test_an_older_version_can_be_asked_for(world: World) -> None:
    program = caller(world, "asking.clerk")
    again = program.get("/procedures/assistance", in_force_from="2026-01-01")
    assert again.json()["in_force_from"] == "2026-01-01"
    missing = program.get("/procedures/assistance", in_force_from="2020-01-01")
    refused(missing, 404, "charter.no_procedure_in_force")
    refused(program.get("/procedures/nonsense"), 404, "charter.no_procedure_in_force")
    for day in ("yesterday", "0", "1767225600", "2026-02-30", "1000-01-01"):
        refused(program.get("/procedures/assistance", in_force_from=day), 422, "request.invalid")


def test_organisations(world: World) -> None:
    items = caller(world, "asking.clerk").get("/organisations").json()["items"]
    assert [one["code"] for one in items] == list(
        Organisation.objects.order_by("position").values_list("code", flat=True)
    )
    assert [one["kind"] for one in items].count("centre") == 1
    assert {hat["line"] for hat in items[1]["hats"]} == {"market", "patent"}


def test_cases_are_seen_by_their_own_organisation_alone(world: World) -> None:
    program = caller(world, "asking.case_officer")
    made = program.post("/cases", {"number": " 案1 ", "name": "某案", "stage": "filed"})
    assert made.status_code == 201
    uid = made.json()["uid"]
    assert made.headers["Location"] == f"/api/v1/cases/{uid}"
    assert program.get(f"/cases/{uid}").json() == made.json()
    assert (made.json()["number"], made.json()["opened_at"]) == ("案1", "2026-02-06T01:30:00Z")
    assert [row["matter_count"] for row in program.get("/cases").json()["items"]] == [0]
    stranger = caller(world, "asked.case_officer")
    assert stranger.get("/cases").json() == {"items": [], "next": None}
    refused(stranger.get(f"/cases/{uid}"), 404, "casework.no_case")
    refused(program.get("/cases/1"), 404, "request.no_such_address")


BAD_CASES: tuple[tuple[dict[str, Any], str, set[str]], ...] = (
    ({"number": "案字〔2026〕1号"}, "casework.bad_case", {"number"}),
    ({"number": " ", "name": ""}, "casework.bad_case", {"number", "name"}),
    ({"stage": "closed"}, "request.invalid", {"stage"}),
    ({"number": "x" * 81}, "request.invalid", {"number"}),
    ({"name": None}, "request.invalid", {"name"}),
)


def test_a_bad_case_is_not_registered(world: World) -> None:
    world.open_case(by="asking.case_officer")
    program = caller(world, "asking.case_officer")
    for changed, code, fields in BAD_CASES:
        sent = {"number": "案2", "name": "某案", "stage": "filed"} | changed
        body = refused(program.post("/cases", sent), 422, code)
        assert {one["field"] for one in body["errors"]} == fields
    assert Case.objects.count() == 1


def test_cases_come_in_pages(world: World) -> None:
    made = [world.open_case(by="asking.case_officer", number=f"案{n}").number for n in range(5)]
    program = caller(world, "asking.case_officer")
    first = program.get("/cases", limit=3).json()
    second = program.get(first["next"]).json()
    assert [row["number"] for row in [*first["items"], *second["items"]]] == made[::-1]
    assert second["next"] is None
    for bad in ("x", "-1", "9" * 19, "1.5"):
        refused(program.get("/cases", after=bad), 422, "request.invalid")


def test_the_clock_crosses_the_spring_festival(world: World) -> None:
    program = caller(world, "asking.clerk")
    body = program.post("/clock", {"start": "2026-02-06", "limit": "15WD"}).json()
    assert (body["nominal"], body["legal_due"], body["safe_due"]) == ("2026-03-05", "2026-03-05", "2026-03-05")
    assert body["provisional"] is False
    assert sum(step["counted"] for step in body["steps"]) == 15


def test_the_clock_counts_hours_exclusions_extensions_and_backwards(world: World) -> None:
    program = caller(world, "asking.clerk")
    hours = program.post("/clock", {"start": "2026-05-02T15:00:00+08:00", "limit": "24h"}).json()
    assert hours["legal_due"] == "2026-05-03T07:00:00Z"
    span = {"first": "2026-03-02", "last": "2026-03-04"}
    longer = program.post(
        "/clock", {"start": "2026-03-01", "limit": "30CD", "exclude": [span, {"days": 2}], "extend": ["5CD"]}
    ).json()
    assert longer["nominal"] == "2026-04-10"
    back = program.post("/clock", {"start": "2026-03-20", "limit": "3WD", "before": True}).json()
    assert (back["legal_due"], back["safe_due"]) == ("2026-03-17", "2026-03-16")
    strict = {"start": "2026-01-16", "limit": "1M", "reading": "strict"}
    assert program.post("/clock", strict).json()["legal_due"] == "2026-02-20"


CLOCKS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"limit": "15"}, "clock.bad_limit", "limit"),
    ({"start": "soon"}, "request.invalid", "start"),
    ({"start": "2026-02-30"}, "request.invalid", "start"),
    ({"start": "2026-02-01T10:00"}, "request.invalid", "start"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "request.invalid", "start"),
    ({"start": "0001-01-01"}, "clock.out_of_range", "start"),
    ({"limit": "24h"}, "clock.needs_time", "start"),
    ({"exclude": [{"days": 1, "first": "2026-01-01", "last": "2026-01-02"}]}, "request.invalid", "exclude.0"),
    ({"exclude": [{"first": "2026-01-03", "last": "2026-01-02"}]}, "clock.bad_exclusion", "exclude"),
    ({"exclude": [{"days": 1}] * 21}, "request.invalid", "exclude"),
    ({"extend": ["24h"]}, "clock.mixed_units", "extend"),
    ({"before": True, "extend": ["1WD"]}, "clock.before_alone", "before"),
    ({"reading": "loose"}, "request.invalid", "reading"),
)


def test_a_clock_that_cannot_be_computed(world: World) -> None:
    program = caller(world, "asking.clerk")
    for changed, code, field in CLOCKS:
        body = refused(program.post("/clock", {"start": "2026-02-06", "limit": "15WD"} | changed), 422, code)
        assert [one["field"] for one in body["errors"]] == [field]
