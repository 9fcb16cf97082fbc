"""Asking witnesses to co-sign a checkpoint: C2SP tlog-witness over HTTP, all of them at once.

Some witnesses answer 403 and others 404 for a log that they do not know; either way this one cannot be had now. A
witness whose own signature is wrong counts as one that refused: it cannot spoil the note for the others.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, as_completed, wait
from concurrent.futures import TimeoutError as NoAnswerInTime
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from concord.foundation.keys.installation import WitnessAddress
from concord.proofs import checkpoints, notes
from concord.proofs.notes import NoteSignature
from concord.rules.errors import InvalidInput, Said, Unavailable

TIMEOUT = 5.0
GRACE = 0.5
"""Seconds in which the others may still answer once there are enough."""
LONGEST = 10.0
"""Seconds after which nobody is waited for, however slowly they speak."""
LARGEST_ANSWER = 64 << 10


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and text a witness answered."""

    status: int
    body: bytes


class WitnessPort(Protocol):
    """How a witness is reached."""

    def add_checkpoint(self, witness: WitnessAddress, body: bytes) -> Answer:
        """Its answer to ``add-checkpoint``. Raises Unavailable ``ledger.witness`` when there is none."""


class HttpWitnesses:
    """Witnesses over HTTP and HTTPS; redirects are not followed, and one that still speaks is not asked again."""

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._speaking: set[str] = set()

    def add_checkpoint(self, witness: WitnessAddress, body: bytes) -> Answer:
        """As WitnessPort."""
        if witness.name in self._speaking:
            raise _no_answer(witness.name)
        self._speaking.add(witness.name)
        address = urlsplit(witness.url)
        try:
            with closing(self._connection(address.scheme, address.netloc)) as connection:
                path = f"{address.path.rstrip('/')}/add-checkpoint"
                connection.request("POST", path, body, {"Content-Type": "text/plain"})
                answer = connection.getresponse()
                return Answer(answer.status, answer.read(LARGEST_ANSWER))
        except (OSError, http.client.HTTPException) as error:
            raise _no_answer(witness.name) from error
        finally:
            self._speaking.discard(witness.name)

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(place, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(place, timeout=self._timeout)


@dataclass(frozen=True, slots=True)
class Told:
    """What came of asking one witness: its lines, or why there are none, and where it stands if it said so."""

    name: str
    lines: tuple[NoteSignature, ...] = ()
    refusal: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What the witnesses are asked to sign: ``note``, a tree of ``size`` leaves.

    ``consistency`` gives the proof that leads there from the tree of as many leaves as it is called with.
    """

    note: bytes
    size: int
    consistency: Callable[[int], Sequence[bytes]]

    def body(self, old: int) -> bytes:
        """The request to a witness that stands at ``old``."""
        proof = "".join(f"{b64encode(one).decode()}\n" for one in self.consistency(old))
        return f"old {old}\n{proof}\n".encode() + self.note


def ask_all(
    port: WitnessPort,
    witnesses: Sequence[WitnessAddress],
    question: Question,
    *,
    standing: Mapping[str, int],
    enough: Callable[[Collection[str]], bool],
) -> list[Told]:
    """What the witnesses answer, asked all at once; ``standing`` is the size each signed last, as far as known.

    Once those who signed are ``enough`` the others have half a second left. Who has not answered is left out.
    """
    asked = [_begun(port, witness, question, standing.get(witness.name, 0)) for witness in witnesses]
    signed: set[str] = set()
    try:
        for future in as_completed(asked, timeout=LONGEST):
            told = future.result()
            if told.lines:
                signed.add(told.name)
            if enough(signed):
                wait(asked, timeout=GRACE)
                break
    except NoAnswerInTime:
        pass
    return [future.result() for future in asked if future.done()]


def _begun(port: WitnessPort, witness: WitnessAddress, question: Question, old: int) -> Future[Told]:
    """The answer to come; a thread that outlives its round ends with its connection and keeps no process alive."""
    future: Future[Told] = Future()

    def run() -> None:
        try:
            future.set_result(ask(port, witness, question, old=min(old, question.size)))
        except BaseException as error:  # noqa: BLE001  it belongs to whoever waits for the answer
            future.set_exception(error)

    threading.Thread(target=run, name=witness.name, daemon=True).start()
    return future


def ask(port: WitnessPort, witness: WitnessAddress, question: Question, *, old: int) -> Told:
    """Ask one witness; when it says that it stands elsewhere, ask it once more from there."""
    body = question.body(old)
    try:
        answer = port.add_checkpoint(witness, body)
        if answer.status == http.client.CONFLICT:
            size = checkpoints.number(answer.body.decode("ascii").removesuffix("\n"))
            if size > question.size:
                return Told(witness.name, refusal="ahead", size=size)
            if size == old:  # the same size with another root
                return Told(witness.name, refusal="fork", size=size)
            answer = port.add_checkpoint(witness, question.body(size))
        if answer.status != http.client.OK:
            return Told(witness.name, refusal=str(answer.status))
        return _signed(witness, question, answer.body)
    except Unavailable:
        return Told(witness.name, refusal="no_answer")
    except (InvalidInput, UnicodeDecodeError):
        return Told(witness.name, refusal="malformed")


def _signed(witness: WitnessAddress, question: Question, body: bytes) -> Told:
    """The lines of the witness's own keys among those it answered; the C2SP one must be there, and all be good."""
    note = notes.parse(question.note + body, limit=notes.LARGEST_CHECKPOINT)
    # A blank line in the answer would make the checkpoint's own signature part of the text that was signed.
    if not question.note.startswith(f"{note.text}\n".encode()):
        return Told(witness.name, refusal="malformed")
    keys = [notes.parse_vkey(text) for text in (witness.vkey, witness.sm2_vkey) if text is not None]
    lines: list[NoteSignature] = []
    for key in keys:
        own = [line for line in note.lines if (line.name, line.id) == (key.name, key.id)][:1]
        if not all(notes.verifies(key, note.text, line.signature) for line in own):
            return Told(witness.name, refusal="signature")
        lines += own
    if not lines or lines[0].id != keys[0].id:
        return Told(witness.name, refusal="signature")
    return Told(witness.name, lines=tuple(lines), size=question.size)


def _no_answer(name: str) -> Unavailable:
    said = Said(f"见证方 {name} 没有答复，将再次请求。", f"The witness {name} does not answer; it will be asked again.")
    return Unavailable("ledger.witness", said)
