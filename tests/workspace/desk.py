"""A browser without a window: one person's session, pages read as forms, the world left ready to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION, OWN
from concord.foundation.database.scope import SYSTEM, enter
from tests.support.worlds import World

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Fields = dict[str, list[str]]


class Desk:
    """One person at a desk, signed in with a second factor unless told otherwise.

    After each request the connection speaks for the system again, so that tests may look.
    """

    def __init__(
        self,
        world: World,
        person: str = "",
        *,
        language: str = "zh-hans",
        forgeries_refused: bool = False,
        factor: bool = True,
    ) -> None:
        self.client = Client(headers={"accept-language": language}, enforce_csrf_checks=forgeries_refused)
        if person:
            self.client.force_login(world.person(person), backend=BACKEND)
        if person and factor:
            session = self.client.session
            session[FACTOR_IN_SESSION] = OWN
            session.save()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> HttpResponse:
        """Open a page."""
        try:
            return self.client.get(path, query or {})  # type: ignore[return-value]  # the client's response is one
        finally:
            enter(SYSTEM)

    def post(self, path: str, form: Mapping[str, Any] | None = None) -> HttpResponse:
        """Send a form as it is."""
        try:
            return self.client.post(path, form or {})  # type: ignore[return-value]  # as above
        finally:
            enter(SYSTEM)

    def fill(self, path: str, **typed: Any) -> HttpResponse:
        """Open the page, fill its form in, send it with everything that the form itself holds."""
        return self.post(path, {**form_of(self.get(path)), **typed})


class _Reader(HTMLParser):
    """Collects what a browser would send with the page's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self.inside = False
        self.select = ""
        self.area: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.inside = True
        if not self.inside:
            return
        name = given.get("name", "")
        kind = given.get("type", "text")
        if tag == "textarea":
            self.area, self.text = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self._keep(self.select, given.get("value", ""))
        elif tag == "input" and name and kind != "file" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self._keep(name, given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self.inside = False
        if tag == "textarea" and self.area is not None:
            self._keep(self.area, self.text)
            self.area = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text += data

    def _keep(self, name: str, value: str) -> None:
        self.fields.setdefault(name, []).append(value)


def form_of(response: HttpResponse) -> Fields:
    """What the page's forms would send if nothing were changed, name → values."""
    reader = _Reader()
    reader.feed(text_of(response))
    return reader.fields


def text_of(response: HttpResponse) -> str:
    """The page as text."""
    return response.content.decode()


def missing(response: HttpResponse, texts: Iterable[str]) -> list[str]:
    """Which of the texts the page does not say."""
    page = text_of(response)
    return [text for text in texts if text not in page]
