"""The checkpoint lock: the last state the log ever signed, in a file of its own that is never part of a backup.

Whoever wants to sign a larger tree must first replace exactly the state they went out from. A database or tiles that
come back from a backup are then behind the lock, and the log signs nothing that contradicts what it signed before.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SECONDS = 10.0
TABLE = """
CREATE TABLE IF NOT EXISTS signed (
    id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root TEXT NOT NULL, note BLOB NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Signed:
    """A state the log has signed; the empty log at its beginning has no note."""

    size: int
    root: bytes
    note: bytes


class CheckpointLock:
    """The lock in the SQLite file at ``path``. Raises sqlite3.DatabaseError when the file is something else.

    The file stays open between uses. Before each it is looked at again: one that is gone, that was put in the place of
    the one known, or that somebody else wrote, is never taken for the one that was read before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._known: tuple[int, ...] | None = None

    def read(self) -> Signed | None:
        """The last state signed; None when there is no lock."""
        with self._guard:
            if self._look() is None:
                return None
            with self._opened() as file:
                row = file.execute("SELECT size, root, note FROM signed").fetchone()
        return Signed(row[0], bytes.fromhex(row[1]), bytes(row[2])) if row else None

    def compare_and_swap(self, old: Signed | None, new: Signed) -> bool:
        """Put ``new`` in the place of ``old``, on disk when this returns; False when something else is there.

        With None for ``old`` the lock is made; False when there is one.
        """
        values = (new.size, new.root.hex(), new.note)
        with self._guard:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as file, file:
                file.execute("BEGIN IMMEDIATE")
                file.execute(TABLE)
                if old is None:
                    done = file.execute("INSERT OR IGNORE INTO signed VALUES (1, ?, ?, ?)", values)
                else:
                    same = (old.size, old.root.hex(), old.note)
                    done = file.execute(
                        "UPDATE signed SET size = ?, root = ?, note = ? WHERE size = ? AND root = ? AND note = ?",
                        (*values, *same),
                    )
                return done.rowcount == 1

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file, open; after whatever went wrong it is closed."""
        if self._file is None or self._look() != self._known:
            self._close()
            self._file = self._connected()
        try:
            yield self._file
        except BaseException:
            self._close()
            raise
        self._known = self._look()

    def _connected(self) -> sqlite3.Connection:
        """A journal beside the file, unlike a write-ahead log, leaves the whole state in the file at every commit."""
        file = sqlite3.connect(self._path, timeout=SECONDS, isolation_level=None, check_same_thread=False)
        try:
            file.execute("PRAGMA journal_mode = TRUNCATE")
            file.execute("PRAGMA synchronous = FULL")
        except BaseException:
            file.close()
            raise
        return file

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._known = None

    def _look(self) -> tuple[int, ...] | None:
        """What tells the file from another and from what it was before another wrote it; None when it is not there.

        The process belongs to it: no SQLite file may be used by a child of the one that opened it.
        """
        try:
            found = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if not stat.S_ISREG(found.st_mode):
            return None
        return os.getpid(), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@lru_cache(maxsize=4)
def lock_at(path: Path) -> CheckpointLock:
    """The lock at ``path``, the same one for the life of the process."""
    return CheckpointLock(path)
