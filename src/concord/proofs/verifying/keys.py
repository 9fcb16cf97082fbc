"""C06, C07 and C14: whose keys signed, and whether these could be relied on at that place in the log and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

ENDED_SINCE = "ended_since"

_MOST_NAMED = 100


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
    """Where an event stands in the log, the time by which it is proven to have existed, and who speaks for that.

    ``own`` says that the proof is of this very event: one between the sealing and the newest event is only known to
    have been there when the newest one was logged, however long before it may have been signed.
    """

    place: tuple[str, int] | None
    proven_at: datetime | None
    own: bool


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


def key_check(
    package: Package, directory: Directory, judgement: Judgement, token_at: datetime | None, at: datetime
) -> Check:
    """C07: each actor's key was valid at the claimed and at the proven time, and not revoked before its place.

    ``token_at`` is the earliest time of a good time-stamp of the sealing, ``at`` the time of verification: all that
    speaks for an event of which no time is proven.
    """
    events = package.events.value
    if events is None:
        return Check("C07", NOT_APPLICABLE, "unreadable")
    open_at: list[int] = []
    claimed: list[int] = []
    for number, event in enumerate(events):
        position = _position(judgement, number, len(events) - 1, token_at)
        fault = _key_fault(event, directory.entries.get(event.key, []), position, at)
        if fault == ENDED_SINCE:
            open_at.append(number)
        elif fault:
            return Check("C07", FAIL, fault, {"event": number, "key": event.key})
        elif position.proven_at is None:
            claimed.append(number)
    if open_at:
        return Check(
            "C07", INDETERMINATE, ENDED_SINCE, {"events": open_at[:_MOST_NAMED], "key": events[open_at[0]].key}
        )
    if claimed:
        return Check("C07", PASS, "valid_as_claimed", {"events": claimed[:_MOST_NAMED], "names": _actors(events)})
    return Check("C07", PASS, "valid", {"names": _actors(events)})


def _position(judgement: Judgement, number: int, newest: int, token_at: datetime | None) -> Position:
    """The position of an event by its number and that of the newest one."""
    of_sealing = number <= 1
    judged: Judged | None = judgement.seal if of_sealing else judgement.head
    place = None if judged is None else judged.place
    times = [token_at if of_sealing else None, None if judged is None else judged.proven_at]
    return Position(place, min((at for at in times if at is not None), default=None), of_sealing or number == newest)


def _key_fault(event: Event, placed: Sequence[Placed], position: Position, at: datetime) -> str:
    """Why the actor's key cannot be relied on for this event; empty when it can, ENDED_SINCE when that stays open."""
    if not placed:
        return "unknown_key"
    entries = [one.entry for one in placed if _is_valid(one, event, position)]
    if not entries:
        return "not_valid"
    if any(_holds(one, position) for one in placed):
        return "revoked"
    proven_at = position.proven_at
    if proven_at is not None:
        entries = [one for one in entries if one.valid_from <= proven_at]
    if any((proven_at or at) < one.valid_until for one in entries):
        return ""
    return "not_valid_when_proven" if not entries or (position.own and proven_at is not None) else ENDED_SINCE


def _is_valid(placed: Placed, event: Event, position: Position) -> bool:
    """Whether an entry lets its key sign the event by its place and at the time that the event claims."""
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
