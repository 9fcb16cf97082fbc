"""Setting up everything an installation's proofs stand on, where it is missing; a key is never written over.

What is made under the home of a demonstration (all of it on one machine, on loopback)::

    keys/<org>/root.json, officer.json      each city's root key, and the officers' key that it vouches for
    keys/log.json                           the key of the log
    keys/time-authority.json, …-gm.json     the time-stamper's two keys
    witnesses/<org>/key.json, token, witness.toml
    ledger/policy.txt, trust.json, ledger.toml
"""

from __future__ import annotations

import hashlib
import json
import os
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from concord.foundation.keys import installation, signers
from concord.foundation.keys.installation import Installation, StamperAddress, WitnessAddress
from concord.foundation.keys.time_stamper import FILES as AUTHORITIES
from concord.foundation.keys.time_stamper import authorities
from concord.proofs import notes, trust
from concord.proofs.notes import VerifierKey
from concord.proofs.signing import PrivateKeys
from concord.proofs.time_authority import LocalAuthority

LOG = "log.json"
POLICY, TRUST, TOKEN, WITNESS_KEY, WITNESS = "policy.txt", "trust.json", "token", "key.json", "witness.toml"
STAMPER_PORT, FIRST_WITNESS_PORT = 100, 101
VALID_FOR = timedelta(days=730)
TOKEN_BYTES = 32

_OWNER, _ALL = 0o600, 0o644
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Member:
    """An organisation of the alliance: its code, and its names for the status pages."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an installation's keys, its ledger and, in a demonstration, its witnesses lie."""

    keys: Path
    ledger: Path
    witnesses: Path

    @classmethod
    def of(cls, home: Path) -> Place:
        """The usual folders of a home."""
        return cls(home / "keys", home / "ledger", home / "witnesses")


def set_up(
    home: Path | Place,
    *,
    members: Sequence[Member],
    origin: str,
    random_bytes: Random,
    at: datetime,
    loopback_port: int,
) -> Installation:
    """Make all that is missing for a demonstration whose web server listens on ``loopback_port``; again, the same.

    The time-stamper listens a hundred ports above, the witnesses on the ports that follow it. ``random_bytes`` must be
    fit for keys; what is made is valid from ``at`` for two years. Keys, trust file and policy stay as they are found,
    the log's name with its key; only the addresses are written anew.
    """
    place = home if isinstance(home, Place) else Place.of(home)
    for member in members:
        for file, role in ((signers.ROOT, "root"), (signers.OFFICER, "officer")):
            keep_keys(place.keys / member.code / file, f"{member.code}/{role}/{at:%Y}#1", random_bytes)
        keep_keys(place.witnesses / member.code / WITNESS_KEY, _witness_name(member), random_bytes, name="name")
        keep_token(place.witnesses / member.code / TOKEN, random_bytes)
    log = log_key(place.keys / LOG, origin, random_bytes)
    for path, file in AUTHORITIES.items():
        _time_authority(place.keys / file, path, random_bytes, at)
    witnesses = [_witness(place, member, loopback_port + FIRST_WITNESS_PORT + n) for n, member in enumerate(members)]
    write_once(place.ledger / POLICY, policy_text(log, witnesses))
    if not (place.ledger / TRUST).exists():
        write_once(place.ledger / TRUST, _trust(place, members, witnesses, at).decode())
    for witness in witnesses:
        _write(
            place.witnesses / witness.org / WITNESS,
            _witness_settings(witness, witnesses, log, f"http://127.0.0.1:{loopback_port}/ledger/"),
        )
    stampers = [
        StamperAddress(
            f"local{path.replace('/', '-').rstrip('-')}",
            f"http://127.0.0.1:{loopback_port + STAMPER_PORT}{path}",
            "sm3" if path == "/gm" else "sha256",
        )
        for path in AUTHORITIES
    ]
    readers = {witness.name: digest_of(place.witnesses / witness.org / TOKEN) for witness in witnesses}
    write_settings(place, origin=log.name, witnesses=witnesses, stampers=stampers, readers=readers)
    return installation.read(place.ledger)


def log_key(path: Path, origin: str, random_bytes: Random) -> VerifierKey:
    """The public key of the log whose private key lies, or is now made, in ``path``; raises as ``log_signer``."""
    if not path.exists():
        value = {"name": origin, "private": b64encode(random_bytes(32)).decode()}
        write_once(path, json.dumps(value, indent=1) + "\n", secret=True)
    return signers.log_signer(path).key


def policy_text(log: VerifierKey, witnesses: Sequence[WitnessAddress]) -> str:
    """The policy: this log, and two thirds of the witnesses (six of nine: two may lie, three may be away)."""
    names = [f"w{witness.org}" for witness in witnesses]
    lines = [f"log {log.vkey_text()}"]
    lines += [f"witness {name} {witness.vkey}" for name, witness in zip(names, witnesses, strict=True)]
    lines += [f"group quorum {quorum_of(len(names))} {' '.join(names)}", "quorum quorum"]
    return "".join(f"{line}\n" for line in lines)


def quorum_of(count: int) -> int:
    """Two thirds, rounded up."""
    return -(-2 * count // 3)


def write_settings(
    place: Place,
    *,
    origin: str,
    witnesses: Sequence[WitnessAddress],
    stampers: Sequence[StamperAddress],
    readers: Mapping[str, str],
) -> None:
    """Write ``ledger.toml``, last of all: where it stands, everything it names stands too."""
    lines = [
        _line("origin", origin),
        _line("tiles", "tiles"),
        _line("lock", "lock.sqlite3"),
        _line("log_key", os.path.relpath(place.keys / LOG, place.ledger)),
    ]
    for witness in witnesses:
        lines += ["[[witness]]", _line("org", witness.org), _line("name", witness.name), _line("url", witness.url)]
        lines += [_line("vkey", witness.vkey)]
        lines += [_line("sm2_vkey", witness.sm2_vkey)] if witness.sm2_vkey else []
    for stamper in stampers:
        lines += ["[[stamper]]", _line("name", stamper.name), _line("url", stamper.url)]
        lines += [_line("algorithm", stamper.algorithm)]
    lines += ["[readers]", *(f"{json.dumps(name)} = {json.dumps(digest)}" for name, digest in readers.items())]
    _write(place.ledger / installation.FILE, "".join(f"{line}\n" for line in lines))


def write_once(path: Path, content: str, *, secret: bool = False) -> None:
    """Write a file that is not there; one that is stays. It appears whole or not at all."""
    if not path.exists():
        _write(path, content, mode=_OWNER if secret else _ALL)


def digest_of(token: Path) -> str:
    """SHA-256, in hex, of the bearer token in a file: what ``ledger.toml`` keeps of it."""
    return hashlib.sha256(signers.secret(token).strip()).hexdigest()


def _witness_name(member: Member) -> str:
    return f"witness.{member.code}.example"


def _witness(place: Place, member: Member, port: int) -> WitnessAddress:
    value = json.loads(signers.secret(place.witnesses / member.code / WITNESS_KEY))
    public = PrivateKeys.from_json({"key": value.pop("name"), **value}).public
    name = _witness_name(member)
    return WitnessAddress(
        name=name,
        url=f"http://127.0.0.1:{port}",
        vkey=VerifierKey.of(name, notes.COSIGNATURE, public.ed25519).vkey_text(),
        sm2_vkey=VerifierKey.of(name, notes.OWN, public.sm2).vkey_text(),
        org=member.code,
    )


def _witness_settings(
    witness: WitnessAddress, witnesses: Sequence[WitnessAddress], log: VerifierKey, tiles: str
) -> str:
    lines = [
        _line("name", witness.name),
        _line("key", WITNESS_KEY),
        _line("state", "state.sqlite3"),
        _line("mirror", "mirror"),
        _line("listen", witness.url.removeprefix("http://")),
        "[[log]]",
        _line("origin", log.name),
        _line("vkey", log.vkey_text()),
        _line("tiles", tiles),
        _line("token_file", TOKEN),
    ]
    for peer in witnesses:
        if peer.org != witness.org:
            lines += ["[[peer]]", _line("name", peer.name), _line("url", peer.url), _line("vkey", peer.vkey)]
    return "".join(f"{line}\n" for line in lines)


def _trust(place: Place, members: Sequence[Member], witnesses: Sequence[WitnessAddress], at: datetime) -> bytes:
    """The trust file of a demonstration, where all the roots are at hand to sign it."""
    begun = at.replace(microsecond=0)
    roots = [signers.private_keys(place.keys / member.code / signers.ROOT) for member in members]
    officers = [signers.officer(place.keys, member.code) for member in members]
    return trust.trust_file(
        version=1,
        issued_at=begun,
        expires_at=begun + VALID_FOR,
        threshold=quorum_of(len(roots)),
        roots=roots,
        policy=(place.ledger / POLICY).read_text(encoding="utf-8"),
        sm2_witnesses=[witness.sm2_vkey for witness in witnesses if witness.sm2_vkey],
        authorities=[authority.pinned() for authority in authorities(place.keys).values()],
        directory=[
            trust.key_entry(
                root=root, key=officer.key, public=officer.public, valid_from=begun, valid_until=begun + VALID_FOR
            )
            for root, officer in zip(roots, officers, strict=True)
        ],
    )


def keep_keys(path: Path, key: str, random_bytes: Random, *, name: str = "key") -> None:
    """Make the Ed25519 and SM2 keys named ``key`` in a file that is not there; ``name`` is the field of the name."""
    if not path.exists():
        kept = PrivateKeys.generate(key, random_bytes).as_json()
        value = {name: kept.pop("key"), **kept}
        write_once(path, json.dumps(value, indent=1) + "\n", secret=True)


def keep_token(path: Path, random_bytes: Random) -> None:
    """Make a bearer token in a file that is not there."""
    if not path.exists():
        write_once(path, urlsafe_b64encode(random_bytes(TOKEN_BYTES)).decode() + "\n", secret=True)


def _time_authority(path: Path, kind: str, random_bytes: Random, at: datetime) -> None:
    if not path.exists():
        gm = kind == "/gm"
        made = LocalAuthority.generate(
            "Concord demonstration time-stamper (SM2)" if gm else "Concord demonstration time-stamper",
            algorithm="sm2" if gm else "p256",
            random_bytes=random_bytes,
            valid_from=at.replace(microsecond=0),
            valid_until=at.replace(microsecond=0) + VALID_FOR,
        )
        write_once(path, json.dumps(made.as_json(), indent=1) + "\n", secret=True)


def _line(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"


def _write(path: Path, content: str, *, mode: int = _ALL) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(path)
