"""Security keys in a real browser: a virtual authenticator registers, signs in, confirms, and is taken away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from tests.journeys.people import TOO_WIDE, Look
from tests.support.accessibility import serious_violations
from tests.support.one_time import code_at
from tests.support.signing_in import PASSWORD, with_password
from tests.support.worlds import World

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NAME, OFFICER = "asking.leader", "asking.security_officer"


class Keyholder:
    """A person at a browser into which keys are plugged; every page on the way is looked over."""

    def __init__(self, page: Page, address: str, look: Look) -> None:
        self.page = page
        self.address = address
        self.say = look.say
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def plugs_in(self) -> str:
        """Plug a key in."""
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        return str(made["authenticatorId"])

    def unplugs(self, key: str) -> None:
        """Take it out."""
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})

    def opens(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(f"{self.address}{path}")

    def looks_well(self) -> None:
        """No serious fault of accessibility, nothing wider than the screen."""
        assert serious_violations(self.page) == [], self.page.url
        assert self.page.evaluate(TOO_WIDE) <= 0, f"{self.page.url} is wider than the screen"

    def signs_in(self, name: str = NAME) -> None:
        """By password, up to the second step."""
        self.opens("/account/login/")
        self.page.locator("#id_login").fill(name)
        self.page.locator("#id_password").fill(PASSWORD)
        self.presses(self.page.locator("form[data-guard] button[type=submit]"))

    def presses(self, control: Locator) -> None:
        """Click what leads to another page and wait for that page."""
        with self.page.expect_navigation():
            control.click()

    def signs_out(self) -> None:
        """Forget the session."""
        self.page.context.clear_cookies()

    def touches(self) -> None:
        """Press the button that asks for the key."""
        self.page.locator("[data-key-button]").click()

    def is_at(self, path: str) -> None:
        """The browser has come to that path."""
        expect(self.page).to_have_url(re.compile(rf"{re.escape(self.address + path)}(\?.*)?$"))


@pytest.fixture
def keyholder(committed_world: World, live_server: LiveServer, browser: Browser, look: Look) -> Iterator[Keyholder]:
    """The leader and the security officer of the asking authority have passwords and no second factor yet."""
    with_password(committed_world, NAME)
    with_password(committed_world, OFFICER)
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height}, locale=look.locale, reduced_motion="reduce"
    )
    # Keys know a site by its name; the number 127.0.0.1 is none.
    address = live_server.url.replace("127.0.0.1", "localhost")
    holder = Keyholder(context.new_page(), address, look)
    yield holder
    context.close()


@pytest.mark.browser
def test_a_key_is_registered_signs_in_and_is_taken_away(keyholder: Keyholder) -> None:
    holder, page = keyholder, keyholder.page
    key = holder.plugs_in()
    holder.signs_in()
    holder.is_at("/account/")
    holder.looks_well()
    holder.presses(page.locator("a[href='/account/factors/key/']"))
    holder.looks_well()
    page.locator("#id_name").fill("办公桌上的密钥")
    holder.touches()
    holder.is_at("/account/factors/codes/")
    holder.looks_well()
    expect(page.locator(".recovery-codes li")).to_have_count(10)
    spare = page.locator(".recovery-codes li").first.inner_text()
    holder.opens("/account/")
    expect(page.locator("main")).to_contain_text("办公桌上的密钥")
    holder.looks_well()

    holder.signs_out()
    holder.signs_in()
    holder.is_at("/account/code/")
    holder.looks_well()
    holder.touches()
    holder.is_at("/")

    holder.signs_out()
    holder.unplugs(key)
    stranger = holder.plugs_in()
    holder.signs_in()
    holder.touches()
    expect(page.locator("[data-key-said]")).to_be_visible()
    holder.is_at("/account/code/")
    page.locator("#id_code").fill(spare)
    page.locator("form[data-guard] button[type=submit]").click()
    holder.is_at("/")

    holder.unplugs(stranger)
    holder.opens("/account/")
    holder.presses(page.locator("a[href$='/remove/']"))
    holder.looks_well()
    page.locator(".account-form button[type=submit]").click()
    holder.is_at("/account/")
    expect(page.locator("h1")).to_have_text(holder.say("设置第二重验证", "Set up a second factor"))
    assert holder.complaints == []
    events = Entry.objects.filter(event__startswith="account.").order_by("id").values_list("event", flat=True)
    assert [event.removeprefix("account.") for event in events] == [
        *("signed_in", "factor_added", "factor_added"),
        *("signed_in", "signed_in"),
        *("factor_removed", "factor_removed"),
    ]


@pytest.mark.browser
def test_a_phone_is_set_up_by_its_code(keyholder: Keyholder) -> None:
    holder, page = keyholder, keyholder.page
    holder.signs_in()
    holder.presses(page.locator("a[href='/account/factors/app/']"))
    holder.looks_well()
    expect(page.locator(".totp img")).to_be_visible()
    assert page.locator(".totp img").evaluate("image => image.naturalWidth") > 0
    secret = page.locator(".totp-secret").inner_text()
    page.locator("#id_code").fill("000000")
    holder.presses(page.locator(".account-form button[type=submit]"))
    expect(page.locator("#id_code-problem")).to_be_visible()
    holder.looks_well()
    page.locator("#id_code").fill(code_at(secret, now()))
    page.locator(".account-form button[type=submit]").click()
    holder.is_at("/account/factors/codes/")
    page.locator(".form-end a").click()
    holder.is_at("/")
    for path in ("/account/", "/account/sessions/", "/account/password/", "/account/factors/codes/new/"):
        holder.opens(path)
        holder.looks_well()
    assert holder.complaints == []


@pytest.mark.browser
def test_the_security_officer_sees_and_resets(keyholder: Keyholder) -> None:
    holder, page = keyholder, keyholder.page
    for name in (NAME, OFFICER):
        holder.signs_out()
        key = holder.plugs_in()
        holder.signs_in(name)
        holder.opens("/account/factors/key/")
        holder.touches()
        holder.is_at("/account/factors/codes/")
        holder.unplugs(key)
    holder.opens("/security/")
    holder.looks_well()
    page.locator("input[type=search]").fill(NAME)
    with page.expect_navigation():
        page.locator("input[type=search]").press("Enter")
    holder.presses(page.locator("td a").first)
    holder.looks_well()
    holder.presses(page.locator("form[action$='/reset/'] button"))
    expect(page.locator(".note[role=status]")).to_be_visible()
    holder.looks_well()
    expect(page.locator("form[action$='/reset/']")).to_have_count(0)
    holder.signs_out()
    holder.signs_in()
    holder.is_at("/account/")
    assert holder.complaints == []
