"""Asking another machine for a file: bounded in size and time, without redirects, proxies or cookies."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from urllib.parse import urlsplit

from concord.rules.errors import Said, Unavailable

TIMEOUT = 10.0

Get = Callable[[str, int], bytes | None]
"""Gives the file at a path below a site, of at most so many bytes; None when the site says there is none."""


class Site:
    """A web server below one address; a token, where there is one, goes to it alone."""

    def __init__(self, url: str, *, token: str = "", timeout: float = TIMEOUT) -> None:
        self.url = url
        self._parts = urlsplit(url)
        self._token = token
        self._timeout = timeout

    def get(self, path: str, limit: int) -> bytes | None:
        """The file at ``path``, or None. Raises Unavailable ``witness.unreachable`` for whatever else comes back."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            with closing(self._connection()) as connection:
                connection.request("GET", f"{self._parts.path}{path}", headers=headers)
                response = connection.getresponse()
                if response.status == HTTPStatus.NOT_FOUND:
                    return None
                content = response.read(limit + 1)
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._unreachable(type(error).__name__) from error
        if response.status != HTTPStatus.OK:
            raise self._unreachable(f"HTTP {response.status}")
        if len(content) > limit:
            raise self._unreachable(f"> {limit} B")
        return content

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _unreachable(self, why: str) -> Unavailable:
        return Unavailable(
            "witness.unreachable",
            Said(
                f"{self.url} 没有给出所要的文件（{why}），稍后会再试。",
                f"{self.url} did not give the file asked for ({why}); it will be asked again.",
            ),
        )
