"""The log as files: tiles of 256 hashes and bundles of 256 entries.

Source: C2SP tlog-tiles. A tile at level 0 holds leaf hashes; a hash in a tile at level ``n + 1`` is the root of a full
tile at level ``n``. The last tile of a level may be partial: it carries its width in its name, and is replaced by a
wider one, so a file once written never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from concord.proofs import merkle
from concord.rules.errors import InvalidInput, Said

TILE_WIDTH = 256
TILE_HEIGHT = 8
LONGEST_LEAF = 0xFFFF
"""Bytes of one entry: its length stands in two bytes before it."""
LARGEST_BUNDLE = TILE_WIDTH * (LONGEST_LEAF + 2)


class Reader(Protocol):
    """Where the log's files are read from."""

    def __call__(self, path: str, /) -> bytes | None:
        """The file at ``path``, or None when it is not there."""


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Where the hash tile lies: ``tile/0/x001/x234/067``, and ``….p/5`` when only five hashes are in it."""
    return f"tile/{level}/{_numbered(index, width)}"


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Where the bundle with the entries of the level 0 tile ``index`` lies."""
    return f"tile/entries/{_numbered(index, width)}"


def bundle(leaves: Sequence[bytes]) -> bytes:
    """The entries, each behind its length in two bytes, the larger first.

    Raises InvalidInput ``proofs.leaf_too_long`` or ``proofs.bundle`` when there are more than fit.
    """
    if len(leaves) > TILE_WIDTH:
        raise _bad_bundle()
    if any(len(leaf) > LONGEST_LEAF for leaf in leaves):
        raise InvalidInput(
            "proofs.leaf_too_long",
            Said("存证叶超过 65535 字节。", "A leaf of the log holds at most 65,535 bytes."),
        )
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def leaves_of(bundle: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle. Raises InvalidInput ``proofs.bundle`` when bytes are missing or left over."""
    found: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > end or at > end or len(found) == TILE_WIDTH:
            raise _bad_bundle()
        found.append(bundle[start:at])
    return tuple(found)


def grown(read: Reader, old: int, leaves: Sequence[bytes]) -> dict[str, bytes]:
    """The files to write, by path, when ``leaves`` follow the ``old`` leaves that ``read`` holds.

    Full tiles and the new partial last ones of every level, entry bundles among them; nothing is ever overwritten
    with other bytes. Raises InvalidInput ``proofs.tile``, ``proofs.bundle`` or ``proofs.leaf_too_long``.
    """
    files: dict[str, bytes] = {}
    if not leaves:
        return files
    first, had = divmod(old, TILE_WIDTH)
    entries = [*(_entries(read, first, had) if had else ()), *leaves]
    for at in range(0, len(entries), TILE_WIDTH):
        part = entries[at : at + TILE_WIDTH]
        files[entries_path(first + at // TILE_WIDTH, len(part))] = bundle(part)
    level, hashes = 0, [merkle.leaf_hash(leaf) for leaf in leaves]
    while hashes:
        first, had = divmod(old >> (TILE_HEIGHT * level), TILE_WIDTH)
        held = _tile(read, level, first, had) if had else b""
        joined = held + b"".join(hashes)
        hashes = []
        span = TILE_WIDTH * merkle.HASH_SIZE
        for at in range(0, len(joined), span):
            part_of_level = joined[at : at + span]
            width = len(part_of_level) // merkle.HASH_SIZE
            files[tile_path(level, first + at // span, width)] = part_of_level
            if width == TILE_WIDTH:
                hashes.append(_root_in(part_of_level, 0, TILE_HEIGHT))
        level += 1
    return files


def hash_of(read: Reader, size: int) -> merkle.HashOf:
    """The hash of every complete subtree of the tree of ``size`` leaves; each tile is read once.

    The callable raises InvalidInput ``proofs.tile`` when a tile is missing or of another width, and
    ``proofs.outside_tree`` when the subtree is not within the tree.
    """
    seen: dict[tuple[int, int], bytes] = {}

    def found(level: int, index: int) -> bytes:
        if level < 0 or index < 0 or (index + 1) << level > size:
            raise InvalidInput(
                "proofs.outside_tree",
                Said("树中没有这棵完整子树。", "The tree has no such complete subtree."),
            )
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile, offset = divmod(index << height, TILE_WIDTH)
        if (tile_level, tile) not in seen:
            width = min(TILE_WIDTH, (size >> (TILE_HEIGHT * tile_level)) - tile * TILE_WIDTH)
            seen[tile_level, tile] = _tile(read, tile_level, tile, width)
        return _root_in(seen[tile_level, tile], offset, height)

    return found


def root_of(read: Reader, size: int) -> bytes:
    """The root of the tree of ``size`` leaves. Raises InvalidInput ``proofs.tile``."""
    return merkle.root_from(size, hash_of(read, size))


def range_of(read: Reader, size: int) -> merkle.Range:
    """The compact range of the tree of ``size`` leaves. Raises InvalidInput ``proofs.tile``."""
    known = hash_of(read, size)
    return merkle.Range(size, tuple(known(*at) for at in merkle.subtrees(0, size)))


def leaf_at(read: Reader, index: int, size: int) -> bytes:
    """The entry at ``index`` of the tree of ``size`` leaves.

    Raises InvalidInput ``proofs.outside_tree``, ``proofs.tile`` or ``proofs.bundle``.
    """
    if not 0 <= index < size:
        raise InvalidInput("proofs.outside_tree", Said("树中没有这片叶。", "The tree has no such leaf."))
    tile, offset = divmod(index, TILE_WIDTH)
    return _entries(read, tile, min(TILE_WIDTH, size - tile * TILE_WIDTH))[offset]


def inclusion(read: Reader, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that the leaf at ``index`` is in the tree of ``size`` leaves. Raises as ``hash_of``."""
    return merkle.inclusion_proof(index, size, hash_of(read, size))


def consistency(read: Reader, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that the tree of ``new`` leaves begins with that of ``old``. Raises as ``hash_of``."""
    return merkle.consistency_proof(old, new, hash_of(read, new))


def _numbered(index: int, width: int) -> str:
    """The index in groups of three digits, all but the last marked, and the width of a partial tile."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    whole = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return whole if width == TILE_WIDTH else f"{whole}.p/{width}"


def _tile(read: Reader, level: int, index: int, width: int) -> bytes:
    """The first ``width`` hashes of a tile; a partial tile may have given way to the full one."""
    held = read(tile_path(level, index, width))
    if held is not None and len(held) == width * merkle.HASH_SIZE:
        return held
    if held is None and width < TILE_WIDTH:
        held = read(tile_path(level, index))
        if held is not None and len(held) == TILE_WIDTH * merkle.HASH_SIZE:
            return held[: width * merkle.HASH_SIZE]
    raise InvalidInput(
        "proofs.tile",
        Said(
            f"存证瓦片 {tile_path(level, index, width)} 缺失或长度不符。",
            f"The tile {tile_path(level, index, width)} is missing or has another length.",
        ),
    )


def _entries(read: Reader, index: int, width: int) -> tuple[bytes, ...]:
    """The first ``width`` entries of a bundle; a partial bundle may have given way to the full one."""
    held, expected = read(entries_path(index, width)), width
    if held is None and width < TILE_WIDTH:
        held, expected = read(entries_path(index)), TILE_WIDTH
    if held is None or len(held) > LARGEST_BUNDLE or len(found := leaves_of(held)) != expected:
        raise _bad_bundle()
    return found[:width]


def _root_in(tile: bytes, offset: int, height: int) -> bytes:
    """The root above the ``1 << height`` hashes of a tile that begin at ``offset``."""
    size = merkle.HASH_SIZE
    row = [tile[at * size : (at + 1) * size] for at in range(offset, offset + (1 << height))]
    while len(row) > 1:
        pairs = iter(row)
        row = [merkle.node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


def _bad_bundle() -> InvalidInput:
    return InvalidInput(
        "proofs.bundle",
        Said(
            "存证叶束缺失，或条数、长度不符。", "A bundle of entries is missing, or its entries do not fill it exactly."
        ),
    )
