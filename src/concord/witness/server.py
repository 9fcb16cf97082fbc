"""The witness over HTTP: cosigning, what others may read of it, its status page. TLS is the business of a proxy."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from socket import socket
from typing import Any
from urllib.parse import unquote

from concord.rules.errors import ConcordError, Said, Unavailable
from concord.witness import page, protocol
from concord.witness.cosigning import Witness
from concord.witness.protocol import Answer
from concord.witness.watching import Watch

MOST_CONNECTIONS = 64
IDLE_SECONDS = 15
JSON_TYPE = "application/json"
HTML_TYPE = "text/html; charset=utf-8"

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": page.CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class WitnessServer(ThreadingHTTPServer):
    """Answers for one witness on one address, at most so many connections at a time."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, witness: Witness, watch: Watch) -> None:
        """Listen. Raises Unavailable ``witness.address`` when the address cannot be had."""
        self.witness = witness
        self.watch = watch
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        address = (witness.settings.host, witness.settings.port)
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            raise Unavailable(
                "witness.address",
                Said(
                    f"不能在 {address[0]}:{address[1]} 上接受连接（{error.strerror}）。",
                    f"{address[0]}:{address[1]} cannot be listened on ({error.strerror}).",
                ),
            ) from error

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Serve in a thread of its own while there is one free; hang up otherwise."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Give the place back when the connection ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base gives them
        """A connection that breaks ends alone; what matters was written before it was answered."""
        self.witness.tell("connection_broke", {"why": repr(sys.exception())})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED, Said("须给出 Content-Length。", "A Content-Length is needed."))
        elif len(length) > 10 or int(length) > protocol.LARGEST_REQUEST:  # noqa: PLR2004 - digits
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Said("请求过大。", "The request is too large."))
        elif self.path != "/add-checkpoint":
            self._refuse(HTTPStatus.NOT_FOUND, Said("没有这个地址。", "There is no such address."))
        else:
            body = self.rfile.read(int(length))
            self._answer(self._safely(lambda: self.server.witness.add_checkpoint(body)))

    def do_GET(self) -> None:
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.BAD_REQUEST, Said("GET 请求不带正文。", "A GET request has no body."))
        else:
            self._answer(self._safely(self._found))

    def version_string(self) -> str:
        return "concord-witness"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base's name
        """Requests are not recorded; what the witness does is told by itself."""

    def _found(self) -> Answer:
        witness = self.server.witness
        match PurePosixPath(self.path).parts:
            case ("/",):
                return Answer(200, page.html(witness, self.server.watch), HTML_TYPE)
            case ("/", "status"):
                return _json(page.status(witness, self.server.watch))
            case ("/", "alarms", number):
                found = next((one for one in witness.state.alarms() if str(one.number) == number), None)
                return _json(page.alarm(found)) if found else _missing()
            case ("/", hashed, "checkpoint") if hashed in witness.by_hash:
                latest = witness.state.latest(witness.by_hash[hashed])
                return Answer(200, latest.note.decode()) if latest else _missing()
            case ("/", hashed, "seen", name) if hashed in witness.by_hash:
                return self._seen(witness.by_hash[hashed], unquote(name))
        return _missing()

    def _seen(self, origin: str, name: str) -> Answer:
        """The last checkpoint with the cosignature of another witness that we saw: what it must not sign below."""
        witness = self.server.witness
        if name in {peer.name for peer in witness.settings.peers}:
            seen = witness.state.sightings(origin).get(name)
            if seen:
                return Answer(200, seen.note.decode())
        return _missing()

    def _safely(self, act: Any) -> Answer:
        try:
            answer: Answer = act()
        except ConcordError as error:
            # What failed is for the operator; a stranger is told no more than to ask again.
            self.server.witness.tell("failed", {"why": str(error)})
            return protocol.told(
                503, Said("见证方暂时不能回答，请稍后再试。", "The witness cannot answer now; ask again.")
            )
        return answer

    def _refuse(self, status: HTTPStatus, said: Said) -> None:
        """Answer without having read the body; the connection cannot be used further."""
        self.close_connection = True
        self._answer(protocol.told(status, said))

    def _answer(self, answer: Answer) -> None:
        content = answer.body.encode()
        self.send_response(answer.status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _json(found: Mapping[str, object]) -> Answer:
    return Answer(200, json.dumps(found, ensure_ascii=False, indent=1) + "\n", JSON_TYPE)


def _missing() -> Answer:
    return protocol.told(404, Said("没有这个内容。", "There is no such thing here."))
