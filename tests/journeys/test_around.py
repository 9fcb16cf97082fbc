"""Around a matter, in the browser: a reminder, another date agreed on, a link, both sides' ratings."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import LOOKS, Open
from tests.journeys.matters import under_way
from tests.journeys.people import SHEN, YE, Human

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WORDS, REASON, COMMENT = "当事人下周开庭，请尽快签收。", "经办人出差，周四返回。", "答复及时、逐项清楚。"


def sends(human: Human, matter: str, link: str, **typed: str) -> None:
    """Open the form behind a link of the matter's page, look it over, fill it in, send it."""
    human.opens(matter)
    human.presses(human.page.locator(f"main a[href='{link}']").first)
    human.looks_well()
    for name, value in typed.items():
        human.page.locator(f"#f-{name}").fill(value)
    human.submits()
    expect(human.page.locator("main [role=status]").first).to_be_visible()
    human.looks_well()


def test_two_authorities_speak_around_a_matter(demo: Open) -> None:
    other = under_way("draft", title="另一件").number
    matter = f"/matters/{under_way('issue').number}/"
    run = demo(LOOKS["zh-desk"])
    shen, ye = run.sits_down(SHEN), run.sits_down(YE)
    sends(shen, matter, f"{matter}remind/", text=WORDS)
    ye.opens(matter)
    ye.sees(WORDS, WORDS)
    sends(ye, matter, f"{matter}clocks/receipt/date/", date="2026-02-12", reason=REASON)
    shen.opens(matter)
    shen.sees(REASON, REASON)
    shen.looks_well()
    shen.follows("同意", "Accept")
    shen.sees("双方商定改期", "Another date was agreed")
    shen.looks_well()
    shen.opens(matter)
    shen.presses(shen.page.locator(f"main a[href='{matter}links/']"))
    shen.page.locator("#f-other").fill(other)
    shen.page.locator("input[name=kind][value=related]").check()
    shen.looks_well()
    shen.submits()
    shen.sees(other, other)
    ye.opens(matter)
    ye.does_not_see(other)
    assert run.complaints() == []


def test_both_sides_rate_and_see_it_together(demo: Open) -> None:
    closed = under_way("answer")
    matter = f"/matters/{closed.number}/"
    run = demo(LOOKS["zh-phone"])
    shen, ye = run.sits_down(SHEN), run.sits_down(YE)
    shen.does(matter, ("办结", "Close"))
    for human, score in ((shen, "5"), (ye, "2")):
        human.opens(matter)
        human.looks_well()
        human.presses(human.page.locator(f"main a[href^='{matter}rate/']"))
        for name in ("timeliness", "effort"):
            human.page.locator(f"input[name={name}][value='{score}']").check()
        human.page.locator("#f-comment").fill(COMMENT)
        human.looks_well()
        human.submits()
        human.looks_well()
        if human is shen:
            ye.opens(matter)
            ye.does_not_see(COMMENT)
    shen.opens(matter)
    expect(shen.page.locator("#ratings")).to_be_visible()
    expect(shen.page.locator("body")).to_contain_text("负面")
    shen.looks_well()
    assert run.complaints() == []
