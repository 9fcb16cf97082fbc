"""What a witness remembers, in its own database: what it cosigned last, what it saw of others, what alarmed it.

A cosignature leaves the house only after ``advance`` has written, and synced, the tree that it speaks of; the check
of the old tree and the writing of the new one are one transaction, so two requests never roll each other back.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from concord.proofs import merkle
from concord.rules.errors import Said, Unavailable
from concord.witness.protocol import Standing

MOST_ALARMS = 200
"""Of one kind; more would tell nothing new, and whoever holds a stolen key of the log could write any number."""

_VERSION = 1
_WAIT = 10.0  # seconds for another process at the same database
_TABLES = """
CREATE TABLE latest (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE sighting (
    origin TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    at TEXT NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (origin, source)
) STRICT;
CREATE TABLE mirror (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, hashes BLOB NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE alarm (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, origin TEXT NOT NULL, source TEXT NOT NULL,
    size INTEGER NOT NULL, root BLOB NOT NULL, at TEXT NOT NULL, ours BLOB NOT NULL, theirs BLOB NOT NULL,
    UNIQUE (kind, origin, source, size, root)
) STRICT;
"""


class Outcome(StrEnum):
    """What comparing a checkpoint with our own tree gave."""

    AGREES = "agrees"
    FORK = "fork"
    UNPROVEN = "unproven"


class AlarmKind(StrEnum):
    """What a witness raises the alarm about; nobody but its operator ends one."""

    FORK = "fork"
    MIRROR = "mirror"
    OWN_KEY = "own_key"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Latest:
    """The checkpoint cosigned last: its note bears our own lines."""

    size: int
    root: bytes
    note: bytes
    at: datetime

    @property
    def standing(self) -> Standing:
        """The tree alone."""
        return Standing(self.size, self.root)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The largest checkpoint seen of one source, and how it compared."""

    source: str
    size: int
    root: bytes
    note: bytes
    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Alarm:
    """Two statements that do not go together, kept as they came."""

    number: int
    kind: AlarmKind
    origin: str
    source: str
    size: int
    root: bytes
    at: datetime
    ours: bytes
    theirs: bytes


class State:
    """The database of one witness; usable from several threads, and beside another process."""

    def __init__(self, file: Path) -> None:
        """Open it, or make it. Raises Unavailable ``witness.state``."""
        self._file = file
        self._lock = threading.RLock()
        try:
            self._database = sqlite3.connect(file, timeout=_WAIT, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            with self._writing() as database:
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in _TABLES.split(";")[:-1]:
                        database.execute(statement)
                    database.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if version not in {0, _VERSION}:
            raise self._failed(ValueError(f"version {version}"))

    def close(self) -> None:
        """Let go of the database once whoever is writing has written."""
        with self._lock:
            self._database.close()

    def latest(self, origin: str) -> Latest | None:
        """What was cosigned last of a log."""
        row = self._row("SELECT size, root, note, at FROM latest WHERE origin = ?", origin)
        return Latest(row[0], row[1], row[2], datetime.fromisoformat(row[3])) if row else None

    def advance(self, origin: str, before: Standing, after: Latest) -> bool:
        """Write ``after`` if ``before`` is still what was cosigned last; False when it is not. Synced on return."""
        with self._writing() as database:
            row = database.execute("SELECT size, root FROM latest WHERE origin = ?", (origin,)).fetchone()
            if (Standing(*row) if row else Standing()) != before:
                return False
            database.execute(
                "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?)",
                (origin, after.size, after.root, after.note, _text(after.at)),
            )
        return True

    def sightings(self, origin: str) -> dict[str, Sighting]:
        """What was seen of every source, by its name."""
        rows = self._rows(
            "SELECT source, size, root, note, at, outcome FROM sighting WHERE origin = ? ORDER BY source", origin
        )
        return {
            source: Sighting(source, size, root, note, datetime.fromisoformat(at), Outcome(outcome))
            for source, size, root, note, at, outcome in rows
        }

    def keep_sightings(self, origin: str, seen: Iterable[Sighting]) -> None:
        """Keep these in place of what was seen of their sources before."""
        rows = [(origin, one.source, one.size, one.root, one.note, _text(one.at), one.outcome) for one in seen]
        if rows:
            with self._writing() as database:
                database.executemany("INSERT OR REPLACE INTO sighting VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def mirrored(self, origin: str) -> merkle.Range:
        """How far the mirror reaches, as the compact range of its leaves."""
        row = self._row("SELECT size, hashes FROM mirror WHERE origin = ?", origin)
        if row is None:
            return merkle.Range(0, ())
        size, hashes = row
        step = merkle.HASH_SIZE
        return merkle.Range(size, tuple(hashes[at : at + step] for at in range(0, len(hashes), step)))

    def keep_mirrored(self, origin: str, held: merkle.Range, at: datetime) -> None:
        """Remember that the mirror holds these leaves, verified."""
        with self._writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO mirror VALUES (?, ?, ?, ?)",
                (origin, held.size, b"".join(held.hashes), _text(at)),
            )

    def alarms(self) -> tuple[Alarm, ...]:
        """Every alarm, the oldest first."""
        rows = self._rows("SELECT id, kind, origin, source, size, root, at, ours, theirs FROM alarm ORDER BY id")
        return tuple(
            Alarm(number, AlarmKind(kind), origin, source, size, root, datetime.fromisoformat(at), ours, theirs)
            for number, kind, origin, source, size, root, at, ours, theirs in rows
        )

    def raise_alarm(
        self, kind: AlarmKind, *, origin: str, source: str, tree: Standing, at: datetime, ours: bytes, theirs: bytes
    ) -> bool:
        """Keep an alarm over ``tree`` with both statements; False when it is known, or there are too many of a kind."""
        with self._writing() as database:
            (count,) = database.execute("SELECT count(*) FROM alarm WHERE kind = ?", (kind,)).fetchone()
            if count >= MOST_ALARMS:
                return False
            added = database.execute(
                "INSERT OR IGNORE INTO alarm (kind, origin, source, size, root, at, ours, theirs)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, origin, source, tree.size, tree.root, _text(at), ours, theirs),
            )
            return added.rowcount == 1

    def _row(self, question: str, *values: str) -> tuple[Any, ...] | None:
        rows = self._rows(question, *values)
        return rows[0] if rows else None

    def _rows(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._database.execute(question, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed(error) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its first statement."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failed(error) from error
            finally:
                self._give_up()

    def _give_up(self) -> None:
        """Roll back what was not committed; a closed database has nothing to roll back."""
        with suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")

    def _failed(self, error: Exception) -> Unavailable:
        return Unavailable(
            "witness.state",
            Said(
                f"见证方的数据库 {self._file} 不能使用（{error}）。请检查磁盘和权限。",
                f"The witness's database {self._file} cannot be used ({error}). Look at the disk and its permissions.",
            ),
        )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
