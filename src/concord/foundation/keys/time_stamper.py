"""A time-stamper of one's own on loopback, for the demonstration and for tests: worth what its keeper is worth.

``POST /`` is answered by the P-256 authority, ``POST /gm`` by the SM2 one (GM/T 0033).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from concord.foundation.keys import signers
from concord.foundation.keys.stamping import QUERY, REPLY
from concord.proofs.time_authority import LocalAuthority

FILES: Mapping[str, str] = {"/": "time-authority.json", "/gm": "time-authority-gm.json"}
MOST_BYTES = 8 << 10
SECONDS = 10
SERIAL_BYTES = 16


def authorities(keys: Path) -> dict[str, LocalAuthority]:
    """The authorities by their path, from the folder of keys; raises as ``signers.secret`` and LocalAuthority."""
    return {path: LocalAuthority.from_json(json.loads(signers.secret(keys / file))) for path, file in FILES.items()}


class TimeStamper(ThreadingHTTPServer):
    """The service on ``127.0.0.1:port``; ``now`` is its clock, ``random_bytes`` gives the numbers of its tokens."""

    daemon_threads = True

    def __init__(
        self,
        port: int,
        by_path: Mapping[str, LocalAuthority],
        *,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self.by_path = by_path
        self.now = now
        self.random_bytes = random_bytes
        super().__init__(("127.0.0.1", port), _Answer)


class _Answer(BaseHTTPRequestHandler):
    server: TimeStamper
    timeout = SECONDS
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        authority = self.server.by_path.get(self.path)
        length = self.headers.get("Content-Length", "")
        if authority is None:
            self._end(HTTPStatus.NOT_FOUND)
        elif self.headers.get_content_type() != QUERY:
            self._end(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif not length.isdecimal() or int(length) > MOST_BYTES:
            self._end(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            serial = int.from_bytes(self.server.random_bytes(SERIAL_BYTES)) >> 1
            answer = authority.respond(self.rfile.read(int(length)), at=self.server.now(), serial=serial)
            self._end(HTTPStatus.OK, answer)

    def log_message(self, *_: object) -> None:
        """Say nothing: whoever asks keeps the token."""

    def _end(self, status: HTTPStatus, content: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", REPLY if content else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        if status != HTTPStatus.OK:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
