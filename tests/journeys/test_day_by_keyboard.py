"""The officer's day once more, without a mouse: from the sheet of leads to the leave, by keys alone."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

import pytest
from openpyxl import Workbook, load_workbook
from playwright.sync_api import expect

from concord.casework.models import Act, Case, Matter
from concord.foundation.organisations.models import Substitution
from tests.journeys.conftest import LOOKS, Open
from tests.journeys.hands import Hands
from tests.journeys.people import GU, SHEN, YE, Demo
from tests.journeys.test_the_day import CITIES, COLUMNS, CREDIT_CODE, HEADINGS, MARK

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEADS: Final = 5
HANDED: Final = 3
GOOD: Final = {
    "stage": "立案前核查",
    "source": "投诉举报",
    "found_date": "2026-01-05",
    "party": "某某日用品商行",
    "party_code": CREDIT_CODE,
    "party_address": "某某路1号",
    "cause": "侵犯注册商标专用权",
    "mark": MARK,
    "right_number": "1234567",
    "amount": "12800.5",
    "content": "店铺在售标有该商标的商品。",
}


def sheet() -> bytes:
    """Five leads; the third has no name and a stage that there is not."""
    book = Workbook()
    book.active.append(HEADINGS)
    for row in range(LEADS):
        cells = {**GOOD, "number": f"松线〔2026〕{row}号", "name": f"某某店涉嫌侵权线索{row}"}
        if row == 2:
            cells |= {"name": "", "stage": "立案前检查"}
        book.active.append([cells[column] or None for column in COLUMNS])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def sits_down(running: Demo, username: str) -> Hands:
    """Sign in by keys, too."""
    human = running.sits_down(username)
    human.context.clear_cookies()
    human.opens("/account/login/")
    hands = Hands(human.page)
    hands.enter(human.page.locator(f"button[value='{username}']"))
    expect(human.page.locator("header.bar")).to_be_visible()
    return hands


def test_a_day_without_a_mouse(demo: Open, tmp_path: Path) -> None:
    running = demo(LOOKS["zh-desk"])
    shen = sits_down(running, SHEN)
    _brings_leads(shen)
    _hands_three_over(shen)
    gu = sits_down(running, GU)
    _signs(gu)
    ye = sits_down(running, YE)
    _takes_and_accepts(ye)
    _finds_and_takes_out(shen, tmp_path)
    _goes_on_leave(shen)
    shen.everything_seen([gu, ye])
    assert running.complaints() == []


def _brings_leads(shen: Hands) -> None:
    page = shen.page
    shen.enter(page.locator("nav.side a[href='/sheets/']"))
    shen.press("Tab")
    expect(page.locator(":focus")).to_have_text("跳到正文")
    shen.press("Enter")
    expect(page.locator(":focus")).to_have_id("main")
    file = {"name": "线索.xlsx", "mimeType": "application/octet-stream", "buffer": sheet()}
    shen.bring(page.locator("#sheet-file"), file)  # type: ignore[arg-type]  # a FilePayload by its keys
    shen.enter(page.locator("main form:has(#sheet-file) button[type=submit]"))
    shen.write(page.locator("#cell-4-name"), "某某店线索")
    shen.press("Tab")
    expect(page.locator("#said-4-name")).to_be_hidden()
    shen.choose(page.locator("#cell-4-stage"), "verification")
    expect(page.locator("#said-4-stage")).to_be_hidden()
    taking = page.locator("#sheet-taking button").first
    expect(taking).to_contain_text(f"导入全部 {LEADS} 行")
    shen.enter(taking)
    assert Case.objects.count() == LEADS


def _hands_three_over(shen: Hands) -> None:
    page = shen.page
    shen.enter(page.locator("nav.side a[href='/cases/']"))
    shen.pick_rows(HANDED)
    shen.enter(page.locator("[data-pick-bar] button[type=submit]"))
    shen.mark(page.locator("input[name=competence_article]"), "place_of_violation")
    shen.write(page.locator("#f-transfer_reason"), "违法行为发生地在贵地。")
    shen.mark(page.locator("input[name=handling]"), "case_only")
    for at in range(HANDED):
        shen.tick(page.locator(f"input[name=o{at}-to][value='{CITIES[at]}']"))
    shen.enter(page.locator("#batch .form-end .btn-primary"))
    expect(page.locator("#outcomes > li")).to_have_count(HANDED, timeout=60_000)
    assert Matter.objects.filter(state="submitted").count() == HANDED


def _signs(gu: Hands) -> None:
    page = gu.page
    gu.enter(page.locator("main a[href*='turn=sign']").first)
    expect(page.locator("main .row-title")).to_have_count(HANDED)
    gu.pick_rows(HANDED)
    gu.enter(page.locator("[data-pick-bar] button[type=submit]"))
    gu.enter(page.get_by_role("button", name=re.compile("^签发")).first)
    gu.enter(page.get_by_role("button", name=re.compile("^签发")).first)
    expect(page.locator("#outcomes > li")).to_have_count(HANDED, timeout=60_000)
    assert Act.objects.filter(act="issue").count() == HANDED


def _takes_and_accepts(ye: Hands) -> None:
    page = ye.page
    ye.press("j", "a")
    page.wait_for_load_state()
    expect(page.locator("main [role=status]").first).to_be_visible()
    ye.press("g", "q")
    page.wait_for_url("**/queues/**")
    ye.press("j")
    expect(page.locator("main .row-title").first).to_be_focused()
    ye.press("Enter")
    page.wait_for_url("**/matters/*/")
    ye.press("a")
    page.wait_for_url("**/acts/accept/")
    ye.write_date(page.locator("#f-received_date"), "2026-02-06")
    ye.enter(page.locator("main form[method=post] .form-end button[type=submit]"))
    assert Act.objects.filter(act="accept").count() == 1


def _finds_and_takes_out(shen: Hands, folder: Path) -> None:
    page = shen.page
    shen.press("g", "m")
    page.wait_for_url("**/matters/")
    shen.press("/")
    page.keyboard.insert_text("商行")
    shen.press("Enter")
    expect(page.locator("main mark").first).to_contain_text("商行")
    shen.press("Escape", "j")
    title = page.locator(":focus").inner_text()
    shen.press("Enter")
    expect(page.locator("h1")).to_have_text(title)
    shen.press("g", "m")
    page.wait_for_url("**/matters/")
    drop = page.locator(".export-drop summary")
    shen.reach(drop)
    shen.press("Enter", "Tab", "Escape")
    expect(drop).to_be_focused()
    expect(page.locator("#begun-from")).to_be_hidden()
    shen.press("Enter")
    shen.write_date(page.locator("#begun-from"), "2026-01-01")
    shen.write_date(page.locator("#begun-until"), "2026-03-31")
    shen.reach(page.get_by_role("button", name="Excel"))
    with page.expect_download() as coming:
        shen.press("Enter")
    kept = folder / "quarter.xlsx"
    coming.value.save_as(kept)
    assert load_workbook(kept).active.max_row == HANDED + 1


def _goes_on_leave(shen: Hands) -> None:
    page = shen.page
    shen.press("Escape")
    link = page.locator("a[href='/leave/']").first
    if not link.is_visible():
        shen.reach(page.locator("header details.drop:has(a[href='/leave/']) > summary"))
        shen.press("Enter")
    shen.enter(link)
    shen.write_date(page.locator("#f-first"), "2026-02-09")
    shen.write_date(page.locator("#f-last"), "2026-02-13")
    shen.reach(page.locator("#f-substitute"))
    shen.press("ArrowDown")
    shen.enter(page.locator("main form[method=post] .form-end button[type=submit]"))
    expect(page.locator("main .person-row")).to_have_count(1)
    assert Substitution.objects.get().substitute is not None
