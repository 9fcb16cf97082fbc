"""The check of everything: rows, leaves, tiles, signatures and stored files are derived anew and compared.

Nothing is changed. It may run while the log grows: it looks at the tree that was signed when it began.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from concord.foundation.files import storage
from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry
from concord.foundation.keys.installation import Installation
from concord.foundation.ledger.entries import entry_leaf
from concord.foundation.ledger.lock import CheckpointLock, Signed
from concord.foundation.ledger.log import open_note
from concord.foundation.ledger.models import Checkpoint, ClosedLog, Salt, Submission
from concord.foundation.ledger.queries import latest_checkpoint, standing_row
from concord.foundation.ledger.sequencing import derived, range_of
from concord.foundation.ledger.store import CHECKPOINT, Store, opened
from concord.proofs import checkpoints, merkle, notes, tiles
from concord.proofs.merkle import Range
from concord.rules.errors import ConcordError, InvalidInput, Unavailable

MOST_FINDINGS = 1000
BUNDLES_AT_ONCE = 16
READ_AT_ONCE = 1 << 20
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind, and where (a leaf's place, an entry, a path, a file)."""

    kind: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}"


@dataclass(slots=True)
class Findings:
    """What the check saw, and what it found wrong (at most 1,000 things are told one by one)."""

    size: int = 0
    entries: int = 0
    erased: int = 0
    submissions: int = 0
    files: int = 0
    wrong: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return self.wrong == 0

    def add(self, kind: str, where: str) -> None:
        """Tell of one more thing."""
        self.wrong += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, where))


def check(installation: Installation, *, store: Store | None = None, content: bool = True) -> Findings:
    """Check the whole ledger, as SYSTEM and outside of any transaction; with ``content`` stored files, too."""
    found = Findings()
    for closed in ClosedLog.objects.all():
        _check_closed(closed, found)
    signed = _locked(installation, found)
    if signed is not None:
        _check_open(installation, signed, store or opened(installation.tiles), found)
    if content:
        _check_files(found)
    return found


def _check_open(installation: Installation, signed: Signed, store: Store, found: Findings) -> None:
    """The log that grows: all its leaves, the database's own count, and what is published."""
    seen = _Tree(store, found, first=standing_row().first).seen(signed.size, signed.root, rows=signed.size)
    if seen is not None:
        _check_standing(signed, seen, found)
    _check_published(installation, store, found)


def _check_closed(closed: ClosedLog, found: Findings) -> None:
    """A log that another one follows: its rows here and its files, against its last checkpoint."""
    if not closed.note:
        return
    try:
        last = checkpoints.parse(notes.parse(closed.note.encode()).text)
    except InvalidInput as error:
        found.add("checkpoint", f"{closed.origin}: {error.code}")
        return
    tree = _Tree(opened(closed.tiles), found, first=closed.first, states=False)
    tree.seen(last.size, last.root, rows=closed.until - closed.first)


def _locked(installation: Installation, found: Findings) -> Signed | None:
    """The state signed last; without one only an empty log is sound."""
    newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first()
    row = standing_row()
    taken = newest is not None or Entry.objects.filter(leaf_index__gte=row.first).exists()
    try:
        signed = CheckpointLock(installation.lock).read()
    except (sqlite3.DatabaseError, ValueError):
        signed, taken = None, True
    if signed is None and taken:
        found.add("lock", str(installation.lock))
    if signed is not None and newest is not None and newest > signed.size:
        found.add("lock", f"checkpoint {newest} > {signed.size}")
    return signed


@dataclass(slots=True)
class _Tile:
    """The tile of a level that is not full yet."""

    index: int = 0
    hashes: list[bytes] = field(default_factory=list)


class _Tree:
    """One run over a log, bundle by bundle; of the tree only one open tile a level is held."""

    def __init__(self, store: Store, found: Findings, *, first: int, states: bool = True) -> None:
        self._store = store
        self._found = found
        self._first = first
        self._states = states
        self._range = Range(0, ())
        self._tiles: list[_Tile] = []
        self._whole = True

    def seen(self, size: int, root: bytes, *, rows: int) -> Range | None:
        """Look at every leaf, at the rows of the first ``rows`` of them, and at the root; None for a broken tree."""
        self._found.size += size
        self._leaves(size, rows)
        if not self._whole:
            return None
        for level, tile in enumerate(self._tiles):
            if tile.hashes:
                self._compare(level, tile)
        if self._range.root() != root:
            self._found.add("root", f"{size}")
        return self._range

    def _leaves(self, size: int, rows: int) -> None:
        """Look at every leaf, and at each checkpoint's root when the tree has its size."""
        step = tiles.TILE_WIDTH * BUNDLES_AT_ONCE
        ahead = _states(size) if self._states else iter(())
        state = next(ahead, None)
        for first in range(0, size, step):
            leaves = self._bundles(first, min(first + step, size))
            if first < rows:
                self._rows(self._first + first, leaves[: rows - first])
            if not self._whole:
                continue
            hashes = [merkle.leaf_hash(leaf) for leaf in leaves if leaf is not None]
            while state is not None and state[0] <= self._range.size + len(hashes):
                more = state[0] - self._range.size
                self._grow(hashes[:more])
                hashes = hashes[more:]
                if self._range.root() != state[1]:
                    self._found.add("root", f"checkpoint {state[0]}")
                state = next(ahead, None)
            self._grow(hashes)

    def _bundles(self, first: int, end: int) -> list[bytes | None]:
        """The leaves from ``first`` to ``end`` as their bundles hold them; None for those of a broken bundle."""
        leaves: list[bytes | None] = []
        for start in range(first, end, tiles.TILE_WIDTH):
            width = min(tiles.TILE_WIDTH, end - start)
            path = tiles.entries_path(start // tiles.TILE_WIDTH, width)
            try:
                held = tiles.leaves_of(self._store.get(path) or b"")
            except InvalidInput:
                held = ()
            if len(held) == width:
                leaves += held
            else:
                self._found.add("bundle", path)
                self._whole = False
                leaves += [None] * width
        return leaves

    def _rows(self, first: int, leaves: list[bytes | None]) -> None:
        """Compare each leaf with the row that has its place."""
        try:
            rows = _derived_rows(first, first + len(leaves))
        except (TypeError, ValueError, AttributeError, ConcordError, DatabaseError):
            # A row that was rewritten may hold what no program of ours would write; find the one it is.
            if len(leaves) == 1:
                self._found.add("leaf", f"{first}: unreadable")
                return
            half = len(leaves) // 2
            self._rows(first, leaves[:half])
            self._rows(first + half, leaves[half:])
            return
        places: dict[int, str] = {}
        for row in rows:
            place = row.place
            self._found.entries += row.is_entry
            self._found.submissions += not row.is_entry
            self._found.erased += row.leaf is None
            if place in places:
                self._found.add("double", f"{place}: {places[place]}, {row.name}")
            places[place] = row.name
            if None not in {row.leaf, leaves[place - first]} and row.leaf != leaves[place - first]:
                self._found.add("leaf", f"{place}: {row.name}")
        for place in range(first, first + len(leaves)):
            if place not in places:
                self._found.add("row", str(place))

    def _grow(self, hashes: list[bytes]) -> None:
        """Let the tree grow, and compare every tile that becomes full."""
        self._range = self._range.append(hashes)
        level, added = 0, hashes
        while added:
            if len(self._tiles) == level:
                self._tiles.append(_Tile())
            tile, above = self._tiles[level], []
            for one in added:
                tile.hashes.append(one)
                if len(tile.hashes) == tiles.TILE_WIDTH:
                    self._compare(level, tile)
                    above.append(Range(0, ()).append(tile.hashes).root())
                    tile.hashes.clear()
                    tile.index += 1
            level, added = level + 1, above

    def _compare(self, level: int, tile: _Tile) -> None:
        path = tiles.tile_path(level, tile.index, len(tile.hashes))
        if self._store.get(path) != b"".join(tile.hashes):
            self._found.add("tile", path)


def _check_standing(signed: Signed, seen: Range, found: Findings) -> None:
    """The database's own count: its rows beyond what is signed are derived, too."""
    try:
        standing = range_of(standing_row())
        beyond = derived(signed.size, standing.size) if standing.size > signed.size else []
    except Unavailable:
        found.add("standing", str(signed.size))
        return
    if standing.size < signed.size or seen.append(map(merkle.leaf_hash, beyond)) != standing:
        found.add("standing", f"{standing.size}, {signed.size}")


def _check_published(installation: Installation, store: Store, found: Findings) -> None:
    """The signatures of the newest published checkpoint, and the file that everyone reads."""
    newest = latest_checkpoint()
    held = store.get(CHECKPOINT)
    if newest is not None and held != newest.note.encode():
        newest = latest_checkpoint()  # another may have been published between the two
    if newest is None:
        return
    if held != newest.note.encode():
        found.add("checkpoint", CHECKPOINT)
    try:
        cosigned = open_note(installation, newest.note.encode())
    except InvalidInput as error:
        found.add("signature", f"checkpoint {newest.size}: {error.code}")
        return
    if (cosigned.checkpoint.size, cosigned.checkpoint.root) != (newest.size, bytes(newest.root)):
        found.add("checkpoint", str(newest.size))
    if not installation.policy.satisfied(cosigned.cosigners):
        found.add("quorum", f"checkpoint {newest.size}: {len(cosigned.cosigners)}")


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that has a place, with its leaf derived anew; None when its salt was erased."""

    place: int
    name: str
    is_entry: bool
    leaf: bytes | None


def _derived_rows(first: int, end: int) -> list[_Row]:
    entries = Entry.objects.filter(leaf_index__gte=first, leaf_index__lt=end).select_related("organisation")
    salts = dict(Salt.objects.filter(entry__in=entries.values("pk")).values_list("entry_id", "salt"))
    rows = []
    for entry in entries:
        leaf = entry_leaf(entry, bytes(salts[entry.pk])) if entry.pk in salts else None
        rows.append(_Row(entry.leaf_index or 0, f"journal entry {entry.pk}", is_entry=True, leaf=leaf))
    submissions = Submission.objects.filter(leaf_index__gte=first, leaf_index__lt=end)
    rows += [
        _Row(one.leaf_index or 0, f"submission {one.pk}", is_entry=False, leaf=bytes(one.leaf)) for one in submissions
    ]
    return rows


def _states(most: int) -> Iterator[tuple[int, bytes]]:
    """Size and root of every state up to that size, page by page."""
    after = -1
    while page := list(
        Checkpoint.objects.filter(size__gt=after, size__lte=most).order_by("size").values_list("size", "root")[:PAGE]
    ):
        for size, root in page:
            yield size, bytes(root)
        after = page[-1][0]


def _check_files(found: Findings) -> None:
    """Hash every stored content once."""
    rows = File.objects.order_by("digest", "id").values_list("digest", "size", "uid").iterator()
    for digest, same in groupby(rows, key=lambda row: row[0]):
        _, size, uid = next(same)
        found.files += 1
        try:
            with storage.path_of(Path(settings.FILES_ROOT), digest).open("rb") as stream:
                hashed, length = hashlib.sha256(), 0
                while part := stream.read(READ_AT_ONCE):
                    hashed.update(part)
                    length += len(part)
        except OSError:
            found.add("file_missing", str(uid))
            continue
        if (hashed.hexdigest(), length) != (digest, size):
            found.add("file_damaged", str(uid))
