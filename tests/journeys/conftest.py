"""The product as people meet it: the real server, the demo's people, a real browser, and a day that can be moved."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
import time_machine
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from concord.casework.definitions import adopt
from concord.charters import folder
from concord.entrypoints.demo.personas import PERSONAS
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.queries import organisations
from tests.journeys.people import Demo, Look
from tests.support.database import DATABASE
from tests.support.worlds import BEGINNING, time

Open: TypeAlias = Callable[..., Demo]
LOOKS = {
    "zh-desk": Look("zh-CN", 1366, 768),
    "en-desk": Look("en-GB", 1366, 768),
    "zh-phone": Look("zh-CN", 390, 844),
    "en-phone": Look("en-GB", 390, 844),
}
# A page looks the same from both databases: on the second one each journey is walked once.
USUAL = ("zh-desk", "en-desk", "zh-phone") if DATABASE == "sqlite" else ("zh-phone",)
EVERY = tuple(LOOKS) if DATABASE == "sqlite" else USUAL


@pytest.fixture(params=USUAL)
def look(request: pytest.FixtureRequest) -> Look:
    """Both languages at a desk, one of them on a phone."""
    return LOOKS[request.param]


@pytest.fixture
def day(transactional_db: None) -> Iterator[time_machine.Traveller]:  # noqa: ARG001  the database outlives the day
    """Half past nine in Shanghai on 6 February 2026; the clock goes on, and the test may move it."""
    with time_machine.travel(time("2026-02-06T09:30"), tick=True) as traveller:
        yield traveller


@pytest.fixture
def demo(day: time_machine.Traveller, settings: Settings, live_server: LiveServer, browser: Browser) -> Iterator[Open]:
    """The demo's eight people and nobody else's matters; ``demo(look)`` opens it in that language and size."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, demo=True)
    texts = folder.read(folder.shipped(), "cn", "g60")
    enter(SYSTEM)
    adopt(texts=texts, charter_id="g60", resolution="", effective_from=BEGINNING, at=time("2026-02-01T09:00"))
    places = organisations()
    for one in PERSONAS:
        person = enrol(username=one.username, zh=one.zh, en=one.en, telephone=one.telephone)
        appoint(person=person, organisation=places[one.place], kind=one.post, group=one.group, held_from=BEGINNING)
    opened: list[Demo] = []

    def start(look: Look) -> Demo:
        opened.append(Demo(browser=browser, address=live_server.url, look=look, day=day))
        return opened[-1]

    yield start
    for one_demo in opened:
        one_demo.close()
