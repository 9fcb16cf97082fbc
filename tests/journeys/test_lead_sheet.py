"""An officer brings a sheet of 200 leads, twenty of them wrong in ten ways, mends them in place and takes all."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from concord.casework.models import Case
from tests.journeys.conftest import Open
from tests.journeys.people import SHEN, Human, Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEADS = 200
WRONG = 20
CREDIT_CODE = "91350100M000100Y43"
NUMBER, NAME, STAGE, FOUND, CODE, CAUSE, RIGHT, AMOUNT, MARK = range(9)
HEADINGS = (
    "案件（线索）编号",
    "案件（线索）名称",
    "办案阶段",
    "发现日期",
    "统一社会信用代码",
    "案由",
    "注册号（专利号）",
    "涉案金额（元）",
    "商标（权利）名称",
)
# The ten ways: which cell, what stands there, what puts it right, what the page says of it.
WAYS: Final = (
    (NAME, "", "某某店案", "没有填写", "is empty"),
    (NAME, "名" * 161, "某某店案", "超出 1 个", "1 too many"),
    (FOUND, "2026-02-30", "2026-01-30", "不是有效日期", "no valid day"),
    (FOUND, "2026-12-31", "2025-12-31", "晚于今天", "lies ahead"),
    (STAGE, "立案前检查", "verification", "不在可选范围", "not among the choices"),
    (CODE, "91350100M000100Y44", CREDIT_CODE, "校验码不符", "check character"),
    (RIGHT, "云帆", "1234567", "不是商标注册号", "neither a trade mark"),
    (AMOUNT, "-5", "5", "不能为负数", "is negative"),
    (MARK, "=1+1", "云帆", "这是公式", "is a formula"),
    (CAUSE, "偷税", "trademark_infringement", "不在可选范围", "not among the choices"),
)
COLUMNS: Final = ("number", "name", "stage", "found_date", "party_code", "cause", "right_number", "amount", "mark")


def lead(n: int) -> list[object]:
    return [
        f"松线〔2026〕{n}号",
        f"某某店涉嫌侵权线索{n}",
        "立案前核查",
        date(2026, 1, 5),
        CREDIT_CODE,
        "侵犯注册商标专用权",
        "1234567",
        12800.5,
        "云帆",
    ]


def at_fault(row: int) -> tuple[int, str, str, str, str] | None:
    """What is wrong with the row: every tenth one, each way twice."""
    return WAYS[row // 10 % len(WAYS)] if row % 10 == 2 else None


def sheet() -> bytes:
    book = Workbook()
    book.active.append(HEADINGS)
    for row in range(2, LEADS + 2):
        cells, wrong = lead(row), at_fault(row)
        if wrong is not None:
            cells[wrong[0]] = wrong[1] or None
        book.active.append(cells)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_two_hundred_leads_are_brought_mended_and_taken(demo: Open, look: Look, tmp_path: Path) -> None:
    start = demo(look)
    shen = start.sits_down(SHEN)
    shen.opens("/cases/")
    shen.follows("从表格导入", "Bring in a sheet")
    shen.looks_well()
    shen.page.locator("#sheet-file").set_input_files(
        {"name": "一月线索.xlsx", "mimeType": "application/octet-stream", "buffer": sheet()}
    )
    shen.submits()
    expect(shen.page.locator("#sheet-counts")).to_contain_text(str(WRONG))
    expect(shen.page.locator("#sheet-counts")).to_contain_text(str(LEADS - WRONG))
    shen.looks_well()
    for row in range(2, LEADS + 2):
        _mend(shen, row)
    expect(shen.page.locator("#sheet-taking")).to_contain_text(
        look.say(f"导入全部 {LEADS} 行", f"Take all {LEADS} rows")
    )
    shen.looks_well()
    shen.page.locator("#sheet-taking button").first.click()
    shen.page.wait_for_url("**/sheets/*/")
    shen.sees(f"已导入 {LEADS} 行", f"{LEADS} rows taken over")
    shen.looks_well()
    assert Case.objects.count() == LEADS
    assert Case.objects.get(number="松线〔2026〕12号").name == "某某店案"
    shen.opens("/cases/?q=松线〔2026〕199号")
    shen.sees("某某店涉嫌侵权线索199", "某某店涉嫌侵权线索199")
    shen.looks_well()
    _take_out(shen, tmp_path)


def _mend(shen: Human, row: int) -> None:
    wrong = at_fault(row)
    if wrong is None:
        return
    column, _typed, right, zh, en = wrong
    name = COLUMNS[column]
    said = shen.page.locator(f"#said-{row}-{name}")
    expect(said).to_contain_text(shen.look.say(zh, en))
    cell = shen.page.locator(f"#cell-{row}-{name}")
    if name in {"stage", "cause"}:
        cell.select_option(right)
    else:
        cell.fill(right)
        cell.press("Tab")
    expect(said).to_be_hidden()
    expect(shen.page.locator(f"#state-{row}")).to_contain_text(shen.look.say("合格", "Good"))


def _take_out(shen: Human, folder: Path) -> None:
    """All two hundred go out again, with the filters shown left behind."""
    shen.opens("/cases/")
    shen.page.locator(".export-drop summary").click()
    with shen.page.expect_download() as coming:
        shen.page.get_by_role("button", name="Excel").click()
    kept = folder / "out.xlsx"
    coming.value.save_as(kept)
    assert load_workbook(kept).active.max_row == LEADS + 1
