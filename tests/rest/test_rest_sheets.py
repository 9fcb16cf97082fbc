"""Sheets and exports through the API: brought, mended, taken; taken out through the same funnel."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.casework.models import Case
from concord.entrypoints.rest.operations import exports
from concord.foundation.journal.models import Entry
from concord.foundation.sheets.models import Sheet
from tests.rest.callers import V1, Caller, caller, refused
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
GOOD = "案件（线索）编号,案件（线索）名称,办案阶段\n案1,某某店案,已立案\n"
BAD = GOOD + "案1,,偷税\n"


def bring(program: Caller, text: str, **more: str) -> Any:
    sent = {"file": SimpleUploadedFile("线索.csv", text.encode()), **more}
    return program._told(program.client.post(f"{V1}/sheets", sent, headers=program.headers))


def test_a_sheet_is_brought_mended_and_taken(world: World) -> None:
    program = caller(world, "asking.case_officer")
    made = bring(program, BAD)
    assert made.status_code == 201, made.content
    path = made.headers["Location"].removeprefix(V1)
    row = made.json()["rows"][1]
    assert row["number"] == 3
    assert [(one["column"], one["code"]) for one in row["faults"]] == [
        ("number", "twice"),
        ("name", "missing"),
        ("stage", "unknown"),
    ]
    refused(program.post(f"{path}/take", {"all_or_nothing": True}), 409, "sheets.rows_at_fault")
    mended = program.post(f"{path}/rows/3", {"cells": {"number": "案2", "name": "另一案", "stage": "verification"}})
    assert [one["faults"] for one in mended.json()["rows"]] == [[], []]
    assert program.post(f"{path}/take", {"all_or_nothing": True}).json() == {"count": 2}
    taken = program.get(path).json()
    assert taken["taken_at"]
    assert taken["taken"][0] == {"number": 2, "made": str(Case.objects.get(number="案1").uid)}
    assert bring(program, BAD).json()["same_as"] == taken["uid"]


def test_a_sheet_is_dropped(world: World) -> None:
    program = caller(world, "asking.case_officer")
    path = bring(program, GOOD).headers["Location"].removeprefix(V1)
    assert program.post(f"{path}/drop").status_code == 204
    refused(program.get(path), 404, "sheets.no_sheet")


def test_what_is_not_taken(world: World) -> None:
    program = caller(world, "asking.case_officer")
    refused(bring(program, "甲,乙\n1,2\n"), 422, "sheets.no_headings")
    refused(bring(program, GOOD, kind="spoons"), 404, "sheets.no_kind")
    assert not Sheet.objects.exists()
    path = bring(program, GOOD).headers["Location"].removeprefix(V1)
    refused(program.post(f"{path}/rows/9", {"cells": {}}), 404, "sheets.no_row")
    refused(caller(world, "asked.case_officer").get(path), 404, "sheets.no_sheet")
    refused(caller(world, "asking.clerk").post(f"{path}/take", {}), 403, "sheets.may_not_take")
    refused(caller(world, "asking.auditor").get(path), 403, "access.not_for_post")


def rows_of(response: Any) -> list[list[str]]:
    assert response.status_code == 200, response.content
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_matters_go_out_as_a_file(world: World) -> None:
    matter = world.matter_in("delivered")
    world.begin(at="2026-02-06T09:00")
    program = caller(world, "asked.case_officer")
    assert [row[0] for row in rows_of(program.get("/matters/export", form="csv"))[1:]] == [matter.number]
    head = rows_of(program.get("/matters/export", form="csv", headers={"Accept-Language": "en"}))[0]
    assert len(head) == 12
    own = caller(world, "asking.case_officer")
    assert len(rows_of(own.get("/matters/export", form="csv", begun_from="2026-02-06"))) == 2
    assert len(rows_of(own.get("/matters/export", form="csv", begun_until="2026-02-05", state="delivered"))) == 2
    assert own.get("/matters/export").content.startswith(b"PK")
    assert Entry.objects.filter(event="sheet.export").count() == 5


def test_too_many_matters_are_not_cut_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    world.begin()
    world.begin()
    refused(caller(world, "asking.case_officer").get("/matters/export"), 422, "sheets.too_many_at_once")


def test_a_case_is_registered_with_all_that_is_known(world: World) -> None:
    program = caller(world, "asking.case_officer")
    known = {
        "source": "report",
        "found_date": "2026-01-05",
        "party": "某某商行",
        "party_code": "91350100M000100Y43",
        "cause": "trademark_infringement",
        "right_number": "1234567",
        "amount": 1_280_050,
    }
    made = program.post("/cases", {"number": "案1", "name": "某案", "stage": "filed", **known})
    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in known} == known
    assert [one["number"] for one in program.get("/cases", q="某某").json()["items"]] == ["案1"]
    assert program.get("/cases", begun=True).json()["items"] == []
    wrong = {"number": "案2", "name": "某案", "stage": "filed", "party_code": "91350100M000100Y44"}
    assert [one["field"] for one in refused(program.post("/cases", wrong), 422, "casework.bad_case")["errors"]] == [
        "party_code"
    ]
