"""What pages say to forms half filled in and to errors: accessible, no wider than the screen, no complaint.

That every page is so as it is first opened is in ``test_every_page``.
"""

from __future__ import annotations

import dataclasses
import re

import pytest
from playwright.sync_api import expect
from pytest_django import Settings

from concord.casework.models import Case
from tests.journeys.conftest import LOOKS, Open
from tests.journeys.matters import under_way
from tests.journeys.people import ADMINISTRATOR, AUDITOR, FANG, GU, SHEN, YE, Human, Look

pytestmark = [pytest.mark.browser, pytest.mark.slow]

EVERY_LOOK = {"zh-desk": LOOKS["zh-desk"], "en-phone": Look("en-GB", 390, 844)}


@pytest.fixture(params=EVERY_LOOK)
def any_look(request: pytest.FixtureRequest) -> Look:
    """Chinese at a desk, English on a phone."""
    return EVERY_LOOK[request.param]


def looks_over(human: Human, *paths: str) -> None:
    for path in paths:
        human.opens(path)
        human.looks_well()


def test_the_pages_of_an_officer_and_a_leader(demo: Open, any_look: Look) -> None:
    running = demo(any_look)
    drafted, submitted = under_way("draft", title="草拟中的一件"), under_way("submit", title="待签发的一件")
    accepted, answered = under_way("accept", title="办理中的一件"), under_way("answer", title="已答复的一件")
    shen = running.sits_down(SHEN)
    shen.opens("/cases/new/")
    shen.submits()
    shen.looks_well()
    shen.page.locator("#f-number").fill("1")
    shen.page.locator("#f-name").fill("甲案")
    shen.page.locator("input[name=stage]").first.check()
    shen.submits()
    shen.sees("甲案", "甲案")
    case = Case.objects.get()
    here = f"/matters/{drafted.number}/"
    looks_over(shen, f"/begin/assistance/draft/?case={case.uid}")
    looks_over(shen, here, f"{here}acts/revise/", f"{here}acts/submit/", f"/matters/{answered.number}/")
    gu = running.sits_down(GU)
    looks_over(gu, f"/matters/{submitted.number}/acts/issue/", f"/matters/{submitted.number}/acts/send_back/")
    ye, fang = running.sits_down(YE), running.sits_down(FANG)
    there = f"/matters/{accepted.number}/"
    looks_over(ye, there, f"{there}acts/submit_answer/", f"{there}acts/offer_date/")
    looks_over(fang, f"{there}acts/notify_delay/", f"{there}acts/refuse/")
    assert running.complaints() == []


def test_the_tabs_of_shared_views_stay_within_the_screen(demo: Open, any_look: Look) -> None:
    running = demo(any_look)
    shen = running.sits_down(SHEN)
    for name in ("发往金华、尚未办结的协助调查", "我承办的协查，先到期的在前"):
        shen.opens("/matters/?open=1&direction=out")
        shen.page.locator(".views-keep > summary").click()
        shen.page.locator("#view-name").fill(name)
        shen.page.locator(".views-keep input[name=shared]").check()
        with shen.page.expect_navigation():
            shen.page.locator(".views-keep button.btn-primary").click()
    expect(shen.page.locator(".views-tab", has_text="发往金华")).to_have_count(1)
    shen.looks_well()
    assert running.complaints() == []


def test_the_pages_of_auditor_and_administrator_and_of_errors(demo: Open, any_look: Look) -> None:
    running = demo(any_look)
    matter = under_way("answer")
    auditor = running.sits_down(AUDITOR)
    looks_over(auditor, f"/journal/?q={matter.number}&event=assistance.issue", "/journal/?q=none")
    looks_over(auditor, "/cases/", "/nowhere/", "/matters/?after=x", f"/matters/{matter.number}/")
    administrator = running.sits_down(ADMINISTRATOR)
    looks_over(administrator, "/matters/")
    administrator.opens("/tokens/")
    administrator.page.locator("#f-label").fill("办案系统")
    administrator.page.locator("input[name=permissions]").first.check()
    administrator.submits()
    expect(administrator.page.locator(".token-secret")).to_have_text(re.compile("^concord_"))
    administrator.looks_well()
    assert running.complaints() == []


def test_the_pages_of_the_charter(demo: Open, any_look: Look) -> None:
    running = demo(any_look)
    shen = running.sits_down(SHEN)
    looks_over(shen, "/charter/procedures/patent_adjudication/")
    state = shen.page.locator(".flow-state").first
    state.focus()
    shen.page.keyboard.press("Enter")
    expect(shen.page).to_have_url(re.compile("#from-"))
    assert running.complaints() == []


def test_the_doors(demo: Open, any_look: Look, settings: Settings) -> None:
    running = demo(any_look)
    shen = running.sits_down(SHEN)
    shen.context.clear_cookies()
    shen.opens("/account/login/")
    expect(shen.page.locator(".persona")).to_have_count(9)
    shen.looks_well()
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, demo=False)
    shen.opens("/account/login/")
    expect(shen.page.locator(".persona")).to_have_count(0)
    shen.looks_well()
    shen.page.locator("#id_login").fill("shen.yun")
    shen.page.locator("#id_password").fill("wrong")
    shen.page.locator("#id_password").press("Enter")
    expect(shen.page.get_by_role("alert")).to_be_visible()
    expect(shen.page.locator("#id_login")).to_have_value("shen.yun")
    shen.looks_well()
    assert running.complaints() == []
