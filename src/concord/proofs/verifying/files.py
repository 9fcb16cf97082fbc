"""C01 to C04: the container, the manifest, and the digests of every file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from concord.proofs.canonical import JSON
from concord.proofs.container import LARGEST_CHUNK_LIST, Container, is_payload
from concord.proofs.digests import Digested, Pair, digested, pair_of
from concord.proofs.report import FAIL, NOT_APPLICABLE, PASS, Check
from concord.proofs.statements import CHUNK_SIZE, ChunkList, ChunksOf, Listed, Manifest, read_chunk_list
from concord.proofs.verifying.gathering import Package
from concord.rules.errors import InvalidInput

MOST_FAULTS_NAMED = 20


@dataclass(slots=True)
class _Faults:
    """What is wrong with which entry, for each of the two digests."""

    sha256: list[tuple[str, str]] = field(default_factory=list)
    sm3: list[tuple[str, str]] = field(default_factory=list)

    def both(self, name: str, what: str) -> None:
        """A fault that has nothing to do with one digest alone."""
        self.sha256.append((name, what))
        self.sm3.append((name, what))

    def compare(self, name: str, what: str, found: Pair, stated: Pair) -> None:
        """A fault for each digest that differs."""
        if found.sha256 != stated.sha256:
            self.sha256.append((name, what))
        if found.sm3 != stated.sm3:
            self.sm3.append((name, what))


def container_check(container: Container) -> Check:
    """C01, once every entry has been read: each entry has the check sums that its headers state."""
    if container.unsound:
        named = sorted(container.unsound)
        return Check("C01", FAIL, "check_sum", {"entries": named[:MOST_FAULTS_NAMED], "count": len(named)})
    size = max(entry.at + entry.size for entry in container.entries.values())
    return Check("C01", PASS, "sound", {"count": len(container.entries), "size": size})


def manifest_check(package: Package) -> Check:
    """C02: the manifest is canonical and of its form."""
    manifest, fault = package.manifest.value, package.manifest.fault
    if manifest is None:
        return Check("C02", FAIL, "form", said(fault))
    return Check(
        "C02",
        PASS,
        "sound",
        {
            "kind": manifest.kind,
            "org": manifest.org,
            "method": manifest.method,
            "count": len(manifest.files),
            "size": sum(file.size for file in manifest.files),
        },
    )


def files_checks(container: Container, package: Package) -> tuple[Check, Check]:
    """C03 and C04 in one pass over the files, which are never in memory as a whole."""
    payload = [name for name in container.entries if is_payload(name)]
    lists = [name for name in container.entries if name.startswith("chunks/")]
    manifest = package.manifest.value
    if manifest is None:
        for name in (*lists, *payload):
            _pass_over(container, name)
        return Check("C03", NOT_APPLICABLE, "no_manifest"), Check("C04", NOT_APPLICABLE, "no_manifest")
    faults = _compared(container, manifest, payload, lists)
    seen: dict[str, JSON] = {"count": len(payload), "size": sum(container.entries[name].size for name in payload)}
    return (
        _outcome("C03", faults.sha256, seen, thin=not payload),
        _outcome("C04", faults.sm3, seen, thin=not payload),
    )


def said(fault: object) -> dict[str, JSON]:
    """The sentences of a fault as facts."""
    return {"zh": getattr(fault, "zh", ""), "en": getattr(fault, "en", "")}


def _compared(container: Container, manifest: Manifest, payload: list[str], lists: list[str]) -> _Faults:
    faults = _Faults()
    chunked = [file for file in manifest.files if file.chunks is not None]
    if len(lists) != len(chunked) and (payload or lists):
        faults.both("chunks/", "chunk_lists")
    of_file = {file.path: name for file, name in zip(chunked, lists, strict=False)}
    for name in lists[len(chunked) :]:
        _pass_over(container, name)
    present = set(payload)
    for file in manifest.files:
        chunks = None
        if file.chunks is not None and file.path in of_file:
            chunks = _chunk_list(container, of_file[file.path], file.path, file.chunks, faults)
        if file.path in present:
            _compare_file(container, file, chunks, faults)
        elif payload:
            faults.both(file.path, "missing")
    for name in sorted(present - {file.path for file in manifest.files}):
        faults.both(name, "unlisted")
        _pass_over(container, name)
    return faults


def _chunk_list(container: Container, name: str, path: str, stated: ChunksOf, faults: _Faults) -> ChunkList | None:
    """The chunk digests of the file ``path``, once the list has the form, path and count that were stated."""
    data = container.bytes(name, LARGEST_CHUNK_LIST)
    faults.compare(name, "chunk_list", pair_of(data), stated.pair)
    try:
        chunks = read_chunk_list(data)
    except InvalidInput:
        chunks = None
    if chunks is None or (chunks.path, len(chunks.sha256), len(chunks.sm3)) != (path, stated.count, stated.count):
        faults.both(name, "chunk_list")
        return None
    return chunks


def _compare_file(container: Container, file: Listed, chunks: ChunkList | None, faults: _Faults) -> None:
    found = digested(container.parts(file.path), chunk_size=CHUNK_SIZE if chunks else None)
    if found.size != file.size:
        faults.both(file.path, "size")
        return
    faults.compare(file.path, "content", found.pair, file.pair)
    for wrong, digests in zip(_wrong_chunks(found, chunks), (faults.sha256, faults.sm3), strict=False):
        if wrong:
            digests.append((file.path, "chunks"))


def _wrong_chunks(found: Digested, chunks: ChunkList | None) -> Iterator[bool]:
    """Whether a chunk's SHA-256 differs from the list, then whether an SM3 does; nothing without chunks."""
    if found.chunks is not None and chunks is not None:
        yield found.chunks.sha256 != chunks.sha256
        yield found.chunks.sm3 != chunks.sm3


def _outcome(check: str, faults: list[tuple[str, str]], seen: Mapping[str, JSON], *, thin: bool) -> Check:
    if faults:
        named: list[JSON] = [{"entry": name, "what": what} for name, what in faults[:MOST_FAULTS_NAMED]]
        return Check(check, FAIL, "differs", {"count": len(faults), "faults": named})
    return Check(check, NOT_APPLICABLE, "thin") if thin else Check(check, PASS, "same", seen)


def _pass_over(container: Container, name: str) -> None:
    """Read the entry for its check sum alone."""
    for _ in container.parts(name):
        pass
