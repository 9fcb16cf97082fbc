"""Sheets in the workspace: brought, mended in place with and without scripts, taken, dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from concord.casework.models import Case
from concord.foundation.sheets.models import Sheet, SheetRow
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, form_of, missing, text_of

HEADINGS = ("Name", "案件（线索）编号", "办案阶段", "案由", "发现日期")
GOOD = ("某某店案", "案1", "已立案", "侵犯注册商标专用权", "2026-01-05")
BAD = ("", "案1", "立案前检查", "偷税", "2026-02-30")


def uploaded(*rows: Sequence[str], name: str = "一月线索.csv") -> SimpleUploadedFile:
    made = io.StringIO(newline="")
    csv.writer(made).writerows([HEADINGS, *rows])
    return SimpleUploadedFile(name, made.getvalue().encode())


def brought(desk: Desk, *rows: Sequence[str]) -> str:
    """The address of the page of a sheet just brought."""
    response = desk.post("/sheets/", {"kind": "leads", "file": uploaded(*rows)})
    assert response.status_code == 302
    return response.headers["Location"]


def mended(desk: Desk, page: str, line: int, /, *, htmx: bool = False, **cells: str) -> HttpResponse:
    headers = {"HX-Request": "true"} if htmx else {}
    return desk.client.post(f"{page}rows/{line}/", {"show": "bad", **cells}, headers=headers)  # type: ignore[return-value]  # the client's response is one


def test_each_bad_cell_says_why_and_what_would_be_right(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = desk.get(brought(desk, GOOD, BAD))
    said = ["第 3 行", "没有填写", "与第 2 行重复", "立案前核查", "不在可选范围内", "不是有效日期", "原填：偷税"]
    assert missing(page, said) == []
    assert "第 2 行</span>" not in text_of(page)
    assert missing(desk.get(brought(desk, GOOD) + "?show=good"), ["第 2 行", "案1", "导入全部 1 行"]) == []


def test_a_row_is_mended_without_scripts_and_nothing_typed_is_lost(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, GOOD, BAD)
    response = mended(
        desk, page, 3, name="新名", number="案1", stage="verification", cause="偷税", found_date="2026-01-06"
    )
    assert response.headers["Location"].endswith("?show=bad#row-3")
    again = desk.get(page)
    assert missing(again, ["第 3 行还有 2 处需要更正", 'value="新名"', "与第 2 行重复"]) == []
    mended(desk, page, 3, name="新名", number="案2", cause="trademark_infringement")
    assert missing(desk.get(page), ["第 3 行已合格", "导入全部 2 行"]) == []


def test_a_cell_is_checked_at_once_and_its_neighbours_stay_as_they_are_typed(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, GOOD, BAD)
    response = mended(desk, page, 3, htmx=True, name="新名", number="案2", stage="已立案", cause="", found_date="昨天")
    text = text_of(response)
    assert missing(response, ['id="said-3-found_date"', "不是有效日期", "需更正", "只导入合格的 1 行"]) == []
    assert "<input class" not in text
    assert text.count("hx-swap-oob") == 3 + 13
    response = mended(desk, page, 3, htmx=True, found_date="2026-01-06")
    assert missing(response, [">合格<", "导入全部 2 行"]) == []


def test_good_rows_become_cases_that_the_sheet_leads_to(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, GOOD, BAD)
    desk.post(f"{page}take/")
    case = Case.objects.get()
    assert (case.number, case.cause) == ("案1", "trademark_infringement")
    assert missing(desk.get(page + "?show=taken"), [f"/cases/{case.uid}/", "已导入 1 行"]) == []
    assert missing(desk.get(f"/cases/{case.uid}/"), ["侵犯注册商标专用权", "2026年1月5日"]) == []


def test_all_or_nothing_says_what_keeps_it(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, GOOD, BAD)
    desk.post(f"{page}take/", {"all": "1"})
    assert not Case.objects.exists()
    assert missing(desk.get(page), ["还有 1 行需要更正，没有导入任何一行"]) == []


def test_a_row_is_left_out_and_a_sheet_dropped(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, GOOD, BAD)
    desk.post(f"{page}rows/3/", {"leave_out": "1", "show": "bad"})
    assert missing(desk.get(page), ["第 3 行已删去", "导入全部 1 行"]) == []
    assert desk.post(f"{page}drop/").status_code == 302
    assert desk.get(page).status_code == 404
    assert missing(desk.get("/sheets/"), ["还没有上传过表格"]) == []


def test_the_same_file_again_and_unknown_headings_are_told(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    brought(desk, GOOD)
    page = desk.get(brought(desk, GOOD))
    assert missing(page, ["这份文件上传过"]) == []
    other = SimpleUploadedFile("a.csv", "名称栏,案件编号,办案阶段\n甲,1,已立案\n".encode("gb18030"))
    page = desk.get(desk.post("/sheets/", {"kind": "leads", "file": other}).headers["Location"])
    assert missing(page, ["名称栏", "缺少必填栏目", "案件（线索）名称"]) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"PK\x03\x04", "无法读取该文件"),
        ("a.csv", b"", "文件是空的"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "没有找到栏目名称"),
    ],
)
def test_a_file_that_is_not_taken_leaves_nothing_behind(sit: Sit, name: str, content: bytes, said: str) -> None:
    desk = sit("asking.case_officer")
    response = desk.post("/sheets/", {"kind": "leads", "file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422
    assert missing(response, [said, "文件没有收下"]) == []
    assert not Sheet.objects.exists()
    assert desk.post("/sheets/", {"kind": "leads"}).status_code == 422


def test_a_clerk_mends_but_an_officer_takes(sit: Sit) -> None:
    clerk = sit("asking.clerk")
    page = brought(clerk, GOOD)
    assert missing(clerk.get(page), ["由有权登记的同事"]) == []
    clerk.post(f"{page}take/")
    assert missing(clerk.get(page), ["您的岗位不能导入这种表格"]) == []
    sit("asking.case_officer").post(f"{page}take/")
    assert Case.objects.count() == 1


@pytest.mark.parametrize("person", ["asked.case_officer", "asking.auditor"])
def test_others_neither_see_nor_touch_a_sheet(sit: Sit, person: str) -> None:
    page = brought(sit("asking.case_officer"), GOOD)
    desk = sit(person)
    statuses = {
        desk.get(page).status_code,
        desk.post(f"{page}rows/2/", {"name": "x"}).status_code,
        desk.post(f"{page}take/").status_code,
        desk.post(f"{page}drop/").status_code,
    }
    assert statuses == {403 if person.endswith("auditor") else 404}
    assert SheetRow.objects.get(number=2).cells["name"] == "某某店案"


@pytest.mark.parametrize("way", ["rows/2/", "take/", "drop/"])
def test_acts_are_posted(sit: Sit, way: str) -> None:
    desk = sit("asking.case_officer")
    assert desk.get(brought(desk, GOOD) + way).status_code == 405


@pytest.mark.parametrize(("language", "heading"), [("zh-hans", "*案件（线索）编号"), ("en", "*Number")])
def test_the_template_comes_in_the_readers_language(sit: Sit, language: str, heading: str) -> None:
    response = sit("asking.clerk", language=language).get("/sheets/templates/leads.xlsx")
    assert load_workbook(io.BytesIO(response.content)).worksheets[0]["A1"].value == heading
    assert sit("asking.clerk").get("/sheets/templates/spoons.xlsx").status_code == 404


def test_pages_of_rows_follow_one_another(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, *[(f"某案{n}", f"案{n}", "已立案", "", "") for n in range(45)])
    first = text_of(desk.get(page))
    assert "?show=good&amp;from=22" in first
    later = desk.get(f"{page}?show=good&from=42")
    assert missing(later, ["第 42 行", "第 46 行"]) == []
    assert "第 41 行" not in text_of(later)


def test_the_pages_cost_the_same_for_few_and_many_rows(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    few = brought(desk, GOOD)
    many = brought(desk, *[(f"某案{n}", f"案{n}", "", "", "") for n in range(300)])
    costs = []
    for path in (few, many):
        desk.get(path)
        with CaptureQueriesContext(connection) as asked:
            assert desk.get(path).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 20


def test_what_the_page_offers_is_what_it_takes_back(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    page = brought(desk, BAD)
    sent = form_of(desk.get(page))
    assert (sent["stage"], sent["cause"], sent["found_date"]) == (["立案前检查"], ["偷税"], ["2026-02-30"])
