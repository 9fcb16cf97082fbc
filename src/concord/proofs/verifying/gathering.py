"""What a package holds, read once and bounded: each part, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from concord.proofs.container import MEDIA_TYPE, Container, is_payload
from concord.proofs.leaves import Leaf, read_leaf
from concord.proofs.logging_proofs import Logging
from concord.proofs.package import package_id
from concord.proofs.statements import (
    MANIFEST,
    Disclosed,
    Event,
    Manifest,
    event_path,
    read_disclosure,
    read_event,
    read_manifest,
)
from concord.proofs.trust import KeyEntry, read_directory
from concord.rules.errors import InvalidInput, Said

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """A part that was read, or the fault that kept it from being read."""

    value: T | None
    fault: Said | None = None

    @classmethod
    def reading(cls, read: Callable[[], T]) -> Tried[T]:
        """What ``read`` gives, or the InvalidInput that it raises."""
        try:
            return cls(read())
        except InvalidInput as error:
            return cls(None, error.said)


@dataclass(frozen=True, slots=True)
class Logged:
    """A leaf and the proof that it was logged."""

    leaf_bytes: bytes
    leaf: Tried[Leaf]
    logging: Tried[Logging]


@dataclass(frozen=True, slots=True)
class Package:
    """A package without its files; an entry that is not there is None."""

    id: str
    manifest_bytes: bytes
    manifest: Tried[Manifest]
    events: Tried[tuple[Event, ...]]
    seal_event: bytes
    last_seq: int
    seal: Logged | None
    head: Logged | None
    tokens: Mapping[str, bytes]
    kept: Mapping[str, bytes]
    disclosure: Tried[tuple[Disclosed, ...]] | None
    directory: Tried[tuple[KeyEntry, ...]] | None

    def logged(self) -> Iterator[Logged]:
        """The proofs of logging that it has."""
        yield from (one for one in (self.seal, self.head) if one is not None)


def gather(container: Container) -> Package:
    """Read everything but the files and their chunk lists; what is in memory is bounded by the container's caps."""
    small = {
        name: container.bytes(name)
        for name in container.entries
        if not is_payload(name) and not name.startswith("chunks/")
    }
    if small["mimetype"] != MEDIA_TYPE:
        raise InvalidInput("proofs.container", Said("媒体类型不对。", "It is of another media type."))
    manifest = small[MANIFEST]
    events = [data for name, data in small.items() if name.startswith("events/")]
    return Package(
        id=package_id(manifest),
        manifest_bytes=manifest,
        manifest=Tried.reading(lambda: read_manifest(manifest)),
        events=Tried.reading(lambda: tuple(map(read_event, events))),
        seal_event=small[event_path(1)],
        last_seq=len(events) - 1,
        seal=_logged(small, "seal"),
        head=_logged(small, "head"),
        tokens={name: data for name, data in small.items() if name.endswith(".tsr")},
        kept={name: data for name, data in small.items() if name.startswith(("proofs/renewal-", "proofs/anchor-"))},
        disclosure=_optional(small.get("disclosure.json"), read_disclosure),
        directory=_optional(small.get("trust/directory.json"), read_directory),
    )


def _logged(small: Mapping[str, bytes], which: str) -> Logged | None:
    leaf, proof = small.get(f"proofs/{which}.leaf.json"), small.get(f"proofs/{which}.tlog-proof")
    if leaf is None or proof is None:
        return None
    return Logged(leaf, Tried.reading(lambda: read_leaf(leaf)), Tried.reading(lambda: Logging.read(proof)))


def _optional(data: bytes | None, read: Callable[[bytes], T]) -> Tried[T] | None:
    return None if data is None else Tried.reading(lambda: read(data))
