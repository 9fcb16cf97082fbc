"""An officer's day from end to end: leads brought in, handed over, worked by keys, found, taken out; then a leave."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from concord.casework.models import Act, Case, Matter
from tests.journeys.conftest import EVERY, Open
from tests.journeys.people import GU, SHEN, YE, Human, Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEADS: Final = 200
HANDED: Final = 12
CITIES: Final = ("330700", "330100", "320500")
MARK: Final = "云帆"
HEADINGS: Final = (
    "案件（线索）编号", "案件（线索）名称", "办案阶段", "线索来源", "发现日期", "当事人名称", "统一社会信用代码",
    "当事人住所（经营场所）", "案由", "商标（权利）名称", "注册号（专利号）", "涉案金额（元）", "线索内容",
)  # fmt: skip
COLUMNS: Final = (
    "number", "name", "stage", "source", "found_date", "party", "party_code", "party_address", "cause", "mark",
    "right_number", "amount", "content",
)  # fmt: skip
CREDIT_CODE: Final = "91350100M000100Y43"
# The ten ways of being wrong: which column, what stands there, what puts it right.
WAYS: Final = (
    ("name", "", "某某店线索"),
    ("name", "名" * 161, "某某店线索"),
    ("found_date", "2026-02-30", "2026-01-30"),
    ("found_date", "2026-12-31", "2025-12-31"),
    ("stage", "立案前检查", "verification"),
    ("party_code", "91350100M000100Y44", CREDIT_CODE),
    ("right_number", "云帆", "1234567"),
    ("amount", "-5", "5"),
    ("mark", "=1+1", MARK),
    ("cause", "偷税", "trademark_infringement"),
)
CHOICES: Final = {"stage", "cause"}


def wrong_in(row: int) -> tuple[str, str, str] | None:
    """Every tenth row is wrong, each way twice."""
    return WAYS[row // 10 % len(WAYS)] if row % 10 == 2 else None


def sheet() -> bytes:
    book = Workbook()
    book.active.append(HEADINGS)
    for row in range(2, LEADS + 2):
        cells = {
            "number": f"松线〔2026〕{row}号",
            "name": f"某某店涉嫌侵权线索{row}",
            "stage": "立案前核查",
            "source": "投诉举报",
            "found_date": date(2026, 1, 5),
            "party": f"某某日用品商行{row}",
            "party_code": CREDIT_CODE,
            "party_address": f"某某路{row}号",
            "cause": "侵犯注册商标专用权",
            "mark": MARK,
            "right_number": "1234567",
            "amount": 12800.5,
            "content": "店铺在售标有该商标的商品。",
        }
        wrong = wrong_in(row)
        if wrong is not None:
            cells[wrong[0]] = wrong[1]
        book.active.append([cells[column] or None for column in COLUMNS])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize("look", EVERY, indirect=True)
def test_a_day_of_an_officer(demo: Open, look: Look, tmp_path: Path) -> None:
    running = demo(look)
    shen = running.sits_down(SHEN)
    _brings_two_hundred_leads(shen)
    _hands_twelve_to_three_cities(shen)
    gu = running.sits_down(GU)
    _signs_them_at_once(gu)
    _finds_its_work_by_keys(running.sits_down(YE))
    _finds_and_takes_out(shen, tmp_path)
    _goes_on_leave(shen)
    running.later("2026-02-09T09:00")
    _stands_in(gu)
    assert running.complaints() == []


def _brings_two_hundred_leads(shen: Human) -> None:
    shen.opens("/sheets/")
    shen.page.locator("#sheet-file").set_input_files(
        {"name": "一月线索.xlsx", "mimeType": "application/octet-stream", "buffer": sheet()}
    )
    shen.submits()
    expect(shen.page.locator("#sheet-counts")).to_contain_text("20")
    for row in range(2, LEADS + 2):
        wrong = wrong_in(row)
        if wrong is None:
            continue
        column, _typed, right = wrong
        cell = shen.page.locator(f"#cell-{row}-{column}")
        if column in CHOICES:
            cell.select_option(right)
        else:
            cell.fill(right)
            cell.press("Tab")
        expect(shen.page.locator(f"#said-{row}-{column}")).to_be_hidden()
    shen.looks_well()
    with shen.page.expect_navigation():
        shen.page.locator("#sheet-taking button").first.click()
    assert Case.objects.count() == LEADS


def _hands_twelve_to_three_cities(shen: Human) -> None:
    shen.opens("/cases/")
    boxes = shen.page.locator("input[name=case]")
    for at in range(HANDED):
        boxes.nth(at).check()
    with shen.page.expect_navigation():
        shen.page.locator("[data-pick-bar] button[type=submit]").click()
    page = shen.page
    page.locator(
        "input[name=competence_article][value=place_of_violation], select[name=competence_article]"
    ).first.check()
    page.locator("#f-transfer_reason").fill("违法行为发生地在贵地。")
    page.locator("input[name=handling][value=case_only]").check()
    for at in range(HANDED):
        page.locator(f"label.pill:has(input[name=o{at}-to][value='{CITIES[at // 4]}'])").click()
    shen.looks_well()
    with page.expect_navigation():
        page.locator("#batch .form-end .btn-primary").click()
    expect(page.locator("#runner")).to_contain_text(str(HANDED), timeout=60_000)
    expect(page.locator("#outcomes > li")).to_have_count(HANDED, timeout=60_000)
    shen.looks_well()
    assert Matter.objects.filter(state="submitted").count() == HANDED
    assert {matter.target.code for matter in Matter.objects.select_related("target") if matter.target} == set(CITIES)


def _signs_them_at_once(gu: Human) -> None:
    gu.opens("/")
    gu.looks_well()
    gu.opens("/matters/?turn=sign")
    boxes = gu.page.locator("input[name=matter]")
    expect(boxes).to_have_count(HANDED)
    for at in range(HANDED):
        boxes.nth(at).check()
    with gu.page.expect_navigation():
        gu.page.locator("[data-pick-bar] button[type=submit]").click()
    with gu.page.expect_navigation():
        gu.page.get_by_role("button", name=re.compile("^" + gu.say("签发", "Sign and send"))).first.click()
    gu.page.get_by_role("button", name=re.compile("^" + gu.say("签发", "Sign and send"))).first.click()
    expect(gu.page.locator("#outcomes > li")).to_have_count(HANDED, timeout=60_000)
    assert Act.objects.filter(act="issue").count() == HANDED


def _finds_its_work_by_keys(ye: Human) -> None:
    """Jinhua finds four leads that nobody has yet, takes the first and accepts it, all by keys."""
    ye.opens("/")
    ye.looks_well()
    ye.page.keyboard.press("j")
    ye.page.keyboard.press("a")
    ye.page.wait_for_load_state()
    expect(ye.page.locator("main [role=status]").first).to_be_visible()
    ye.opens("/queues/")
    ye.looks_well()
    ye.page.keyboard.press("j")
    expect(ye.page.locator("main .row-title").first).to_be_focused()
    ye.page.keyboard.press("Enter")
    ye.page.wait_for_url("**/matters/*/")
    ye.page.keyboard.press("a")
    ye.page.wait_for_url("**/acts/accept/")
    ye.page.locator("#f-received_date").fill("2026-02-06")
    ye.submits()
    assert Act.objects.filter(act="accept").count() == 1


def _finds_and_takes_out(shen: Human, folder: Path) -> None:
    shen.opens("/matters/?q=商行")
    expect(shen.page.locator("main mark").first).to_contain_text("商行")
    shen.looks_well()
    shen.opens("/matters/")
    shen.page.locator(".export-drop summary").click()
    shen.page.locator("#begun-from").fill("2026-01-01")
    shen.page.locator("#begun-until").fill("2026-03-31")
    with shen.page.expect_download() as coming:
        shen.page.get_by_role("button", name="Excel").click()
    kept = folder / "quarter.xlsx"
    coming.value.save_as(kept)
    assert load_workbook(kept).active.max_row == HANDED + 1


def _goes_on_leave(shen: Human) -> None:
    shen.opens("/leave/")
    shen.page.locator("#f-first").fill("2026-02-09")
    shen.page.locator("#f-last").fill("2026-02-13")
    shen.page.locator("#f-substitute").select_option(index=1)
    shen.looks_well()
    shen.submits()
    assert shen.page.locator("main .person-row").count() == 1


def _stands_in(gu: Human) -> None:
    """The substitute has the absent one's desk: everything handed over is there, waiting for the other cities."""
    gu.opens("/")
    gu.page.locator(".drop > summary.bar-item").click()
    with gu.page.expect_navigation():
        gu.page.locator("button[name=post]").nth(1).click()
    gu.looks_well()
    gu.opens("/matters/?handler=me")
    expect(gu.page.locator("main .row-title")).to_have_count(HANDED)
