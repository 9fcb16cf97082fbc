"""What a package states: its manifest, its custody events, disclosed fields and lists of chunk digests, as read.

Each is canonical JSON of an exact shape; reading takes nothing else and raises InvalidInput ``proofs.not_canonical``,
``proofs.shape`` or ``proofs.container`` (a name of a file). Source: docs/reference/evidence-format.md §3, §4 and §7.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from unicodedata import normalize

from concord.proofs.canonical import JSON, decode, rewritten
from concord.proofs.container import LARGEST_CHUNK_LIST, check_payload_name
from concord.proofs.digests import Pair, pair_of
from concord.proofs.leaves import PACKAGE_KINDS
from concord.proofs.shapes import HEX32, NAME, ORG, PACKAGE_ID, KeyName, Table, refused
from concord.proofs.signing import ALGORITHMS, PublicKeys, Signature, signed_bytes, verifies
from concord.rules.errors import InvalidInput

CHUNK_SIZE = 4 << 20
METHODS = ("web", "purchase", "onsite", "upload", "device", "ledger")
CLASSIFICATIONS = ("case", "public", "restricted")
RELATIONS = ("derived_from", "duplicate_of", "continues")
COLLECT, SEAL = "collect", "seal"
TRANSFER, RECEIVE, RECOGNISE, CHALLENGE = "transfer", "receive", "recognise", "challenge"
ACTIONS = (
    COLLECT,
    SEAL,
    TRANSFER,
    RECEIVE,
    "inspect",
    "copy",
    "redact",
    "present",
    RECOGNISE,
    CHALLENGE,
    "revoke",
    "dispose",
)
LARGEST_SEQ = 999_999
MANIFEST = "manifest.json"

_SIGNATURE_KEYS = ("alg", "key", "sig")
_EVENT_PATH = re.compile(r"events/[0-9]{6}\.json")


@dataclass(frozen=True, slots=True)
class Stated:
    """A signed statement: its canonical ``body`` and its signatures as they stand, right or wrong."""

    body: bytes
    sigs: tuple[dict[str, str], ...]

    @classmethod
    def read(cls, table: Table) -> Stated:
        """Take ``body`` and ``sigs`` of ``table``, which was decoded. Raises InvalidInput ``proofs.shape``."""
        return cls(rewritten(table.value("body")), table.each("sigs", _signature_texts))

    def signatures(self) -> tuple[Signature, ...] | None:
        """The signatures, when each is one."""
        try:
            return tuple(map(Signature.from_json, self.sigs))
        except InvalidInput:
            return None

    def wanted(self, key: str) -> tuple[Signature, ...] | None:
        """The signatures, when there is exactly one of each algorithm, in order, all said to be of ``key``."""
        found = self.signatures()
        if found is None or [(one.alg, one.key) for one in found] != [(alg, key) for alg in ALGORITHMS]:
            return None
        return found

    def signed_by(self, key: str, public: PublicKeys, kind: str) -> bool:
        """Whether its signatures are those ``wanted`` of ``key``, and good ones of the statement of ``kind``."""
        found = self.wanted(key)
        if found is None:
            return False
        message = signed_bytes(kind, self.body)
        return all(verifies(public, message, one) for one in found)


@dataclass(frozen=True, slots=True)
class ChunksOf:
    """How many chunks a file has, and the pair of the list of their digests."""

    count: int
    pair: Pair


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the manifest lists it; ``size`` in bytes."""

    path: str
    size: int
    media_type: str
    pair: Pair
    chunks: ChunksOf | None


@dataclass(frozen=True, slots=True)
class Freshness:
    """A state of a log that was known when collecting began: what was collected is not older than it."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What exists and how it was collected."""

    kind: str
    org: str
    classification: str
    method: str
    started_at: datetime
    ended_at: datetime
    tool: tuple[str, str]
    commits: dict[str, Pair]
    freshness: Freshness | None
    files: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One act of custody; ``pair`` is that of its file, ``report`` that of the report it stands on."""

    seq: int
    prev: Pair | None
    manifest: Pair
    action: str
    org: str
    key: str
    counterparty: str | None
    claimed_at: datetime
    commits: dict[str, Pair]
    report: Pair | None
    stated: Stated
    pair: Pair


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A field that is opened: in which entry its commitment stands, its name, salt and value."""

    at: str
    name: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class ChunkList:
    """The digests of the consecutive chunks of the file ``path``."""

    path: str
    sha256: tuple[str, ...]
    sm3: tuple[str, ...]


def event_path(seq: int) -> str:
    """The entry of the event ``seq``."""
    return f"events/{seq:06}.json"


def chunk_count(size: int) -> int:
    """How many chunks a file of ``size`` bytes has."""
    return -(-size // CHUNK_SIZE)


def read_manifest(data: bytes) -> Manifest:
    """Read a manifest."""
    return manifest_of(decode(data))


def manifest_of(value: JSON) -> Manifest:
    """The manifest that a value of canonical JSON is."""
    table = Table(
        value,
        "",
        ("schema", "kind", "blind", "issuer", "classification", "collection", "files"),
        ("commits", "freshness", "relations"),
    )
    table.one_of("schema", ("manifest/1",))
    table.text("blind", HEX32)
    method, started_at, ended_at, tool = _collection(table)
    table.optional("relations", lambda key: table.each(key, _relation))
    files = table.each("files", _listed)
    _check_paths([file.path for file in files])
    return Manifest(
        table.one_of("kind", PACKAGE_KINDS),
        table.table("issuer", ("org",)).text("org", ORG),
        table.one_of("classification", CLASSIFICATIONS),
        method,
        started_at,
        ended_at,
        tool,
        table.commits("commits"),
        table.optional("freshness", lambda key: _freshness(table, key)),
        files,
    )


def read_event(data: bytes) -> Event:
    """Read one event; its signatures are not looked at."""
    return event_of(decode(data), data)


def event_of(value: JSON, data: bytes) -> Event:
    """The event that a value of canonical JSON is, which is written as ``data``."""
    whole = Table(value, "", ("body", "sigs"))
    body = whole.table(
        "body",
        ("schema", "seq", "manifest", "action", "actor", "claimed_at"),
        ("prev", "counterparty", "commits", "result"),
    )
    body.one_of("schema", ("event/1",))
    actor = body.table("actor", ("org", "key"))
    org, key = actor.text("org", ORG), actor.text("key")
    name = KeyName.parse(key, actor.at("key"))
    if (name.org, name.role) != (org, "officer"):
        raise refused(actor.at("key"), "应为本机关人员的密钥", "it must be a key of an officer of the actor's own")
    return Event(
        body.integer("seq", 0, LARGEST_SEQ),
        body.optional("prev", body.pair),
        body.pair("manifest"),
        body.one_of("action", ACTIONS),
        org,
        key,
        body.optional("counterparty", lambda key: body.text(key, ORG)),
        body.time("claimed_at"),
        body.commits("commits"),
        body.optional("result", lambda key: body.table(key, ("report",)).pair("report")),
        Stated.read(whole),
        pair_of(data),
    )


def read_disclosure(data: bytes) -> tuple[Disclosed, ...]:
    """Read the disclosed fields."""
    table = Table(decode(data), "", ("schema", "fields"))
    table.one_of("schema", ("disclosure/1",))
    fields = table.each("fields", _disclosed)
    if any((one.at, one.name) >= (other.at, other.name) for one, other in pairwise(fields)):
        raise refused(
            "fields", "未按位置和名称排列，或者重复", "they are not sorted by place and name, or one stands twice"
        )
    return fields


def read_chunk_list(data: bytes) -> ChunkList:
    """Read the list of chunk digests of one file."""
    table = Table(decode(data, limit=LARGEST_CHUNK_LIST), "", ("schema", "path", "size", "sha256", "sm3"))
    table.one_of("schema", ("chunks/1",))
    table.integer("size", CHUNK_SIZE, CHUNK_SIZE)
    return ChunkList(table.text("path"), table.each("sha256", _digest), table.each("sm3", _digest))


def _collection(manifest: Table) -> tuple[str, datetime, datetime, tuple[str, str]]:
    table = manifest.table("collection", ("method", "started_at", "ended_at", "tool"), ("environment",))
    started_at, ended_at = table.time("started_at"), table.time("ended_at")
    if started_at > ended_at:
        raise refused(table.at("ended_at"), "早于开始时间", "it is earlier than the beginning")
    tool = table.table("tool", ("name", "version"), ("digest",))
    tool.optional("digest", tool.pair)
    names = table.optional("environment", table.entries) or {}
    environment = Table(names, table.at("environment"), None)
    for name in names:
        environment.text(name)
    return table.one_of("method", METHODS), started_at, ended_at, (tool.text("name"), tool.text("version"))


def _freshness(manifest: Table, key: str) -> Freshness:
    table = manifest.table(key, ("origin", "size", "root"))
    return Freshness(table.text("origin"), table.integer("size"), table.text("root", HEX32))


def _relation(value: JSON, place: str) -> str:
    table = Table(value, place, ("type", "id"))
    table.one_of("type", RELATIONS)
    return table.text("id", PACKAGE_ID)


def _listed(value: JSON, place: str) -> Listed:
    table = Table(value, place, ("path", "size", "media_type", "digest"), ("chunks", "derived_from", "redaction_of"))
    for key in ("derived_from", "redaction_of"):
        table.optional(key, table.pair)
    path, size = table.text("path"), table.integer("size")
    check_payload_name(path)
    chunks = None
    if "chunks" in table:
        inner = table.table("chunks", ("size", "count", "digest"))
        inner.integer("size", CHUNK_SIZE, CHUNK_SIZE)
        chunks = ChunksOf(inner.integer("count", chunk_count(size), chunk_count(size)), inner.pair("digest"))
    return Listed(path, size, table.text("media_type"), table.pair("digest"), chunks)


def _check_paths(paths: Sequence[str]) -> None:
    if not paths:
        raise refused("files", "至少应有一个文件", "at least one file is wanted")
    if any(one.encode() >= other.encode() for one, other in pairwise(paths)):
        raise refused("files", "未按文件名排列，或者重名", "they are not sorted by path, or a path stands twice")
    if len({normalize("NFC", path.casefold()) for path in paths}) != len(paths):
        raise refused("files", "有两个文件名仅大小写不同", "two paths differ by case alone")


def _disclosed(value: JSON, place: str) -> Disclosed:
    table = Table(value, place, ("at", "name", "salt", "value"))
    at = table.text("at")
    if at != MANIFEST and not _EVENT_PATH.fullmatch(at):
        raise refused(table.at("at"), "应为 manifest.json 或者一个事件", "it is the manifest or an event")
    return Disclosed(at, table.text("name", NAME), bytes.fromhex(table.text("salt", HEX32)), table.text("value"))


def _digest(value: JSON, place: str) -> str:
    if not isinstance(value, str) or not HEX32.fullmatch(value):
        raise refused(place, "应为 64 位小写十六进制摘要", "a digest of 64 lower-case hex digits is wanted")
    return value


def _signature_texts(value: JSON, place: str) -> dict[str, str]:
    table = Table(value, place, _SIGNATURE_KEYS)
    return {key: table.text(key) for key in _SIGNATURE_KEYS}
