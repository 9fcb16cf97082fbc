"""The pages of bulk acts: choose rows, choose what to do, look at every row, do it, see what came of each."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from concord.casework.models import Act, Audience, Matter, Reminder
from concord.entrypoints.workspace.views.bulk import PART
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry, Read
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, Fields, form_of, missing, text_of


def address(matters: list[Matter], do: str = "") -> str:
    chosen = "&".join(f"matter={one.number}" for one in matters)
    return f"/bulk/?{chosen}&next=/matters/?open=1" + (f"&do={do}" if do else "")


def preview(desk: Desk, matters: list[Matter], do: str) -> Fields:
    response = desk.get(address(matters, do))
    assert response.status_code == 200, text_of(response)
    return form_of(response)


def test_rows_sent_from_a_list_are_shown_with_what_can_be_done(world: World, sit: Sit) -> None:
    matters = [world.matter_in("submitted"), world.matter_in("submitted"), world.matter_in("accepted")]
    desk = sit("asking.leader")
    sent = desk.post("/bulk/", {"matter": [one.number for one in matters], "next": "/matters/?open=1"})
    assert sent.status_code == 302
    page = desk.get(sent.headers["Location"])
    buttons = dict(re.findall(r'value="([a-z_.]+)"><b>[^<]+</b><small>(\d) / 3', text_of(page)))
    assert buttons["assistance.issue"] == "2"
    assert buttons["assign"] == "3"
    assert buttons["remind"] == "1"
    assert missing(page, [one.number for one in matters]) == []


def test_a_preview_says_for_every_row_what_would_happen_or_why_not(world: World, sit: Sit) -> None:
    ready, early = world.matter_in("submitted"), world.matter_in("drafted")
    page = sit("asking.leader").get(address([ready, early], "assistance.issue"))
    assert missing(page, ["转为“已送达”，发出《", "事项当前的状态不能办理“签发”"]) == []
    assert form_of(page)["matter"] == [ready.number]


def test_the_chosen_are_signed_and_each_result_is_told(world: World, sit: Sit) -> None:
    matters = [world.matter_in("submitted") for _ in range(3)]
    desk = sit("asking.leader")
    form = preview(desk, matters, "assistance.issue")
    form["matter"] = [matters[0].number, matters[1].number]
    page = desk.post("/bulk/", form)
    assert missing(page, ["2 件已全部办成", "现为“已送达”", matters[1].number]) == []
    assert set(Act.objects.filter(act="issue").values_list("matter_id", flat=True)) == {one.id for one in matters[:2]}


def test_the_same_form_again_does_nothing_twice(world: World, sit: Sit) -> None:
    matters = [world.matter_in("submitted") for _ in range(2)]
    desk = sit("asking.leader")
    form = preview(desk, matters, "assistance.issue")
    first, again = desk.post("/bulk/", form), desk.post("/bulk/", form)
    assert missing(first, ["2 件已全部办成"]) == missing(again, ["2 件已全部办成"]) == []
    assert Act.objects.filter(act="issue").count() == 2


def test_common_answers_are_typed_once_and_kept_when_they_are_wrong(world: World, sit: Sit) -> None:
    matters = [world.matter_in("submitted") for _ in range(2)]
    desk = sit("asking.leader")
    form = preview(desk, matters, "assistance.send_back")
    empty = desk.post("/bulk/", form)
    assert empty.status_code == 422
    assert missing(empty, ["请填写“说明”"]) == []
    assert form_of(empty)["matter"] == [one.number for one in matters]
    desk.post("/bulk/", {**form_of(empty), "note": "请补充附件。"})
    assert list(Act.objects.filter(act="send_back").values_list("answers__note", flat=True)) == ["请补充附件。"] * 2


def test_nobody_chosen_is_told(world: World, sit: Sit) -> None:
    desk = sit("asking.leader")
    form = preview(desk, [world.matter_in("submitted")], "assistance.issue")
    del form["matter"]
    response = desk.post("/bulk/", form)
    assert response.status_code == 422
    assert missing(response, ["请至少选择一件"]) == []


def test_a_stale_row_is_told_and_can_be_looked_at_again(world: World, sit: Sit) -> None:
    matters = [world.matter_in("submitted") for _ in range(2)]
    desk = sit("asking.leader")
    form = {**preview(desk, matters, "assistance.send_back"), "note": "请补充。"}
    world.do(matters[1], "withdraw", by="asking.leader", at="2026-02-06T09:20", note="不再需要")
    page = desk.post("/bulk/", form)
    assert missing(page, ["办成 1 件，没有办成 1 件", "有了新的进展", "再看没有办成的"]) == []
    again = desk.post("/bulk/", {**form_of(page), "again": matters[1].number})
    assert missing(again, ["请补充。", "事项当前的状态不能办理“退回修改”"]) == []
    assert form_of(again)["row"] == [matters[1].number]


def test_all_or_none(world: World, sit: Sit) -> None:
    ready, early = world.matter_in("submitted"), world.matter_in("drafted")
    desk = sit("asking.leader")
    form = {**preview(desk, [ready, early], "assistance.issue"), "together": "1"}
    form["matter"] = [ready.number, early.number]
    page = desk.post("/bulk/", form)
    assert page.status_code == 409
    assert missing(page, ["一件也没有办理：有 1 件不能办"]) == []
    assert not Act.objects.filter(act="issue").exists()
    form["matter"] = [ready.number]
    assert missing(desk.post("/bulk/", form), ["1 件已全部办成"]) == []


def more_than_fit(world: World) -> list[Matter]:
    return [world.matter_in("submitted") for _ in range(PART + 2)]


def test_many_rows_are_done_part_by_part(world: World, sit: Sit) -> None:
    matters = more_than_fit(world)
    desk = sit("asking.leader")
    started = desk.post("/bulk/", preview(desk, matters, "assistance.issue"))
    assert missing(started, [f"已处理 0 / {PART + 2} 件", 'hx-trigger="load"']) == []
    assert not Act.objects.filter(act="issue").exists()
    run: dict[str, Any] = form_of(started)
    moved = matters[PART + 1]
    world.do(moved, "withdraw", by="asking.leader", at="2026-02-06T09:20", note="不再需要")
    first = by_htmx(desk, {**run, "from": "0", "failed": ""})
    assert missing(first, [f"已处理 {PART} / {PART + 2} 件"]) == []
    assert Act.objects.filter(act="issue").count() == PART
    last = by_htmx(desk, {**run, "from": str(PART), "failed": ""})
    assert missing(last, [f"办成 {PART + 1} 件，没有办成 1 件", f'value="{moved.number}"']) == []
    assert "hx-trigger" not in text_of(last)


def by_htmx(desk: Desk, form: dict[str, Any]) -> Any:
    try:
        return desk.client.post("/bulk/part/", form, headers={"HX-Request": "true"})
    finally:
        enter(SYSTEM)


def test_without_scripts_the_rest_is_done_at_once(world: World, sit: Sit) -> None:
    matters = more_than_fit(world)
    desk = sit("asking.leader")
    started = desk.post("/bulk/", preview(desk, matters, "assistance.issue"))
    page = desk.post("/bulk/part/", form_of(started))
    assert missing(page, [f"{PART + 2} 件已全部办成"]) == []
    assert Act.objects.filter(act="issue").count() == PART + 2


def test_many_are_given_to_a_colleague(world: World, sit: Sit) -> None:
    matters = [world.matter_in("delivered") for _ in range(2)]
    officer = world.actor("asked.case_officer").post
    desk = sit("asked.leader")
    form = preview(desk, matters, "assign")
    nobody = desk.post("/bulk/", form)
    assert nobody.status_code == 422
    assert missing(nobody, ["请选择承办人或者科室"]) == []
    assert missing(desk.post("/bulk/", {**form, "handler": str(officer.id)}), ["2 件已全部办成", "已分办"]) == []
    assert Audience.objects.filter(handler=officer).count() == 2


def test_those_who_are_waited_for_are_reminded(world: World, sit: Sit) -> None:
    waiting, own = world.matter_in("delivered"), world.matter_in("submitted")
    desk = sit("asking.leader")
    page = desk.get(address([waiting, own], "remind"))
    assert missing(page, ["现在不等待其他机关办理"]) == []
    form = form_of(page)
    assert form["matter"] == [waiting.number]
    too_long = desk.post("/bulk/", {**form, "text": "急" * 501})
    assert too_long.status_code == 422
    assert missing(desk.post("/bulk/", {**form, "text": "请尽快办理"}), ["1 件已全部办成", "已催办"]) == []
    assert Reminder.objects.get().matter == waiting


def test_the_chosen_rows_are_taken_out_as_a_file(world: World, sit: Sit) -> None:
    chosen, other, hidden = (world.matter_in(state) for state in ("delivered", "accepted", "drafted"))
    desk = sit("asked.leader")
    assert missing(desk.get(address([chosen])), ["导出选中的", 'action="/bulk/export/"']) == []
    got = desk.post("/bulk/export/", {"matter": [chosen.number, hidden.number]})
    sheet = load_workbook(io.BytesIO(got.content)).active
    assert sheet is not None
    numbers = [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert numbers == [chosen.number]
    assert other.number not in numbers
    assert Entry.objects.get(event="sheet.export").details == {"kind": "matters", "count": 1}
    assert desk.get("/bulk/export/").status_code == 302


def test_what_is_not_shown_is_left_out_and_said_to_be(world: World, sit: Sit) -> None:
    hidden, shown = world.matter_in("drafted", case_ref="还没有送出的一件"), world.matter_in("delivered")
    page = sit("asked.leader").get(address([hidden, shown]))
    assert missing(page, ["有 1 件没有找到，已略去", shown.number]) == []
    assert "还没有送出的一件" not in text_of(page)
    assert f"/matters/{hidden.number}/" not in text_of(page)
    assert Read.objects.filter(subject=hidden.number, refused=True).count() == 1


def test_nothing_chosen_and_nonsense_are_answered(world: World, sit: Sit) -> None:
    desk = sit("asked.leader")
    assert missing(desk.get("/bulk/"), ["没有选中事项"]) == []
    assert desk.get(address([world.matter_in("delivered")], "none.such")).status_code == 404
    many = "&".join(f"matter=G60-2026-{n:05d}" for n in range(101))
    assert desk.get(f"/bulk/?{many}").status_code == 422
    assert desk.get("/bulk/part/").status_code == 302


def test_leaving_goes_only_to_pages_of_ours(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    page = sit("asked.leader").get(f"/bulk/?matter={matter.number}&next=https://evil.example/")
    assert form_of(page)["next"] == ["/matters/"]
    assert 'href="https://evil.example' not in text_of(page)


@pytest.mark.slow
@pytest.mark.parametrize("do", ["", "assistance.accept", "assign", "remind"])
def test_a_page_of_20_rows_costs_what_one_of_2_does(do: str, world: World, sit: Sit) -> None:
    matters = [world.matter_in("delivered") for _ in range(20)]
    desk = sit("asked.leader")
    desk.get(address(matters[:1], do))
    costs = []
    for some in (matters[:2], matters):
        with CaptureQueriesContext(connection) as caught:
            assert desk.get(address(some, do)).status_code == 200
        costs.append(len(caught))
    assert costs[0] == costs[1]
    assert costs[1] <= 24


def test_a_matter_is_taken_and_given_on_its_page(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    path = f"/matters/{matter.number}/"
    officer, leader = sit("asked.case_officer"), sit("asked.leader")
    assert missing(officer.get(path), ["还没有承办人", "我来办"]) == []
    assert officer.post(f"{path}handler/", {"handler": "me"}).headers["Location"] == path
    assert missing(officer.get(path), ["已分办给"]) == []
    assert "我来办" not in text_of(officer.get(path))
    to = world.actor("asked.liaison").post
    response = leader.post(f"{path}handler/", {"handler": str(to.id), "next": "/matters/?open=1"})
    assert response.headers["Location"] == "/matters/?open=1"
    assert Audience.objects.filter(matter=matter, handler=to).count() == 1
    leader.post(f"{path}handler/", {"handler": ""})
    assert missing(leader.get(path), ["已取消分办"]) == []


@pytest.mark.parametrize("chosen", ["999999", "x", "²"])
def test_who_cannot_be_given_a_matter_is_told(chosen: str, world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    leader, path = sit("asked.leader"), f"/matters/{matter.number}/"
    leader.post(f"{path}handler/", {"handler": chosen})
    assert missing(leader.get(path), ["请选择本机关今天在任"]) == []
    assert sit("third.leader").post(f"{path}handler/", {"handler": "me"}).status_code == 404
    assert leader.get(f"{path}handler/").status_code == 302
