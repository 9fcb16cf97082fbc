"""The container, the manifest, the files and the chain of events: C01 to C05."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from concord.proofs.canonical import decode, encode
from concord.proofs.digests import pair_of
from concord.proofs.leaves import event_leaf
from concord.proofs.package import Parts, package_id
from tests.support.package_cases.registry import (
    FAIL,
    NONE,
    UNREADABLE,
    Case,
    case,
    changed,
    entries_of,
    newest_changed,
    rebuilt,
    repacked,
    resigned,
    simple,
    with_entry,
)
from tests.support.packages import (
    CONTENT,
    JIAXING,
    LATER,
    SONGJIANG,
    Alliance,
    listed,
    opened_fields,
    packed,
)


@case("", **UNREADABLE, C01=FAIL)
def stub_before_fail_c01(alliance: Alliance) -> Case:
    return Case(b"#!/bin/sh\n" + packed(alliance.sealed()), alliance.trust())


@case("", **UNREADABLE, C01=FAIL)
def comment_fail_c01(alliance: Alliance) -> Case:
    return Case(packed(alliance.sealed())[:-2] + b"\x02\x00hi", alliance.trust())


@case("", **UNREADABLE, C01=FAIL)
def another_media_type_fail_c01(alliance: Alliance) -> Case:
    entries = entries_of(packed(alliance.sealed()))
    return Case(repacked(entries | {"mimetype": b"application/zip"}), alliance.trust())


@case("", C01=FAIL)
def check_sum_fail_c01(alliance: Alliance) -> Case:
    package = bytearray(packed(alliance.sealed()))
    package[14] ^= 1
    return Case(bytes(package), alliance.trust())


@case("", C01=FAIL, C03=FAIL, C04=FAIL)
def one_bit_of_a_file_fail_c01_c03_c04(alliance: Alliance) -> Case:
    package = packed(alliance.sealed())
    return Case(package.replace(b"<h1>Shop</h1>", b"<h1>Shop</h3>", 1), alliance.trust())


@case("", **UNREADABLE, C01=FAIL)
def not_a_package_fail_c01(alliance: Alliance) -> Case:
    return Case(b"%PDF-1.7\n" + bytes(200), alliance.trust())


@case("", C02=FAIL, C03=NONE, C04=NONE, C09=NONE)
def unknown_key_fail_c02(alliance: Alliance) -> Case:
    made = changed(alliance.manifest()[0], note="more")
    entries = entries_of(packed(alliance.sealed()))
    return Case(_on_manifest(alliance, made, entries), alliance.trust())


@case("", C02=FAIL, C03=NONE, C04=NONE, C09=NONE)
def spaced_manifest_fail_c02(alliance: Alliance) -> Case:
    made = json.dumps(json.loads(alliance.manifest()[0]), ensure_ascii=False, sort_keys=True).encode()
    entries = entries_of(packed(alliance.sealed()))
    return Case(_on_manifest(alliance, made, entries), alliance.trust())


@case("", C02=FAIL, C03=NONE, C04=NONE, C09=NONE)
def paths_that_differ_by_case_alone_fail_c02(alliance: Alliance) -> Case:
    files = json.loads(alliance.manifest()[0])["files"]
    made = changed(alliance.manifest()[0], files=[{**files[0], "path": f"payload/{name}"} for name in "Aa"])
    thin = entries_of(packed(replace(alliance.sealed(), files=None)))
    return Case(_on_manifest(alliance, made, thin), alliance.trust())


@case("", C02=FAIL, C03=NONE, C04=NONE, C09=NONE)
def disclosed_on_a_broken_manifest_fail_c02(alliance: Alliance) -> Case:
    made = changed(alliance.manifest()[0], note="more")
    parts = alliance.sealed()
    entries = entries_of(packed(replace(parts, disclosure=opened_fields(parts.manifest))))
    return Case(_on_manifest(alliance, made, entries), alliance.trust())


def _on_manifest(alliance: Alliance, made: bytes, entries: dict[str, bytes]) -> bytes:
    """A package sealed and logged on a manifest that no builder would take."""
    events = alliance.events(made)
    token = alliance.stamp(events[1])
    leaf, proof = alliance.sealing(made, events, tokens=[(token, False)])
    return repacked(
        entries
        | {
            "manifest.json": made,
            "events/000000.json": events[0],
            "events/000001.json": events[1],
            "proofs/seal.leaf.json": leaf,
            "proofs/seal.tlog-proof": proof,
            "proofs/tsa-0.tsr": token,
        }
    )


def _wrong_digest(alliance: Alliance, algorithm: str) -> Case:
    one = listed("payload/page.html", CONTENT["payload/page.html"])
    digest = {**pair_of(CONTENT["payload/page.html"]).as_json(), algorithm: "0" * 64}
    other = listed("payload/记录.txt", CONTENT["payload/记录.txt"])
    made, _ = alliance.manifest(files=[other, replace(one, entry={**one.entry, "digest": digest})])
    return Case(packed(rebuilt(alliance, made)), alliance.trust())


@case("", C03=FAIL)
def wrong_sha256_fail_c03(alliance: Alliance) -> Case:
    return _wrong_digest(alliance, "sha256")


@case("", C04=FAIL)
def wrong_sm3_fail_c04(alliance: Alliance) -> Case:
    return _wrong_digest(alliance, "sm3")


@case("", C03=FAIL, C04=FAIL)
def other_content_fail_c03_c04(alliance: Alliance) -> Case:
    entries = entries_of(packed(alliance.sealed()))
    return Case(repacked(entries | {"payload/page.html": b"<h1>Bakery</h1>\n"}), alliance.trust())


@case("", C03=FAIL, C04=FAIL)
def unlisted_file_fail_c03_c04(alliance: Alliance) -> Case:
    package = with_entry(packed(alliance.sealed()), "payload/extra.txt", b"more", before="payload/")
    return Case(package, alliance.trust())


@case("", C03=FAIL, C04=FAIL)
def missing_file_fail_c03_c04(alliance: Alliance) -> Case:
    entries = entries_of(packed(alliance.sealed()))
    del entries["payload/page.html"]
    return Case(repacked(entries), alliance.trust())


@case("", C03=FAIL)
def wrong_chunk_fail_c03(alliance: Alliance) -> Case:
    return _wrong_chunks(alliance, "sha256")


@case("", C04=FAIL)
def wrong_chunk_fail_c04(alliance: Alliance) -> Case:
    return _wrong_chunks(alliance, "sm3")


def _wrong_chunks(alliance: Alliance, algorithm: str) -> Case:
    parts = alliance.sealed(chunked=True)
    return _with_lists(alliance, parts, [changed(one, **{algorithm: ["0" * 64]}) for one in parts.chunks])


def _with_lists(alliance: Alliance, parts: Parts, lists: list[bytes]) -> Case:
    """The package with other lists of chunks, which its manifest states as they are."""
    table = decode(parts.manifest)
    assert isinstance(table, dict)
    files: Any = table["files"]
    for file, one in zip(files, lists, strict=True):
        file["chunks"]["digest"] = pair_of(one).as_json()
    return Case(packed(rebuilt(alliance, encode(table), chunks=lists)), alliance.trust())


@case("", C03=FAIL, C04=FAIL)
def missing_chunk_list_fail_c03_c04(alliance: Alliance) -> Case:
    parts = alliance.sealed(chunked=True)
    return Case(packed(replace(parts, chunks=parts.chunks[:1])), alliance.trust())


@case("", C03=FAIL, C04=FAIL)
def chunk_list_of_another_form_fail_c03_c04(alliance: Alliance) -> Case:
    parts = alliance.sealed(chunked=True)
    return _with_lists(alliance, parts, [changed(one, note="more") for one in parts.chunks])


@case("", C03=FAIL, C04=FAIL)
def chunk_list_of_another_file_fail_c03_c04(alliance: Alliance) -> Case:
    parts = alliance.sealed(chunked=True)
    return _with_lists(alliance, parts, [*parts.chunks][::-1])


@case("", C03=FAIL, C04=FAIL)
def chunk_list_of_another_count_fail_c03_c04(alliance: Alliance) -> Case:
    parts = alliance.sealed(chunked=True)
    return _with_lists(alliance, parts, [changed(one, sm3=[]) for one in parts.chunks])


@case("", C03=FAIL, C04=FAIL)
def unlisted_chunk_list_fail_c03_c04(alliance: Alliance) -> Case:
    package = with_entry(packed(alliance.sealed()), "chunks/0.json", b"{}", before="payload/")
    return Case(package, alliance.trust())


@case("", C03=FAIL, C04=FAIL)
def thin_with_another_chunk_list_fail_c03_c04(alliance: Alliance) -> Case:
    parts = alliance.sealed(chunked=True)
    lists = [changed(one, sha256=["0" * 64]) for one in parts.chunks]
    return Case(packed(replace(parts, files=None, chunks=lists)), alliance.trust())


@case("", C05=FAIL)
def wrong_previous_fail_c05(alliance: Alliance) -> Case:
    return newest_changed(alliance, lambda chain, signer: resigned(chain[-1], signer, prev=pair_of(b"other").as_json()))


@case("", C05=FAIL)
def other_manifest_fail_c05(alliance: Alliance) -> Case:
    return newest_changed(alliance, lambda chain, key: resigned(chain[-1], key, manifest=pair_of(b"o").as_json()))


@case("", C05=FAIL)
def sealed_twice_fail_c05(alliance: Alliance) -> Case:
    return newest_changed(alliance, lambda events, signer: resigned(events[-1], signer, action="seal"))


@case("", C05=FAIL)
def time_going_back_fail_c05(alliance: Alliance) -> Case:
    early = "2026-11-20T08:00:00Z"
    return newest_changed(alliance, lambda events, signer: resigned(events[-1], signer, claimed_at=early))


@case("", C05=FAIL)
def dropped_event_fail_c05(alliance: Alliance) -> Case:
    parts = alliance.sealed(acts=[{"action": "inspect"}, {"action": "copy"}])
    events = [*parts.events[:2], parts.events[3]]
    made = parts.manifest
    leaf = event_leaf(org=SONGJIANG, package_id=package_id(made), seq=2, head=pair_of(events[2]))
    head = leaf, alliance.proof(alliance.log(leaf), at=LATER)
    return Case(packed(replace(parts, events=events, head=head)), alliance.trust())


@case("", C05=FAIL)
def another_city_seals_fail_c05(alliance: Alliance) -> Case:
    return simple(alliance, first=({}, {"org": JIAXING}))


@case("", C05=FAIL, C06=NONE, C07=NONE, C09=NONE, C13=NONE, C17=NONE)
def event_of_another_form_fail_c05(alliance: Alliance) -> Case:
    return newest_changed(alliance, lambda events, signer: resigned(events[-1], signer, note="more"))
