"""The tree is that of RFC 6962, however it is grown; every proof holds, and no changed one does."""

from collections.abc import Callable
from functools import lru_cache

import pymerkle
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from concord.proofs import merkle
from concord.rules.errors import InvalidInput

EMPTY = merkle.Range(0, ())
SIZES = 130
LEAVES = tuple(merkle.leaf_hash(at.to_bytes(2, "big")) for at in range(SIZES))
Leaves = tuple[bytes, ...]


@lru_cache(maxsize=100_000)
def reference_root(leaves: Leaves) -> bytes:
    """RFC 6962 §2.1, read aloud."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return merkle.node_hash(reference_root(leaves[:half]), reference_root(leaves[half:]))


def reference_path(index: int, leaves: Leaves) -> Leaves:
    """RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return ()
    half = split(len(leaves))
    if index < half:
        return (*reference_path(index, leaves[:half]), reference_root(leaves[half:]))
    return (*reference_path(index - half, leaves[half:]), reference_root(leaves[:half]))


def reference_consistency(old: int, leaves: Leaves, *, complete: bool = True) -> Leaves:
    """RFC 6962 §2.1.2."""
    if old == len(leaves):
        return () if complete else (reference_root(leaves),)
    half = split(len(leaves))
    if old <= half:
        return (*reference_consistency(old, leaves[:half], complete=complete), reference_root(leaves[half:]))
    return (*reference_consistency(old - half, leaves[half:], complete=False), reference_root(leaves[:half]))


def split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def complete_subtrees(leaves: Leaves) -> merkle.HashOf:
    def hash_of(level: int, index: int) -> bytes:
        part = leaves[index << level : (index + 1) << level]
        assert len(part) == 1 << level, "asked for a subtree that is not complete"
        return reference_root(part)

    return hash_of


def grown(leaves: Leaves) -> bytes:
    return EMPTY.append(leaves).root()


hashes = st.binary(min_size=32, max_size=32)
trees = st.lists(hashes, min_size=1, max_size=70).map(tuple)


@given(parts=st.lists(st.lists(hashes, max_size=20), max_size=6))
def test_a_range_grown_in_parts_has_the_root_of_the_whole(parts: list[list[bytes]]) -> None:
    held = EMPTY
    for part in parts:
        held = merkle.Range(held.size, held.hashes).append(part)
    leaves = tuple(leaf for part in parts for leaf in part)
    assert (held.size, held.root()) == (len(leaves), reference_root(leaves))
    assert held.hashes == tuple(complete_subtrees(leaves)(*at) for at in merkle.subtrees(0, len(leaves)))


@given(leaves=trees, chosen=st.integers(min_value=0))
def test_inclusion_proofs_are_those_of_the_standard_and_hold(leaves: Leaves, chosen: int) -> None:
    index = chosen % len(leaves)
    proof = merkle.inclusion_proof(index, len(leaves), complete_subtrees(leaves))
    assert proof == reference_path(index, leaves)
    assert merkle.verify_inclusion(index, len(leaves), leaves[index], proof, grown(leaves))


@given(leaves=trees, chosen=st.integers(min_value=0))
def test_consistency_proofs_are_those_of_the_standard_and_hold(leaves: Leaves, chosen: int) -> None:
    old, new = 1 + chosen % len(leaves), len(leaves)
    proof = merkle.consistency_proof(old, new, complete_subtrees(leaves))
    assert proof == reference_consistency(old, leaves)
    assert merkle.verify_consistency(old, new, proof, grown(leaves[:old]), grown(leaves))


def test_every_proof_of_every_size() -> None:
    hash_of = complete_subtrees(LEAVES)
    for size in range(1, SIZES + 1):
        root = grown(LEAVES[:size])
        assert root == reference_root(LEAVES[:size])
        for index in range(size):
            inclusion = merkle.inclusion_proof(index, size, hash_of)
            assert inclusion == reference_path(index, LEAVES[:size])
            assert merkle.verify_inclusion(index, size, LEAVES[index], inclusion, root)
            old = index + 1
            consistency = merkle.consistency_proof(old, size, hash_of)
            assert consistency == reference_consistency(old, LEAVES[:size])
            assert merkle.verify_consistency(old, size, consistency, reference_root(LEAVES[:old]), root)


@given(entries=st.lists(st.binary(max_size=40), min_size=1, max_size=50))
def test_another_implementation_finds_the_same_roots_and_siblings(entries: list[bytes]) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    leaves = tuple(merkle.leaf_hash(entry) for entry in entries)
    assert other.get_root() == grown(leaves)
    for index in range(len(leaves)):
        ours = merkle.inclusion_proof(index, len(leaves), complete_subtrees(leaves))
        theirs = other.prove_inclusion(index + 1).serialize()["path"]
        assert sorted(theirs) == sorted(one.hex() for one in (leaves[index], *ours))


Change = Callable[[list[bytes]], list[bytes]]


@st.composite
def flips(draw: st.DrawFn, count: int) -> Change:
    """One bit of one of ``count`` hashes the other way."""
    which, bit = draw(st.integers(0, count - 1)), draw(st.integers(0, 255))

    def flipped(found: list[bytes]) -> list[bytes]:
        changed = bytearray(found[which])
        changed[bit // 8] ^= 1 << bit % 8
        return [*found[:which], bytes(changed), *found[which + 1 :]]

    return flipped


@given(leaves=trees, chosen=st.integers(min_value=0), draw=st.data())
def test_one_changed_bit_breaks_an_inclusion_proof(leaves: Leaves, chosen: int, draw: st.DataObject) -> None:
    index = chosen % len(leaves)
    proof = merkle.inclusion_proof(index, len(leaves), complete_subtrees(leaves))
    flipped = draw.draw(flips(len(proof) + 2))
    leaf, root, *changed = flipped([leaves[index], grown(leaves), *proof])
    assert not merkle.verify_inclusion(index, len(leaves), leaf, changed, root)


@given(leaves=trees, chosen=st.integers(min_value=0), draw=st.data())
def test_one_changed_bit_breaks_a_consistency_proof(leaves: Leaves, chosen: int, draw: st.DataObject) -> None:
    old, new = 1 + chosen % len(leaves), len(leaves)
    proof = merkle.consistency_proof(old, new, complete_subtrees(leaves))
    flipped = draw.draw(flips(len(proof) + 2))
    old_root, new_root, *changed = flipped([grown(leaves[:old]), grown(leaves), *proof])
    assert not merkle.verify_consistency(old, new, changed, old_root, new_root)


@given(leaves=trees, chosen=st.integers(min_value=0), more=hashes)
def test_a_proof_with_a_hash_too_many_or_too_few_does_not_hold(leaves: Leaves, chosen: int, more: bytes) -> None:
    index, size, root = chosen % len(leaves), len(leaves), grown(leaves)
    proof = merkle.inclusion_proof(index, size, complete_subtrees(leaves))
    assert not merkle.verify_inclusion(index, size, leaves[index], [*proof, more], root)
    assert not merkle.verify_inclusion(index, size, leaves[index], [more, *proof], root)
    assert not proof or not merkle.verify_inclusion(index, size, leaves[index], proof[:-1], root)
    old = index + 1
    links = merkle.consistency_proof(old, size, complete_subtrees(leaves))
    old_root = grown(leaves[:old])
    assert not merkle.verify_consistency(old, size, [*links, more], old_root, root)
    assert not links or not merkle.verify_consistency(old, size, links[:-1], old_root, root)


@given(leaves=trees, chosen=st.integers(min_value=0), other=hashes, size=st.integers(min_value=2))
def test_no_proof_of_a_rewritten_tree_fits_the_old_root(leaves: Leaves, chosen: int, other: bytes, size: int) -> None:
    old = 1 + size % len(leaves)
    at = chosen % old
    assume(leaves[at] != other)
    rewritten = (*leaves[:at], other, *leaves[at + 1 :])
    proof = merkle.consistency_proof(old, len(leaves), complete_subtrees(rewritten))
    assert not merkle.verify_consistency(old, len(leaves), proof, grown(leaves[:old]), grown(rewritten))


def test_a_leaf_and_a_node_never_hash_alike() -> None:
    left, right = LEAVES[:2]
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)


def test_nothing_proves_an_empty_tree_or_one_turned_round() -> None:
    root, new_root = grown(LEAVES[:1]), grown(LEAVES[:2])
    assert merkle.consistency_proof(0, 2, complete_subtrees(LEAVES)) == ()
    assert not merkle.verify_consistency(0, 2, (), merkle.EMPTY_ROOT, new_root)
    assert not merkle.verify_consistency(0, 0, (), merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    assert not merkle.verify_consistency(2, 1, (), new_root, root)
    assert not merkle.verify_inclusion(1, 1, root, (), root)
    assert not merkle.verify_inclusion(-1, 1, root, (), root)
    assert not merkle.verify_inclusion(0, 0, merkle.EMPTY_ROOT, (), merkle.EMPTY_ROOT)


def test_hashes_of_another_length_prove_nothing() -> None:
    root, right = merkle.node_hash(LEAVES[0], b"short"), merkle.node_hash(b"short", LEAVES[0])
    assert not merkle.verify_inclusion(0, 2, LEAVES[0], [b"short"], root)
    assert not merkle.verify_inclusion(0, 2, b"short", [LEAVES[0]], right)
    assert not merkle.verify_consistency(1, 2, [b"short"], LEAVES[0], root)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_inclusion_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.outside_tree"):
        merkle.inclusion_proof(index, size, complete_subtrees(LEAVES))


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_no_consistency_proof_backwards(old: int, new: int) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.outside_tree"):
        merkle.consistency_proof(old, new, complete_subtrees(LEAVES))


@pytest.mark.parametrize(("size", "held"), [(-1, ()), (0, LEAVES[:1]), (3, LEAVES[:1]), (1, (b"short",))])
def test_a_range_that_cannot_be_is_refused(size: int, held: Leaves) -> None:
    with pytest.raises(InvalidInput, match=r"proofs\.compact_range"):
        merkle.Range(size, held)
