"""Nine cities with keys, a log, witnesses and time-stamps; packages of every kind made with them.

All from one seed, so that keys and contents are the same in every run; SM2 and ECDSA signatures differ, since these
take a new random number each time.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.proofs import checkpoints, merkle, notes, sm2, timestamps, trust
from concord.proofs.digests import Digested, Pair, commitment, digested, pair_of
from concord.proofs.leaves import event_leaf, journal_leaf, package_leaf, thing_leaf
from concord.proofs.notes import NoteSignature, VerifierKey
from concord.proofs.package import (
    Collection,
    ListedFile,
    Parts,
    Tool,
    disclosure,
    event,
    listed_file,
    manifest,
    package_id,
    write_package,
)
from concord.proofs.signing import PrivateKeys
from concord.proofs.statements import CHUNK_SIZE, MANIFEST, Disclosed
from concord.proofs.time_authority import LocalAuthority
from concord.proofs.tlog_proof import TlogProof
from concord.proofs.trust import KeyEntry

MEMBERS = ("310117", "330400", "330100", "330700", "320500", "330500", "341800", "340200", "340100")
SONGJIANG, JIAXING, HANGZHOU = MEMBERS[:3]
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COLLECTED, SEALED = START + timedelta(minutes=10), START + timedelta(minutes=11)
STAMPED, PUBLISHED = START + timedelta(minutes=12), START + timedelta(minutes=13)
LATER = START + timedelta(days=3)
LOOKED_AT = START + timedelta(days=30)
BEGUN, OVER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ORIGIN = "ledger.g60.example/2026"
CONTENT = {"payload/记录.txt": "网页存证记录\n".encode(), "payload/page.html": b"<h1>Shop</h1>\n" * 60}
FIELDS = {"case_ref": "松市监案〔2026〕12号", "operator_0": "陈某"}


@dataclass(frozen=True)
class Witness:
    """One city's witness: an Ed25519 key that counts, and an SM2 key beside it."""

    key: VerifierKey
    private: bytes
    sm2_key: VerifierKey
    sm2_private: bytes

    def line(self, text: str, at: datetime) -> NoteSignature:
        """Its cosignature of a checkpoint's text."""
        return checkpoints.cosignature(text, int(at.timestamp()), _ed25519(self.private), self.key)

    def sm2_line(self, text: str, at: datetime) -> NoteSignature:
        """The same with SM2."""
        return checkpoints.cosignature(text, int(at.timestamp()), partial(sm2.sign, self.sm2_private), self.sm2_key)


@dataclass
class Alliance:
    """The cities and what they share; ``leaves`` are the log."""

    seed: int = 1
    threshold: int = 6
    quorum: int = 6
    origin: str = ORIGIN
    leaves: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - the same keys in every run
        self.random_bytes: Callable[[int], bytes] = self.chance.randbytes
        self.roots = {org: self._keys(f"{org}/root/2026#1") for org in MEMBERS}
        self.officers = {org: self._keys(f"{org}/officer/2026#1") for org in MEMBERS}
        self.log_private = self.random_bytes(32)
        self.log_key = VerifierKey.of(self.origin, notes.ED25519, _public(self.log_private))
        self.witnesses = {org: self._witness(org) for org in MEMBERS}
        self.authority = self._authority("时间戳 P-256", "p256")
        self.gm_authority = self._authority("时间戳 SM2", "sm2")
        self.serial = 0
        if not self.leaves:
            self.leaves = [journal_leaf(self.random_bytes(32), b'{"n":%d}' % number) for number in range(3)]

    def policy_text(self, *, quorum: int | None = None, without: Iterable[str] = ()) -> str:
        """The C2SP policy: the log, the witnesses but those of ``without``, and the quorum among them."""
        known = [org for org in MEMBERS if org not in set(without)]
        lines = [f"log {self.log_key.vkey_text()}"]
        lines += [f"witness w{org} {self.witnesses[org].key.vkey_text()}" for org in known]
        lines += [f"group cities {quorum or self.quorum} {' '.join(f'w{org}' for org in known)}", "quorum cities"]
        return "".join(f"{line}\n" for line in lines)

    def entries(self) -> tuple[KeyEntry, ...]:
        """The officers' entries of the directory, not logged."""
        return tuple(self.entry(org) for org in MEMBERS)

    def entry(self, org: str = SONGJIANG, **changes: Any) -> KeyEntry:
        """The entry of the officer of ``org``, with ``changes`` of what ``trust.key_entry`` takes."""
        officer = self.officers[org]
        given = {"key": officer.key, "public": officer.public, "valid_from": BEGUN, "valid_until": OVER}
        return trust.key_entry(**{"root": self.roots[org], **given, **changes})

    def revoked(self, org: str = SONGJIANG, *, compromised_since: datetime | None = None) -> KeyEntry:
        """The entry that revokes the officer's key."""
        return trust.revocation(root=self.roots[org], entry=self.entry(org), compromised_since=compromised_since)

    def logged(self, entry: KeyEntry, at: datetime = LATER) -> KeyEntry:
        """The entry once it has been logged now, with its proof."""
        index = self.log(thing_leaf("directory", org=entry.org, thing=entry.thing))
        return entry.with_proof(self.proof(index, at=at))

    def trust(self, **changes: Any) -> bytes:
        """The trust file, with ``changes`` of what ``trust.trust_file`` takes."""
        given: dict[str, Any] = {
            "version": 1,
            "issued_at": BEGUN,
            "expires_at": OVER,
            "threshold": self.threshold,
            "roots": list(self.roots.values()),
            "policy": self.policy_text(),
            "sm2_witnesses": [one.sm2_key.vkey_text() for one in self.witnesses.values()],
            "authorities": [self.authority.pinned(), self.gm_authority.pinned()],
            "directory": self.entries(),
        }
        return trust.trust_file(**(given | changes))

    def log(self, leaf: bytes) -> int:
        """Append a leaf; its index."""
        self.leaves.append(leaf)
        return len(self.leaves) - 1

    def checkpoint(
        self,
        *,
        size: int | None = None,
        at: datetime = PUBLISHED,
        cosigners: Sequence[str] = MEMBERS,
        sm2_cosigners: Sequence[str] = (),
    ) -> bytes:
        """The log's checkpoint of ``size`` leaves, cosigned one second after the other from ``at`` on."""
        count = len(self.leaves) if size is None else size
        root = merkle.Range(0, ()).append(map(merkle.leaf_hash, self.leaves[:count])).root()
        tree = checkpoints.Checkpoint(self.origin, count, root)
        note = checkpoints.sign_checkpoint(tree, _ed25519(self.log_private), self.log_key)
        times = [at + timedelta(seconds=number) for number in range(len(MEMBERS))]
        lines = [self.witnesses[org].line(tree.text(), time) for org, time in zip(cosigners, times, strict=False)]
        lines += [
            self.witnesses[org].sm2_line(tree.text(), time) for org, time in zip(sm2_cosigners, times, strict=False)
        ]
        return checkpoints.with_signatures(note, lines)

    def proof(self, index: int, *, size: int | None = None, extra: bytes | None = None, **cosigned: Any) -> bytes:
        """The encoded tlog-proof of the leaf at ``index``; ``cosigned`` is what ``checkpoint`` takes."""
        count = len(self.leaves) if size is None else size
        path = merkle.inclusion_proof(index, count, self._hash_of)
        return TlogProof(index, path, self.checkpoint(size=count, **cosigned), extra).encoded()

    def stamp(self, covered: bytes, *, at: datetime = STAMPED, gm: bool = False) -> bytes:
        """A time-stamp response over ``covered``."""
        self.serial += 1
        pair, authority = pair_of(covered), self.gm_authority if gm else self.authority
        imprint = bytes.fromhex(pair.sm3 if gm else pair.sha256)
        nonce = self.chance.getrandbits(63)
        request = timestamps.request(imprint, algorithm="sm3" if gm else "sha256", nonce=nonce)
        return authority.respond(request, at=at, serial=self.serial)

    def manifest(
        self,
        content: Mapping[str, Digested | bytes] = CONTENT,
        *,
        org: str = SONGJIANG,
        kind: str = "evidence",
        **changes: Any,
    ) -> tuple[bytes, list[bytes]]:
        """A manifest of ``content`` with the commits of FIELDS, and its lists of chunks."""
        files = [listed(path, one) for path, one in content.items()]
        given: dict[str, Any] = {
            "kind": kind,
            "blind": self.random_bytes(32),
            "org": org,
            "collection": Collection("web", START, COLLECTED, Tool("Concord", "1.0"), {"os": "Linux"}),
            "files": files,
            "commits": {name: commitment(name, salt_of(name), value) for name, value in FIELDS.items()},
        }
        made = manifest(**(given | changes))
        return made, [one.chunks for one in sorted(files, key=lambda one: one.path.encode()) if one.chunks]

    def events(
        self,
        made: bytes,
        acts: Sequence[Mapping[str, Any]] = (),
        *,
        org: str = SONGJIANG,
        first: Sequence[Mapping[str, Any]] = ({}, {}),
    ) -> list[bytes]:
        """The chain of events: collect, seal, and ``acts``, each with what ``package.event`` takes, or ``org``.

        ``first`` holds changes of the first two.
        """
        start: list[Mapping[str, Any]] = [
            {"action": "collect", "claimed_at": COLLECTED, **first[0]},
            {"action": "seal", "claimed_at": SEALED, **first[1]},
        ]
        chain: list[bytes] = []
        for seq, act in enumerate([*start, *acts]):
            given: dict[str, Any] = {"seq": seq, "prev": chain[-1] if chain else None, "claimed_at": LATER, **act}
            signer = self.officers[given.pop("org", org)]
            chain.append(event(**{"signer": signer, "manifest": made, **given}))
        return chain

    def sealed(
        self,
        content: Mapping[str, bytes] = CONTENT,
        acts: Sequence[Mapping[str, Any]] = (),
        *,
        org: str = SONGJIANG,
        kind: str = "evidence",
        chunked: bool = False,
        stamped: bool = True,
        gm: bool = False,
        first: Sequence[Mapping[str, Any]] = ({}, {}),
        **cosigned: Any,
    ) -> Parts:
        """A package as it is after sealing and ``acts``, logged, cosigned as ``cosigned`` says, and time-stamped."""
        pieces = {path: digested((one,), chunk_size=CHUNK_SIZE) if chunked else one for path, one in content.items()}
        made, chunks = self.manifest(pieces, org=org, kind=kind)
        events = self.events(made, acts, org=org, first=first)
        tokens = [(self.stamp(events[1], gm=gm), gm)] if stamped else []
        return Parts(
            made,
            events,
            files={path: opener(one) for path, one in content.items()},
            seal=self.sealing(made, events, kind=kind, org=org, tokens=tokens, **cosigned),
            head=self.heading(made, events) if acts else None,
            tokens=tokens,
            directory=trust.directory([self.entry(org)]),
            chunks=chunks,
        )

    def sealing(
        self,
        made: bytes,
        events: Sequence[bytes],
        *,
        kind: str = "evidence",
        org: str = SONGJIANG,
        tokens: Sequence[tuple[bytes, bool]] = (),
        **cosigned: Any,
    ) -> tuple[bytes, bytes]:
        """Log the sealing; leaf and proof."""
        token = pair_of(tokens[0][0]) if tokens else None
        leaf = package_leaf(kind, org=org, package_id=package_id(made), head=pair_of(events[1]), token=token)
        return leaf, self.proof(self.log(leaf), **cosigned)

    def heading(
        self, made: bytes, events: Sequence[bytes], *, org: str | None = None, **cosigned: Any
    ) -> tuple[bytes, bytes]:
        """Log the newest event; leaf and proof."""
        actor = org or actor_of(events[-1])
        leaf = event_leaf(org=actor, package_id=package_id(made), seq=len(events) - 1, head=pair_of(events[-1]))
        return leaf, self.proof(self.log(leaf), **({"at": LATER + timedelta(minutes=1)} | cosigned))

    def _keys(self, key: str) -> PrivateKeys:
        return PrivateKeys.generate(key, self.random_bytes)

    def _witness(self, org: str) -> Witness:
        name, private, of_sm2 = f"witness.{org}.example", self.random_bytes(32), sm2.generate(self.random_bytes)
        return Witness(
            VerifierKey.of(name, notes.COSIGNATURE, _public(private)),
            private,
            VerifierKey.of(name, notes.OWN, sm2.public_of(of_sm2)),
            of_sm2,
        )

    def _authority(self, name: str, algorithm: Any) -> LocalAuthority:
        return LocalAuthority.generate(
            name, algorithm=algorithm, random_bytes=self.random_bytes, valid_from=BEGUN, valid_until=OVER
        )

    def _hash_of(self, level: int, index: int) -> bytes:
        start, end = index << level, (index + 1) << level
        return merkle.Range(0, ()).append(map(merkle.leaf_hash, self.leaves[start:end])).root()


def packed(parts: Parts) -> bytes:
    """The package as a file's bytes."""
    out = io.BytesIO()
    write_package(out, parts)
    return out.getvalue()


def opened_fields(made: bytes, names: Iterable[str] = FIELDS) -> bytes:
    """The disclosure of ``names`` of FIELDS in the manifest."""
    assert made
    return disclosure([Disclosed(MANIFEST, name, salt_of(name), FIELDS[name]) for name in names])


def listed(path: str, one: Digested | bytes) -> ListedFile:
    """The file as the manifest lists it."""
    media_type = "text/html" if path.endswith(".html") else "text/plain"
    return listed_file(path, one if isinstance(one, Digested) else (one,), media_type)


def opener(data: bytes) -> Callable[[], BinaryIO]:
    """What opens ``data`` as a file."""
    return partial(io.BytesIO, data)


def salt_of(name: str) -> bytes:
    """The salt of a field of FIELDS."""
    return random.Random(name).randbytes(32)  # noqa: S311 - the same in every run


def actor_of(written: bytes) -> str:
    """The organisation that acted in an event."""
    return written.partition(b'"org":"')[2][:6].decode()


def report_pair(text: str = "report") -> Pair:
    """The pair of a report that an event stands on."""
    return pair_of(text.encode())


def _public(private: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _ed25519(private: bytes) -> checkpoints.Sign:
    return Ed25519PrivateKey.from_private_bytes(private).sign
