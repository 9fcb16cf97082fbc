"""The leaves of the log: what of a package, a journal entry, a key or a policy is logged.

A leaf is canonical JSON of at most 1 KiB and holds digests, organisations and numbers only, never anything about a
person: all nine cities keep every leaf. Source: docs/reference/evidence-format.md §5.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from concord.proofs.canonical import JSON, decode, encode
from concord.proofs.digests import Pair, pair_of
from concord.proofs.shapes import HEX32, ORG, PACKAGE_ID, Table, refused
from concord.rules.errors import InvalidInput, Said

LARGEST_LEAF = 1024
SALT_LENGTH = 32
VERSION = 1
SEAL_SEQ = 1
PACKAGE_KINDS = ("evidence", "silence", "snapshot", "run")
THINGS = ("directory", "policy", "anchor", "renewal")

_SEALS = {kind: "seal" if kind == "evidence" else kind for kind in PACKAGE_KINDS}
_LARGEST_SEQ = 999_999


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as read; what its type ``t`` does not have is None."""

    t: str
    org: str | None = None
    package: str | None = None
    seq: int | None = None
    head: Pair | None = None
    token: Pair | None = None
    digest: str | None = None


def journal_leaf(salt: bytes, entry: bytes) -> bytes:
    """The leaf of one journal entry: SHA-256 of ``journal/1`` NUL, 32 bytes of salt, the canonical ``entry``.

    Without the salt the leaf tells nothing of the entry. Raises InvalidInput ``proofs.leaf`` for another salt.
    """
    if len(salt) != SALT_LENGTH:
        raise InvalidInput("proofs.leaf", Said("盐值须为 32 字节。", "The salt has 32 bytes."))
    # What ``encode`` would write: nothing in it is ever written in another way.
    return b'{"d":"%s","t":"journal","v":%d}' % (
        hashlib.sha256(b"journal/1\0" + salt + entry).hexdigest().encode(),
        VERSION,
    )


def seal_type(kind: str) -> str:
    """The type of the leaf that seals a package of ``kind``."""
    return _SEALS[kind]


def package_leaf(kind: str, *, org: str, package_id: str, head: Pair, token: Pair | None) -> bytes:
    """The leaf of a sealed package of ``kind``; ``head`` is the pair of its event 1, ``token`` of a time-stamp."""
    leaf: dict[str, JSON] = {
        "head": head.as_json(),
        "id": package_id,
        "org": org,
        "seq": SEAL_SEQ,
        "t": seal_type(kind),
        "v": VERSION,
    }
    if token is not None:
        leaf["tst"] = token.as_json()
    return _written(leaf)


def event_leaf(*, org: str, package_id: str, seq: int, head: Pair) -> bytes:
    """The leaf of the event ``seq`` of a package, whose file has the pair ``head``; ``org`` is its actor's."""
    return _written({"head": head.as_json(), "id": package_id, "org": org, "seq": seq, "t": "event", "v": VERSION})


def thing_leaf(t: str, *, org: str, thing: bytes) -> bytes:
    """The leaf of type ``t`` (one of THINGS) of the canonical ``thing``."""
    return _written({"head": pair_of(thing).as_json(), "org": org, "t": t, "v": VERSION})


def read_leaf(data: bytes) -> Leaf:
    """Read a leaf of any type. Raises InvalidInput ``proofs.not_canonical`` or ``proofs.shape``."""
    return _leaf_of(decode(data, limit=LARGEST_LEAF))


def _leaf_of(value: JSON) -> Leaf:
    t = value.get("t") if isinstance(value, dict) else None
    if t == "journal":
        table = Table(value, "", ("d", "t", "v"))
        leaf = Leaf("journal", digest=table.text("d", HEX32))
    elif t in THINGS:
        table = Table(value, "", ("head", "org", "t", "v"))
        leaf = Leaf(str(t), org=table.text("org", ORG), head=table.pair("head"))
    elif t == "event" or t in _SEALS.values():
        table = Table(value, "", ("head", "id", "org", "seq", "t", "v"), () if t == "event" else ("tst",))
        least, most = (0, _LARGEST_SEQ) if t == "event" else (SEAL_SEQ, SEAL_SEQ)
        leaf = Leaf(
            str(t),
            org=table.text("org", ORG),
            package=table.text("id", PACKAGE_ID),
            seq=table.integer("seq", least, most),
            head=table.pair("head"),
            token=table.optional("tst", table.pair),
        )
    else:
        raise refused("t", "没有这一类叶子", "there is no such type of leaf")
    table.integer("v", VERSION, VERSION)
    return leaf


def _written(leaf: dict[str, JSON]) -> bytes:
    """The bytes of the leaf, once it is one."""
    _leaf_of(leaf)
    return encode(leaf)
