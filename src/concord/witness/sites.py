"""Asking another machine for a file: bounded in size and time, without redirects, proxies or cookies."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from concord.rules.errors import Said, Unavailable

TIMEOUT = 10.0
"""Seconds of silence after which a site counts as away."""
LONGEST = 30.0
"""Seconds for one file, however steadily it trickles."""

Get = Callable[[str, int], bytes | None]
"""Gives the file at a path below a site, of at most so many bytes; None when the site says there is none."""


class Site:
    """A web server below one address; a token, where there is one, goes to it alone."""

    def __init__(self, url: str, *, token: str = "", timeout: float = TIMEOUT, longest: float = LONGEST) -> None:
        self.url = url
        self._parts = urlsplit(url)
        self._token = token
        self._timeout = timeout
        self._longest = longest

    def get(self, path: str, limit: int) -> bytes | None:
        """The file at ``path``, or None. Raises Unavailable ``witness.unreachable`` for whatever else comes back."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            with closing(self._connection()) as connection, self._lasting_not_too_long(connection):
                connection.request("GET", f"{self._parts.path}{path}", headers=headers)
                with closing(connection.getresponse()) as response:
                    if response.status == HTTPStatus.NOT_FOUND:
                        return None
                    content = response.read(limit + 1)
                    is_cut_short = bool(response.length) and len(content) <= limit
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise self._unreachable(type(error).__name__) from error
        if response.status != HTTPStatus.OK:
            raise self._unreachable(f"HTTP {response.status}")
        if is_cut_short or len(content) > limit:
            raise self._unreachable("cut short" if is_cut_short else f"> {limit} B")
        return content

    @contextmanager
    def _lasting_not_too_long(self, connection: http.client.HTTPConnection) -> Iterator[None]:
        """Connect, and cut the connection when it has lasted too long; what came until then is no file."""
        connection.connect()
        cut = threading.Event()
        cutting = threading.Timer(self._longest, _cut, [connection.sock, cut])
        cutting.daemon = True
        cutting.start()
        try:
            yield
        finally:
            cutting.cancel()
        if cut.is_set():
            raise TimeoutError

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


def _cut(connected: socket.socket, cut: threading.Event) -> None:
    """Wake whoever reads from it; it may be closed already."""
    cut.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
