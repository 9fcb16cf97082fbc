"""An installation with a ledger as set-up makes it, in a folder; its nine witnesses and stampers answer in process."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.test import override_settings

from concord.foundation.database import scope
from concord.foundation.keys.installation import StamperAddress, WitnessAddress
from concord.foundation.keys.setting_up import Member, Place, set_up
from concord.foundation.keys.signers import officer
from concord.foundation.keys.stamping import Stamp
from concord.foundation.keys.time_stamper import authorities
from concord.foundation.ledger import equipment, sequencing
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.sealing import Equipment, Stamping, write
from concord.foundation.ledger.sequencing import Round
from concord.foundation.ledger.witnesses import Answer, WitnessPort
from concord.foundation.organisations.models import Organisation
from concord.proofs import timestamps
from concord.proofs.digests import pair_of
from concord.proofs.trust import Trust, read_trust
from concord.rules.errors import Said, Unavailable
from concord.witness import keys
from concord.witness.cosigning import Witness
from concord.witness.settings import LogSettings, WitnessSettings
from concord.witness.state import State

ORIGIN = "ledger.toy.example/2026"
MADE = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN_FILE = "token"


@dataclass
class Home:
    """The folders of an installation, and a clock that only the test moves."""

    folder: Path
    members: Sequence[Member]
    at: datetime
    chance: random.Random = field(default_factory=lambda: random.Random(9))  # noqa: S311  a test repeats itself
    silent_stampers: bool = False
    away: set[str] = field(default_factory=set)
    port: int = 20_000

    def __post_init__(self) -> None:
        self.installation = set_up(
            self.folder,
            members=self.members,
            origin=ORIGIN,
            random_bytes=self.chance.randbytes,
            at=MADE,
            loopback_port=self.port,
        )
        place = Place.of(self.folder)
        self.keys = place.keys
        self.authorities = authorities(place.keys)
        self.witness_keys = {
            witness.name: keys.read(place.witnesses / witness.org / "key.json", name=witness.name)
            for witness in self.installation.witnesses
        }

    @property
    def trust(self) -> Trust:
        """What a verifier is given."""
        return read_trust(self.installation.trust.read_bytes())

    def reader_token(self, org: str) -> str:
        """The bearer token of a city's mirror."""
        return (Place.of(self.folder).witnesses / org / TOKEN_FILE).read_text(encoding="utf-8").strip()

    @contextmanager
    def in_use(self) -> Iterator[Home]:
        """The settings name this installation."""
        with override_settings(KEYS_ROOT=self.keys, LEDGER_ROOT=self.folder / "ledger"):
            yield self

    def later(self, **by: float) -> datetime:
        """Let time pass."""
        self.at += timedelta(**by)
        return self.at

    def now(self) -> datetime:
        """The time the test says it is."""
        return self.at

    def stamping(self) -> Stamping:
        """The time-stampers."""
        return Stamping([LocalStamper(self, one) for one in self.installation.stampers], self.chance.randbytes)

    def equipment(self) -> Equipment:
        """What to seal with; the settings must name this installation."""
        here = equipment.equipment_here(self.chance.randbytes)
        return Equipment(
            lambda organisation: officer(self.keys, organisation),
            self.stamping(),
            here.directory,
            here.freshness,
            self.chance.randbytes,
        )

    def round(self) -> Round:
        """One round of the sequencer, as SYSTEM; afterwards the connection speaks for the system still."""
        with scope.speaking_for(scope.SYSTEM):
            done = sequencing.sequence(
                self.installation, now=self.now, random_bytes=self.chance.randbytes, witnesses=self.witnesses()
            )
        scope.enter(scope.SYSTEM)
        assert done is not None
        return done

    def witnesses(self) -> WitnessPort:
        """How the nine are reached: in this process."""
        return self

    def add_checkpoint(self, witness: WitnessAddress, body: bytes) -> Answer:
        """What the witness answers; Unavailable while it is away."""
        if witness.name in self.away:
            raise Unavailable("ledger.witness", Said("不在", "away"))
        state = State(self.folder / "witnesses" / witness.org / "state.sqlite3")
        try:
            city = Witness(
                WitnessSettings(
                    name=witness.name,
                    key=self.folder / "unused.json",
                    state=self.folder / "unused",
                    mirror=self.folder / "unused",
                    host="127.0.0.1",
                    port=0,
                    logs=(LogSettings(ORIGIN, self.installation.policy.logs[ORIGIN]),),
                ),
                self.witness_keys[witness.name],
                state,
                now=self.now,
                tell=_silently,
            )
            city.ready.set()
            answer = city.add_checkpoint(body)
        finally:
            state.close()
        return Answer(answer.status, answer.body.encode())


@dataclass(frozen=True)
class LocalStamper:
    """A stamper of the installation that answers without a network, at the home's time."""

    home: Home
    address: StamperAddress

    @property
    def name(self) -> str:
        """As in ``ledger.toml``."""
        return self.address.name

    def stamp(self, content: bytes, *, nonce: int) -> Stamp:
        """A token over ``content``; Unavailable while stampers are silent."""
        if self.home.silent_stampers:
            raise Unavailable("keys.stamper_down", Said("没有答复", "no answer"))
        gm = self.address.algorithm == "sm3"
        pair = pair_of(content)
        query = timestamps.request(
            bytes.fromhex(pair.sm3 if gm else pair.sha256), algorithm=self.address.algorithm, nonce=nonce
        )
        authority = self.home.authorities["/gm" if gm else "/"]
        return Stamp(authority.respond(query, at=self.home.at, serial=nonce), gm)


def home_of(folder: Path, organisations: Sequence[Organisation], *, at: datetime) -> Home:
    """An installation whose members are these organisations."""
    return Home(folder, [Member(one.code, one.zh, one.en) for one in organisations], at)


def written(sealed: Sealed) -> io.BytesIO:
    """The package, as a file to read."""
    out = io.BytesIO()
    write(sealed, out)
    out.seek(0)
    return out


def canonical(content: bytes) -> object:
    """What a payload says."""
    return json.loads(content)


def _silently(_event: str, _told: Mapping[str, str | int]) -> None:
    """Nobody listens."""
