"""Asking witnesses over HTTP: those who answer well, who answer nonsense, and who do not answer."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from concord.foundation.keys.installation import WitnessAddress
from concord.foundation.ledger.witnesses import Answer, HttpWitnesses, Question, Told, ask, ask_all
from concord.proofs import checkpoints, notes
from concord.proofs.checkpoints import Checkpoint
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.rules.errors import InvalidInput, Said, Unavailable
from concord.witness import protocol
from concord.witness.keys import WitnessKeys

CHANCE = random.Random(9)  # noqa: S311  a test repeats itself
NAME = "witness.toy.example"
KEYS = WitnessKeys.of(PrivateKeys.generate(NAME, CHANCE.randbytes))
OTHER = WitnessKeys.of(PrivateKeys.generate("witness.other.example", CHANCE.randbytes))
LOG = PrivateKeys.generate("log.toy.example", CHANCE.randbytes)
ROOT = bytes(range(32))
NOTE = checkpoints.sign_checkpoint(
    Checkpoint(LOG.key, 9, ROOT),
    lambda message: LOG.sign(message)[0].sig,
    VerifierKey.of(LOG.key, notes.ED25519, LOG.public.ed25519),
)
TEXT = notes.parse(NOTE).text
Reply = Callable[[bytes], tuple[int, bytes]]


def address(url: str, *, sm2: bool = True) -> WitnessAddress:
    return WitnessAddress(
        NAME, url, KEYS.verifier.vkey_text(), KEYS.sm2_verifier.vkey_text() if sm2 else None, "310117"
    )


def lines(keys: WitnessKeys = KEYS, *, text: str = TEXT, which: Collection[int] = (0, 1)) -> bytes:
    made = keys.cosign(text, 1_772_000_000)
    return "".join(made[one].line() for one in which).encode()


def question(*, size: int = 9) -> Question:
    return Question(NOTE, size, lambda old: [bytes([old]) * 32] if 0 < old < size else ())


@contextmanager
def answering(*replies: Reply) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these replies one after another, the last one again and again."""
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = replies[min(len(heard), len(replies)) - 1](heard[-1])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 307:
                self.send_header("Location", self.path)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/some/where/", heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(status: int, body: bytes) -> Reply:
    return lambda _request: (status, body)


def asked(*replies: Reply, old: int = 4) -> tuple[Told, list[bytes]]:
    with answering(*replies) as (url, heard):
        return ask(HttpWitnesses(timeout=5), address(url), question(), old=old), heard


def test_a_good_answer_brings_both_lines() -> None:
    told, heard = asked(says(200, lines()))
    assert (told.refusal, told.size) == ("", 9)
    assert [line.id for line in told.lines] == [KEYS.verifier.id, KEYS.sm2_verifier.id]
    request = protocol.parse(heard[0])
    assert (request.old, request.proof, request.note) == (4, (bytes([4]) * 32,), NOTE)


@pytest.mark.parametrize("old", [0, 9])
def test_from_nothing_and_from_the_same_size_no_proof_is_sent(old: int) -> None:
    _, heard = asked(says(200, lines()), old=old)
    assert protocol.parse(heard[0]).proof == ()


def test_a_witness_that_stands_elsewhere_is_asked_once_more_from_there() -> None:
    told, heard = asked(says(409, b"6\n"), says(200, lines()))
    assert told.size == 9
    assert [protocol.parse(request).old for request in heard] == [4, 6]


@pytest.mark.parametrize(
    ("reply", "refusal", "size"),
    [
        (says(409, b"10\n"), "ahead", 10),
        (says(409, b"4\n"), "fork", 4),
        (says(409, b"6\n"), "409", None),
        (says(409, b"many\n"), "malformed", None),
        (says(409, b""), "malformed", None),
        (says(409, b"-1\n"), "malformed", None),
        (says(409, b"99999999999999999999\n"), "malformed", None),
        (says(409, "六\n".encode()), "malformed", None),
        (says(400, b""), "400", None),
        (says(403, b""), "403", None),
        (says(404, b""), "404", None),
        (says(422, b""), "422", None),
        (says(503, b""), "503", None),
        (says(307, b""), "307", None),
        (says(200, b""), "signature", None),
        (says(200, b"nonsense"), "malformed", None),
        (says(200, lines(OTHER)), "signature", None),
        (says(200, lines(text=TEXT.replace("9", "8", 1))), "signature", None),
        (says(200, lines(which=[1])), "signature", None),
        (says(200, lines()[:-5] + b"\n"), "signature", None),
        (says(200, b"x" * (1 << 20)), "malformed", None),
    ],
)
def test_a_refusal_says_why(reply: Reply, refusal: str, size: int | None) -> None:
    told, heard = asked(reply)
    assert (told.lines, told.refusal, told.size) == ((), refusal, size)
    assert len(heard) <= 2


def test_lines_of_others_are_left_out() -> None:
    told, _ = asked(says(200, lines() + lines(OTHER)))
    assert {line.name for line in told.lines} == {NAME}


def test_a_wrong_sm2_line_is_refused_with_the_good_one() -> None:
    bad = lines(which=[0]) + lines(text=TEXT.replace("9", "8", 1), which=[1])
    assert asked(says(200, bad))[0].refusal == "signature"


def test_a_signature_over_the_log_s_own_line_is_none_over_the_checkpoint() -> None:
    """A blank line before it would make that line part of the text, over which the witness's line is good."""
    told, _ = asked(says(200, b"\n" + lines(text=NOTE.decode())))
    assert told == Told(NAME, refusal="malformed")


def test_without_an_sm2_key_its_line_is_not_asked_for() -> None:
    with answering(says(200, lines(which=[0]))) as (url, _):
        told = ask(HttpWitnesses(), address(url, sm2=False), question(), old=4)
    assert len(told.lines) == 1


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = ask(HttpWitnesses(), address(f"http://127.0.0.1:{port}"), question(), old=4)
    assert (told.refusal, told.lines) == ("no_answer", ())


def test_one_that_only_listens_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        told = ask(HttpWitnesses(timeout=0.3), address(f"http://127.0.0.1:{port}"), question(), old=4)
    assert told.refusal == "no_answer"
    assert time.monotonic() - began < 5


def test_one_that_still_speaks_is_not_asked_again() -> None:
    port = HttpWitnesses(timeout=5)
    release = threading.Event()

    def slowly(_request: bytes) -> tuple[int, bytes]:
        release.wait(timeout=10)
        return 200, lines()

    with answering(slowly) as (url, heard):
        first = threading.Thread(target=port.add_checkpoint, args=(address(url), b"x"))
        first.start()
        while not heard:
            time.sleep(0.01)
        with pytest.raises(Unavailable):
            port.add_checkpoint(address(url), b"x")
        release.set()
        first.join()
        assert port.add_checkpoint(address(url), b"x").status == 200
    assert len(heard) == 2


class Scripted:
    """Witnesses that answer after so many seconds, never with infinity."""

    def __init__(self, delays: dict[str, float]) -> None:
        self.delays = delays
        self.stop = threading.Event()

    def add_checkpoint(self, witness: WitnessAddress, _body: bytes) -> Answer:
        if self.stop.wait(self.delays[witness.name]):
            raise Unavailable("ledger.witness", Said("停", "stopped"))
        return Answer(200, "".join(line.line() for line in MANY[witness.name].cosign(TEXT, 1_772_000_000)).encode())


MANY = {f"w{n}": WitnessKeys.of(PrivateKeys.generate(f"w{n}", CHANCE.randbytes)) for n in range(4)}


def everyone(delays: dict[str, float], *, enough: int) -> tuple[set[str], float]:
    port = Scripted(delays)
    places = [WitnessAddress(name, "", keys.verifier.vkey_text(), None, "") for name, keys in MANY.items()]
    began = time.monotonic()
    try:
        told = ask_all(port, places, question(), standing={}, enough=lambda names: len(names) >= enough)
    finally:
        port.stop.set()
    return {one.name for one in told if one.lines}, time.monotonic() - began


def test_with_enough_the_others_have_a_moment_left() -> None:
    signed, seconds = everyone({"w0": 0.0, "w1": 0.0, "w2": 0.2, "w3": 60.0}, enough=2)
    assert signed == {"w0", "w1", "w2"}
    assert seconds < 5


def test_with_too_few_nobody_is_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("concord.foundation.ledger.witnesses.LONGEST", 0.5)
    signed, seconds = everyone({"w0": 0.0, "w1": 60.0, "w2": 60.0, "w3": 60.0}, enough=3)
    assert signed == {"w0"}
    assert seconds < 5


def test_a_log_that_cannot_prove_its_growth_is_not_the_witness_fault() -> None:
    def broken(_old: int) -> list[bytes]:
        raise InvalidInput("proofs.tile", Said("缺", "missing"))

    with pytest.raises(InvalidInput):
        ask_all(
            Scripted({"w0": 0.0}),
            [WitnessAddress("w0", "", MANY["w0"].verifier.vkey_text(), None, "")],
            Question(NOTE, 9, broken),
            standing={},
            enough=bool,
        )
