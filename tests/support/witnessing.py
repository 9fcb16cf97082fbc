"""A log whose every tree a test may show or hide, cities that witness it on loopback, and somebody to ask them."""

from __future__ import annotations

import http.client
import random
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.proofs import checkpoints, merkle, notes, tiles
from concord.proofs.checkpoints import Checkpoint, Cosigned
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.witness.cosigning import Witness, origin_hash
from concord.witness.keys import WitnessKeys
from concord.witness.server import WitnessServer
from concord.witness.settings import LogSettings, Peer, WitnessSettings
from concord.witness.state import State
from concord.witness.watching import Watch

BEGAN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ORIGIN = "ledger.toy.example/2026"
TOKEN = "a-token-of-some-length"
LOG_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG_KEY = VerifierKey.of(ORIGIN, notes.ED25519, LOG_PRIVATE.public_key().public_bytes_raw())


class ToyLog:
    """A log in memory: its leaves, its files, and its key, which signs whatever it is told to."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.leaves: list[bytes] = []
        self.files: dict[str, bytes] = {}
        if leaves:
            self.append(*leaves)

    def append(self, *leaves: bytes) -> None:
        """Grow, and publish tiles and checkpoint."""
        self.files |= tiles.grown(self.files.get, len(self.leaves), leaves)
        self.leaves += leaves
        self.publish(self.note())

    def publish(self, note: bytes) -> None:
        """Show this checkpoint to everybody."""
        self.files["checkpoint"] = note

    def grow(self, count: int) -> ToyLog:
        """Append so many leaves with their places in them."""
        self.append(*(b"leaf %d" % (len(self.leaves) + at) for at in range(count)))
        return self

    def twin(self) -> ToyLog:
        """Another log of the same key with the same leaves so far."""
        return ToyLog(self.leaves)

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self.leaves)

    def root(self, size: int | None = None) -> bytes:
        """The root at a size, its own by default."""
        return tiles.root_of(ToyLog._files_at(self, size).get, self.size if size is None else size)

    def _files_at(self, size: int | None) -> Mapping[str, bytes]:
        return self.files if size in {None, self.size} else ToyLog(self.leaves[:size]).files

    def note(self, size: int | None = None) -> bytes:
        """The checkpoint at a size, signed by the log."""
        wanted = self.size if size is None else size
        checkpoint = Checkpoint(ORIGIN, wanted, self.root(wanted) if wanted else merkle.EMPTY_ROOT)
        return checkpoints.sign_checkpoint(checkpoint, LOG_PRIVATE.sign, LOG_KEY)

    def proof(self, old: int) -> tuple[bytes, ...]:
        """From ``old`` leaves to all."""
        return tiles.consistency(self.files.get, old, self.size) if self.size else ()

    def request(self, old: int = 0) -> bytes:
        """What is sent to a witness that stands at ``old``."""
        return request(old, self.proof(old), self.note())


def request(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """A body of add-checkpoint, well made or not."""
    lines = "".join(f"{b64encode(one).decode()}\n" for one in proof)
    return f"old {old}\n{lines}\n".encode() + note


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def ask(url: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """One request over a real socket."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)) as connection:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, response.read(), dict(response.getheaders()))


def free_ports(count: int) -> list[int]:
    """Ports on loopback on which nobody listens."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class _Host(ThreadingHTTPServer):
    daemon_threads = True
    log: ToyLog
    asked: list[str]


class _HostHandler(BaseHTTPRequestHandler):
    server: _Host

    def do_GET(self) -> None:
        path = self.path.removeprefix("/ledger/")
        self.server.asked.append(path)
        content = self.server.log.files.get(path)
        allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self.send_response((200 if content is not None else 404) if allowed else 401)
        self.end_headers()
        if allowed and content is not None:
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        """Silence."""


@dataclass
class Host:
    """Serves the files of a log, which the test may change for another, to who has the token."""

    server: _Host

    @property
    def url(self) -> str:
        """Below which the files lie."""
        return f"http://127.0.0.1:{self.server.server_port}/ledger/"

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for."""
        return self.server.asked

    def show(self, log: ToyLog) -> None:
        """From now on, these files."""
        self.server.log = log


@contextmanager
def hosted(log: ToyLog) -> Iterator[Host]:
    """A host that shows ``log``."""
    server = _Host(("127.0.0.1", 0), _HostHandler)
    server.log, server.asked = log, []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Host(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class City:
    """One witness with its own folder; it runs on a real socket between ``start`` and ``stop``."""

    name: str
    folder: Path
    port: int
    keys: WitnessKeys
    tiles: str = ""
    peers: tuple[Peer, ...] = ()
    at: datetime = BEGAN
    told: list[tuple[str, dict[str, str | int]]] = field(default_factory=list)
    needed_peers: int = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def peer(self) -> Peer:
        """How the others know it."""
        return Peer(self.name, self.url, self.keys.verifier)

    @property
    def settings(self) -> WitnessSettings:
        """Its settings."""
        return WitnessSettings(
            name=self.name,
            key=self.folder / "key.json",
            state=self.folder / "state.sqlite3",
            mirror=self.folder / "mirror",
            host="127.0.0.1",
            port=self.port,
            logs=(LogSettings(ORIGIN, LOG_KEY, self.tiles, TOKEN if self.tiles else ""),),
            peers=self.peers,
            mirror_every=0,
            needed_peers=self.needed_peers,
        )

    def start(self, *, ready: bool = True) -> City:
        """Open state and socket; by default it signs without asking the others first."""
        self.folder.mkdir(exist_ok=True)
        self.state = State(self.settings.state)
        self.witness = Witness(self.settings, self.keys, self.state, now=self.now, tell=self._tell)
        self.watch = Watch(self.witness, timeout=2)
        self.server = WitnessServer(self.witness, self.watch)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self._thread.start()
        if ready:
            self.witness.ready.set()
        return self

    def stop(self) -> None:
        """Let go of both."""
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
        self.state.close()

    def now(self) -> datetime:
        """Every look at the clock is a second later."""
        self.at += timedelta(seconds=1)
        return self.at

    def submit(self, body: bytes) -> Reply:
        """Bring it a checkpoint."""
        return ask(self.url, "POST", "/add-checkpoint", body)

    def get(self, path: str) -> Reply:
        """Read from it."""
        return ask(self.url, "GET", path)

    def checkpoint(self) -> Cosigned:
        """What it shows as cosigned last, checked with its keys."""
        note = self.get(f"/{origin_hash(ORIGIN)}/checkpoint").body
        return opened(note, self)

    def size(self) -> int:
        """The size it cosigned last."""
        return self.witness.standing(ORIGIN).size

    def alarms(self) -> list[str]:
        """The kinds of its alarms."""
        return [one.kind.value for one in self.state.alarms()]

    def _tell(self, event: str, circumstances: Mapping[str, str | int]) -> None:
        self.told.append((event, dict(circumstances)))


def opened(note: bytes, *cities: City) -> Cosigned:
    """A note whose log signature and cosignatures by these cities are checked."""
    return opened_with(note, *(city.keys for city in cities))


def opened_with(note: bytes, *keys: WitnessKeys) -> Cosigned:
    """A note whose log signature and cosignatures by these keys are checked."""
    witnesses, sm2 = [one.verifier for one in keys], [one.sm2_verifier for one in keys]
    return checkpoints.open_checkpoint(note, log=LOG_KEY, witnesses=witnesses, sm2=sm2)


def cities(folder: Path, count: int, *, tiles: str = "", chance: Callable[[int], bytes] | None = None) -> list[City]:
    """So many cities that know each other, not started."""
    randbytes = chance or random.Random(7).randbytes  # noqa: S311 - a test repeats itself
    made = [
        City(name, folder / name, port, WitnessKeys.of(PrivateKeys.generate(name, randbytes)), tiles)
        for name, port in zip((f"witness.c{n}.example" for n in range(1, count + 1)), free_ports(count), strict=True)
    ]
    for city in made:
        city.peers = tuple(other.peer for other in made if other is not city)
    return made


@contextmanager
def running(made: Sequence[City]) -> Iterator[Sequence[City]]:
    """The cities, started; all of those that still run are stopped."""
    for city in made:
        city.start()
    try:
        yield made
    finally:
        for city in made:
            city.stop()
