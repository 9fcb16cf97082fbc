"""The checkpoint lock: the last state the log ever signed, in a file of its own that is never part of a backup.

Whoever wants to sign a larger tree must first replace exactly the state they went out from. A database or tiles that
come back from a backup are then behind the lock, and the log signs nothing that contradicts what it signed before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
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
    """The lock in the SQLite file at ``path``. Raises sqlite3.DatabaseError when the file is something else."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Signed | None:
        """The last state signed; None when there is no lock."""
        if not self._path.is_file():
            return None
        with self._opened() as file:
            row = file.execute("SELECT size, root, note FROM signed").fetchone()
        return Signed(row[0], bytes.fromhex(row[1]), bytes(row[2])) if row else None

    def compare_and_swap(self, old: Signed | None, new: Signed) -> bool:
        """Put ``new`` in the place of ``old``, on disk when this returns; False when something else is there.

        With None for ``old`` the lock is made; False when there is one.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        values = (new.size, new.root.hex(), new.note)
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
        with closing(sqlite3.connect(self._path, timeout=SECONDS, isolation_level=None)) as file:
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = FULL")
            yield file
