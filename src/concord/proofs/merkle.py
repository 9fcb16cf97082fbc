"""The Merkle tree of the log: hashes, the compact range that grows it, proofs and their checks.

Source: RFC 6962 §2.1 and RFC 9162 §2.1. A tree's leaf is hashed behind a zero byte and an inner node behind a one,
so neither can stand for the other. A *complete subtree* is named by its level (0 is a leaf) and its index at that
level; it covers the leaves from ``index << level`` to ``(index + 1) << level``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce

from concord.rules.errors import InvalidInput, Said

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

HashOf = Callable[[int, int], bytes]
"""The hash of the complete subtree at ``(level, index)``."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds ``data`` (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above ``left`` and ``right`` (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Range:
    """The first ``size`` leaves as the hashes of the fewest complete subtrees, largest first.

    All that is needed to append to a tree and to know its root. Raises InvalidInput ``proofs.compact_range``.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count() or any(len(h) != HASH_SIZE for h in self.hashes):
            raise InvalidInput(
                "proofs.compact_range",
                Said("紧凑区间的哈希数与叶数不符。", "The hashes of the compact range do not fit its size."),
            )

    def append(self, leaf_hashes: Iterable[bytes]) -> Range:
        """The range with ``leaf_hashes`` after its last leaf."""
        stack, size, sha256 = list(self.hashes), self.size, hashlib.sha256
        push, pop = stack.append, stack.pop
        for added in leaf_hashes:
            node, carry = added, size
            while carry & 1:
                node = sha256(b"\x01" + pop() + node).digest()
                carry >>= 1
            push(node)
            size += 1
        return Range(size, tuple(stack))

    def root(self) -> bytes:
        """The root of the tree of these leaves."""
        return _folded(self.hashes)


def inclusion_proof(index: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """The path from leaf ``index`` to the root of the tree of ``size`` leaves, nearest sibling first (§2.1.1).

    Raises InvalidInput ``proofs.outside_tree`` when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise _outside()
    return _path(0, index, size, hash_of)


def consistency_proof(old: int, new: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """The hashes that show that the first ``old`` of ``new`` leaves are the old tree (§2.1.2).

    Nothing is needed for an empty old tree or for equal ones. Raises InvalidInput ``proofs.outside_tree``.
    """
    if not 0 <= old <= new:
        raise _outside()
    if old in {0, new}:
        return ()
    level = (old & -old).bit_length() - 1
    index = (old - 1) >> level
    path = _path(level, index, new, hash_of)
    return path if old == 1 << level else (hash_of(level, index), *path)


def subtrees(start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Level and index of the complete subtrees, largest first, that tile the leaves from ``start`` to ``end``.

    ``start`` must be a multiple of the largest power of two that is not above ``end - start``.
    """
    found, at = [], start
    while at < end:
        level = (end - at).bit_length() - 1
        found.append((level, at >> level))
        at += 1 << level
    return tuple(found)


def root_from(size: int, hash_of: HashOf) -> bytes:
    """The root of the tree of ``size`` leaves whose complete subtrees ``hash_of`` knows."""
    return _folded(tuple(hash_of(*at) for at in subtrees(0, size)))


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Iterable[bytes], root: bytes) -> bool:
    """Whether ``proof`` leads from the leaf at ``index`` to the ``root`` of ``size`` leaves (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size or len(leaf_hash) != HASH_SIZE:
        return False
    at, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0 or len(sibling) != HASH_SIZE:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            at, last = _left_of_border(at, last)
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(old: int, new: int, proof: Iterable[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether ``proof`` shows the tree of ``old`` leaves at the start of that of ``new`` (RFC 9162 §2.1.4.2).

    An empty old tree proves nothing and is refused: who accepts one says so before asking.
    """
    hashes = list(proof)
    if not 1 <= old <= new or any(len(one) != HASH_SIZE for one in hashes):
        return False
    if old == new:
        return not hashes and old_root == new_root
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_node = new_node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            at, last = _left_of_border(at, last)
        else:
            new_node = node_hash(new_node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and old_node == old_root and new_node == new_root


def _left_of_border(at: int, last: int) -> tuple[int, int]:
    """Up the right border of the tree, past the levels at which the node has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _path(level: int, index: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """The siblings from the complete subtree at ``(level, index)`` up to the root of ``size`` leaves."""
    path: list[bytes] = []
    last = (size - 1) >> level
    while last:
        if index & 1:
            path.append(hash_of(level, index - 1))
        elif index + 1 < last:
            path.append(hash_of(level, index + 1))
        elif index + 1 == last:
            # The right-most sibling may be incomplete: it is made of the complete subtrees within.
            path.append(_folded(tuple(hash_of(*at) for at in subtrees((index + 1) << level, size))))
        level, index, last = level + 1, index >> 1, last >> 1
    return tuple(path)


def _folded(hashes: tuple[bytes, ...]) -> bytes:
    """The root above complete subtrees given largest first."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _outside() -> InvalidInput:
    return InvalidInput(
        "proofs.outside_tree", Said("树中没有这片叶或这个大小。", "The tree has no such leaf, or never had that size.")
    )
