"""A ledger of its own for a test: log key, nine witnesses that answer in this process, tiles and lock in a folder."""

from __future__ import annotations

import json
import random
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.foundation.database import scope
from concord.foundation.journal.commands import record
from concord.foundation.keys.installation import Installation, WitnessAddress
from concord.foundation.keys.setting_up import Place, policy_text, write_settings
from concord.foundation.ledger import fsck, sequencing
from concord.foundation.ledger.commands import submit
from concord.foundation.ledger.fsck import Findings
from concord.foundation.ledger.models import Submission
from concord.foundation.ledger.sequencing import Round
from concord.foundation.ledger.store import FolderStore, Store
from concord.foundation.ledger.witnesses import Answer
from concord.proofs import log_policy, notes
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.rules.errors import Said, Unavailable
from concord.witness.cosigning import Witness
from concord.witness.keys import WitnessKeys
from concord.witness.settings import LogSettings, WitnessSettings
from concord.witness.state import State

BEGAN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
LONGEST_HELD = 100
ORIGIN = "ledger.toy.example/2026"
CITIES = [f"31011{digit}" for digit in range(1, 10)]


class LocalWitnesses:
    """Nine witnesses with databases of their own; each request opens and closes one, as a process would."""

    def __init__(self, folder: Path, log: VerifierKey, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._log = log
        self._now = now
        chance = random.Random(31)  # noqa: S311  the same cities for every log
        self.keys = {name: WitnessKeys.of(PrivateKeys.generate(name, chance.randbytes)) for name in _names()}
        self.away: set[str] = set()
        self.asked: list[str] = []

    def addresses(self) -> tuple[WitnessAddress, ...]:
        """Where they are said to be, and their keys."""
        return tuple(
            WitnessAddress(
                name=name,
                url=f"http://{name}",
                vkey=keys.verifier.vkey_text(),
                sm2_vkey=keys.sm2_verifier.vkey_text(),
                org=city,
            )
            for city, (name, keys) in zip(CITIES, self.keys.items(), strict=True)
        )

    def add_checkpoint(self, witness: WitnessAddress, body: bytes) -> Answer:
        """What the witness answers; Unavailable while it is away."""
        self.asked.append(witness.name)
        if witness.name in self.away:
            raise Unavailable("ledger.witness", Said("不在", "away"))
        state = State(self.database(witness.name))
        try:
            answer = self._witness(witness.name, state).add_checkpoint(body)
        finally:
            state.close()
        return Answer(answer.status, answer.body.encode())

    def database(self, name: str) -> Path:
        """The witness's own database."""
        return self._folder / f"{name}.sqlite3"

    def size(self, name: str) -> int:
        """The size a witness signed last."""
        state = State(self.database(name))
        try:
            latest = state.latest(self._log.name)
        finally:
            state.close()
        return latest.size if latest else 0

    def _witness(self, name: str, state: State) -> Witness:
        settings = WitnessSettings(
            name=name,
            key=self._folder / "unused.json",
            state=self.database(name),
            mirror=self._folder / "unused",
            host="127.0.0.1",
            port=0,
            logs=(LogSettings(self._log.name, self._log),),
        )
        witness = Witness(settings, self.keys[name], state, now=self._now, tell=_silently)
        witness.ready.set()
        return witness


@dataclass
class Ledger:
    """An installation's ledger in a folder, a clock that only the test moves, and randomness from a seed."""

    folder: Path
    at: datetime = BEGAN
    origin: str = ORIGIN
    chance: random.Random = field(default_factory=lambda: random.Random(6))  # noqa: S311  a test repeats itself

    def __post_init__(self) -> None:
        private = self.chance.randbytes(32)
        key_file = self.folder / "log.json"
        key_file.write_text(json.dumps({"name": self.origin, "private": b64encode(private).decode()}), encoding="utf-8")
        key_file.chmod(0o600)
        self.log = VerifierKey.of(self.origin, notes.ED25519, _public(private))
        self.witnesses = LocalWitnesses(self.folder, self.log, self.now)
        addresses = self.witnesses.addresses()
        text = policy_text(self.log, addresses)
        self.installation = Installation(
            folder=self.folder,
            origin=self.origin,
            log_key=key_file,
            policy=log_policy.parse(text),
            policy_text=text,
            witnesses=addresses,
            stampers=(),
            readers={},
            trust=self.folder / "trust.json",
            tiles=f"file:{self.folder / 'tiles'}",
            lock=self.folder / "lock.sqlite3",
        )
        self.store: Store = FolderStore(self.folder / "tiles")

    def write_settings(self) -> None:
        """Write ``ledger.toml`` and the policy beside the rest, as the set-up does."""
        (self.folder / "policy.txt").write_text(self.installation.policy_text, encoding="utf-8")
        place = Place(keys=self.folder, ledger=self.folder, witnesses=self.folder)
        write_settings(place, origin=self.origin, witnesses=self.installation.witnesses, stampers=(), readers={})

    def now(self) -> datetime:
        """The time the test says it is."""
        return self.at

    def later(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)

    def round(self, *, batch: int = 1000, store: Store | None = None) -> Round:
        """One round of the sequencer, as SYSTEM, which the connection stays."""
        for _ in range(LONGEST_HELD):
            scope.enter(scope.SYSTEM)
            done = sequencing.sequence(
                self.installation,
                now=self.now,
                random_bytes=self.chance.randbytes,
                witnesses=self.witnesses,
                batch=batch,
                store=store or self.store,
            )
            if done is not None:
                return done
            time.sleep(0.1)  # a process killed a moment ago may still hold the database's lock
        raise AssertionError("somebody else sequences")

    def away(self, count: int) -> None:
        """Let the first ``count`` witnesses be away, and the others be there."""
        self.witnesses.away = set(_names()[:count])

    def write(self, count: int, *, event: str = "toy.happened") -> list[int]:
        """Write journal entries; their ids."""
        with scope.writing():
            return [record(event=event, at=self.at, by=None, details={"n": n}).pk for n in range(count)]

    def checked(self) -> Findings:
        """What the check of everything finds."""
        scope.enter(scope.SYSTEM)
        return fsck.check(self.installation, store=self.store)

    def submit(self, subject: str, *, leaf: bytes = b"") -> Submission:
        """Submit a leaf."""
        with scope.writing():
            return submit(leaf=leaf or subject.encode(), kind="seal", subject=subject, organisation=None, at=self.at)


def _names() -> list[str]:
    return [f"witness.{city}.example" for city in CITIES]


def _public(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _silently(_event: str, _told: Mapping[str, str | int]) -> None:
    """Nobody listens."""
