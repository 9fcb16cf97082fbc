"""Leaves are small, exact, and tell nothing of what they stand for."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.proofs.canonical import JSON, encode
from concord.proofs.digests import Pair, pair_of
from concord.proofs.leaves import (
    LARGEST_LEAF,
    PACKAGE_KINDS,
    THINGS,
    Leaf,
    event_leaf,
    journal_leaf,
    package_leaf,
    read_leaf,
    seal_type,
    thing_leaf,
)
from concord.rules.errors import InvalidInput

ID = "ev1-" + "a" * 52
HEAD = pair_of(b"head")


def test_a_journal_entry_is_logged_by_its_salted_digest() -> None:
    leaf = journal_leaf(b"s" * 32, b'{"a":1}')
    expected = hashlib.sha256(b"journal/1\0" + b"s" * 32 + b'{"a":1}').hexdigest()
    assert json.loads(leaf) == {"d": expected, "t": "journal", "v": 1}
    assert len(leaf) <= 200
    assert read_leaf(leaf) == Leaf("journal", digest=expected)


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        journal_leaf(b"short", b"{}")
    assert caught.value.code == "proofs.leaf"


@pytest.mark.parametrize("kind", PACKAGE_KINDS)
@pytest.mark.parametrize("token", [None, pair_of(b"token")])
def test_a_seal_names_package_head_and_token(kind: str, token: Pair | None) -> None:
    leaf = package_leaf(kind, org="310117", package_id=ID, head=HEAD, token=token)
    assert read_leaf(leaf) == Leaf(seal_type(kind), org="310117", package=ID, seq=1, head=HEAD, token=token)
    assert len(leaf) <= LARGEST_LEAF


def test_only_evidence_is_sealed_as_a_seal() -> None:
    assert [seal_type(kind) for kind in PACKAGE_KINDS] == ["seal", "silence", "snapshot", "run"]


def test_an_event_names_its_number() -> None:
    leaf = event_leaf(org="330100", package_id=ID, seq=7, head=HEAD)
    assert read_leaf(leaf) == Leaf("event", org="330100", package=ID, seq=7, head=HEAD)


@pytest.mark.parametrize("t", THINGS)
def test_a_thing_is_logged_by_its_digests(t: str) -> None:
    leaf = thing_leaf(t, org="310117", thing=b"{}")
    assert read_leaf(leaf) == Leaf(t, org="310117", head=pair_of(b"{}"))


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"seq": 2},
        {"seq": True},
        {"id": "ev1-short"},
        {"org": "31011"},
        {"head": {"sha256": "0" * 64}},
        {"tst": None},
        {"more": 1},
        {"t": "other"},
        {"t": 1},
    ],
)
def test_a_leaf_that_is_not_exactly_one_is_refused(change: dict[str, JSON]) -> None:
    leaf = json.loads(package_leaf("evidence", org="310117", package_id=ID, head=HEAD, token=None))
    with pytest.raises(InvalidInput) as caught:
        read_leaf(encode(leaf | change))
    assert caught.value.code == "proofs.shape"


@pytest.mark.parametrize("key", ["head", "id", "org", "seq", "t", "v"])
def test_a_leaf_that_lacks_a_key_is_refused(key: str) -> None:
    leaf = json.loads(package_leaf("run", org="310117", package_id=ID, head=HEAD, token=None))
    del leaf[key]
    with pytest.raises(InvalidInput):
        read_leaf(encode(leaf))


def test_what_cannot_be_read_is_not_written() -> None:
    with pytest.raises(InvalidInput):
        event_leaf(org="G60", package_id=ID, seq=2, head=HEAD)
    with pytest.raises(InvalidInput):
        thing_leaf("seal", org="310117", thing=b"")


@given(st.binary(max_size=1100))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        leaf = read_leaf(data)
    except InvalidInput:
        return
    assert leaf.t
