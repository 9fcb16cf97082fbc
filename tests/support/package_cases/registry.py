"""What a case is, where cases are put, and how packages are taken apart and made wrong.

A name ends in the check that fails or stays open; ``OTHERWISE`` are the statuses of a package in order, from which a
case names what differs.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from concord.proofs import container, trust
from concord.proofs.canonical import JSON, decode, encode
from concord.proofs.container import Entry
from concord.proofs.package import Parts
from concord.proofs.signing import PrivateKeys, signed_bytes
from tests.support.packages import (
    CONTENT,
    JIAXING,
    LATER,
    LOOKED_AT,
    MEMBERS,
    SONGJIANG,
    Alliance,
    packed,
    report_pair,
)

PASS, FAIL, OPEN, NONE = "pass", "fail", "indeterminate", "not_applicable"
OTHERWISE = {f"C{number:02}": PASS for number in range(1, 18)} | {"C15": NONE, "C16": NONE, "C17": NONE}
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """A package with the trust file and policy it is looked at with, and when."""

    package: bytes
    trust: bytes
    policy: bytes | None = None
    at: datetime = LOOKED_AT


@dataclass(frozen=True)
class Expected:
    """How a case is made, its level, and the statuses that are not as in ``OTHERWISE``."""

    make: Callable[[Alliance], Case]
    level: str
    differs: Mapping[str, str] = field(default_factory=dict)
    enough: bool = True

    @property
    def statuses(self) -> dict[str, str]:
        """The status of every check."""
        return OTHERWISE | dict(self.differs)

    @property
    def verdict(self) -> str:
        """The worst of the statuses; open when the level is below what is asked for."""
        found = self.statuses.values()
        if FAIL in found:
            return FAIL
        return OPEN if OPEN in found or not self.enough else PASS


CASES: dict[str, Expected] = {}
Make = Callable[[Alliance], Case]
UNREADABLE = {check: NONE for check in OTHERWISE if check != "C01"}
NOT_LOGGED = dict.fromkeys(("C09", "C10", "C11", "C12"), NONE)


def case(level: str = "L2T", **differs: str) -> Callable[[Make], Make]:
    """Put the function below among the cases, under its own name."""
    return _registering(level, differs, enough=True)


def case_below(level: str, **differs: str) -> Callable[[Make], Make]:
    """The same for a package that stays below the level it asks for."""
    return _registering(level, differs, enough=False)


def _registering(level: str, differs: Mapping[str, str], *, enough: bool) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        CASES[make.__name__] = Expected(make, level, differs, enough)
        return make

    return register


def policy(level: str = "L2", *, timestamp: bool = False, **more: int) -> bytes:
    """A policy file, written as people do."""
    return json.dumps({"schema": "policy/1", "level": level, "timestamp": timestamp, **more}, indent=2).encode()


def entries_of(package: bytes) -> dict[str, bytes]:
    """The entries of a package by their names."""
    found = container.read(io.BytesIO(package))
    return {name: found.bytes(name, 1 << 30) for name in found.entries}


def repacked(entries: Mapping[str, bytes]) -> bytes:
    """The container of these entries, in the order given."""
    out = io.BytesIO()
    container.write(out, [Entry.of(name, data) for name, data in entries.items()])
    return out.getvalue()


def with_entry(package: bytes, name: str, data: bytes, *, before: str) -> bytes:
    """The package with one more entry, put before the first whose name begins with ``before``."""
    entries = list(entries_of(package).items())
    at = next(index for index, (one, _) in enumerate(entries) if one.startswith(before))
    return repacked(dict([*entries[:at], (name, data), *entries[at:]]))


def changed(data: bytes, **changes: JSON) -> bytes:
    """The canonical table with changes; a change to None takes the key away."""
    table = decode(data)
    assert isinstance(table, dict)
    return encode({key: value for key, value in (table | changes).items() if value is not None})


def rebuilt(alliance: Alliance, made: bytes, *, content: Mapping[str, bytes] = CONTENT, **more: Any) -> Parts:
    """A package sealed, stamped and logged on the manifest ``made``, whatever is wrong with that."""
    events = alliance.events(made)
    tokens = [(alliance.stamp(events[1]), False)]
    seal = alliance.sealing(made, events, tokens=tokens)
    files = alliance.sealed(content).files
    directory = trust.directory([alliance.entry()])
    return replace(Parts(made, events, files, seal=seal, tokens=tokens, directory=directory), **more)


def resealed(alliance: Alliance, parts: Parts, events: list[bytes]) -> Parts:
    """The package with other events, stamped and logged anew."""
    tokens = [(alliance.stamp(events[1]), False)]
    seal = alliance.sealing(parts.manifest, events, tokens=tokens)
    head = alliance.heading(parts.manifest, events) if len(events) > 2 else None
    return replace(parts, events=events, tokens=tokens, seal=seal, head=head)


def resigned(written: bytes, signer: PrivateKeys, **changes: JSON) -> bytes:
    """The event with changes of its body, signed again."""
    body = json.loads(written)["body"] | changes
    kept = {key: value for key, value in body.items() if value is not None}
    sigs = [one.as_json() for one in signer.sign(signed_bytes("event", encode(kept)))]
    return encode({"body": kept, "sigs": sigs})


def simple(alliance: Alliance, **sealed: Any) -> Case:
    """A package in order, made as ``Alliance.sealed`` is told."""
    return Case(packed(alliance.sealed(**sealed)), alliance.trust())


def key_ending(alliance: Alliance, until: datetime, *, queued: bool = False, **sealed: Any) -> Case:
    """A package whose sealer's key ends at a time; ``queued`` takes it back out of the log."""
    parts = replace(alliance.sealed(**sealed), directory=None)
    entries = [alliance.entry(valid_until=until), *map(alliance.entry, MEMBERS[1:])]
    return Case(packed(replace(parts, seal=None) if queued else parts), alliance.trust(directory=entries))


def handed_over() -> list[dict[str, Any]]:
    """Transferred from Songjiang to Jiaxing, received and recognised there."""
    return [
        {"action": "transfer", "counterparty": JIAXING, "claimed_at": LATER - 2 * HOUR},
        {
            "action": "receive",
            "org": JIAXING,
            "counterparty": SONGJIANG,
            "report": report_pair(),
            "claimed_at": LATER - HOUR,
        },
        {"action": "recognise", "org": JIAXING, "report": report_pair("recognised"), "claimed_at": LATER},
    ]


def newest_changed(alliance: Alliance, change: Callable[[list[bytes], PrivateKeys], bytes], acts: int = 2) -> Case:
    """A package whose newest event is changed and signed again, properly logged."""
    parts = alliance.sealed(acts=[{"action": "inspect"}, {"action": "copy"}][:acts])
    events = list(parts.events)
    events[-1] = change(events, alliance.officers[SONGJIANG])
    return Case(packed(resealed(alliance, parts, events)), alliance.trust())
