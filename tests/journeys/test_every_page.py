"""Every page of the product as a browser shows it: accessible, no wider than the screen, no complaint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import RequestFactory
from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route
from pytest_django.live_server_helper import LiveServer

from concord.entrypoints.workspace import errors
from concord.entrypoints.workspace.routing import error_page
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Said
from tests.journeys.people import ANSWERED, TOO_WIDE
from tests.support.accessibility import serious_violations
from tests.support.furnishing import ELSEWHERE, NOW, VISITOR, Furnished, Place, everything_switched_on, names
from tests.support.worlds import World, time

pytestmark = [pytest.mark.browser, pytest.mark.sight, pytest.mark.slow]

DESK, PHONE = (1366, 768), (390, 844)
ROWS = 2
WRONG = Said("对方刚刚答复了本事项。请刷新页面再看。", "The other side has just answered. Load the page again.")
FAULTS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "400": errors.bad_request,
    "403": lambda request: error_page(request, NotAllowed("access.not_for_post", WRONG)),
    "403-form": errors.csrf_failure,
    "403-plain": errors.not_allowed,
    "404": lambda request: error_page(request, NotFound("casework.no_matter", WRONG)),
    "404-plain": errors.not_found,
    "409": lambda request: error_page(request, Conflict("casework.stale", WRONG)),
    "413": lambda request: errors.bad_request(request, RequestDataTooBig()),
    "422": lambda request: error_page(request, InvalidInput("casework.invalid", WRONG)),
    "429": lambda request: render(request, "429.html", status=429),
    "500": errors.failed,
}


@dataclass
class Reader:
    """Somebody who opens pages as this or that person, in one language, and notes what is wrong with them."""

    context: BrowserContext
    address: str
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self._note(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        own = "/static/" not in message.location.get("url", "")
        if message.type in {"error", "warning"} and not (own and ANSWERED.match(message.text)):
            self._note(message.text)

    def _note(self, *faults: str) -> None:
        if faults:
            self.wrong.setdefault(self.page.url.removeprefix(self.address), []).extend(faults)

    def sits_down_as(self, furnished: Furnished, who: str) -> None:
        """With that person's session, or without any."""
        self.context.clear_cookies()
        session = furnished.desk(who).client.cookies.get("sessionid") if who != VISITOR else None
        if session is not None:
            self.context.add_cookies([{"name": "sessionid", "value": session.value, "url": self.address}])

    def opens(self, path: str) -> None:
        """The page must be there itself, not one it led on to."""
        response = self.page.goto(f"{self.address}{path}")
        if response is None or not response.ok or response.request.redirected_from is not None:
            self._note(f"answered {response and response.status} at {self.page.url}")

    def looks(self, *, accessible: bool) -> None:
        """At a desk, then on a phone."""
        if accessible:
            self._note(*serious_violations(self.page))
        for width, height in (DESK, PHONE):
            self.page.set_viewport_size({"width": width, "height": height})
            over = self.page.evaluate(TOO_WIDE)
            if over > 0:
                self._note(f"{over} px wider than {width}")
        self.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


@pytest.fixture
def furnished(committed_world: World) -> Iterator[Furnished]:
    """The world with two rows of everything."""
    with time_machine.travel(time(NOW), tick=True), everything_switched_on():
        made = Furnished(committed_world)
        made.add(ROWS - 1)
        yield made


@pytest.fixture
def reader(browser: Browser, live_server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A browser in the language asked for."""
    width, height = DESK
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=request.param, reduced_motion="reduce"
    )
    context.set_default_navigation_timeout(60_000)
    yield Reader(context, live_server.url)
    context.close()


@pytest.mark.parametrize("reader", ["zh-CN", "en-GB"], indirect=True)
def test_every_page_is_accessible_and_fits(furnished: Furnished, reader: Reader) -> None:
    chinese = reader.page.evaluate("navigator.language") == "zh-CN"
    seen = furnished.places()
    who = None
    visits = sorted(((place, name) for name, places in seen.items() for place in places), key=_by_person)
    for place, _name in visits:
        if place.who != who:
            reader.sits_down_as(furnished, who := place.who)
        reader.opens(place.path)
        reader.looks(accessible=chinese)
    assert reader.wrong == {}
    assert names() - set(ELSEWHERE) == set(seen)


def _by_person(visit: tuple[Place, str]) -> str:
    return visit[0].who


@pytest.mark.django_db
@pytest.mark.parametrize("reader", ["zh-CN"], indirect=True)
def test_every_page_of_an_error_is_accessible_and_fits(reader: Reader) -> None:
    pages = {}
    for name, answer in FAULTS.items():
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        with translation.override("zh-hans"):
            response = answer(request)
        assert response.status_code == int(name[:3])
        pages[f"/seen/{name}/"] = response.content.decode()

    def shown(route: Route) -> None:
        path = route.request.url.removeprefix(reader.address)
        route.fulfill(body=pages[path], content_type="text/html; charset=utf-8")

    reader.context.route("**/seen/**", shown)
    for path in pages:
        reader.opens(path)
        assert reader.page.locator("h1").count() == 1, path
        reader.looks(accessible=True)
    assert reader.wrong == {}
