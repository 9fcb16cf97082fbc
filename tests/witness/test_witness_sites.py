"""Fetching from strangers: bounded in size and time, nothing followed, the token only where it belongs."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from concord.rules.errors import Unavailable
from concord.witness.sites import Site

Speak = Callable[[socket.socket], None]


@contextmanager
def answering(speak: Speak) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says what it is told to, once; gives its address and what it was asked."""
    asked: list[bytes] = []

    def serve() -> None:
        connected, _ = listening.accept()
        with connected:
            asked.append(connected.recv(65536))
            speak(connected)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/ledger/", asked
        thread.join()


def saying(answer: bytes) -> Speak:
    return lambda connected: connected.sendall(answer)


def test_a_file_is_given() -> None:
    with answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfile")) as (url, asked):
        assert Site(url, token="of-the-city").get("tile/0/000", 4) == b"file"
    assert asked[0].startswith(b"GET /ledger/tile/0/000 HTTP/1.1\r\n")
    assert b"Authorization: Bearer of-the-city\r\n" in asked[0]


def test_without_a_token_none_is_sent() -> None:
    with answering(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, asked):
        assert Site(url).get("checkpoint", 4) == b""
    assert b"Authorization" not in asked[0]


def test_what_is_not_there_is_none() -> None:
    with answering(saying(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) as (url, _):
        assert Site(url).get("checkpoint", 4) is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlarge",
        b"HTTP/1.1 200 OK\r\n\r\nlarger than it may be, and without a length",
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ncut",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Server Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    ],
)
def test_whatever_else_comes_back_is_no_file(answer: bytes) -> None:
    with answering(saying(answer)) as (url, _), pytest.raises(Unavailable) as caught:
        Site(url).get("checkpoint", 4)
    assert caught.value.code == "witness.unreachable"


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    with pytest.raises(Unavailable):
        Site(url).get("checkpoint", 4)


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_who_trickles_is_cut_off(begin: bytes) -> None:
    def trickle(connected: socket.socket) -> None:
        try:
            connected.sendall(begin)
            while True:
                connected.sendall(b"x")
                if ended.wait(0.02):
                    return
        except OSError:
            return  # it was hung up on

    ended = threading.Event()
    with answering(trickle) as (url, _):
        try:
            with pytest.raises(Unavailable):
                Site(url, timeout=5, longest=0.3).get("checkpoint", 2000)
        finally:
            ended.set()


def test_https_is_not_done_without() -> None:
    with answering(saying(b"HTTP/1.1 200 OK\r\n\r\nfile")) as (url, asked), pytest.raises(Unavailable):
        Site(url.replace("http:", "https:"), token="of-the-city").get("checkpoint", 4)
    assert b"of-the-city" not in asked[0]


def test_who_is_silent_is_given_up() -> None:
    ended = threading.Event()

    def wait(_connected: socket.socket) -> None:
        ended.wait(5)

    with answering(wait) as (url, _):
        try:
            with pytest.raises(Unavailable):
                Site(url, timeout=0.2).get("checkpoint", 2000)
        finally:
            ended.set()
