"""The JSON Schemas of what packages hold: current, kept by every good package, and never stricter than the readers."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concord.proofs.canonical import encode
from concord.proofs.leaves import journal_leaf, read_leaf, thing_leaf
from concord.proofs.statements import read_chunk_list, read_disclosure, read_event, read_manifest
from concord.proofs.trust import Asked, KeyEntry, read_directory, read_policy, read_trust
from concord.proofs.verifying import verify
from concord.rules.errors import InvalidInput
from tests.support.evidence_schemas import FOLDER as SCHEMAS
from tests.support.evidence_schemas import TITLES, path_of, schema_of, schema_text
from tests.support.packages import Alliance, packed, report_pair
from tests.support.second_verifier import second_report
from tests.support.two_verifiers import entries_of

PACKAGES = Path(__file__).parent / "packages"
EXPECTED: dict[str, dict[str, Any]] = json.loads((PACKAGES / "expected.json").read_text(encoding="utf-8"))
GOOD = [name for name in EXPECTED if name.startswith("good")]
NAMED = {
    "manifest.json": "manifest",
    "disclosure.json": "disclosure",
    "events/": "event",
    "proofs/seal.leaf.json": "leaf",
    "proofs/head.leaf.json": "leaf",
    "chunks/": "chunks",
    "trust/directory.json": "directory",
}


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def faults(name: str, data: bytes) -> list[str]:
    return [error.json_path for error in validator(name).iter_errors(json.loads(data))]


def parts_of(package: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a package that have a schema, each with its name."""
    for entry, data in entries_of(package):
        for start, name in NAMED.items():
            if entry.decode().startswith(start):
                yield name, data


@pytest.mark.parametrize("name", TITLES)
def test_each_is_a_schema_and_the_kept_one_is_current(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))
    kept = path_of(name).read_text(encoding="utf-8")
    assert kept == schema_text(name), "run `python -m tests.support.evidence_schemas`"


def test_no_kept_schema_is_left_over() -> None:
    assert {path.name for path in SCHEMAS.glob("evidence-*")} == {path_of(name).name for name in TITLES}


@pytest.mark.parametrize("name", GOOD)
def test_good_packages_keep_them(name: str) -> None:
    row = EXPECTED[name]
    parts = list(parts_of((PACKAGES / name).read_bytes()))
    assert {"manifest", "event"} <= {kind for kind, _data in parts}
    for kind, data in parts:
        assert faults(kind, data) == []
    assert faults("trust", (PACKAGES / row["trust"]).read_bytes()) == []
    if "policy" in row:
        assert faults("policy", (PACKAGES / row["policy"]).read_bytes()) == []


def test_every_schema_is_kept_by_something() -> None:
    found = {kind for name in GOOD for kind, _data in parts_of((PACKAGES / name).read_bytes())}
    assert found == set(NAMED.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_reports_keep_them_whatever_they_say(name: str) -> None:
    row = EXPECTED[name]
    package, trust, at = (PACKAGES / name).read_bytes(), (PACKAGES / row["trust"]).read_bytes(), row["at"]
    policy = (PACKAGES / row["policy"]).read_bytes() if "policy" in row else None
    asked = Asked() if policy is None else read_policy(policy)
    moment = datetime.fromisoformat(at)
    first = verify(io.BytesIO(package), trust=read_trust(trust), asked=asked, at=moment)
    assert faults("report", first.as_json()) == []
    assert faults("report", json.dumps(second_report(package, trust, moment, policy)).encode()) == []


# Against the readers


def read_signed_event(data: bytes) -> bool:
    """Read an event; whether it bears the signatures it must."""
    event = read_event(data)
    return event.stated.wanted(event.key) is not None


def signed(entries: Iterable[KeyEntry]) -> bool:
    """Whether entries of the directory bear the signatures they must."""
    stated = [entry.stated for entry in entries]
    return all(one.wanted(one.sigs[0]["key"] if one.sigs else "") is not None for one in stated)


def read_signed_trust(data: bytes) -> bool:
    """Read a trust file; whether its signatures are some of its roots, and its entries bear those they must."""
    trust = read_trust(data)
    of_roots = {one["key"] for one in trust.stated.sigs} <= set(trust.root_keys)
    return of_roots and trust.stated.signatures() is not None and signed(trust.directory)


READERS: dict[str, Callable[[bytes], object]] = {
    "manifest": read_manifest,
    "event": read_signed_event,
    "leaf": read_leaf,
    "disclosure": read_disclosure,
    "chunks": read_chunk_list,
    "directory": lambda data: signed(read_directory(data)),
    "trust": read_signed_trust,
    "policy": read_policy,
}
JUNK: tuple[Any, ...] = (None, True, 0, 1, -1, 1 << 53, "", "x", [], {}, ["x"], {"x": 1})


def taken(name: str, value: Any) -> bool:
    """Whether the reader takes it."""
    try:
        found = READERS[name](written(value))
    except InvalidInput:
        return False
    return found is not False


def written(value: Any) -> bytes:
    """The value as canonical JSON, numbers too large with it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


@cache
def samples() -> list[tuple[str, bytes]]:
    """One of each kind, with every key that there can be."""
    alliance = Alliance(seed=5)
    acts = [{"action": "recognise", "counterparty": "330400", "report": report_pair()}]
    package = packed(alliance.sealed(acts=acts, chunked=True))
    found = {(kind, len(data)): data for kind, data in parts_of(package)}
    disclosed = (PACKAGES / "good_l2t_disclosed.evp").read_bytes()
    proven = alliance.logged(alliance.revoked(compromised_since=datetime.fromisoformat("2027-01-01T00:00:00Z")))
    trust = alliance.trust(roots=list(alliance.roots.values())[:2], threshold=1, directory=[proven])
    return [
        *((kind, data) for (kind, _size), data in found.items()),
        *((kind, data) for kind, data in parts_of(disclosed) if kind == "disclosure"),
        ("leaf", journal_leaf(bytes(32), b"{}")),
        ("leaf", thing_leaf("policy", org="310117", thing=b"{}")),
        ("trust", trust),
        ("policy", encode({"schema": "policy/1", "level": "L2", "timestamp": True, "quorum": 7})),
    ]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value inside, of lists the first and the last alone."""
    yield path
    if isinstance(value, dict):
        for key, part in value.items():
            yield from places(part, (*path, key))
    elif isinstance(value, list):
        for at in sorted({0, len(value) - 1} if value else ()):
            yield from places(value[at], (*path, at))


def at_place(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


@pytest.mark.parametrize(("name", "data"), samples(), ids=[f"{name}{at}" for at, (name, _) in enumerate(samples())])
def test_the_schema_is_the_readers_on_keys_and_never_stricter_on_values(name: str, data: bytes) -> None:
    value = json.loads(data)
    assert taken(name, value)
    assert faults(name, data) == []
    for path in places(value):
        holder = at_place(value, path)
        if isinstance(holder, dict):
            for key in (*holder, "more"):
                changed = copy.deepcopy(value)
                table = at_place(changed, path)
                table.update(more=1) if key == "more" else table.pop(key)
                assert taken(name, changed) == (not faults(name, written(changed))), (path, key)
        for junk in JUNK if path else ():
            changed = copy.deepcopy(value)
            at_place(changed, path[:-1])[path[-1]] = junk
            assert not (faults(name, written(changed)) and taken(name, changed)), (path, junk)
