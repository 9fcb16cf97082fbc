"""Packages are made so that they can be read again, and what could not be is refused."""

import io
import json
import random
import tracemalloc
from base64 import b32encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs import statements
from concord.proofs.canonical import decode, encode
from concord.proofs.container import read
from concord.proofs.digests import commitment, digested, pair_of
from concord.proofs.package import Collection, Tool, disclosure, event, listed_file, manifest, package_id, write_package
from concord.proofs.statements import CHUNK_SIZE, Disclosed, read_chunk_list, read_disclosure, read_event, read_manifest
from concord.rules.errors import InvalidInput
from tests.support.packages import COLLECTED, CONTENT, FIELDS, LATER, SONGJIANG, START, Alliance, packed, salt_of

ALLIANCE = Alliance()
MANIFEST, _ = ALLIANCE.manifest()
EVENTS = ALLIANCE.events(MANIFEST, [{"action": "transfer", "counterparty": "330400"}])


def changed(data: bytes, path: str, value: Any) -> bytes:
    """The canonical table with another value at the dotted path; None takes it away."""
    table: Any = json.loads(data)
    *way, last = path.split(".")
    at = table
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is None:
        del at[last]
    else:
        at[int(last) if isinstance(at, list) else last] = value
    return encode(table)


def test_the_identity_is_of_the_manifest() -> None:
    assert package_id(b"{}") == "ev1-" + b32encode(sha256(b"{}").digest()).decode()[:52].lower()
    assert package_id(MANIFEST) != package_id(ALLIANCE.manifest()[0])


def test_a_manifest_says_what_it_was_told() -> None:
    found = read_manifest(MANIFEST)
    assert (found.kind, found.org, found.classification, found.method) == ("evidence", SONGJIANG, "case", "web")
    assert (found.started_at, found.ended_at, found.tool) == (START, COLLECTED, ("Concord", "1.0"))
    assert [file.path for file in found.files] == sorted(CONTENT, key=str.encode)
    assert {file.path: file.pair for file in found.files} == {path: pair_of(one) for path, one in CONTENT.items()}
    assert found.commits["case_ref"] == commitment("case_ref", salt_of("case_ref"), FIELDS["case_ref"])


def test_what_may_be_told_is_written() -> None:
    fresh = statements.Freshness("ledger.example/1", 12, "ab" * 32)
    made, _ = ALLIANCE.manifest(
        freshness=fresh, relations=[("continues", package_id(MANIFEST))], classification="public"
    )
    assert read_manifest(made).freshness == fresh
    assert json.loads(made)["relations"] == [{"type": "continues", "id": package_id(MANIFEST)}]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", "manifest/2"),
        ("kind", "other"),
        ("blind", "00"),
        ("blind", None),
        ("issuer", {"org": "1"}),
        ("issuer", {"org": "310117", "name": "x"}),
        ("classification", "secret"),
        ("collection.method", "telepathy"),
        ("collection.started_at", "2027-01-01T00:00:00Z"),
        ("collection.ended_at", "2026-11-20T08:10:00+00:00"),
        ("collection.ended_at", "2026-02-30T08:10:00Z"),
        ("collection.tool", None),
        ("collection.environment", {"os": 1}),
        ("collection.environment", []),
        ("commits", {"Name": pair_of(b"").as_json()}),
        ("commits", {"a" * 41: pair_of(b"").as_json()}),
        ("commits", {"case_ref": {"sha256": "0" * 64}}),
        ("freshness", {"origin": "x", "size": -1, "root": "0" * 64}),
        ("files", []),
        ("files", {}),
        ("files.0.path", "payload/../x"),
        ("files.0.path", "other/x"),
        ("files.0.path", "payload/记录.txt"),
        ("files.0.path", "payload/记录.TXT"),
        ("files.0.path", "payload/\u8bb0\u5f55.txu"),
        ("files.0.size", -1),
        ("files.0.size", "1"),
        ("files.0.digest", "00"),
        ("files.0.chunks", {"size": CHUNK_SIZE, "count": 2, "digest": pair_of(b"").as_json()}),
        ("files.0.chunks", {"size": 1024, "count": 1, "digest": pair_of(b"").as_json()}),
        ("files.0.derived_from", "x"),
        ("files.0.more", 1),
        ("relations", [{"type": "other", "id": package_id(b"")}]),
        ("relations", [{"type": "continues", "id": "ev1-x"}]),
        ("more", 1),
    ],
)
def test_a_manifest_of_another_form_is_refused(path: str, value: object) -> None:
    with pytest.raises(InvalidInput):
        read_manifest(changed(MANIFEST, path, value))


@pytest.mark.parametrize("optional", ["commits", "collection.environment"])
def test_what_is_optional_may_be_absent(optional: str) -> None:
    assert read_manifest(changed(MANIFEST, optional, None)).kind == "evidence"


def test_an_event_says_what_it_was_told() -> None:
    found = read_event(EVENTS[2])
    assert (found.seq, found.action, found.org, found.counterparty) == (2, "transfer", SONGJIANG, "330400")
    assert (found.prev, found.manifest, found.claimed_at) == (pair_of(EVENTS[1]), pair_of(MANIFEST), LATER)
    assert found.pair == pair_of(EVENTS[2])
    signer = ALLIANCE.officers[SONGJIANG]
    assert found.stated.signed_by(signer.key, signer.public, "event")
    assert not found.stated.signed_by(signer.key, signer.public, "key")
    assert not found.stated.signed_by(signer.key, ALLIANCE.officers["330400"].public, "event")


def test_an_event_may_commit_and_report() -> None:
    pair = pair_of(b"report")
    made = event(
        signer=ALLIANCE.officers[SONGJIANG],
        seq=3,
        prev=EVENTS[2],
        manifest=MANIFEST,
        action="challenge",
        claimed_at=LATER,
        commits={"reason": pair},
        report=pair,
    )
    assert (read_event(made).commits, read_event(made).report) == ({"reason": pair}, pair)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("body.schema", "event/2"),
        ("body.seq", 1_000_000),
        ("body.seq", True),
        ("body.prev", "x"),
        ("body.manifest", None),
        ("body.action", "steal"),
        ("body.actor.org", "330400"),
        ("body.actor.key", f"{SONGJIANG}/root/2026#1"),
        ("body.actor.key", "x"),
        ("body.counterparty", "someone"),
        ("body.claimed_at", "now"),
        ("body.result", {}),
        ("body.more", 1),
        ("sigs", {}),
        ("sigs", [{"alg": "ed25519", "key": "x"}]),
        ("sigs", [{"alg": "ed25519", "key": "x", "sig": 1}]),
        ("more", 1),
    ],
)
def test_an_event_of_another_form_is_refused(path: str, value: object) -> None:
    with pytest.raises(InvalidInput):
        read_event(changed(EVENTS[2], path, value))


def test_disclosed_fields_are_sorted_and_read() -> None:
    fields = [Disclosed("manifest.json", name, salt_of(name), value) for name, value in FIELDS.items()]
    more = Disclosed("events/000001.json", "reason", salt_of("reason"), "因故")
    assert read_disclosure(disclosure([*fields[::-1], more])) == (more, *fields)


@pytest.mark.parametrize(
    "fields",
    [
        [Disclosed("manifest.json", "a", bytes(32), "x")] * 2,
        [Disclosed("payload/x", "a", bytes(32), "x")],
        [Disclosed("events/1.json", "a", bytes(32), "x")],
        [Disclosed("manifest.json", "A", bytes(32), "x")],
        [Disclosed("manifest.json", "a", bytes(31), "x")],
    ],
)
def test_a_field_is_opened_once_and_where_it_stands(fields: list[Disclosed]) -> None:
    with pytest.raises(InvalidInput):
        disclosure(fields)


def test_chunks_are_listed_when_they_were_made() -> None:
    data = random.Random(4).randbytes(CHUNK_SIZE + 5)  # noqa: S311 - content
    found = listed_file("payload/a", digested((data,), chunk_size=CHUNK_SIZE), "video/mp4")
    assert found.chunks is not None
    chunks = read_chunk_list(found.chunks)
    assert chunks.path == "payload/a"
    assert [chunks.sha256[1], chunks.sm3[1]] == list(pair_of(data[CHUNK_SIZE:]).as_json().values())
    assert listed_file("payload/a", (data,), "video/mp4").chunks is None


@pytest.mark.parametrize(
    ("path", "value"),
    [("schema", "chunks/2"), ("size", 1024), ("sha256", ["x"]), ("sm3", None), ("path", 1), ("more", 1)],
)
def test_a_list_of_chunks_of_another_form_is_refused(path: str, value: object) -> None:
    found = listed_file("payload/a", digested((b"content",), chunk_size=CHUNK_SIZE), "text/plain")
    assert found.chunks is not None
    with pytest.raises(InvalidInput):
        read_chunk_list(changed(found.chunks, path, value))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "other"},
        {"org": "G60"},
        {"blind": b"short"},
        {"files": []},
        {"files": [listed_file("payload/a", (b"",), "x/y")] * 2},
        {"files": [listed_file("a", (b"",), "x/y")]},
    ],
)
def test_what_could_not_be_read_is_not_made(changes: dict[str, Any]) -> None:
    given: dict[str, Any] = {
        "kind": "evidence",
        "blind": bytes(32),
        "org": SONGJIANG,
        "collection": Collection("web", START, COLLECTED, Tool("Concord", "1.0")),
        "files": [listed_file("payload/a", (b"",), "text/plain")],
    }
    assert manifest(**given)
    with pytest.raises(InvalidInput):
        manifest(**(given | changes))


def test_the_files_are_those_of_the_manifest() -> None:
    parts = ALLIANCE.sealed()
    assert parts.files is not None
    less = dict(list(parts.files.items())[:1])
    for files in (less, {**parts.files, "payload/more": io.BytesIO}):
        with pytest.raises(InvalidInput) as caught:
            packed(replace(parts, files=files))
        assert caught.value.code == "proofs.files"


def test_a_file_that_changed_since_is_refused() -> None:
    parts = ALLIANCE.sealed()
    files: dict[str, Callable[[], Any]] = {path: lambda: io.BytesIO(b"other") for path in parts.files or {}}
    with pytest.raises(InvalidInput, match="changed"):
        packed(replace(parts, files=files))


def test_entries_stand_in_their_order() -> None:
    parts = ALLIANCE.sealed(acts=[{"action": "inspect"}], chunked=True)
    names = list(read(io.BytesIO(packed(parts))).entries)
    assert names == [
        "mimetype",
        "manifest.json",
        "events/000000.json",
        "events/000001.json",
        "events/000002.json",
        "proofs/seal.leaf.json",
        "proofs/seal.tlog-proof",
        "proofs/head.leaf.json",
        "proofs/head.tlog-proof",
        "proofs/tsa-0.tsr",
        "trust/directory.json",
        "chunks/0.json",
        "chunks/1.json",
        "payload/page.html",
        "payload/记录.txt",
    ]


def test_a_package_of_many_megabytes_is_written_with_flat_memory() -> None:
    size = 64 << 20

    class Zeros(io.RawIOBase):
        def __init__(self) -> None:
            super().__init__()
            self.left = size

        def readable(self) -> bool:
            return True

        def read(self, count: int = -1) -> bytes:
            count = min(count, self.left)
            self.left -= count
            return bytes(count)

    class Nowhere(io.RawIOBase):
        def write(self, data: Any) -> int:
            return len(data)

    found = listed_file("payload/a", digested((bytes(1 << 20) for _ in range(64)), chunk_size=CHUNK_SIZE), "video/mp4")
    made, chunks = ALLIANCE.manifest(files=[found]), [found.chunks or b""]
    parts = replace(ALLIANCE.sealed(), manifest=made[0], events=ALLIANCE.events(made[0]), chunks=chunks)
    tracemalloc.start()
    files: dict[str, Callable[[], Any]] = {"payload/a": Zeros}
    out: Any = Nowhere()
    write_package(out, replace(parts, files=files))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    for reader in (read_manifest, read_event, read_disclosure, read_chunk_list):
        with pytest.raises(InvalidInput):
            reader(data)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="ascii"), max_size=8),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.from_regex("[a-z0-9_]{1,4}", fullmatch=True), below, max_size=3)
    ),
    max_leaves=6,
)


@given(st.data())
def test_any_value_at_any_place_is_read_or_refused(data: st.DataObject) -> None:
    written, reader = data.draw(st.sampled_from([(MANIFEST, read_manifest), (EVENTS[2], read_event)]))
    table: Any = decode(written)
    places: list[tuple[Any, Any]] = []

    def walk(at: Any) -> None:
        for key, value in list(at.items()) if isinstance(at, dict) else list(enumerate(at)):
            places.append((at, key))
            if isinstance(value, dict | list):
                walk(value)

    walk(table)
    at, key = data.draw(st.sampled_from(places))
    at[key] = data.draw(JUNK)
    try:
        reader(encode(table))
    except InvalidInput as refused:
        assert refused.said.zh  # noqa: PT017 - refusing is as good as reading
