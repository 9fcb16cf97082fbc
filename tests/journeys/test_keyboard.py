"""Lists and matters worked by keys alone: moving, choosing, opening, acting, going places, the sheet that tells how."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from concord.casework.desk.cases import open_case
from concord.casework.models import Act
from tests.journeys.conftest import EVERY, LOOKS, Open
from tests.journeys.matters import actor, under_way
from tests.journeys.people import GU, SHEN, YE, Look
from tests.support.worlds import speaking_as, time

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK = LOOKS["zh-desk"]


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def press(page: Page, *keys: str) -> None:
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def test_a_list_is_walked_chosen_and_opened_by_keys(demo: Open) -> None:
    for title in ("第一件", "第二件", "第三件"):
        under_way("submit", title=title, at="2026-02-06T09:20")
    running = demo(DESK)
    gu = running.sits_down(GU)
    gu.opens("/matters/")
    titles = gu.page.locator("main .row-title")
    expect(titles).to_have_count(3)
    press(gu.page, "j")
    expect(titles.nth(0)).to_be_focused()
    press(gu.page, "j", "ArrowDown")
    expect(titles.nth(2)).to_be_focused()
    press(gu.page, "j")
    expect(gu.page.locator("[data-shortcuts-said]")).to_have_text("没有更多行了")
    press(gu.page, "k", "ArrowUp", "x")
    expect(gu.page.get_by_role("status").filter(has_text="已选 1 件")).to_be_visible()
    press(gu.page, "j", "x")
    gu.sees("已选 2 件", "")
    gu.looks_well()
    press(gu.page, "Escape")
    expect(focused(gu.page)).to_have_id("main")
    press(gu.page, "k")
    expect(titles.nth(2)).to_be_focused()
    title = titles.nth(2).inner_text()
    press(gu.page, "Enter")
    expect(gu.page.locator("h1")).to_have_text(title)
    assert running.complaints() == []


def test_chosen_rows_are_signed_in_bulk_without_a_mouse(demo: Open) -> None:
    for title in ("第一件", "第二件"):
        under_way("submit", title=title, at="2026-02-06T09:20")
    running = demo(DESK)
    gu = running.sits_down(GU)
    gu.opens("/matters/")
    press(gu.page, "j", "x", "j", "x")
    gu.page.get_by_role("button", name="批量办理").press("Enter")
    gu.page.wait_for_url("**/bulk/?**")
    gu.looks_well()
    gu.page.get_by_role("button", name=re.compile("^签发")).press("Enter")
    gu.sees("可办 2 件，共 2 件", "")
    gu.looks_well()
    gu.page.get_by_role("button", name=re.compile("^签发")).press("Enter")
    gu.sees("2 件已全部办成", "")
    gu.looks_well()
    assert Act.objects.filter(act="issue").count() == 2
    assert running.complaints() == []


def test_many_rows_go_on_by_themselves_to_the_end(demo: Open) -> None:
    for n in range(10):
        under_way("submit", title=f"第{n}件", at="2026-02-06T09:20")
    running = demo(DESK)
    gu = running.sits_down(GU)
    gu.opens("/matters/")
    gu.page.get_by_label("选择本页全部").check()
    gu.sees("已选 10 件", "")
    gu.presses(gu.page.get_by_role("button", name="批量办理"))
    gu.presses(gu.page.get_by_role("button", name=re.compile("^签发")))
    gu.page.get_by_role("button", name=re.compile("^签发")).click()
    expect(gu.page.locator("#runner")).to_contain_text("10 件已全部办成", timeout=60_000)
    expect(gu.page.locator("#outcomes > li")).to_have_count(10)
    gu.looks_well()
    assert Act.objects.filter(act="issue").count() == 10
    assert running.complaints() == []


def test_the_first_act_is_opened_by_a_key(demo: Open) -> None:
    matter = under_way("issue")
    running = demo(DESK)
    ye = running.sits_down(YE)
    ye.opens(f"/matters/{matter.number}/")
    press(ye.page, "a")
    ye.page.wait_for_url("**/acts/accept/")
    ye.opens("/")
    press(ye.page, "j", "a")
    ye.sees("已分办给叶青", "")
    ye.page.wait_for_load_state()
    press(ye.page, "j", "a")
    ye.page.wait_for_url("**/acts/accept/")
    ye.opens("/directory/")
    press(ye.page, "a")
    expect(ye.page.locator("[data-shortcuts-said]")).to_have_text("这里没有可以办理的行为")
    assert running.complaints() == []


@pytest.mark.parametrize(("key", "path"), [("m", "/matters/"), ("q", "/queues/"), ("c", "/calendar/"), ("t", "/")])
def test_two_keys_go_to_the_pages_of_the_day(key: str, path: str, demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/directory/")
    press(shen.page, "g", key)
    shen.page.wait_for_url(re.compile(re.escape(path)))
    expect(shen.page.locator(f".side-link[data-go='{key}']")).to_have_attribute("aria-current", "page")
    assert running.complaints() == []


def test_the_search_is_reached_and_left_and_letters_typed_there_stay_letters(demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/matters/")
    search = shen.page.locator("#filter-q")
    press(shen.page, "/")
    expect(search).to_be_focused()
    expect(search).to_have_attribute("aria-keyshortcuts", "/")
    search.press_sequentially("gtjx?a")
    expect(search).to_have_value("gtjx?a")
    expect(shen.page).to_have_url(re.compile("/matters/"))
    press(shen.page, "Escape")
    expect(focused(shen.page)).to_have_id("main")


@pytest.mark.parametrize("look", [LOOKS["zh-desk"], LOOKS["zh-phone"]], ids=["desk", "phone"])
def test_leads_are_handed_over_in_one_go(look: Look, demo: Open) -> None:
    running = demo(look)
    shen = running.sits_down(SHEN)
    by, at = actor(SHEN, "2026-02-06T09:20"), time("2026-02-06T09:20")
    with speaking_as(by):
        for n in range(3):
            open_case(
                number=f"线索〔2026〕{n}号",
                name=f"第{n}条线索",
                stage="verification",
                by=by,
                at=at,
                entropy=bytes([n]) * 10,
            )
    shen.opens("/cases/")
    for n in range(3):
        shen.page.get_by_label(f"选择：第{n}条线索").check()
    shen.looks_well()
    shen.presses(shen.page.get_by_role("button", name="批量移送线索"))
    shen.sees("请补充：", "")
    shen.looks_well()
    shen.page.get_by_role("group", name="“第0条线索”发往").get_by_label("金华").check()
    shen.presses(shen.page.locator("main .form-end button.btn-primary"))
    shen.sees("有 3 件还不能移送", "")
    expect(shen.page.get_by_role("group", name="“第0条线索”发往").get_by_label("金华")).to_be_checked()
    shen.looks_well()
    assert running.complaints() == []


@pytest.mark.parametrize("look", [LOOKS[name] for name in EVERY], ids=EVERY)
def test_the_sheet_tells_the_keys_and_gives_the_focus_back(look: Look, demo: Open) -> None:
    running = demo(look)
    shen = running.sits_down(SHEN)
    shen.opens("/matters/")
    press(shen.page, "?")
    sheet = shen.page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    for _tab in range(6):
        press(shen.page, "Tab")
        assert shen.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    press(shen.page, "j")
    expect(sheet).to_be_visible()
    shen.looks_well()
    press(shen.page, "Escape")
    expect(sheet).to_be_hidden()
    shen.page.locator("header details.drop summary").click()
    shen.page.locator("[data-shortcuts]").click()
    expect(sheet).to_be_visible()
    sheet.locator("[data-shortcuts-close]").click()
    expect(sheet).to_be_hidden()
    assert running.complaints() == []


def test_a_menu_closes_when_the_focus_leaves_it(demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/directory/")
    menu = shen.page.locator("header details.drop")
    summary = menu.locator("summary")
    summary.focus()
    press(shen.page, "Enter", "Tab")
    expect(menu).to_have_attribute("open", "")
    expect(menu.locator(".drop-sheet :focus")).to_have_count(1)
    press(shen.page, "Shift+Tab")
    expect(menu).to_have_attribute("open", "")
    press(shen.page, "Shift+Tab")
    expect(menu).not_to_have_attribute("open", "")
    summary.focus()
    press(shen.page, "Enter", "Tab", "Escape")
    expect(summary).to_be_focused()
    expect(menu).not_to_have_attribute("open", "")
    assert running.complaints() == []


def test_single_keys_can_be_switched_off(demo: Open) -> None:
    under_way("draft")
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/matters/")
    press(shen.page, "?")
    shen.page.locator("[data-shortcuts-off]").check()
    press(shen.page, "Escape", "j")
    shen.opens("/matters/")
    press(shen.page, "j")
    expect(shen.page.locator("main .row-title:focus")).to_have_count(0)
    press(shen.page, "?")
    expect(shen.page.get_by_role("dialog")).to_be_hidden()
