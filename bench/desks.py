"""A reader before a filled database: signed in, with a token; what is asked for, over the wire and in this process."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve

from bench.originals import standing_world
from bench.serving import built
from concord.casework.models import Audience
from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION
from concord.foundation.access.actor import Actor
from concord.foundation.access.commands import issue_token
from concord.foundation.database.clock import legal_date, now
from concord.foundation.database.scope import NOBODY, SYSTEM, enter

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
OK: Final = "“ok” behind the same middleware"
DEEP: Final = 250
GOOD: Final = "200"
LEAST_DEEP: Final = 100
LINE: Final = b"<tr"


@dataclass(frozen=True, slots=True)
class Asked:
    """One address and the headers it is asked with."""

    path: str
    headers: Mapping[str, str]


class Desk:
    """One reader of one database; what each page asks is fixed before anything is measured."""

    def __init__(self, place: str, *, in_full: bool) -> None:
        enter(SYSTEM)
        self._world, self._in_full = standing_world(), in_full
        at = now()
        self.actor: Actor = self._world.actor(f"{place}.case_officer", at=at.isoformat())
        auditor = self._world.actor(f"{place}.auditor", at=at.isoformat())
        _token, secret = issue_token(
            post=self.actor.post,
            label="bench",
            permissions=self.actor.permissions,
            expires_at=at + timedelta(hours=4),
            random_bytes=self._world.random_bytes(),
            by=self._world.actor(f"{place}.administrator", at=at.isoformat()),
            at=at,
        )
        self._reader = {"Cookie": signed_in(self.actor)}
        self._auditor = {"Cookie": signed_in(auditor)}
        self._program = {"Authorization": f"Bearer {secret}"}
        self._month = f"{legal_date(at):%Y-%m}"
        newest = Audience.objects.filter(scope_id=self.actor.scope_id).order_by("-sort_key").select_related("matter")
        self._shown = newest[0].matter.number
        self._deep = ""
        if in_full:
            deep = newest[DEEP]
            self._deep = f"{deep.sort_key}-{deep.matter_id}"
        enter(NOBODY)

    def pages(self) -> Mapping[str, Asked]:
        """What is asked for, by its name in the table; addresses that this version has not are left out."""
        pages = {
            OK: "/ok/",
            "Today": "/",
            "list": "/matters/",
            "list, one state": "/matters/?state=closed",
            "list, overdue": "/matters/?overdue=1",
            "list, mine": "/matters/?handler=me",
            "search, frequent word": "/matters/?q=商贸",
            "matter": f"/matters/{self._shown}/",
            "calendar": f"/calendar/?month={self._month}",
            "queue": "/queues/enforcement/",
        }
        if self._in_full:
            beginning, word = self._words_of_one()
            pages |= {
                f"list, {DEEP} matters down": f"/matters/?after={self._deep}",
                "list, open ones": "/matters/?open=1",
                "list, procedure and rare state": "/matters/?procedure=assistance&state=accepted",
                "search, word of one matter": f"/matters/?q={word}",
                "search, two words of one matter": f"/matters/?q={beginning} {word}",
                "search, two words of many": "/matters/?q=宏和兴 灯饰",
                "search, number": f"/matters/?q={self._shown}",
                "search, end of a number": f"/matters/?q={self._shown[-5:]}",
                "cases": "/cases/",
                "notices": "/notices/",
            }
        asked = {name: Asked(path, self._reader) for name, path in pages.items() if _known(path)}
        if self._in_full:
            asked["journal"] = Asked("/journal/", self._auditor)
            asked["journal of a matter"] = Asked(f"/journal/?q={self._shown}", self._auditor)
            asked["API list"] = Asked("/api/v1/matters", self._program)
            asked["API matter"] = Asked(f"/api/v1/matters/{self._shown}", self._program)
        return asked

    def _words_of_one(self) -> tuple[str, str]:
        """How the title of a matter of some time ago begins, and the word in it that no other matter has."""
        enter(SYSTEM)
        rows = Audience.objects.filter(scope_id=self.actor.scope_id, matter__title__contains="）")
        title = rows.select_related("matter").order_by("-sort_key")[LEAST_DEEP].matter.title
        enter(NOBODY)
        return title[:2], title.rpartition("（")[2].removesuffix("）")


def signed_in(actor: Actor) -> str:
    """The cookie of a session of the actor's, past the second factor."""
    client = Client()
    client.force_login(actor.person, backend=BACKEND)
    session = client.session
    session[FACTOR_IN_SESSION] = True
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def in_process(asked: Asked) -> Callable[[], int]:
    """The request through WSGI in this process, where its statements can be seen; gives the lines of its tables."""
    application = built()
    path, _, query = asked.path.partition("?")
    headers = {f"HTTP_{name.upper()}": value for name, value in asked.headers.items()}

    def ask() -> int:
        told: list[str] = []

        def start(status: str, _headers: Any, _failure: Any = None, /) -> Callable[[bytes], object]:
            told.append(status)
            return bytes

        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": _quoted(query),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            **headers,
        }
        answer = application(environ, start)
        page = b"".join(answer)
        answer.close()
        if not told[0].startswith(GOOD):
            raise RuntimeError(f"{asked.path}: {told[0]}")
        return page.count(LINE)

    return ask


def over_the_wire(port: int, asked: Asked, *, clients: int, requests: int) -> list[float]:
    """The seconds of every request that so many clients send at once, each one after another."""
    path, _, query = asked.path.partition("?")
    address = f"{quote(path)}?{_quoted(query)}" if query else quote(path)

    def one() -> list[float]:
        connection = http.client.HTTPConnection("localhost", port, timeout=60)
        connection.connect()
        found = []
        for _ in range(requests):
            begun = perf_counter()
            connection.request("GET", address, headers=dict(asked.headers))
            answer = connection.getresponse()
            answer.read()
            found.append(perf_counter() - begun)
            if str(answer.status) != GOOD:
                raise RuntimeError(f"{asked.path}: {answer.status}")
        connection.close()
        return found

    if clients == 1:
        return one()
    with ThreadPoolExecutor(clients) as pool:
        return [seconds for found in pool.map(lambda _: one(), range(clients)) for seconds in found]


def _quoted(query: str) -> str:
    return quote(query, safe="=&")


def _known(path: str) -> bool:
    try:
        resolve(path.partition("?")[0], urlconf="bench.addresses")
    except Resolver404:
        return False
    return True
