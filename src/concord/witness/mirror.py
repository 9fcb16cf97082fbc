"""The city's own copy of a log: every entry, and hash tiles that it computed itself from the entries.

Nothing that was fetched counts before the root over all entries is the root of a checkpoint that this witness
cosigned; until then the files of the tree verified before are left as they are (a wider tile has another name).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from concord.proofs import merkle, tiles
from concord.rules.errors import InvalidInput, Said, Unavailable
from concord.witness.protocol import Standing
from concord.witness.sites import Get

MOST_BUNDLES = 256
MOST_BYTES = 32 << 20
"""So many bundles of 256 entries, or bytes, are held in memory before they are written."""


class Folder:
    """A log as files below a folder, in the layout of C2SP tlog-tiles."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """The file at a path of the log, if it is here."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Put a file there, whole and synced or not at all."""
        target = self._folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.new")
        with fresh.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        fresh.replace(target)

    def drop(self, paths: Iterable[str]) -> None:
        """Take files away, and the folder of partial tiles in which nothing else lies."""
        for path in paths:
            target = self._folder / path
            target.unlink(missing_ok=True)
            with suppress(OSError):
                target.parent.rmdir()


def is_whole(folder: Folder, held: merkle.Range) -> bool:
    """Whether the tiles on disk still have the root of the leaves that the mirror was said to hold."""
    try:
        return tiles.root_of(folder.read, held.size) == held.root()
    except InvalidInput:
        return False


def grow(folder: Folder, held: merkle.Range, target: Standing, get: Get) -> merkle.Range:
    """Fetch the entries from ``held`` to ``target``, write them and their tiles, and give the range of all.

    Raises Unavailable ``witness.unreachable`` or ``witness.not_served`` when entries cannot be had, InvalidInput
    ``witness.mirror_differs`` when those that are served are not those of the cosigned tree, and with another code
    when files of the mirror itself are gone or spoilt.
    """
    reached = held
    while reached.size < target.size:
        first, had = divmod(reached.size, tiles.TILE_WIDTH)
        leaves = _next_entries(get, first, target.size)
        if had and tuple(leaves[:had]) != _held_entries(folder, first, had):
            raise _differs(target)
        for path, content in tiles.grown(folder.read, reached.size, leaves[had:]).items():
            folder.write(path, content)
        passed = _partial_files(reached.size) - _partial_files(held.size)
        reached = reached.append(merkle.leaf_hash(leaf) for leaf in leaves[had:])
        folder.drop(passed - _partial_files(reached.size))
    if reached.root() != target.root:
        raise _differs(target)
    folder.drop(_partial_files(held.size) - _partial_files(target.size))
    return reached


def root_at(folder: Folder, held: merkle.Range, size: int) -> bytes:
    """The root of the first ``size`` of the leaves held. Raises InvalidInput ``proofs.tile``."""
    return merkle.root_from(size, tiles.hash_of(folder.read, held.size))


def served(get: Get) -> Callable[[str], bytes | None]:
    """A site as a reader of tiles."""
    return lambda path: get(path, tiles.LARGEST_BUNDLE)


def _next_entries(get: Get, first: int, size: int) -> list[bytes]:
    """The entries from bundle ``first`` on, as many as are taken in at once, of a tree of ``size``."""
    taken: list[bytes] = []
    length = 0
    for index in range(first, min(first + MOST_BUNDLES, -(-size // tiles.TILE_WIDTH))):
        found = _entries(get, index, min(tiles.TILE_WIDTH, size - index * tiles.TILE_WIDTH))
        taken += found
        length += sum(map(len, found))
        if length > MOST_BYTES:
            break
    return taken


def _entries(get: Get, index: int, width: int) -> Sequence[bytes]:
    """The first ``width`` entries of a served bundle; the partial one may have given way to the full one."""
    expected = width
    content = get(tiles.entries_path(index, width), tiles.LARGEST_BUNDLE)
    if content is None and width < tiles.TILE_WIDTH:
        expected = tiles.TILE_WIDTH
        content = get(tiles.entries_path(index), tiles.LARGEST_BUNDLE)
    if content is None:
        raise Unavailable(
            "witness.not_served",
            Said(
                f"账本主机没有给出存证叶束 {index}，稍后会再试。",
                f"The host of the log does not serve the entries of bundle {index}; it will be asked again.",
            ),
        )
    try:
        leaves = tiles.leaves_of(content)
    except InvalidInput:
        leaves = ()
    if len(leaves) != expected:
        raise InvalidInput(
            "witness.mirror_differs",
            Said(
                f"账本主机给出的存证叶束 {index} 条数不符。",
                f"The bundle {index} as served lacks entries, or has more.",
            ),
        )
    return leaves[:width]


def _held_entries(folder: Folder, index: int, width: int) -> tuple[bytes, ...]:
    """The entries held of the bundle that is not full yet."""
    content = folder.read(tiles.entries_path(index, width))
    if content is None:
        raise InvalidInput(
            "witness.mirror_lost",
            Said(
                f"副本缺少存证叶束 {index}，将重新取回。",
                f"The mirror lost its bundle {index}; it will be fetched anew.",
            ),
        )
    return tiles.leaves_of(content)


def _partial_files(size: int) -> set[str]:
    """The partial tiles, and the partial bundle, of a tree of ``size``: wider ones take their place as it grows."""
    found: set[str] = set()
    level = 0
    while whole := size >> (tiles.TILE_HEIGHT * level):
        index, width = divmod(whole, tiles.TILE_WIDTH)
        if width:
            found.add(tiles.tile_path(level, index, width))
            found |= {tiles.entries_path(index, width)} if level == 0 else set()
        level += 1
    return found


def _differs(target: Standing) -> InvalidInput:
    return InvalidInput(
        "witness.mirror_differs",
        Said(
            f"账本主机给出的存证叶算不出 {target.size} 条时所签的根。",
            f"The entries that are served do not have the root that was signed for {target.size} entries.",
        ),
    )
