"""What a verifier trusts before it looks at any package: the cities' root keys and what these have signed.

The trust file names the roots, the policy of the log and its witnesses, the time-stamping authorities, and keys; a
directory entry binds a key to its organisation and time, or revokes it. Reading checks the shape; whether enough roots
signed is asked of ``Trust.endorsement``. Source: docs/reference/evidence-format.md §6, which follows the roles of TUF.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from concord.proofs import log_policy, notes
from concord.proofs.canonical import JSON, decode, encode
from concord.proofs.leaves import thing_leaf
from concord.proofs.log_policy import LogPolicy
from concord.proofs.logging_proofs import Logging
from concord.proofs.notes import VerifierKey
from concord.proofs.shapes import KeyName, Table, refused, time_text
from concord.proofs.signing import ALGORITHMS, PublicKeys, Signer, signed_bytes, verifies
from concord.proofs.statements import Stated
from concord.proofs.timestamps import Authority
from concord.rules.errors import InvalidInput, Said

LARGEST_TRUST = 16 << 20
LARGEST_POLICY = 1 << 16
LEVELS = ("L0", "L1", "L2", "L3")
VALID, REVOKED = "valid", "revoked"

_MOST_ROOTS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever relies on a package asks of it: a level, a time-stamp, and so many cosigning witnesses."""

    level: str = "L2"
    timestamp: bool = False
    quorum: int | None = None

    def as_json(self) -> dict[str, JSON]:
        """The policy as it is written in reports, without its schema."""
        asked: dict[str, JSON] = {"level": self.level, "timestamp": self.timestamp}
        return asked if self.quorum is None else asked | {"quorum": self.quorum}


@dataclass(frozen=True, slots=True)
class Root:
    """The root key of an organisation."""

    key: str
    public: PublicKeys

    @property
    def org(self) -> str:
        """The organisation it speaks for."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of the directory; ``proof`` is the encoded tlog-proof of ``thing``'s leaf, where it was logged."""

    key: str
    public: PublicKeys
    valid_from: datetime
    valid_until: datetime
    status: str
    compromised_since: datetime | None
    stated: Stated
    proof: bytes | None = None

    @property
    def org(self) -> str:
        """The organisation whose key it is and whose root signs the entry."""
        return self.key.partition("/")[0]

    @property
    def thing(self) -> bytes:
        """The canonical thing that is logged in a leaf of type ``directory``."""
        return encode({"body": decode(self.stated.body), "sigs": self.stated.sigs})

    def with_proof(self, proof: bytes) -> KeyEntry:
        """The entry once it was logged."""
        return replace(self, proof=proof)

    def as_json(self) -> dict[str, JSON]:
        """The entry as trust files and directories hold it."""
        entry: dict[str, JSON] = {"body": decode(self.stated.body), "sigs": self.stated.sigs}
        return entry if self.proof is None else entry | {"proof": self.proof.decode()}


@dataclass(frozen=True, slots=True)
class Endorsement:
    """The organisations whose root signed with both algorithms, and the keys whose signature is wrong or not wanted."""

    organisations: frozenset[str]
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry of the directory that its root signed, and its place in the log ``origin``, where it was logged."""

    entry: KeyEntry
    origin: str | None
    index: int

    def index_in(self, origin: str) -> int:
        """Its place among the leaves of ``origin``: before all of them unless it was logged there."""
        return self.index if origin == self.origin else 0


@dataclass(frozen=True)
class Trust:
    """A trust file, its shape checked; every key of it is here, its signatures are judged by ``endorsement``."""

    version: int
    issued_at: datetime
    expires_at: datetime
    threshold: int
    roots: tuple[Root, ...]
    policy: LogPolicy
    sm2_witnesses: tuple[VerifierKey, ...]
    authorities: tuple[Authority, ...]
    directory: tuple[KeyEntry, ...]
    stated: Stated

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the roots' raw keys in the order given: what is printed and compared by eye."""
        return sha256(b"".join(root.public.ed25519 + root.public.sm2 for root in self.roots)).hexdigest()

    @cached_property
    def endorsement(self) -> Endorsement:
        """Who of its own roots signed it."""
        return _endorsed(self.stated, self.roots)

    @cached_property
    def root_keys(self) -> Mapping[str, Root]:
        """The roots by the names of their keys."""
        return {root.key: root for root in self.roots}

    @cached_property
    def placed_directory(self) -> tuple[Placed | None, ...]:
        """Its own entries as ``placed`` gives them."""
        return tuple(map(self.placed, self.directory))

    def placed(self, entry: KeyEntry) -> Placed | None:
        """The entry with its place in the log; None when it is wrong in any way.

        A root of its organisation must have signed it with both algorithms; its proof, where it has one, must prove it
        in a checkpoint that a log of the policy signed and no known witness signed wrongly.
        """
        root = self.root_keys.get(entry.stated.sigs[0]["key"]) if entry.stated.sigs else None
        if root is None or root.org != entry.org or not entry.stated.signed_by(root.key, root.public, "key"):
            return None
        if entry.proof is None:
            return Placed(entry, None, 0)
        try:
            logging = Logging.read(entry.proof)
            notes.checked(logging.note, (*self.policy.witnesses.values(), *self.sm2_witnesses))
        except InvalidInput:
            return None
        leaf = thing_leaf("directory", org=entry.org, thing=entry.thing)
        if not logging.proves(leaf) or not logging.signed_by(self.policy.logs.get(logging.origin)):
            return None
        return Placed(entry, logging.origin, logging.proof.index)


def read_trust(data: bytes) -> Trust:
    """Read a trust file. Raises InvalidInput: ``proofs.not_canonical``, ``proofs.shape``, or that of the part."""
    whole = Table(decode(data, limit=LARGEST_TRUST), "", ("body", "sigs"))
    body = whole.table(
        "body",
        ("schema", "version", "issued_at", "expires_at", "threshold", "roots", "policy", "authorities", "directory"),
        ("sm2_witnesses",),
    )
    body.one_of("schema", ("trust/1",))
    roots = body.each("roots", _root)
    publics = {key for root in roots for key in (root.public.ed25519, root.public.sm2)}
    organisations = {root.org for root in roots}
    if len({root.key for root in roots}) != len(roots) or len(publics) != 2 * len(roots) or len(roots) > _MOST_ROOTS:
        raise refused(body.at("roots"), "根密钥重复或者过多", "a root key stands twice, or there are too many")
    return Trust(
        body.integer("version", 1),
        body.time("issued_at"),
        body.time("expires_at"),
        body.integer("threshold", 1, len(organisations)),
        roots,
        log_policy.parse(body.text("policy")),
        _sm2_witnesses(body),
        body.each("authorities", _authority),
        body.each("directory", _key_entry),
        Stated.read(whole),
    )


def read_directory(data: bytes) -> tuple[KeyEntry, ...]:
    """Read a package's ``trust/directory.json``. Raises as ``read_trust`` does."""
    table = Table(decode(data), "", ("schema", "entries"))
    table.one_of("schema", ("directory/1",))
    return table.each("entries", _key_entry)


def read_policy(data: bytes) -> Asked:
    """Read a policy file, which people write by hand. Raises InvalidInput ``proofs.shape``."""
    try:
        if len(data) > LARGEST_POLICY:
            raise refused("", "文件过大", "the file is too large")
        value: JSON = json.loads(data.decode(), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError):
        raise refused("", "不是 JSON", "it is not JSON") from None
    table = Table(value, "", ("schema", "level", "timestamp"), ("quorum",))
    table.one_of("schema", ("policy/1",))
    return Asked(
        table.one_of("level", LEVELS),
        table.flag("timestamp"),
        table.optional("quorum", lambda key: table.integer(key, 1, _MOST_ROOTS)),
    )


def trust_body(
    *,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    threshold: int,
    roots: Sequence[Root],
    policy: str,
    sm2_witnesses: Sequence[str] = (),
    authorities: Sequence[Authority] = (),
    directory: Sequence[KeyEntry] = (),
) -> bytes:
    """A trust file that nobody has signed yet; ``policy`` is a C2SP tlog-policy, ``sm2_witnesses`` are vkeys."""
    body: dict[str, JSON] = {
        "schema": "trust/1",
        "version": version,
        "issued_at": time_text(issued_at),
        "expires_at": time_text(expires_at),
        "threshold": threshold,
        "roots": [{"key": root.key, **root.public.as_json()} for root in roots],
        "policy": policy,
        "authorities": [_authority_json(one) for one in authorities],
        "directory": [entry.as_json() for entry in directory],
    }
    if sm2_witnesses:
        body["sm2_witnesses"] = list(sm2_witnesses)
    written = encode({"body": body, "sigs": []})
    read_trust(written)
    return written


def signed_trust(trust: bytes, signer: Signer) -> bytes:
    """The trust file with the signatures of ``signer``, which take the place of older ones of the same key."""
    whole = Table(decode(trust, limit=LARGEST_TRUST), "", ("body", "sigs"))
    stated = Stated.read(whole)
    kept = [one for one in stated.sigs if one["key"] != signer.key]
    added = [one.as_json() for one in signer.sign(signed_bytes("trust", stated.body))]
    return encode({"body": whole.value("body"), "sigs": kept + added})


def trust_file(
    *,
    version: int,
    issued_at: datetime,
    expires_at: datetime,
    threshold: int,
    roots: Sequence[Signer],
    policy: str,
    sm2_witnesses: Sequence[str] = (),
    authorities: Sequence[Authority] = (),
    directory: Sequence[KeyEntry] = (),
) -> bytes:
    """A trust file signed by all of its roots."""
    trust = trust_body(
        version=version,
        issued_at=issued_at,
        expires_at=expires_at,
        threshold=threshold,
        roots=[Root(root.key, root.public) for root in roots],
        policy=policy,
        sm2_witnesses=sm2_witnesses,
        authorities=authorities,
        directory=directory,
    )
    for root in roots:
        trust = signed_trust(trust, root)
    return trust


def key_entry(
    *,
    root: Signer,
    key: str,
    public: PublicKeys,
    valid_from: datetime,
    valid_until: datetime,
    status: str = VALID,
    compromised_since: datetime | None = None,
) -> KeyEntry:
    """The entry of ``key``, signed by the root of its organisation."""
    body: dict[str, JSON] = {
        "schema": "key/1",
        "version": 1,
        "key": key,
        **public.as_json(),
        "from": time_text(valid_from),
        "until": time_text(valid_until),
        "status": status,
    }
    if compromised_since is not None:
        body["compromised_since"] = time_text(compromised_since)
    sigs = [one.as_json() for one in root.sign(signed_bytes("key", encode(body)))]
    return _key_entry({"body": body, "sigs": sigs}, "")


def revocation(*, root: Signer, entry: KeyEntry, compromised_since: datetime | None = None) -> KeyEntry:
    """The entry that revokes the key of ``entry``: from its place in the log on, or from an earlier time as well."""
    return key_entry(
        root=root,
        key=entry.key,
        public=entry.public,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        status=REVOKED,
        compromised_since=compromised_since,
    )


def directory(entries: Iterable[KeyEntry]) -> bytes:
    """The ``trust/directory.json`` of a package."""
    return encode({"schema": "directory/1", "entries": [entry.as_json() for entry in entries]})


def objections(old: Trust, new: Trust) -> tuple[Said, ...]:
    """Why ``new`` may not replace ``old``; empty when it may."""
    found = []
    if new.version <= old.version:
        found.append(
            Said(
                f"版本 {new.version} 不高于现有版本 {old.version}",
                f"its version {new.version} is not above {old.version}",
            )
        )
    found += [Said(f"{name} 的签名无效", f"the signature of {name} is not good") for name in new.endorsement.wrong]
    known = {(root.key, root.public) for root in old.roots}
    former = _endorsed(new.stated, [root for root in new.roots if (root.key, root.public) in known])
    for trust, endorsement, zh, en in (
        (old, former, "现有", "old"),
        (new, new.endorsement, "新", "new"),
    ):
        signed = len(endorsement.organisations)
        if signed < trust.threshold:
            found.append(
                Said(
                    f"{zh}根密钥中只有 {signed} 个机关签名，应有 {trust.threshold} 个",
                    f"only {signed} organisations of the {en} roots signed it, {trust.threshold} must",
                )
            )
    return tuple(found)


def replaces(old: Trust, new: Trust) -> bool:
    """Whether ``new`` may take the place of ``old``: a larger version, signed by enough of the old and new roots."""
    return not objections(old, new)


def _endorsed(stated: Stated, roots: Sequence[Root]) -> Endorsement:
    """Which of ``roots`` signed with both algorithms; whoever else signed, signed wrongly or twice is wrong."""
    signatures = stated.signatures()
    if signatures is None:
        return Endorsement(frozenset(), tuple(sorted({one["key"] for one in stated.sigs})))
    message = signed_bytes("trust", stated.body)
    by_name = {root.key: root for root in roots}
    good: set[tuple[str, str]] = set()
    wrong: set[str] = set()
    for one in signatures:
        root = by_name.get(one.key)
        if root is None or (one.key, one.alg) in good or not verifies(root.public, message, one):
            wrong.add(one.key)
        else:
            good.add((one.key, one.alg))
    whole = {root.org for root in roots if all((root.key, alg) in good for alg in ALGORITHMS)}
    return Endorsement(frozenset(whole), tuple(sorted(wrong)))


def _root(value: JSON, place: str) -> Root:
    table = Table(value, place, ("key", "ed25519", "sm2"))
    key = table.text("key")
    if KeyName.parse(key, table.at("key")).role != "root":
        raise refused(table.at("key"), "应为根密钥", "it must be a root key")
    return Root(key, _public(table))


def _public(table: Table) -> PublicKeys:
    return PublicKeys.from_json({"ed25519": table.text("ed25519"), "sm2": table.text("sm2")})


def _sm2_witnesses(body: Table) -> tuple[VerifierKey, ...]:
    found: tuple[VerifierKey, ...] = body.optional("sm2_witnesses", lambda key: body.each(key, _sm2_witness)) or ()
    if len({key.name for key in found}) != len(found) or len({key.public for key in found}) != len(found):
        raise refused(body.at("sm2_witnesses"), "密钥重复", "a key stands twice")
    return found


def _sm2_witness(value: JSON, place: str) -> VerifierKey:
    key = notes.parse_vkey(value) if isinstance(value, str) else None
    if key is None or key.kind != notes.OWN:
        raise refused(place, "应为 SM2 见证密钥", "it must be an SM2 key of a witness")
    return key


def _authority(value: JSON, place: str) -> Authority:
    table = Table(value, place, ("name", "certificate", "from", "until"), ("compromised_since",))
    return Authority(
        table.text("name"),
        table.base64("certificate"),
        table.time("from"),
        table.time("until"),
        table.optional("compromised_since", table.time),
    )


def _authority_json(authority: Authority) -> dict[str, JSON]:
    written: dict[str, JSON] = {
        "name": authority.name,
        "certificate": base64.b64encode(authority.certificate).decode(),
        "from": time_text(authority.trusted_from),
        "until": time_text(authority.trusted_until),
    }
    if authority.compromised_since is not None:
        written["compromised_since"] = time_text(authority.compromised_since)
    return written


def _key_entry(value: JSON, place: str) -> KeyEntry:
    whole = Table(value, place, ("body", "sigs"), ("proof",))
    body = whole.table(
        "body",
        ("schema", "version", "key", "ed25519", "sm2", "from", "until", "status"),
        ("compromised_since",),
    )
    body.one_of("schema", ("key/1",))
    body.integer("version", 1, 1)
    key = body.text("key")
    KeyName.parse(key, body.at("key"))
    proof = whole.optional("proof", whole.text)
    return KeyEntry(
        key,
        _public(body),
        body.time("from"),
        body.time("until"),
        body.one_of("status", (VALID, REVOKED)),
        body.optional("compromised_since", body.time),
        Stated.read(whole),
        None if proof is None else proof.encode(),
    )


def _without_doubles(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) != len(pairs) or not all(map(str.isascii, found)):
        raise ValueError("a key stands twice, or is none that could be known")
    return found
