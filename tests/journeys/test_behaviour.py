"""How the pages behave under hands: stale pages, double clicks, the keyboard, the language, an ended post."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from concord.casework.models import Act
from concord.foundation.organisations.models import Post
from tests.journeys.conftest import LOOKS, Open
from tests.journeys.matters import perform, under_way
from tests.journeys.people import FANG, GU, SHEN, YE, Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESK = LOOKS["zh-desk"]
MOST_TABS = 12


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        ("2026-02-06T09:20", ("2026年3月5日（周四）", "Thu 5 Mar 2026")),
        ("2026-09-17T10:00", ("2026年10月14日（周三）", "Wed 14 Oct 2026")),
    ],
)
@pytest.mark.parametrize("look", [LOOKS["zh-desk"], LOOKS["en-desk"]], ids=["zh", "en"])
def test_the_clock_shows_the_day_counted_by_hand(demo: Open, look: Look, signed: str, due: tuple[str, str]) -> None:
    matter = under_way("issue", at=signed)
    running = demo(look)
    running.later(signed)
    ye = running.sits_down(YE)
    ye.opens(f"/matters/{matter.number}/")
    expect(ye.page.locator("section", has=ye.page.locator("#clocks"))).to_contain_text(look.say(*due))
    ye.sees("剩 15 个工作日", "15 working days left")


def test_a_stale_page_keeps_the_text_and_sends_it_after_a_look(demo: Open) -> None:
    matter = under_way("accept")
    running = demo(DESK)
    first, second = running.sits_down(YE), running.sits_down(YE)
    path = f"/matters/{matter.number}/acts/offer_date/"
    for human, day in ((first, "2026-02-26"), (second, "2026-02-27")):
        human.opens(path)
        human.page.locator("#f-promised_date").fill(day)
        human.page.locator("#f-note").fill(f"仓库盘点到{day}")
    first.submits()
    first.sees("已办理", "Done")
    second.submits()
    expect(second.page.get_by_role("alert")).to_contain_text("有人先您一步办理了本事项")
    second.sees("金华 叶青：另约日期", "")
    second.looks_well()
    expect(second.page.locator("#f-note")).to_have_value("仓库盘点到2026-02-27")
    second.submits()
    second.sees("已办理", "Done")
    offered = Act.objects.filter(act="offer_date").order_by("seq")
    assert [act.answers["promised_date"] for act in offered] == ["2026-02-26", "2026-02-27"]
    assert running.complaints() == []


def test_what_is_no_longer_possible_can_still_be_copied(demo: Open) -> None:
    matter = under_way("issue")
    running = demo(DESK)
    fang = running.sits_down(FANG)
    fang.opens(f"/matters/{matter.number}/acts/refuse/")
    fang.page.locator("input[name=ground]").first.check()
    fang.page.locator("#f-note").fill("不属于本机关职权范围。")
    perform(matter, "withdraw", GU, at="2026-02-06T09:31", note="不再需要")
    fang.submits()
    fang.sees("现在不能再这样办理", "")
    expect(fang.page.locator("#f-note")).to_have_value("不属于本机关职权范围。")
    expect(fang.page.locator("main .form-end button[type=submit]")).to_have_count(0)
    fang.looks_well()
    assert not Act.objects.filter(act="refuse").exists()


def test_a_double_click_does_one_act(demo: Open) -> None:
    matter = under_way("issue")
    running = demo(DESK)
    ye = running.sits_down(YE)
    ye.opens(f"/matters/{matter.number}/acts/accept/")
    ye.page.locator("main .form-end button[type=submit]").dblclick()
    ye.sees("已办理：签收办理", "")
    assert Act.objects.filter(act="accept").count() == 1
    assert running.complaints() == []


def test_leaving_a_form_with_text_in_it_asks_first(demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/cases/new/")
    shen.page.locator("#f-name").press_sequentially("甲案")
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]  # Playwright's dialog
        dialog.dismiss()  # type: ignore[attr-defined]  # as above

    shen.page.on("dialog", stay)
    shen.page.locator("nav.side a").first.click(no_wait_after=True)
    expect(shen.page.locator("#f-name")).to_have_value("甲案")
    assert asked == ["beforeunload"]
    expect(shen.page).to_have_url(re.compile("/cases/new/$"))


@pytest.mark.parametrize("path", ["/matters/?q=%E9%98%80%E9%97%A8&open=1", "/", "/directory/", "/account/login/"])
def test_switching_the_language_keeps_the_page(demo: Open, path: str) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    if path.startswith("/account"):
        shen.context.clear_cookies()
    shen.opens(path)
    html = shen.page.locator("html")
    expect(html).to_have_attribute("lang", "zh-CN")
    for language, title in (("en", "Concord"), ("zh-CN", "协保")):
        shen.page.locator("form.bar-language button").click()
        expect(html).to_have_attribute("lang", language)
        expect(shen.page).to_have_url(re.compile(re.escape(path) + "$"))
        expect(shen.page).to_have_title(re.compile(title))
    assert running.complaints() == []


def test_work_is_done_without_a_mouse(demo: Open) -> None:
    matter = under_way("issue")
    running = demo(DESK)
    ye = running.sits_down(YE)
    keys = ye.page.keyboard
    focused = ye.page.locator(":focus")
    ye.opens(f"/matters/{matter.number}/")
    keys.press("Tab")
    expect(focused).to_have_text("跳到正文")
    keys.press("Enter")
    expect(focused).to_have_id("main")
    for _step in range(MOST_TABS):
        keys.press("Tab")
        if focused.inner_text() == "签收办理":
            break
    expect(focused).to_have_text("签收办理")
    expect(focused).to_have_css("outline-style", "solid")
    keys.press("Enter")
    ye.page.wait_for_url("**/acts/accept/")
    ye.page.locator("main .form-end button[type=submit]").focus()
    keys.press("Enter")
    ye.sees("已办理：签收办理", "")


def test_enter_in_a_field_sends_the_form(demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/cases/new/")
    shen.page.locator("#f-number").fill("〔2026〕9号")
    shen.page.locator("#f-name").fill("甲案")
    shen.page.locator("input[name=stage]").first.check()
    shen.page.locator("#f-name").press("Enter")
    shen.sees("案件已登记。", "")


def test_items_are_added_and_removed_by_keys(demo: Open) -> None:
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/begin/assistance/draft/")
    rows = shen.page.locator("#f-questions .item-row")
    expect(rows).to_have_count(1)
    first = shen.page.locator("#f-questions-1")
    first.fill("查主体")
    first.press("Enter")
    expect(rows).to_have_count(2)
    expect(shen.page.locator("#f-questions-2")).to_be_focused()
    shen.page.keyboard.press("Backspace")
    expect(rows).to_have_count(1)
    expect(first).to_be_focused()


def test_lists_are_filtered_in_place(demo: Open) -> None:
    under_way("draft", title="草拟中的一件")
    under_way("issue", title="已送达的一件")
    running = demo(DESK)
    shen = running.sits_down(SHEN)
    shen.opens("/matters/")
    expect(shen.page.locator("#results tbody tr")).to_have_count(2)
    shen.page.locator("#filter-state").select_option("delivered")
    expect(shen.page.locator("#results tbody tr")).to_have_count(1)
    expect(shen.page).to_have_url(re.compile("state=delivered"))
    shen.sees("已送达的一件", "")
    shen.looks_well()
    assert running.complaints() == []


def test_a_post_that_ends_ends_what_its_holder_may_do(demo: Open) -> None:
    matter = under_way("issue")
    running = demo(DESK)
    ye = running.sits_down(YE)
    ye.opens(f"/matters/{matter.number}/acts/accept/")
    Post.objects.filter(person__username=YE).update(held_until=date(2026, 2, 6))
    ye.submits()
    ye.sees("您的岗位任期已于2026年2月6日（周五）结束", "")
    ye.looks_well()
    assert not Act.objects.filter(act="accept").exists()
    ye.page.get_by_role("link", name="返回登录").click()
    expect(ye.page).to_have_url(re.compile("/account/login/"))
