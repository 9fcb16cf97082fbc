"""The forms: what is wrong is told at its field, what was typed is kept, what is done is done once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from concord.casework.models import Act, Case, Matter
from concord.foundation.files.models import File
from tests.support.worlds import REFUSAL, REQUEST, World, everything
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, form_of, missing, text_of

BEGIN = "/begin/assistance/draft/"
OFFICER = "asking.case_officer"
PAST, TOO_LATE = "2026-02-01", "2026-03-06"


@pytest.fixture
def request_form(world: World) -> dict[str, Any]:
    return {**REQUEST, "party-requested": world.places["asked"].code}


def test_a_draft_begins_with_what_the_form_says(sit: Sit, request_form: dict[str, Any]) -> None:
    desk = sit(OFFICER)
    response = desk.fill(BEGIN, **request_form)
    matter = Matter.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/matters/{matter.number}/")
    assert matter.drafts["requester"] == dict(REQUEST)
    page = desk.get(f"/matters/{matter.number}/")
    assert missing(page, [f"已起草，编号 {matter.number}", "核实主体", "核实库存", "草拟"]) == []


def test_a_draft_begun_in_a_case_takes_its_name_over(world: World, sit: Sit, request_form: dict[str, Any]) -> None:
    case = world.open_case(by=OFFICER)
    path = f"{BEGIN}?case={case.uid}"
    desk = sit(OFFICER)
    form = form_of(desk.get(path))
    assert (form["case_ref"], form["case_stage"]) == ([str(case)], [case.stage])
    desk.post(path, {**form, **request_form})
    assert Matter.objects.get().case == case


def test_a_case_of_another_city_is_not_begun_in(world: World, sit: Sit, request_form: dict[str, Any]) -> None:
    case = world.open_case(by="asked.leader")
    desk = sit(OFFICER)
    assert desk.get(f"{BEGIN}?case={case.uid}").status_code == 404
    assert desk.post(BEGIN, {**request_form, "case": str(case.uid)}).status_code == 404
    assert not Matter.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_missing_field_of_a_draft_is_told_and_the_rest_is_kept(sit: Sit, language: str) -> None:
    typed = {"reason": "只写了事由 <b>", "questions": ["", "查主体", ""], "wanted_date": "不是日期"}
    desk = sit(OFFICER, language=language)
    before = everything()
    response = desk.fill(BEGIN, **typed)
    assert response.status_code == 422
    form = form_of(response)
    assert form["reason"] == ["只写了事由 <b>"]
    assert "查主体" in form["questions"]
    assert "事由 <b>" not in text_of(response)
    told = ["case_ref", "case_stage", "wanted_date", "handling"]
    assert missing(response, [f'href="#f-{name}"' for name in [*told, "party-requested"]]) == []
    assert 'href="#f-reason"' not in text_of(response)
    after = everything()
    assert {table for table in after if after[table] != before[table]} == set()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"case_ref": "案" * 121}, "case_ref"),
        ({"case_stage": "guessed"}, "case_stage"),
        ({"reason": "由" * 2001}, "reason"),
        ({"questions": ["问"] * 21}, "questions"),
        ({"questions": ["", " "]}, "questions"),
        ({"wanted_date": "2026-02-30"}, "wanted_date"),
        ({"handling": "none_such"}, "handling"),
        ({"party-requested": "nowhere"}, "party-requested"),
        ({"party-requested": "centre"}, "party-requested"),
    ],
)
def test_a_wrong_value_is_told_at_its_field(
    sit: Sit, request_form: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    response = sit(OFFICER).fill(BEGIN, **{**request_form, **change})
    assert response.status_code == 422
    page = text_of(response)
    assert f'id="f-{field}-problem"' in page
    assert page.count("field-problem") == 1
    assert form_of(response)["reason"] == [{**request_form, **change}["reason"]]
    assert not Matter.objects.exists()


def test_who_may_not_draft_has_no_such_form(sit: Sit) -> None:
    assert sit("asking.legal_officer").get(BEGIN).status_code == 404
    assert sit("asking.leader").get("/begin/assistance/issue/").status_code == 404


def test_a_second_click_makes_no_second_draft(sit: Sit, request_form: dict[str, Any]) -> None:
    desk = sit(OFFICER)
    form = {**form_of(desk.get(BEGIN)), **request_form}
    first, second = desk.post(BEGIN, form), desk.post(BEGIN, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Matter.objects.count() == 1


def test_a_draft_sent_back_is_revised_from_what_it_says(world: World, sit: Sit) -> None:
    matter = world.begin()
    desk = sit(OFFICER)
    path = f"/matters/{matter.number}/acts/revise/"
    form = form_of(desk.get(path))
    assert form["reason"] == [REQUEST["reason"]]
    assert form["questions"][:2] == REQUEST["questions"]
    assert form["handling"] == [REQUEST["handling"]]
    assert desk.fill(path, questions=["只核实库存"]).status_code == 302
    matter.refresh_from_db()
    assert matter.drafts["requester"]["questions"] == ["只核实库存"]


@pytest.mark.parametrize(
    ("state", "person", "act", "typed", "fields"),
    [
        ("submitted", "asking.leader", "send_back", {}, ["note"]),
        ("delivered", "asked.leader", "refuse", {"note": "写了说明"}, ["ground"]),
        (
            "delivered",
            "asked.case_officer",
            "offer_date",
            {"note": "再约", "promised_date": PAST},
            ["promised_date"],
        ),
        (
            "delivered",
            "asked.case_officer",
            "offer_date",
            {"note": "再约", "promised_date": TOO_LATE},
            ["promised_date"],
        ),
        ("accepted", "asked.leader", "notify_delay", {"note": "要延期"}, ["promised_date"]),
        ("accepted", "asked.case_officer", "submit_answer", {"answers": ["属实", ""]}, ["answers"]),
        ("accepted", "asking.leader", "withdraw", {"note": "撤" * 1001}, ["note"]),
    ],
)
def test_an_act_with_wrong_input_changes_nothing_and_keeps_what_was_typed(
    state: str, person: str, act: str, *, typed: dict[str, Any], fields: list[str], world: World, sit: Sit
) -> None:
    matter = world.matter_in(state)
    acts = Act.objects.count()
    response = sit(person).fill(f"/matters/{matter.number}/acts/{act}/", **typed)
    assert response.status_code == 422
    assert missing(response, [f'id="f-{name}-problem"' for name in fields]) == []
    form = form_of(response)
    for name, value in typed.items():
        assert form[name] == (value if isinstance(value, list) else [value])
    assert Act.objects.count() == acts


def csv(name: str, content: bytes = "品名,数量\n阀门,30\n".encode()) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/csv")


def answer_form(desk: Desk, number: str, **typed: Any) -> Any:
    return desk.fill(f"/matters/{number}/acts/submit_answer/", **typed)


def test_uploads_of_a_refused_answer_are_kept_and_sent_with_the_next(world: World, sit: Sit) -> None:
    matter = world.matter_in("accepted")
    desk = sit("asked.case_officer")
    refused = answer_form(desk, matter.number, answers=["属实", ""], results=[csv("甲.csv"), csv("乙.csv", b"a,b\n")])
    assert refused.status_code == 422
    kept = form_of(refused)
    uids = {str(uid) for uid in File.objects.filter(name__in=["甲.csv", "乙.csv"]).values_list("uid", flat=True)}
    assert set(kept["results"]) == uids
    assert missing(refused, ["甲.csv", "乙.csv"]) == []
    done = desk.post(f"/matters/{matter.number}/acts/submit_answer/", {**kept, "answers": ["属实", "三十件"]})
    assert done.status_code == 302
    matter.refresh_from_db()
    assert set(matter.drafts["requested"]["results"]) == uids


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        (csv("空.csv", b""), "空.csv"),
        (csv("程序.csv", b"\x7fELF\x02"), "程序.csv"),
        (csv("假.pdf", b"not a pdf"), "假.pdf"),
        (csv("表.exe", b"MZ\0\0"), "表.exe"),
    ],
)
def test_a_file_that_is_not_taken_is_named_and_nothing_else_is_lost(
    world: World, sit: Sit, upload: SimpleUploadedFile, code: str
) -> None:
    matter = world.matter_in("accepted")
    desk = sit("asked.case_officer")
    refused = answer_form(desk, matter.number, answers=["属实", "三十件"], results=[upload, csv("好.csv")])
    assert refused.status_code == 422
    assert missing(refused, [f"{code}：", 'id="f-results-problem"']) == []
    form = form_of(refused)
    assert form["answers"] == ["属实", "三十件"]
    good = File.objects.get(name="好.csv")
    assert form["results"] == [str(good.uid)]


def test_a_file_of_another_city_is_not_attached(world: World, sit: Sit) -> None:
    matter = world.matter_in("accepted")
    file = world.upload("他局.csv", by="third.leader")
    refused = answer_form(sit("asked.case_officer"), matter.number, answers=["属实", "无"], results=[str(file.uid)])
    assert refused.status_code == 422
    assert "他局.csv" not in text_of(refused)


def test_a_stale_page_says_what_happened_and_keeps_the_text(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit("asked.leader")
    path = f"/matters/{matter.number}/acts/refuse/"
    form = {**form_of(desk.get(path)), **REFUSAL}
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-06T09:20")
    stale = desk.post(path, form)
    assert stale.status_code == 409
    assert missing(stale, ["有人先您一步办理了本事项", "嘉兴 嘉兴case_officer：签收办理"]) == []
    again = form_of(stale)
    assert again["note"] == [REFUSAL["note"]]
    assert again["ground"] == [REFUSAL["ground"]]
    assert Act.objects.filter(act="refuse").count() == 0
    assert desk.post(path, again).status_code == 302
    assert Act.objects.filter(act="refuse").count() == 1


def test_a_stale_act_that_is_no_longer_possible_keeps_the_text_to_copy(world: World, sit: Sit) -> None:
    matter = world.matter_in("submitted")
    desk = sit("asking.leader")
    path = f"/matters/{matter.number}/acts/send_back/"
    form = {**form_of(desk.get(path)), "note": "请补充说明第二项"}
    world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:20")
    late = desk.post(path, form)
    assert late.status_code == 409
    assert "请补充说明第二项" in text_of(late)
    assert Act.objects.filter(act="send_back").count() == 0


@pytest.mark.parametrize("version", ["", "x", "-1", "99", "9" * 40, "²"])
def test_a_form_without_the_right_version_is_stale(version: str, world: World, sit: Sit) -> None:
    matter = world.matter_in("submitted")
    desk = sit("asking.leader")
    response = desk.fill(f"/matters/{matter.number}/acts/issue/", version=version)
    assert response.status_code == 409
    assert Act.objects.filter(act="issue").count() == 0


def test_a_second_click_on_an_act_does_it_once(world: World, sit: Sit) -> None:
    matter = world.matter_in("accepted")
    desk = sit("asked.case_officer")
    path = f"/matters/{matter.number}/acts/submit_answer/"
    form = {**form_of(desk.get(path)), "answers": ["属实", "三十件"]}
    for _click in range(2):
        response = desk.post(path, {**form, "results": [csv("甲.csv")]})
        assert (response.status_code, response.headers["Location"]) == (302, f"/matters/{matter.number}/")
    assert Act.objects.filter(act="submit_answer").count() == 1


def test_an_act_out_of_turn_has_a_page_that_says_so(world: World, sit: Sit) -> None:
    matter = world.matter_in("drafted")
    desk = sit("asking.leader")
    early = desk.get(f"/matters/{matter.number}/acts/issue/")
    assert early.status_code == 409
    assert missing(early, ["casework.not_in_state", "签发"]) == []
    assert desk.get(f"/matters/{matter.number}/acts/draft/").status_code == 404
    assert desk.get(f"/matters/{matter.number}/acts/accept/").status_code == 404
    assert sit(OFFICER).get(f"/matters/{matter.number}/acts/issue/").status_code == 404


def test_the_drafter_does_not_sign(world: World, sit: Sit) -> None:
    matter = world.begin(by="asking.leader")
    world.do(matter, "submit", by="asking.leader", at="2026-02-05T11:00")
    response = sit("asking.leader").fill(f"/matters/{matter.number}/acts/issue/")
    assert response.status_code == 409
    assert "casework.signer_drafted" in text_of(response)


def test_a_case_is_registered_once(sit: Sit) -> None:
    desk = sit(OFFICER)
    typed = {"number": "〔2026〕35号", "name": "某某水泵案", "stage": "filed"}
    made = desk.fill("/cases/new/", **typed)
    case = Case.objects.get()
    assert made.headers["Location"] == f"/cases/{case.uid}/"
    assert (
        missing(desk.get(f"/cases/{case.uid}/"), ["案件已登记。", "某某水泵案", "已立案", f"/begin/?case={case.uid}"])
        == []
    )
    again = desk.fill("/cases/new/", **typed)
    assert again.status_code == 422
    assert missing(again, ["已经登记", 'id="f-number-problem"']) == []
    assert form_of(again)["name"] == ["某某水泵案"]
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ({}, ["number", "name", "stage"]),
        ({"number": " ", "name": "甲案", "stage": "filed"}, ["number"]),
        ({"number": "1", "name": "甲案", "stage": "guessed"}, ["stage"]),
        ({"number": "1" * 400, "name": "甲案", "stage": "filed"}, ["number"]),
        ({"number": "1", "name": "案" * 400, "stage": "filed"}, ["name"]),
        ({"number": "有 空 格", "name": "甲案", "stage": "filed"}, []),
    ],
)
def test_a_case_with_wrong_input_is_not_registered(typed: dict[str, str], fields: list[str], sit: Sit) -> None:
    response = sit(OFFICER).fill("/cases/new/", **typed)
    assert response.status_code == (422 if fields else 302)
    assert missing(response, [f'id="f-{name}-problem"' for name in fields]) == []
    assert Case.objects.count() == (0 if fields else 1)
