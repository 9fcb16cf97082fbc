"""C06, C07 and C14: whose keys signed, and whether these could be relied on at their place in the log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from concord.proofs.canonical import JSON
from concord.proofs.report import FAIL, INDETERMINATE, NOT_APPLICABLE, PASS, Check
from concord.proofs.shapes import time_text
from concord.proofs.statements import Event
from concord.proofs.trust import REVOKED, VALID, KeyEntry, Placed, Trust
from concord.proofs.verifying.files import said
from concord.proofs.verifying.gathering import Package
from concord.proofs.verifying.logs import Judged, Judgement


@dataclass(slots=True)
class Directory:
    """The sound entries of the trust file and the package by the names of their keys; the names of others."""

    entries: dict[str, list[Placed]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def take(self, entry: KeyEntry, placed: Placed | None) -> None:
        """Add an entry: it is wrong, too, when the key was bound to other public keys before."""
        known = self.entries.get(entry.key, [])
        if placed is None or (known and known[0].entry.public != entry.public):
            self.wrong.append(entry.key)
        else:
            self.entries.setdefault(entry.key, []).append(placed)


@dataclass(frozen=True, slots=True)
class Position:
    """Where an event stands in the log, and the time before which it is proven to have existed."""

    place: tuple[str, int] | None
    proven_at: datetime | None


def directory_of(package: Package, trust: Trust) -> Directory:
    """The directory made of the trust file's entries, then the package's."""
    found = Directory()
    for entry, placed in zip(trust.directory, trust.placed_directory, strict=True):
        found.take(entry, placed)
    known = trust.directory
    for entry in (package.directory.value if package.directory else None) or ():
        if entry not in known:
            found.take(entry, trust.placed(entry))
    return found


def trust_check(package: Package, trust: Trust, directory: Directory, at: datetime) -> Check:
    """C14: the trust file is signed by enough roots and in force, and the directory is sound."""
    signed = trust.endorsement
    if signed.wrong:
        return Check("C14", FAIL, "signature", {"names": signed.wrong})
    if len(signed.organisations) < trust.threshold:
        return Check("C14", FAIL, "too_few_roots", {"count": len(signed.organisations), "needed": trust.threshold})
    if package.directory is not None and package.directory.value is None:
        return Check("C14", FAIL, "directory_form", said(package.directory.fault))
    if directory.wrong:
        return Check("C14", FAIL, "directory_entry", {"names": sorted(set(directory.wrong))})
    facts: dict[str, JSON] = {
        "version": trust.version,
        "expires_at": time_text(trust.expires_at),
        "count": len(signed.organisations),
        "needed": trust.threshold,
    }
    return (
        Check("C14", INDETERMINATE, "expired", facts)
        if at > trust.expires_at
        else Check("C14", PASS, "in_force", facts)
    )


def signature_check(package: Package, directory: Directory) -> Check:
    """C06: every event bears both signatures of its actor, and they are good."""
    events = package.events.value
    if events is None:
        return Check("C06", NOT_APPLICABLE, "unreadable")
    unknown: list[str] = []
    for event in events:
        entries = directory.entries.get(event.key)
        if entries and event.stated.signed_by(event.key, entries[0].entry.public, "event"):
            continue
        if event.stated.wanted(event.key) is None:
            return Check("C06", FAIL, "signatures_wanted", {"event": event.seq, "key": event.key})
        if entries:
            return Check("C06", FAIL, "signature", {"event": event.seq, "key": event.key})
        unknown.append(event.key)
    if unknown:
        return Check("C06", INDETERMINATE, "unknown_key", {"names": sorted(set(unknown))})
    return Check("C06", PASS, "signed", {"count": len(events), "names": _actors(events)})


def key_check(package: Package, directory: Directory, judgement: Judgement, token_at: datetime | None) -> Check:
    """C07: each actor's key was valid when it is said to have signed, and not revoked before its place in the log.

    ``token_at`` is the earliest time of a good time-stamp of the sealing.
    """
    events = package.events.value
    if events is None:
        return Check("C07", NOT_APPLICABLE, "unreadable")
    sealing, later = _position(judgement.seal, token_at), _position(judgement.head, None)
    for event in events:
        position = sealing if event.seq <= 1 else later
        entries = directory.entries.get(event.key, [])
        fault = _key_fault(event, entries, position)
        if fault:
            return Check("C07", FAIL, fault, {"event": event.seq, "key": event.key})
    return Check("C07", PASS, "valid", {"names": _actors(events)})


def _position(judged: Judged | None, token_at: datetime | None) -> Position:
    place = None if judged is None else judged.place
    times = [at for at in (token_at, None if judged is None else judged.proven_at) if at is not None]
    return Position(place, min(times, default=None))


def _key_fault(event: Event, entries: Iterable[Placed], position: Position) -> str:
    """Why the actor's key cannot be relied on for this event; empty when it can."""
    known = list(entries)
    if not known:
        return "unknown_key"
    if not any(_is_valid(one, event, position) for one in known):
        return "not_valid"
    return "revoked" if any(_holds(one, position) for one in known) else ""


def _is_valid(placed: Placed, event: Event, position: Position) -> bool:
    entry = placed.entry
    in_time = entry.status == VALID and entry.valid_from <= event.claimed_at < entry.valid_until
    if position.place is None:
        return in_time
    origin, index = position.place
    return in_time and placed.index_in(origin) <= index


def _holds(placed: Placed, position: Position) -> bool:
    """Whether a revocation strikes what stands at the position."""
    entry = placed.entry
    if entry.status != REVOKED:
        return False
    if position.place is None or placed.index_in(position.place[0]) <= position.place[1]:
        return True
    since = entry.compromised_since
    return since is not None and (position.proven_at is None or position.proven_at >= since)


def _actors(events: Iterable[Event]) -> list[str]:
    return sorted({event.key for event in events})
