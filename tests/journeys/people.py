"""People at browsers: they sign in by one click, fill forms in, and every page they see is looked over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import time_machine
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.support.accessibility import serious_violations
from tests.support.worlds import time

SHEN, GU, YE, FANG = "shen.yun", "gu.mingyuan", "ye.qing", "fang.zhen"
AUDITOR, STRANGER, ADMINISTRATOR = "wei.jie", "he.an", "tang.li"
# The browser says so itself when a page answers with one of these; the test asked for it.
ANSWERED = re.compile(r"Failed to load resource: the server responded with a status of (400|403|404|409|422) ")
TOO_WIDE = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@dataclass(frozen=True, slots=True)
class Look:
    """A language and a size of screen."""

    locale: Literal["zh-CN", "en-GB"]
    width: int
    height: int

    def say(self, zh: str, en: str) -> str:
        """The words in the language of this look."""
        return zh if self.locale == "zh-CN" else en


@dataclass
class Demo:
    """One running demo: the people who have sat down, the day."""

    browser: Browser
    address: str
    look: Look
    day: time_machine.Traveller
    people: list[Human] = field(default_factory=list)

    def sits_down(self, username: str) -> Human:
        """A person opens a browser of their own and signs in by clicking their card."""
        look = self.look
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": look.width, "height": look.height},
            locale=look.locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
        )
        human = Human(context, look, username)
        self.people.append(human)
        human.sign_in()
        return human

    def later(self, when: str) -> None:
        """Move to another moment in Shanghai; sessions of another day are over, so everybody signs in again."""
        self.day.move_to(time(when), tick=True)
        for human in self.people:
            human.sign_in()

    def close(self) -> None:
        """Close every browser."""
        for human in self.people:
            human.context.close()

    def complaints(self) -> list[str]:
        """What any browser has complained about on any page: errors of scripts, of the content policy, of loading."""
        return [complaint for human in self.people for complaint in human.complaints]


class Human:
    """A person at a browser. What a page lacks is found by looking at it: see ``looks_well``."""

    def __init__(self, context: BrowserContext, look: Look, username: str) -> None:
        self.context = context
        self.look = look
        self.say = look.say
        self.username = username
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        own = "/static/" not in message.location.get("url", "")
        if message.type in {"error", "warning"} and not (own and ANSWERED.match(message.text)):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def sign_in(self) -> None:
        """By one click on one's own card."""
        self.context.clear_cookies()
        self.page.goto("/account/login/")
        self.page.locator(f"button[value='{self.username}']").click()
        expect(self.page.locator("header.bar")).to_be_visible()

    def opens(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(path)

    def follows(self, zh: str, en: str) -> None:
        """Click a link or button in the page's main part, by its words, and wait for the page behind it."""
        self.presses(self.control(zh, en).first)

    def presses(self, control: Locator) -> None:
        """Click what leads to another page and wait for that page."""
        with self.page.expect_navigation():
            control.click()

    def control(self, zh: str, en: str) -> Locator:
        """A link or button in the main part, by its exact words."""
        main, name = self.page.locator("main"), self.say(zh, en)
        return main.get_by_role("link", name=name, exact=True).or_(main.get_by_role("button", name=name, exact=True))

    def submits(self) -> None:
        """Press the form's own button and wait for the page that answers."""
        self.presses(self.page.locator("main form[method=post] .form-end button[type=submit]"))

    def sees(self, zh: str, en: str) -> None:
        """The main part says these words."""
        expect(self.page.locator("main")).to_contain_text(self.say(zh, en))

    def does_not_see(self, text: str) -> None:
        """The page does not say these words anywhere."""
        expect(self.page.locator("body")).not_to_contain_text(text)

    def looks_well(self) -> None:
        """No serious fault of accessibility, nothing wider than the screen."""
        assert serious_violations(self.page) == [], self.page.url
        assert self.page.evaluate(TOO_WIDE) <= 0, f"{self.page.url} is wider than the screen"

    def fetches(self, address: str) -> bytes:
        """The bytes behind an address, as this person."""
        response = self.context.request.get(address)
        assert response.ok, (address, response.status)
        return response.body()

    def downloads(self, link: Locator) -> bytes:
        """Click a link that downloads."""
        with self.page.expect_download() as caught:
            link.click()
        return Path(caught.value.path()).read_bytes()

    def does(self, matter: str, act: tuple[str, str], **typed: str) -> None:
        """Open the matter, choose an act by its words, fill its fields in, send it."""
        self.opens(matter)
        self.follows(*act)
        self.looks_well()
        for name, value in typed.items():
            self.page.locator(f"#f-{name}").fill(value)
        self.submits()
        expect(self.page).to_have_url(re.compile(re.escape(matter) + "$"))
