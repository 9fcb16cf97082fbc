"""An installation whose nine witnesses, time-stamper and host of tiles answer on real sockets of this machine.

Each of them can be stopped and started again; the clock of all is the one that the test moves.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import transaction

from concord.foundation.database import scope
from concord.foundation.files.commands import store_made
from concord.foundation.keys.setting_up import STAMPER_PORT, VALID_FOR, Member, Place
from concord.foundation.keys.signers import ROOT, private_keys
from concord.foundation.keys.stamping import HttpStamper
from concord.foundation.keys.time_stamper import TimeStamper
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.sealing import Stamping
from concord.foundation.ledger.store import Store, opened
from concord.foundation.ledger.witnesses import HttpWitnesses, WitnessPort
from concord.foundation.organisations.models import Organisation
from concord.proofs import tiles, trust
from concord.proofs.report import Report
from concord.proofs.trust import KeyEntry
from concord.rules.identifiers import uuid7
from concord.witness import keys
from concord.witness.cosigning import Witness
from concord.witness.server import WitnessServer
from concord.witness.settings import WitnessSettings, read
from concord.witness.state import State
from concord.witness.watching import Watch
from tests.support.sealing import ORIGIN, Home, written
from tests.support.two_verifiers import both_say

PATH = "payload/声明.txt"
FIRST_PORT, LAST_PORT = 20_000, 32_000
PORTS_ABOVE = (0, *range(STAMPER_PORT, STAMPER_PORT + 10))


def free_base() -> int:
    """A port such that it, and those that set-up gives to time-stamper and witnesses, are free."""
    places: Sequence[int] = range(FIRST_PORT, LAST_PORT, PORTS_ABOVE[-1] + 1)
    first = os.getpid() % len(places)  # tests that run at once look in different places
    for base in (*places[first:], *places[:first]):
        if all(_free(base + above) for above in PORTS_ABOVE):
            return base
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def _free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


class Service:
    """A server in a thread, on the same port each time that it is started."""

    def __init__(self, make: Callable[[], ThreadingHTTPServer]) -> None:
        self._make = make
        self._running: tuple[ThreadingHTTPServer, threading.Thread] | None = None

    def start(self) -> None:
        """Answer; nothing when it does already."""
        if self._running is None:
            server = self._make()
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            self._running = server, thread

    def stop(self) -> None:
        """Let go of the port; nothing when it is stopped."""
        if self._running is not None:
            server, thread = self._running
            server.shutdown()
            thread.join()
            server.server_close()
            self._running = None


class LoopbackWitness:
    """A city's witness as its ``witness.toml`` has it, ready to sign; it mirrors and compares when the test says so."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self.settings: WitnessSettings = read(file)
        self._now = now
        self._keys = keys.read(self.settings.key, name=self.settings.name)
        self._service = Service(self._server)
        self._state: State | None = None

    def start(self) -> None:
        """Open state and socket; nothing when they are."""
        if self._state is None:
            self._state = State(self.settings.state)
            self.witness = Witness(self.settings, self._keys, self._state, now=self._now, tell=_silently)
            self.witness.ready.set()
            self.watch = Watch(self.witness, timeout=2)
            self._service.start()

    def stop(self) -> None:
        """Let go of both."""
        if self._state is not None:
            self._service.stop()
            self._state.close()
            self._state = None

    @property
    def mirrored(self) -> Path:
        """The folder in which its copy of the log lies, in the layout of the log's own."""
        return next(self.settings.mirror.iterdir())

    def alarms(self) -> list[str]:
        """The kinds of its alarms."""
        return [one.kind.value for one in self.witness.state.alarms()]

    def _server(self) -> WitnessServer:
        return WitnessServer(self.witness, self.watch)


@dataclass
class Alliance(Home):
    """All that set-up makes, at work."""

    port: int = field(default_factory=free_base)

    def __post_init__(self) -> None:
        super().__post_init__()
        place = Place.of(self.folder)
        self.cities = {
            witness.org: LoopbackWitness(place.witnesses / witness.org / "witness.toml", self.now)
            for witness in self.installation.witnesses
        }
        self.stamper = Service(
            lambda: TimeStamper(
                self.port + STAMPER_PORT, self.authorities, now=self.now, random_bytes=self.chance.randbytes
            )
        )
        self.store = opened(self.installation.tiles)
        self.host = Service(lambda: TileHost(self.port, self.store, self.installation.readers))
        self._port = HttpWitnesses()

    def stamping(self) -> Stamping:
        """The time-stampers, over HTTP."""
        authorities = self.trust.authorities
        stampers = [HttpStamper(address, authorities) for address in self.installation.stampers]
        return Stamping(stampers, self.chance.randbytes)

    def witnesses(self) -> WitnessPort:
        """The nine, over HTTP."""
        return self._port

    @property
    def trust_file(self) -> bytes:
        """What a verifier is given, as a file."""
        return self.installation.trust.read_bytes()

    def down(self, count: int) -> None:
        """Stop the first ``count`` witnesses; the others run."""
        for at, city in enumerate(self.cities.values()):
            if at < count:
                city.stop()
            else:
                city.start()

    def seal(
        self,
        city: Organisation,
        subject: str = "一号",
        *,
        content: bytes = "声明".encode(),
        fields: Mapping[str, str] | None = None,
        claimed_at: datetime | None = None,
    ) -> Sealed:
        """A file sealed by the city, kept, and its leaf submitted; the city may claim another time than it is."""
        file = store_made(
            content=content,
            name="声明.txt",
            media_type="text/plain",
            organisation=city,
            at=self.at,
            uid=uuid7(self.at, self.chance.randbytes(10)),
        )
        prepared = sealing.prepare(
            kind="evidence",
            organisation=city,
            files={PATH: file},
            collection=sealing.collected_now(claimed_at or self.at),
            equipment=self.equipment(),
            at=claimed_at or self.at,
            fields=fields,
        )
        with transaction.atomic():
            uid = uuid7(self.at, self.chance.randbytes(10))
            return sealing.keep(prepared, subject=subject, at=self.at, uid=uid)

    def publish(self) -> None:
        """Three seconds later, a round that publishes."""
        self.later(seconds=3)
        assert self.round().published

    def complete(self) -> int:
        """Add what has become possible to packages that wait; how many gained."""
        return sealing.complete(at=self.at, stamping=self.stamping())

    def package(self, row: Sealed) -> bytes:
        """The package as it is given out now."""
        return written(kept(row)).getvalue()

    def said(self, row: Sealed, *, policy: bytes | None = None) -> Report:
        """What both verifiers say of the package now."""
        return both_say(self.package(row), self.trust_file, policy=policy, at=self.at)

    def renewed_trust(self, *, directory: Sequence[KeyEntry] | None = None) -> bytes:
        """The next trust file of the same roots, begun now; with ``directory`` it holds these entries of keys."""
        old = self.trust
        return trust.trust_file(
            version=old.version + 1,
            issued_at=self.at,
            expires_at=self.at + VALID_FOR,
            threshold=old.threshold,
            roots=[private_keys(self.keys / member.code / ROOT) for member in self.members],
            policy=self.installation.policy_text,
            sm2_witnesses=[key.vkey_text() for key in old.sm2_witnesses],
            authorities=old.authorities,
            directory=old.directory if directory is None else directory,
        )


def mirrored_leaves(city: LoopbackWitness) -> list[bytes]:
    """Every leaf that the city's mirror holds."""
    size = city.witness.state.mirrored(ORIGIN).size
    found: list[bytes] = []
    while len(found) < size:
        index, width = len(found) // tiles.TILE_WIDTH, min(tiles.TILE_WIDTH, size - len(found))
        found += tiles.leaves_of((city.mirrored / tiles.entries_path(index, width)).read_bytes())
    return found


def facts(report: Report, check: str) -> dict[str, Any]:
    """What a check found."""
    [found] = [one["facts"] for one in json.loads(report.as_json())["checks"] if one["id"] == check]
    return dict(found)


def kept(row: Sealed) -> Sealed:
    """The row as it is now."""
    with scope.writing():
        return Sealed.objects.select_related("submission").get(pk=row.pk)


@contextmanager
def at_work(folder: Path, organisations: Sequence[Organisation], *, at: datetime) -> Iterator[Alliance]:
    """The alliance of these organisations, everything started, and named by the settings."""
    alliance = Alliance(folder, [Member(one.code, one.zh, one.en) for one in organisations], at)
    services: list[Service | LoopbackWitness] = [alliance.stamper, alliance.host, *alliance.cities.values()]
    with ExitStack() as ending, alliance.in_use():
        for service in services:
            ending.callback(service.stop)
            service.start()
        yield alliance


@contextmanager
def no_network() -> Iterator[None]:
    """No connection over a network can be made; the database's own socket is not one."""
    connect = socket.socket.connect

    def refused(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        connect(self, address)  # type: ignore[arg-type]  # whatever the caller gave

    with patch.object(socket.socket, "connect", refused):
        yield


class TileHost(ThreadingHTTPServer):
    """Serves the log's files below ``/ledger/`` to whoever bears a reader's token."""

    daemon_threads = True

    def __init__(self, port: int, store: Store, readers: Mapping[str, str]) -> None:
        self.store = store
        self.readers = frozenset(readers.values())
        super().__init__(("127.0.0.1", port), _TileHandler)


class _TileHandler(BaseHTTPRequestHandler):
    server: TileHost

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        allowed = hashlib.sha256(token.encode()).hexdigest() in self.server.readers
        content = self.server.store.get(self.path.removeprefix("/ledger/")) if allowed else None
        self.send_response(200 if content is not None else 404 if allowed else 401)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        """Silence."""


def _silently(_event: str, _told: Mapping[str, str | int]) -> None:
    """Nobody listens."""
