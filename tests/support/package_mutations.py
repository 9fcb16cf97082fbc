"""Packages changed at random: single fields, whole entries, signed bodies that are signed again, whole histories."""

from __future__ import annotations

import json
import random
import re
from copy import copy, deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concord.proofs import trust
from concord.proofs.digests import pair_of
from concord.proofs.notes import ED25519, VerifierKey
from concord.proofs.package import package_id
from tests.support.package_cases import Case
from tests.support.packages import (
    COLLECTED,
    HANGZHOU,
    JIAXING,
    LATER,
    LOOKED_AT,
    MEMBERS,
    OVER,
    PUBLISHED,
    SEALED,
    SONGJIANG,
    STAMPED,
    Alliance,
    opened_fields,
    packed,
    report_pair,
)
from tests.support.two_verifiers import Entries, container_of, entries_of

CITIES = (SONGJIANG, JIAXING, HANGZHOU)
ELSEWHERE = "elsewhere.example/log"
ACTIONS = ("transfer", "receive", "inspect", "copy", "redact", "present", "recognise", "challenge", "revoke", "dispose")
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, 1.5, "", "x", "e\u0301", "\ud800", "\x7f", "310117", "330400",
    "2026-11-20T08:12:00Z", "2026-02-30T00:00:00Z", "collect", "seal", "transfer", "payload/x", "../x", [], {}, [[]],
    "0" * 64, "A" * 88, "ed25519", "310117/officer/2026#1", "310117/root/2026#1", "330400/officer/2026#1",
)  # fmt: skip


def dumped(value: Any) -> bytes:
    """As canonical JSON writes it, even what canonical JSON refuses."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [place for key in value for place in _places(value[key], (*path, key))]
    elif isinstance(value, list):
        found += [place for number, one in enumerate(value) for place in _places(one, (*path, number))]
    return found


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def mutated(value: Any, chance: random.Random) -> Any:
    """The value with one random change somewhere inside."""
    value = deepcopy(value)
    places = [place for place in _places(value) if place]
    if not places:
        return chance.choice(STRANGE)
    *path, last = chance.choice(places)
    holder, kind = _at(value, tuple(path)), chance.randrange(6)
    old = holder[last]
    if kind == 0:
        del holder[last]
    elif kind == 1:
        holder[last] = chance.choice(STRANGE)
    elif kind == 2:  # what stands elsewhere
        holder[last] = deepcopy(_at(value, chance.choice(places)))
    elif kind == 3 and isinstance(holder, dict):
        holder[chance.choice(("x", "X", "seq", "prev", "commits", "result", "counterparty", "proof", "tst"))] = old
    elif kind == 3:
        holder.insert(chance.randrange(len(holder) + 1), deepcopy(old))
    elif isinstance(old, str) and old:
        at = chance.randrange(len(old))
        holder[last] = old[:at] + chance.choice("0123456789abcdefAZ/+=-. \né") + old[at + 1 :]
    elif isinstance(old, int) and not isinstance(old, bool):
        holder[last] = old + chance.choice((-1, 1))
    elif isinstance(holder, list):
        chance.shuffle(holder)
    else:
        holder[last] = chance.choice(STRANGE)
    return value


def with_field_changed(package: bytes, chance: random.Random) -> bytes:
    """The package with one field of one of its tables changed, nothing signed again."""
    entries = entries_of(package)
    tables = [number for number, (name, _content) in enumerate(entries) if name.endswith(b".json")]
    number = chance.choice(tables)
    name, content = entries[number]
    entries[number] = (name, dumped(mutated(json.loads(content), chance)))
    return container_of(entries)


def with_text_changed(package: bytes, chance: random.Random) -> bytes:
    """The package with a few bytes of one of its entries changed, cut, doubled or put in."""
    entries = entries_of(package)
    number = chance.randrange(len(entries))
    name, content = entries[number]
    at, length = chance.randrange(len(content) + 1), chance.choice((1, 1, 2, 4, 44, 88))
    piece = content[at : at + length]
    changed = chance.choice(
        (
            content[:at] + content[at + length :],
            content[:at] + piece + content[at:],
            content[:at] + chance.randbytes(1) + content[at + 1 :],
            content[:at] + chance.choice((b" ", b"\n", b"\0", b"{", b'"', b"=", b"0", b"A")) + content[at + 1 :],
            content[:at],
            b"",
        )
    )
    entries[number] = (name, changed)
    return container_of(entries)


def with_lines_changed(package: bytes, chance: random.Random) -> bytes:
    """The package with lines of one of its proofs doubled, dropped, swapped, or taken from another."""
    entries = entries_of(package)
    proofs = [number for number, (name, _content) in enumerate(entries) if name.endswith(b".tlog-proof")]
    if not proofs:
        return with_text_changed(package, chance)
    number = chance.choice(proofs)
    lines = entries[number][1].split(b"\n")
    others = [line for other in proofs for line in entries[other][1].split(b"\n")]
    at = chance.randrange(len(lines))
    kind = chance.randrange(4)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(chance.randrange(len(lines)), lines[at])
    elif kind == 2:
        lines.insert(at, chance.choice(others))
    else:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    entries[number] = (entries[number][0], b"\n".join(lines))
    return container_of(entries)


def with_entries_changed(package: bytes, chance: random.Random, donor: bytes) -> bytes:
    """The package with entries dropped, doubled, swapped, renamed, or taken from another package."""
    entries, others = entries_of(package), entries_of(donor)
    for _ in range(chance.choice((1, 1, 2))):
        _change_entries(entries, others, chance)
    return container_of(entries)


def _change_entries(entries: Entries, others: Entries, chance: random.Random) -> None:
    at, other = chance.randrange(len(entries)), chance.randrange(len(entries))
    kind = chance.randrange(6)
    if kind == 0 and len(entries) > 1:
        del entries[at]
    elif kind == 1:
        entries.insert(other, entries[at])
    elif kind == 2:
        entries[at], entries[other] = entries[other], entries[at]
    elif kind == 3:
        entries[at] = (entries[other][0], entries[at][1])
    elif kind == 4:
        entries.insert(at, chance.choice(others))
    else:
        same = [one for one in others if one[0] == entries[at][0]]
        entries[at] = chance.choice(same or others)


def truncated(package: bytes, chance: random.Random) -> bytes:
    """The package cut somewhere, at its end, its beginning or between."""
    at, length = chance.randrange(len(package)), chance.randrange(1, 200)
    return chance.choice((package[:at], package[at:], package[:at] + package[at + length :]))


def signed_again(alliance: Alliance, chance: random.Random) -> bytes:
    """A package whose manifest, event or leaf has a random change; digests, signatures and log are put right again."""
    parts = alliance.sealed(acts=random_acts(chance), sm2_cosigners=MEMBERS[:1])
    made, bodies = json.loads(parts.manifest), [json.loads(one)["body"] for one in parts.events]
    what, number = chance.choice(("manifest", "event", "event", "leaf")), chance.randrange(len(bodies))
    if what == "manifest":
        made = mutated(made, chance)
    manifest, events = dumped(made), list[bytes]()
    for body in bodies:
        body["manifest"] = pair_of(manifest).as_json()
        if events:
            body["prev"] = pair_of(events[-1]).as_json()
        events.append(_signed(alliance, mutated(body, chance) if what == "event" and len(events) == number else body))
    token = alliance.stamp(events[1])
    changed = {b"manifest.json": manifest, b"proofs/tsa-0.tsr": token}
    changed |= {b"events/%06d.json" % at: event for at, event in enumerate(events)}
    changed |= _logged_again(alliance, manifest, events, token, chance if what == "leaf" else None)
    return container_of([(name, changed.get(name, content)) for name, content in entries_of(packed(parts))])


def _signed(alliance: Alliance, body: Any) -> bytes:
    actor = body.get("actor") if isinstance(body, dict) else None
    key = actor.get("key") if isinstance(actor, dict) else None
    signer = next((one for one in alliance.officers.values() if one.key == key), alliance.officers[SONGJIANG])
    message = b"concord-evidence/v1\nevent\n%d\n" % len(dumped(body)) + dumped(body)
    return dumped({"body": body, "sigs": [one.as_json() for one in signer.sign(message)]})


def _logged_again(
    alliance: Alliance, manifest: bytes, events: list[bytes], token: bytes, chance: random.Random | None
) -> dict[bytes, bytes]:
    """Leaves and proofs; the sealing's leaf with a random change where ``chance`` is given."""
    identity, last = package_id(manifest), len(events) - 1
    leaf: Any = {"t": "seal", "v": 1, "org": SONGJIANG, "id": identity, "seq": 1}
    leaf |= {"head": pair_of(events[1]).as_json(), "tst": pair_of(token).as_json()}
    written = dumped(mutated(leaf, chance) if chance else leaf)
    found = {b"proofs/seal.leaf.json": written}
    found[b"proofs/seal.tlog-proof"] = alliance.proof(alliance.log(written), sm2_cosigners=MEMBERS[:1])
    body = json.loads(events[last]).get("body")
    actor = body.get("actor") if isinstance(body, dict) else None
    org = actor.get("org") if isinstance(actor, dict) else SONGJIANG
    leaf = {"t": "event", "v": 1, "org": org, "id": identity, "seq": last, "head": pair_of(events[last]).as_json()}
    written = dumped(leaf)
    found[b"proofs/head.leaf.json"] = written
    found[b"proofs/head.tlog-proof"] = alliance.proof(alliance.log(written), at=LATER + timedelta(minutes=1))
    return found


def random_acts(chance: random.Random) -> list[dict[str, Any]]:
    """Some acts after the sealing, in an order and by cities that may not fit."""
    acts = []
    at = LATER - timedelta(hours=3)
    for _ in range(chance.choice((0, 0, 1, 2, 3))):
        act: dict[str, Any] = {"action": chance.choice(ACTIONS), "org": chance.choice(CITIES), "claimed_at": at}
        if chance.random() < 0.7:
            act["counterparty"] = chance.choice(CITIES)
        if chance.random() < 0.7:
            act["report"] = report_pair()
        acts.append(act)
        at += timedelta(minutes=chance.choice((-1, 0, 5, 30)))
    return acts


def near(chance: random.Random, *moments: datetime) -> datetime:
    """A moment close to one of these, or it."""
    return chance.choice(moments) + timedelta(seconds=chance.choice((-301, -300, -1, 0, 0, 0, 1, 300, 301)))


def random_history(seed: int) -> Case:
    """Keys, revocations, stamps, witnesses, trust and question drawn at random around what is right."""
    chance = random.Random(seed)  # noqa: S311 - a test that can be repeated
    alliance = Alliance(seed=chance.randrange(3))
    before = [_some_entry(alliance, chance) for _ in range(chance.choice((0, 0, 1)))]
    times = {"claimed_at": near(chance, COLLECTED)}, {"claimed_at": near(chance, SEALED, STAMPED, PUBLISHED)}
    parts = alliance.sealed(
        acts=random_acts(chance),
        first=times if chance.random() < 0.4 else ({}, {}),
        stamped=False,
        cosigners=chance.sample(MEMBERS, chance.choice((0, 5, 6, 7, 9, 9))),
        sm2_cosigners=chance.sample(MEMBERS, chance.choice((0, 0, 2))),
        at=near(chance, PUBLISHED),
    )
    covered = [parts.events[1], parts.events[0], _text_of(parts)]
    tokens = []
    for _ in range(chance.choice((0, 1, 1, 2))):
        gm = chance.random() < 0.4
        token = alliance.stamp(chance.choice(covered[:1] * 6 + covered), at=near(chance, STAMPED, PUBLISHED), gm=gm)
        tokens.append((token, gm))
    parts = replace(parts, tokens=tokens)
    if chance.random() < 0.1:
        log = elsewhere(alliance, chance.choice((0, 2, 40)))
        if parts.head is not None and chance.random() < 0.5:
            parts = replace(parts, head=log.heading(parts.manifest, parts.events))
        else:
            parts = replace(parts, seal=log.sealing(parts.manifest, parts.events, tokens=tokens))
    if chance.random() < 0.15:
        parts = replace(parts, head=None)
    if chance.random() < 0.1:
        parts = replace(parts, seal=None, head=None)
    if chance.random() < 0.15:
        parts = replace(parts, files=None)
    if chance.random() < 0.15:
        parts = replace(parts, disclosure=opened_fields(parts.manifest))
    after = [_some_entry(alliance, chance) for _ in range(chance.choice((0, 0, 1, 2)))]
    mine, theirs = [*before, *after], [alliance.entry(org) for org in CITIES]
    if chance.random() < 0.5:
        parts = replace(parts, directory=trust.directory([*theirs[: chance.randrange(4)], *mine]))
        mine = []
    if chance.random() < 0.5:
        theirs = theirs[: chance.randrange(4)]
    return Case(packed(parts), _some_trust(alliance, chance, [*theirs, *mine]), _some_policy(chance), _some_day(chance))


def _text_of(parts: Any) -> bytes:
    text: bytes = parts.seal[1].partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
    return text


def _some_entry(alliance: Alliance, chance: random.Random) -> Any:
    org = chance.choice(CITIES)
    kind = chance.randrange(4)
    if kind == 0:
        moment = near(chance, COLLECTED, SEALED, LATER)
        entry = alliance.entry(org, valid_from=moment, valid_until=OVER)
    elif kind == 1:
        entry = alliance.revoked(org)
    elif kind == 2:
        entry = alliance.revoked(org, compromised_since=near(chance, STAMPED, PUBLISHED, LATER))
    else:
        entry = alliance.entry(org, root=alliance.roots[chance.choice(CITIES)])
    return _logged_somewhere(alliance, entry, chance) if chance.random() < 0.7 else entry


def elsewhere(alliance: Alliance, count: int) -> Alliance:
    """Another log of so many leaves, watched by the same witnesses."""
    other = copy(alliance)
    other.origin, other.leaves = ELSEWHERE, [b"leaf %d" % number for number in range(count)]
    other.log_private = bytes(range(32))
    public = Ed25519PrivateKey.from_private_bytes(other.log_private).public_key().public_bytes_raw()
    other.log_key = VerifierKey.of(ELSEWHERE, ED25519, public)
    return other


def _logged_somewhere(alliance: Alliance, entry: Any, chance: random.Random) -> Any:
    """The entry logged here, or in another log."""
    log = alliance if chance.random() < 0.7 else elsewhere(alliance, chance.choice((0, 3, 90)))
    return log.logged(entry)


def _some_trust(alliance: Alliance, chance: random.Random, directory: list[Any]) -> bytes:
    changes: dict[str, Any] = {"directory": directory}
    text = alliance.policy_text()
    if chance.random() < 0.2:
        text = alliance.policy_text(quorum=chance.choice((1, 7, 8)), without=MEMBERS[:1])
    if chance.random() < 0.1:
        text = text.replace("quorum cities", chance.choice(("quorum none", f"quorum w{MEMBERS[3]}")))
    if chance.random() < 0.1:
        names = re.findall(r"^witness (\S+)", text, re.MULTILINE)
        text = text.partition("group")[0] + f"group a 2 {' '.join(names[:4])}\ngroup b any {' '.join(names[4:])}\n"
        text += f"group c {chance.choice(('all', 'any'))} a b\nquorum c\n"
    if chance.random() < 0.8:
        text = f"log {elsewhere(alliance, 0).log_key.vkey_text()}\n{text}"
    changes["policy"] = text
    if chance.random() < 0.1:
        changes["authorities"] = [alliance.gm_authority.pinned()]
    if chance.random() < 0.1:
        changes["sm2_witnesses"] = []
    written = alliance.trust(**changes)
    if chance.random() < 0.1:
        table = json.loads(written)
        table["sigs"] = chance.sample(table["sigs"], chance.choice((11, 12, 17)))
        written = dumped(table)
    return written


def _some_policy(chance: random.Random) -> bytes | None:
    if chance.random() < 0.4:
        return None
    asked: dict[str, Any] = {"schema": "policy/1", "level": chance.choice(("L0", "L1", "L2", "L3"))}
    asked["timestamp"] = chance.random() < 0.5
    if chance.random() < 0.3:
        asked["quorum"] = chance.choice((1, 6, 7, 9, 10))
    return json.dumps(asked).encode()


def _some_day(chance: random.Random) -> datetime:
    return chance.choice((LOOKED_AT, LOOKED_AT, LOOKED_AT, OVER, OVER + timedelta(seconds=1)))
