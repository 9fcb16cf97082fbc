"""A reader before a filled database: signed in, with a token, asking for pages through WSGI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client

from bench.databases import Database
from bench.deeds import Deeds
from bench.pages import OK
from bench.seeding import copy_matters
from concord.casework import queries
from concord.foundation.access.commands import issue_token
from concord.foundation.database.clock import now
from concord.foundation.database.scope import NOBODY, enter

READER: Final = "asking.leader"
BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
DEEP: Final = 250
GOOD: Final = "200"


class Desk:
    """One reader of one database; what each page asks is fixed before anything is measured."""

    def __init__(self, database: Database, size: int, states: Sequence[str]) -> None:
        deeds = Deeds()
        matters = [deeds.in_state(state) for state in states]
        bare = database.bare()
        copy_matters(bare, database.kind, size)
        bare.close()
        at = now()
        actor = deeds.world.actor(READER, at=at.isoformat())
        _token, secret = issue_token(
            post=actor.post,
            label="bench",
            permissions=actor.permissions,
            expires_at=at + timedelta(hours=4),
            random_bytes=deeds.world.random_bytes(),
            by=deeds.world.actor(f"{READER.split('.')[0]}.administrator", at=at.isoformat()),
            at=at,
        )
        client = Client()
        client.force_login(deeds.world.person(READER), backend=BACKEND)
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self._token = f"Bearer {secret}"
        self._shown = next(matter for matter, state in zip(matters, states, strict=True) if state == "accepted").number
        enter(str(actor.scope_id))
        deep = queries.page_of_matters(actor, queries.Wanted(), limit=DEEP).older
        enter(NOBODY)
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        self._deep = str(deep)
        self._application = get_wsgi_application()

    def pages(self) -> Mapping[str, Callable[[], None]]:
        """What is asked for, by its name in the table."""
        pages = {
            OK: "/ok/",
            "today": "/",
            "list": "/matters/",
            f"list, {DEEP} matters down": f"/matters/?after={self._deep}",
            "list, open ones": "/matters/?open=1",
            "list, one state": "/matters/?state=accepted",
            "list, overdue": "/matters/?overdue=1",
            "list, text that is in one matter": "/matters/?q=000000701",
            "matter": f"/matters/{self._shown}/",
        }
        programs = {"API list": "/api/v1/matters", "API matter": f"/api/v1/matters/{self._shown}"}
        return {name: self._asking(path, HTTP_COOKIE=self._cookie) for name, path in pages.items()} | {
            name: self._asking(path, HTTP_AUTHORIZATION=self._token) for name, path in programs.items()
        }

    def _asking(self, address: str, **headers: str) -> Callable[[], None]:
        path, _, query = address.partition("?")

        def ask() -> None:
            told: list[str] = []

            def start(status: str, _headers: Any, _failure: Any = None, /) -> Callable[[bytes], object]:
                told.append(status)
                return bytes

            environ = {
                "REQUEST_METHOD": "GET",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "SERVER_NAME": "localhost",
                "SERVER_PORT": "80",
                "SERVER_PROTOCOL": "HTTP/1.1",
                "wsgi.url_scheme": "http",
                "wsgi.input": BytesIO(),
                **headers,
            }
            answer = self._application(environ, start)
            b"".join(answer)
            answer.close()
            if not told[0].startswith(GOOD):
                raise RuntimeError(f"{address}: {told[0]}")

        return ask
