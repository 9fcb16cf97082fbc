"""Signing in as people do, by password and code, with a clock that the test holds."""

from __future__ import annotations

import re
from datetime import timedelta

import time_machine
from django.http import HttpResponse

from concord.foundation.database.clock import now
from concord.foundation.organisations.models import Person
from tests.support.one_time import code_at
from tests.support.worlds import World
from tests.workspace.desk import Desk, text_of

LOGIN, CODE, ACCOUNT = "/account/login/", "/account/code/", "/account/"
APP = "/account/factors/app/"
PASSWORD = "a long made-up secret"
SECRET = re.compile(r'totp-secret">([A-Z2-7 ]+)<')
RECOVERY_CODE = re.compile(r'<li><code class="mono">(\d{8})</code></li>')


def with_password(world: World, name: str) -> Person:
    """The person of that name, who now has a password."""
    person = world.person(name)
    person.set_password(PASSWORD)
    person.save()
    return person


def sign_in(desk: Desk, username: str, password: str = PASSWORD) -> HttpResponse:
    """Send the sign-in form."""
    return desk.post(LOGIN, {"login": username, "password": password})


def set_app_up(desk: Desk) -> tuple[str, list[str]]:
    """Set the app on the phone up; returns its secret and the recovery codes."""
    found = SECRET.search(text_of(desk.get(APP)))
    assert found is not None
    secret = found.group(1)
    answer = desk.post(APP, {"code": code_at(secret, now())})
    assert answer.headers["Location"] == "/account/factors/codes/"
    return secret, RECOVERY_CODE.findall(text_of(desk.get("/account/factors/codes/")))


def officer_with_app(world: World, name: str, morning: time_machine.Traveller) -> tuple[Desk, str, list[str]]:
    """Somebody signed in who has just set the app up; half a minute later, so that the next code is another."""
    with_password(world, name)
    desk = Desk(world)
    sign_in(desk, name)
    secret, codes = set_app_up(desk)
    morning.shift(timedelta(seconds=90))
    return desk, secret, codes
