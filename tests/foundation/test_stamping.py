"""Asking a time-stamper over HTTP: tokens of both kinds, refusals, and one that is down."""

import http.client
import json
import secrets
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from concord.foundation.keys.installation import StamperAddress
from concord.foundation.keys.stamping import QUERY, REPLY, HttpStamper
from concord.foundation.keys.time_stamper import FILES, MOST_BYTES, TimeStamper, authorities
from concord.proofs.time_authority import LocalAuthority
from concord.proofs.timestamps import check_token, read_token, request
from concord.rules.errors import InvalidInput, Unavailable

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def made(path: str) -> LocalAuthority:
    return LocalAuthority.generate(
        f"time-stamper {path}",
        algorithm="sm2" if path == "/gm" else "p256",
        random_bytes=secrets.token_bytes,
        valid_from=AT - DAY,
        valid_until=AT + DAY,
    )


@pytest.fixture(scope="module")
def by_path() -> dict[str, LocalAuthority]:
    return {path: made(path) for path in FILES}


@pytest.fixture(scope="module")
def port(by_path: dict[str, LocalAuthority]) -> Iterator[int]:
    with TimeStamper(0, by_path, now=lambda: AT, random_bytes=secrets.token_bytes) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.server_address[1]
        server.shutdown()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class TestStamper:
    @pytest.mark.parametrize("path", ["/", "/gm"])
    @pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
    def test_a_token(self, port: int, by_path: dict[str, LocalAuthority], path: str, algorithm: str) -> None:
        address = StamperAddress("local", f"http://127.0.0.1:{port}{path}", "sm3" if algorithm == "sm3" else "sha256")
        pinned = (by_path[path].pinned(),)
        stamp = HttpStamper(address, pinned).stamp(b"sealed", nonce=17)
        assert stamp.gm == (path == "/gm")
        check = check_token(stamp.response, covered=(b"sealed",), authorities=pinned, nonce=17)
        assert (check.status, check.authority) == ("pass", by_path[path].name)
        token = read_token(stamp.response)
        assert (token.generated_at, token.imprint_algorithm) == (AT, algorithm)

    def test_numbers_differ(self, port: int) -> None:
        stamper = HttpStamper(StamperAddress("local", f"http://127.0.0.1:{port}/"))
        assert stamper.name == "local"
        assert len({read_token(stamper.stamp(b"x", nonce=1).response).serial for _ in range(20)}) == 20

    def test_an_authority_that_is_not_pinned(self, port: int) -> None:
        stamper = HttpStamper(StamperAddress("local", f"http://127.0.0.1:{port}/"), (made("/").pinned(),))
        with pytest.raises(Unavailable) as refused:
            stamper.stamp(b"x", nonce=1)
        assert refused.value.code == "keys.stamp_unfit"

    def test_down(self) -> None:
        stamper = HttpStamper(StamperAddress("local", f"http://127.0.0.1:{closed_port()}/"))
        with pytest.raises(Unavailable) as refused:
            stamper.stamp(b"x", nonce=1)
        assert refused.value.code == "keys.stamper_down"

    def test_another_path(self, port: int) -> None:
        with pytest.raises(Unavailable, match="HTTP 404"):
            HttpStamper(StamperAddress("local", f"http://127.0.0.1:{port}/none")).stamp(b"x", nonce=1)

    def test_silent(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            address = StamperAddress("local", f"http://127.0.0.1:{silent.getsockname()[1]}/")
            with pytest.raises(Unavailable) as refused:
                HttpStamper(address, seconds=0.05).stamp(b"x", nonce=1)
        assert refused.value.code == "keys.stamper_down"


class Saying(BaseHTTPRequestHandler):
    """Answers whatever it was told to answer."""

    content = b""
    content_type = REPLY

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", self.content_type)
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        pass


class TestHostileStamper:
    @pytest.fixture
    def stamper(self) -> Iterator[HttpStamper]:
        with HTTPServer(("127.0.0.1", 0), Saying) as server:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
            yield HttpStamper(StamperAddress("local", f"http://127.0.0.1:{server.server_address[1]}/"))
            server.shutdown()

    @pytest.mark.parametrize(
        ("content", "content_type", "code"),
        [
            (b"<html>", "text/html", "keys.stamper_down"),
            (b"0" * (65 << 10), REPLY, "keys.stamper_down"),
            (b"", REPLY, "keys.stamp_unfit"),
            (b"\x30\x80", REPLY, "keys.stamp_unfit"),
        ],
    )
    def test_answers(
        self, stamper: HttpStamper, monkeypatch: pytest.MonkeyPatch, content: bytes, content_type: str, code: str
    ) -> None:
        monkeypatch.setattr(Saying, "content", content)
        monkeypatch.setattr(Saying, "content_type", content_type)
        with pytest.raises(Unavailable) as refused:
            stamper.stamp(b"x", nonce=1)
        assert refused.value.code == code

    @pytest.mark.parametrize(("said", "nonce", "reason"), [(b"other", 1, "imprint"), (b"x", 2, "nonce")])
    def test_a_token_of_something_else(
        self, stamper: HttpStamper, monkeypatch: pytest.MonkeyPatch, said: bytes, nonce: int, reason: str
    ) -> None:
        asked = request(sha256(said).digest(), algorithm="sha256", nonce=nonce)
        monkeypatch.setattr(Saying, "content", made("/").respond(asked, at=AT, serial=1))
        with pytest.raises(Unavailable, match=reason):
            stamper.stamp(b"x", nonce=1)


class TestService:
    @pytest.mark.parametrize(
        ("path", "content_type", "length", "status"),
        [
            ("/none", QUERY, 3, 404),
            ("/", "text/plain", 3, 415),
            ("/", QUERY, MOST_BYTES + 1, 413),
            ("/", QUERY, None, 413),
        ],
    )
    def test_refuses(self, port: int, path: str, content_type: str, length: int | None, status: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.putrequest("POST", path)
        connection.putheader("Content-Type", content_type)
        if length is not None:
            connection.putheader("Content-Length", str(length))
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status == status
        connection.close()

    def test_what_is_no_request_is_rejected_in_form(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("POST", "/", b"junk", {"Content-Type": QUERY})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, REPLY)
        assert check_token(answer.read(), covered=(b"",), authorities=()).reason == "status"
        connection.close()

    def test_keys_from_files(self, tmp_path: Path, by_path: dict[str, LocalAuthority]) -> None:
        for path, file in FILES.items():
            (tmp_path / file).write_text(json.dumps(by_path[path].as_json()))
            (tmp_path / file).chmod(0o600)
        assert {path: one.certificate for path, one in authorities(tmp_path).items()} == {
            path: one.certificate for path, one in by_path.items()
        }
        (tmp_path / FILES["/"]).chmod(0o644)
        with pytest.raises(InvalidInput) as refused:
            authorities(tmp_path)
        assert refused.value.code == "keys.open_to_others"
