"""The page of batch hand-over: leads to cities, common answers once, faults mended in place, results by row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from concord.casework.models import Act, Case, Matter
from concord.entrypoints.workspace.views.bulk import PART
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.journal.models import Read
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, Fields, form_of, missing, text_of

SHARED = {
    "competence_article": "place_of_violation",
    "transfer_reason": "违法行为发生地在贵地。",
    "handling": "case_only",
}


@pytest.fixture
def morning() -> Iterator[time_machine.Traveller]:
    """The day on which leads run on the version of 15 April."""
    with time_machine.travel(time("2026-04-20T09:30"), tick=False) as traveller:
        yield traveller


def leads(world: World, n: int) -> list[Case]:
    made = [
        world.open_case(
            by="asking.case_officer", number=f"线索〔2026〕{k}号", name=f"第{k}条线索", stage="verification"
        )
        for k in range(1, n + 1)
    ]
    with writing():
        Case.objects.filter(id__in=[case.id for case in made]).update(
            source="inspection",
            found_date=date(2026, 4, 15),
            party="某某日用品商行",
            party_address="某路8号",
            cause="trademark_infringement",
            content="检查中发现标有近似商标的毛巾。",
        )
    return made


def address(cases: list[Case], way: str = "") -> str:
    chosen = "&".join(f"case={case.uid}" for case in cases)
    return f"/batch/?{chosen}" + (f"&way={way}" if way else "")


def sheet(desk: Desk, cases: list[Case]) -> Fields:
    response = desk.get(address(cases))
    assert response.status_code == 200, text_of(response)
    return form_of(response)


def test_cases_chosen_in_the_list_come_with_what_they_tell(world: World, sit: Sit) -> None:
    cases = leads(world, 2)
    desk = sit("asking.case_officer")
    sent = desk.post("/batch/", {"case": [str(case.uid) for case in cases], "next": "/cases/"})
    assert sent.status_code == 302
    page = desk.get(sent.headers["Location"])
    assert missing(page, ["批量发起：线索移送", "第2条线索", "齐全", "起草后立即“送签”"]) == []
    form = form_of(page)
    assert form["take"] == form["case"] == [str(case.uid) for case in cases]
    assert form["o1-party"] == ["某某日用品商行"]
    assert form["o0-lead_found_date"] == ["2026-04-15"]


def test_leads_go_each_to_its_cities_and_are_submitted(world: World, sit: Sit) -> None:
    cases = leads(world, 3)
    asked, third = world.places["asked"].code, world.places["third"].code
    desk = sit("asking.case_officer")
    form = {**sheet(desk, cases), **SHARED, "to": [asked], "o1-to": [third], "o2-to": [asked, third]}
    page = desk.post("/batch/", form)
    assert missing(page, ["4 件已全部办成", f"已起草并送签，发往{world.places['asked'].zh}"]) == []
    sent = Matter.objects.values_list("case__number", "target__code", "state")
    assert sorted(sent) == sorted(
        (case.number, code, "submitted")
        for case, codes in zip(cases, [[asked], [third], [asked, third]], strict=True)
        for code in codes
    )
    again = desk.post("/batch/", form)
    assert missing(again, ["4 件已全部办成"]) == []
    assert Matter.objects.count() == 4


def test_a_leader_then_signs_them_in_bulk(world: World, sit: Sit) -> None:
    cases = leads(world, 2)
    desk, leader = sit("asking.case_officer"), sit("asking.leader")
    desk.post("/batch/", {**sheet(desk, cases), **SHARED, "to": [world.places["asked"].code]})
    numbers = list(Matter.objects.values_list("number", flat=True))
    chosen = "&".join(f"matter={number}" for number in numbers)
    page = leader.post("/bulk/", form_of(leader.get(f"/bulk/?{chosen}&do=lead.issue")))
    assert missing(page, ["2 件已全部办成"]) == []
    assert Act.objects.filter(act="issue", paper__isnull=False).count() == 2


def test_what_is_missing_is_mended_in_place(world: World, sit: Sit) -> None:
    good, bad = leads(world, 2)
    with writing():
        Case.objects.filter(id=bad.id).update(party_address="", cause="")
    desk = sit("asking.case_officer")
    opened = desk.get(address([good, bad]))
    assert missing(opened, ["请补充：当事人住所（经营场所）、案由"]) == []
    form = {**form_of(opened), **SHARED, "to": [world.places["asked"].code]}
    refused = desk.post("/batch/", form)
    assert refused.status_code == 422
    assert missing(refused, ["有 1 件还不能移送", "请填写“案由”"]) == []
    assert not Matter.objects.exists()
    kept = form_of(refused)
    assert (kept["transfer_reason"], kept["to"]) == ([SHARED["transfer_reason"]], [world.places["asked"].code])
    mended = {**kept, "o1-party_address": "某路9号", "o1-cause": "trademark_infringement"}
    assert missing(desk.post("/batch/", mended), ["2 件已全部办成"]) == []


def test_common_answers_that_are_missing_are_told_once(world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    form = {**sheet(desk, leads(world, 2)), "to": [world.places["asked"].code], "together": ""}
    page = desk.post("/batch/", form)
    assert page.status_code == 422
    assert text_of(page).count('href="#f-transfer_reason"') == 1
    assert not Matter.objects.exists()


def test_a_case_without_a_city_is_told(world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = desk.post("/batch/", {**sheet(desk, leads(world, 1)), **SHARED})
    assert page.status_code == 422
    assert missing(page, ["请选择机关。"]) == []


def test_checking_begins_nothing(world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    form = {**sheet(desk, leads(world, 1)), **SHARED, "to": [world.places["asked"].code], "check": "1"}
    page = desk.post("/batch/", form)
    assert page.status_code == 200
    assert missing(page, ["核对过了"]) == []
    assert not Matter.objects.exists()


def test_one_that_cannot_goes_without_the_others_when_asked_so(world: World, sit: Sit) -> None:
    good, bad = leads(world, 2)
    with writing():
        Case.objects.filter(id=bad.id).update(cause="")
    desk = sit("asking.case_officer")
    form = {**sheet(desk, [good, bad]), **SHARED, "to": [world.places["asked"].code], "together": ""}
    page = desk.post("/batch/", form)
    assert missing(page, ["办成 1 件，没有办成 1 件", "请填写“案由”", "更正没有办成的"]) == []
    failed = f"{bad.uid}-{world.places['asked'].code}"
    assert failed in text_of(page)
    again = desk.post("/batch/", {**form_of(page), "again": failed})
    kept = form_of(again)
    assert (kept["case"], kept["o0-to"]) == ([str(bad.uid)], [world.places["asked"].code])
    last = desk.post("/batch/", {**kept, "o0-cause": "trademark_infringement"})
    assert missing(last, ["1 件已全部办成"]) == []
    assert Matter.objects.count() == 2


def test_what_is_left_out_is_left_alone(world: World, sit: Sit) -> None:
    cases = leads(world, 2)
    desk = sit("asking.case_officer")
    form: dict[str, Any] = {**sheet(desk, cases), **SHARED, "to": [world.places["asked"].code]}
    none = desk.post("/batch/", {**form, "take": []})
    assert none.status_code == 422
    assert missing(none, ["请至少选择一件"]) == []
    desk.post("/batch/", {**form, "take": [str(cases[1].uid)]})
    assert [matter.case_id for matter in Matter.objects.all()] == [cases[1].id]
    page = desk.get(address(cases))
    assert missing(page, ["以前发起过：", f"/matters/{Matter.objects.get().number}/"]) == []


def by_htmx(desk: Desk, form: dict[str, Any]) -> HttpResponse:
    try:
        return desk.client.post("/batch/part/", form, headers={"HX-Request": "true"})  # type: ignore[return-value]  # as Desk
    finally:
        enter(SYSTEM)


def test_many_are_begun_part_by_part(world: World, sit: Sit) -> None:
    cases = leads(world, PART + 1)
    desk = sit("asking.case_officer")
    form = {**sheet(desk, cases), **SHARED, "to": [world.places["asked"].code], "together": "", "submit": ""}
    started = desk.post("/batch/", form)
    assert missing(started, [f"已处理 0 / {PART + 1} 件"]) == []
    run = form_of(started)
    first = by_htmx(desk, {**run, "from": "0", "failed": ""})
    assert missing(first, [f"已处理 {PART} / {PART + 1} 件"]) == []
    last = by_htmx(desk, {**run, "from": str(PART), "failed": ""})
    assert missing(last, [f"{PART + 1} 件已全部办成"]) == []
    assert set(Matter.objects.values_list("state", flat=True)) == {"drafted"}
    assert missing(desk.post("/batch/part/", run), [f"{PART + 1} 件已全部办成"]) == []
    assert Matter.objects.count() == PART + 1


def test_another_procedure_can_be_chosen(world: World, sit: Sit) -> None:
    page = sit("asking.case_officer").get(address(leads(world, 1), "assistance.draft"))
    assert missing(page, ["批量发起：协助调查"]) == []


def test_cases_of_others_and_too_many_are_refused(world: World, sit: Sit) -> None:
    cases = leads(world, 1)
    assert sit("asked.case_officer").get(address(cases)).status_code == 404
    assert Read.objects.filter(subject=str(cases[0].uid), refused=True).count() == 1
    many = "&".join(f"case=00000000-0000-0000-0000-{n:012d}" for n in range(51))
    assert sit("asking.case_officer").get(f"/batch/?{many}").status_code == 422
    assert sit("asking.clerk").get(address(cases)).status_code == 403
    assert missing(sit("asking.case_officer").get("/batch/"), ["没有选中案件、线索"]) == []
    assert sit("asking.case_officer").get("/batch/part/").status_code == 302


def test_a_single_beginning_takes_over_what_its_case_tells(world: World, sit: Sit) -> None:
    (case,) = leads(world, 1)
    page = sit("asking.case_officer").get(f"/begin/lead/draft/?case={case.uid}")
    form = form_of(page)
    assert (form["party"], form["cause"]) == (["某某日用品商行"], ["trademark_infringement"])


def test_a_page_of_20_cases_costs_what_one_of_2_does(world: World, sit: Sit) -> None:
    cases = leads(world, 20)
    desk = sit("asking.case_officer")
    desk.get(address(cases[:1]))
    costs = []
    for some in (cases[:2], cases):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address(some)).status_code == 200
        costs.append(len(caught))
    assert costs[0] == costs[1]
