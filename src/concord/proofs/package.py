"""Making a package: the manifest, its events, the lists of chunks, and the container that holds them all.

Whatever is made here is read again by the reader of its form before it is given out, so nothing is ever made that a
verifier would refuse for its form. Randomness and time are given by the caller.
Source: docs/reference/evidence-format.md §1 to §7.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from concord.proofs import container
from concord.proofs.canonical import JSON, encode
from concord.proofs.container import MEDIA_TYPE, Entry
from concord.proofs.digests import Digested, Pair, digested, pair_of
from concord.proofs.shapes import time_text
from concord.proofs.signing import Signer, signed_bytes
from concord.proofs.statements import (
    CHUNK_SIZE,
    MANIFEST,
    Disclosed,
    Freshness,
    chunk_count,
    event_of,
    event_path,
    manifest_of,
    read_chunk_list,
    read_disclosure,
    read_manifest,
)
from concord.rules.errors import InvalidInput, Said

CHUNKED_ABOVE = 64 << 20
SUFFIX = ".evp"


@dataclass(frozen=True, slots=True)
class Tool:
    """What was used to collect; ``digest`` is the pair of its program, where it is known."""

    name: str
    version: str
    digest: Pair | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """How, when and with what the files were collected; ``environment`` describes the machine in names and texts."""

    method: str
    started_at: datetime
    ended_at: datetime
    tool: Tool
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as the manifest is to list it, and the list of its chunks' digests, where it has one."""

    path: str
    entry: Mapping[str, JSON]
    chunks: bytes | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a package is made of, in bytes as it stands there.

    ``files`` opens each file of the manifest by its path; without it the package is *thin*. ``seal`` and ``head`` are
    a leaf and its encoded tlog-proof; a token comes with whether it is one of GM/T 0033. ``crc32`` holds check sums
    of files that are known already and spares reading those twice.
    """

    manifest: bytes
    events: Sequence[bytes]
    files: Mapping[str, Callable[[], BinaryIO]] | None = None
    disclosure: bytes | None = None
    seal: tuple[bytes, bytes] | None = None
    head: tuple[bytes, bytes] | None = None
    tokens: Sequence[tuple[bytes, bool]] = ()
    directory: bytes | None = None
    chunks: Sequence[bytes] = ()
    crc32: Mapping[str, int] = field(default_factory=dict)


def package_id(manifest: bytes) -> str:
    """The identity of the package with this manifest: ``ev1-`` and 52 characters."""
    return "ev1-" + b32encode(hashlib.sha256(manifest).digest()).decode().rstrip("=").lower()


def listed_file(
    path: str,
    content: Iterable[bytes] | Digested,
    media_type: str,
    *,
    derived_from: Pair | None = None,
    redaction_of: Pair | None = None,
) -> ListedFile:
    """The file ``path`` (``payload/…``) with the parts of its ``content``, or what one pass over them yielded.

    Chunk digests are listed when that pass made them, by CHUNK_SIZE; files above CHUNKED_ABOVE should have them.
    """
    found = content if isinstance(content, Digested) else digested(content)
    entry: dict[str, JSON] = {
        "path": path,
        "size": found.size,
        "media_type": media_type,
        "digest": found.pair.as_json(),
    }
    entry |= {
        key: pair.as_json() for key, pair in (("derived_from", derived_from), ("redaction_of", redaction_of)) if pair
    }
    chunks = None
    if found.chunks is not None:
        chunks = encode(
            {
                "schema": "chunks/1",
                "path": path,
                "size": found.chunks.size,
                "sha256": found.chunks.sha256,
                "sm3": found.chunks.sm3,
            }
        )
        read_chunk_list(chunks)
        entry["chunks"] = {"size": CHUNK_SIZE, "count": chunk_count(found.size), "digest": pair_of(chunks).as_json()}
    return ListedFile(path, entry, chunks)


def manifest(
    *,
    kind: str,
    blind: bytes,
    org: str,
    collection: Collection,
    files: Iterable[ListedFile],
    classification: str = "case",
    commits: Mapping[str, Pair] | None = None,
    freshness: Freshness | None = None,
    relations: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The manifest of a package of ``kind`` that ``org`` issues.

    ``blind`` are 32 random bytes, so that the identity of a package tells nothing of its content; ``relations`` are
    pairs of a type and the identity of another package. Raises InvalidInput.
    """
    listed = sorted(files, key=lambda file: file.path.encode())
    made: dict[str, JSON] = {
        "schema": "manifest/1",
        "kind": kind,
        "blind": blind.hex(),
        "issuer": {"org": org},
        "classification": classification,
        "collection": _collection(collection),
        "files": [file.entry for file in listed],
    }
    if commits:
        made["commits"] = {name: pair.as_json() for name, pair in commits.items()}
    if freshness is not None:
        made["freshness"] = {"origin": freshness.origin, "size": freshness.size, "root": freshness.root}
    if relations:
        made["relations"] = [{"type": type_, "id": id_} for type_, id_ in relations]
    written = encode(made)
    manifest_of(made)
    return written


def event(
    *,
    signer: Signer,
    seq: int,
    prev: bytes | None,
    manifest: bytes,
    action: str,
    claimed_at: datetime,
    counterparty: str | None = None,
    commits: Mapping[str, Pair] | None = None,
    report: Pair | None = None,
) -> bytes:
    """The event ``seq`` of the package with ``manifest``, after the event file ``prev``; signed by ``signer``.

    The actor is the organisation in the name of the signer's key. Raises InvalidInput.
    """
    body: dict[str, JSON] = {
        "schema": "event/1",
        "seq": seq,
        "manifest": pair_of(manifest).as_json(),
        "action": action,
        "actor": {"org": signer.key.partition("/")[0], "key": signer.key},
        "claimed_at": time_text(claimed_at),
    }
    if prev is not None:
        body["prev"] = pair_of(prev).as_json()
    if counterparty is not None:
        body["counterparty"] = counterparty
    if commits:
        body["commits"] = {name: pair.as_json() for name, pair in commits.items()}
    if report is not None:
        body["result"] = {"report": report.as_json()}
    stated = encode(body)
    sigs: JSON = [one.as_json() for one in signer.sign(signed_bytes("event", stated))]
    written = b'{"body":%s,"sigs":%s}' % (stated, encode(sigs))
    event_of({"body": body, "sigs": sigs}, written)
    return written


def disclosure(fields: Iterable[Disclosed]) -> bytes:
    """The ``disclosure.json`` that opens ``fields``. Raises InvalidInput when one is opened twice."""
    listed = sorted(fields, key=lambda one: (one.at, one.name))
    written = encode(
        {
            "schema": "disclosure/1",
            "fields": [{"at": one.at, "name": one.name, "salt": one.salt.hex(), "value": one.value} for one in listed],
        }
    )
    read_disclosure(written)
    return written


def write_package(out: BinaryIO, parts: Parts) -> None:
    """Write the package to ``out``, reading each file once or twice in blocks.

    Raises InvalidInput ``proofs.container`` when the parts do not fit the format, and ``proofs.files`` when the files
    are not those of the manifest.
    """
    container.write(out, _entries(parts))


def _entries(parts: Parts) -> list[Entry]:
    listed = read_manifest(parts.manifest).files
    own: list[tuple[str, bytes | None]] = [
        ("mimetype", MEDIA_TYPE),
        (MANIFEST, parts.manifest),
        ("disclosure.json", parts.disclosure),
        *((event_path(seq), one) for seq, one in enumerate(parts.events)),
        *_logged("seal", parts.seal),
        *_logged("head", parts.head),
        *((f"proofs/tsa-{at}{'.gm' if gm else ''}.tsr", token) for at, (token, gm) in enumerate(parts.tokens)),
        ("trust/directory.json", parts.directory),
        *((f"chunks/{at}.json", one) for at, one in enumerate(parts.chunks)),
    ]
    entries = [Entry.of(name, data) for name, data in own if data is not None]
    if parts.files is None:
        return entries
    if parts.files.keys() != {file.path for file in listed}:
        raise InvalidInput(
            "proofs.files",
            Said("给出的文件与清单所列不一致。", "The files given are not those that the manifest lists."),
        )
    return entries + [
        Entry(file.path, file.size, parts.files[file.path], parts.crc32.get(file.path)) for file in listed
    ]


def _logged(which: str, logged: tuple[bytes, bytes] | None) -> list[tuple[str, bytes | None]]:
    leaf, proof = logged or (None, None)
    return [(f"proofs/{which}.leaf.json", leaf), (f"proofs/{which}.tlog-proof", proof)]


def _collection(collection: Collection) -> dict[str, JSON]:
    tool: dict[str, JSON] = {"name": collection.tool.name, "version": collection.tool.version}
    if collection.tool.digest is not None:
        tool["digest"] = collection.tool.digest.as_json()
    made: dict[str, JSON] = {
        "method": collection.method,
        "started_at": time_text(collection.started_at),
        "ended_at": time_text(collection.ended_at),
        "tool": tool,
    }
    if collection.environment is not None:
        made["environment"] = dict(collection.environment)
    return made
