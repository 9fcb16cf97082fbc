"""Programs that call the API as somebody of a world, and look at the tables as the system afterwards."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from concord.casework.models import Matter
from concord.foundation.access.commands import issue_token
from concord.foundation.database.clock import now
from concord.foundation.database.scope import SYSTEM, enter
from tests.support.worlds import WAYS, World

V1 = "/api/v1"
PROBLEM = "application/problem+json"
# What the test client returns has more to it (json, the file's bytes) than any published type says.
Response: TypeAlias = Any


class Caller:
    """A program with a token, or with none."""

    def __init__(self, secret: str | None = None, *, client: Client | None = None) -> None:
        self.client = client or Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Response:
        """GET a path below the API's version."""
        return self._told(
            self.client.get(path if path.startswith("/api") else V1 + path, query, headers=self._with(headers))
        )

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        version: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """POST JSON; ``version`` goes into If-Match."""
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        content = body if isinstance(body, bytes | str) else json.dumps({} if body is None else body)
        return self._told(
            self.client.post(V1 + path, content, content_type="application/json", headers=self._with(sent))
        )

    def act(self, number: str, act: str, **answers: Any) -> Response:
        """Look at a matter and do an act of it."""
        version = self.get(f"/matters/{number}").json()["version"]
        return self.post(f"/matters/{number}/acts/{act}", {"answers": answers}, key=new_key(), version=version)

    def upload(self, name: str, content: bytes) -> Response:
        """Bring a file."""
        sent = {"file": SimpleUploadedFile(name, content)}
        return self._told(self.client.post(f"{V1}/files", sent, headers=self.headers))

    def _with(self, headers: Mapping[str, str] | None) -> dict[str, str]:
        return {**self.headers, **(headers or {})}

    def _told(self, response: Any) -> Response:
        enter(SYSTEM)
        found: Response = response
        return found


def new_key() -> str:
    return uuid.uuid4().hex


def secret_of(world: World, name: str, permissions: Iterable[str] | None = None, *, hours: int = 1) -> str:
    """A token for that person's post, for everything the post may do where nothing else is said."""
    at = now()
    actor = world.actor(name)
    administrator = world.actor(f"{name.split('.', maxsplit=1)[0]}.administrator")
    token, secret = issue_token(
        post=actor.post,
        label=name,
        permissions=actor.permissions if permissions is None else list(permissions),
        expires_at=at + timedelta(hours=hours),
        random_bytes=world.random_bytes(),
        by=administrator,
        at=at,
    )
    assert token.post_id == actor.post.id
    return secret


def caller(world: World, name: str, permissions: Iterable[str] | None = None) -> Caller:
    """A program of that person."""
    return Caller(secret_of(world, name, permissions))


def bring_to(world: World, matter: Matter, state: str) -> Matter:
    """The same matter, brought on the usual way into ``state``."""
    for act, by, at, given in WAYS[state]:
        world.do(matter, act, by=by, at=at, **given)
    matter.refresh_from_db()
    return matter


def refused(response: Response, status: int, code: str) -> dict[str, Any]:
    """Check that it is a problem of this status and code; gives its body."""
    assert response.headers["Content-Type"] == PROBLEM, response.content
    body: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"urn:concord:error:{code}"
    assert body["title"]
    assert body["detail"]
    return body
