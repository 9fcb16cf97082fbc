"""What it costs to take journal entries into the log with nine witnesses, beside the bare work of the same round."""

from __future__ import annotations

import hashlib
import json
import os
import random
import sqlite3
import statistics
from functools import partial
from pathlib import Path

import pymerkle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.databases import Database, made
from bench.measuring import Table, interleaved, microseconds, once, ratio, undisturbed
from bench.sealing import share
from concord.foundation.database import scope
from concord.foundation.journal.models import Entry
from concord.foundation.keys.installation import WitnessAddress
from concord.foundation.ledger import sequencing
from concord.foundation.ledger.witnesses import Answer
from concord.proofs import merkle, sm2, tiles
from concord.witness.state import State
from tests.support.ledgers import Ledger

BATCHES = (1, 100, 1000)
ROUNDS = 9
WITNESSES = 9
SALT = 32
PEER_LEAVES = 2000
PRIVATE = bytes(range(1, 33))
MESSAGE = b"m" * 200
ROWS = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, at TEXT, event TEXT, details TEXT, place INTEGER);
CREATE INDEX entry_pending ON entry (id) WHERE place IS NULL;
CREATE UNIQUE INDEX one_entry_per_place ON entry (place) WHERE place IS NOT NULL;
CREATE TRIGGER place_given_once BEFORE UPDATE ON entry WHEN OLD.place IS NOT NULL OR NEW.place IS NULL
  BEGIN SELECT RAISE(ABORT, 'once'); END;
CREATE TABLE salt (entry INTEGER PRIMARY KEY, salt BLOB);
CREATE TABLE standing (id INTEGER PRIMARY KEY, size INTEGER, note TEXT);
CREATE TABLE cosigner (name TEXT PRIMARY KEY, size INTEGER);
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT);
"""
"""The tables of a round with the indexes and the trigger that the design asks for."""


def run(home: Path) -> list[Table]:
    """The log's rounds by batch, on SQLite; and the tree beside a public Python peer."""
    with made("sqlite", home, len(BATCHES)) as databases:
        rows = [
            _row(database, home / f"batch{batch}", batch) for database, batch in zip(databases, BATCHES, strict=True)
        ]
    columns = [
        "entries a round",
        "round",
        "entries a second",
        "bare round",
        "entries a second, bare",
        "share of the bound",
        "at least 70 %, goal 90 %",
    ]
    note = (
        "A round of the sequencer on SQLite: rows read, leaves derived and given places in one transaction, files and "
        "checkpoint written and synced, the tree signed, the lock replaced, nine witnesses in this process asked, each "
        "of whom syncs its own database and signs with Ed25519 and SM2, all signatures checked, published. The bare "
        "round does the same number of JSON texts, digests, signatures, checks, rows and synced writes one after "
        "another, with the drivers alone; its tables have the same indexes and trigger, and each witness and the lock "
        "read their state in the transaction that replaces it. The entries are written before either is timed. The "
        "bare round does not read files back, grow a tree, parse notes, make or check proofs of consistency, and it "
        "starts no thread; and its lock syncs once, ours five times, to have the whole state in one file."
    )
    return [Table("Log append, nine witnesses", columns, rows, [note]), _peer()]


def _row(database: Database, folder: Path, batch: int) -> list[str]:
    database.use()
    folder.mkdir()
    scope.enter(scope.SYSTEM)
    ledger, bare = Ledger(folder), _Bare(folder, batch)
    witnesses = _Witnesses(ledger)
    ours, theirs = [], []
    for number in range(ROUNDS + 1):
        _write(ledger, batch)
        bare.write()
        ledger.later(seconds=1)
        round_ = partial(
            sequencing.sequence,
            ledger.installation,
            now=ledger.now,
            random_bytes=os.urandom,
            witnesses=witnesses,
            batch=batch,
            store=ledger.store,
        )
        with undisturbed():
            seconds = once(round_)
        with undisturbed():
            bound = once(bare.round)
        if number:
            ours.append(seconds)
            theirs.append(bound)
    if Entry.objects.filter(leaf_index__isnull=True).exists():
        raise AssertionError("an entry was left out")
    found, least = statistics.median(ours), statistics.median(theirs)
    return [
        f"{batch:,}",
        f"{found * 1000:.1f} ms",
        f"{batch / found:,.0f}",
        f"{least * 1000:.1f} ms",
        f"{batch / least:,.0f}",
        *share(found, least),
    ]


def _write(ledger: Ledger, count: int) -> None:
    with scope.writing():
        Entry.objects.bulk_create(
            Entry(at=ledger.at, event="toy.happened", details={"n": number}) for number in range(count)
        )


class _Witnesses:
    """The nine of a test's ledger, with databases that stay open, as those of processes do."""

    def __init__(self, ledger: Ledger) -> None:
        local = ledger.witnesses
        self._by_name = {name: local._witness(name, State(local.database(name))) for name in local.keys}  # noqa: SLF001  a bench looks inside

    def add_checkpoint(self, witness: WitnessAddress, body: bytes) -> Answer:
        """What the witness answers."""
        answer = self._by_name[witness.name].add_checkpoint(body)
        return Answer(answer.status, answer.body.encode())


class _Bare:
    """What a round cannot do without, done plainly."""

    def __init__(self, folder: Path, batch: int) -> None:
        self._folder, self._batch, self._size = folder / "bare", batch, 0
        self._folder.mkdir()
        self._rows = self._opened("rows", "NORMAL")
        self._rows.executescript(ROWS)
        self._states = [self._opened(f"state{number}", "FULL") for number in range(WITNESSES + 1)]
        for state in self._states:
            state.execute("CREATE TABLE state (id INTEGER PRIMARY KEY, size INTEGER, note TEXT)")
        self._key, self._public = Ed25519PrivateKey.from_private_bytes(PRIVATE), sm2.public_of(PRIVATE)

    def write(self) -> None:
        """The entries of the next round, which its acts have written."""
        numbers = range(self._size, self._size + self._batch)
        rows = [(number, "2026-03-02 01:30:00", "toy.happened", '{"n": 1}') for number in numbers]
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, NULL)", rows)
        self._rows.execute("COMMIT")

    def round(self) -> None:
        """One round of ``batch`` entries."""
        size = self._size + self._batch
        found = self._rows.execute("SELECT id, at, event, details FROM entry WHERE place IS NULL").fetchall()
        salts = os.urandom(SALT * self._batch)
        leaves = [self._leaf(row, salts[SALT * at : SALT * at + SALT]) for at, row in enumerate(found)]
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.executemany("INSERT INTO salt VALUES (?, ?)", [(row[0], salts[:SALT]) for row in found])
        self._rows.executemany("UPDATE entry SET place = ? WHERE id = ?", [(row[0], row[0]) for row in found])
        self._rows.execute("INSERT OR REPLACE INTO standing VALUES (1, ?, ?)", (size, "h" * 320))
        self._rows.execute("COMMIT")
        # Bundles and tiles of the lowest level, the last of each a partial one; a tile above them, and the checkpoint.
        for at in range(2 * (self._batch // tiles.TILE_WIDTH + 1) + 2):
            self._file(f"{size}-{at}", b"".join(leaves)[:8192])
        signature = self._key.sign(MESSAGE)
        self._commit(self._states[-1], size)
        for state in self._states[:WITNESSES]:
            self._key.public_key().verify(signature, MESSAGE)
            of_sm2 = sm2.sign(PRIVATE, MESSAGE)
            self._commit(state, size)
            self._key.public_key().verify(self._key.sign(MESSAGE), MESSAGE)
            sm2.verify(self._public, MESSAGE, of_sm2)
        self._rows.execute("BEGIN IMMEDIATE")
        cosigners = [(f"witness {number}", size) for number in range(WITNESSES)]
        self._rows.executemany("INSERT OR REPLACE INTO cosigner VALUES (?, ?)", cosigners)
        self._rows.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, "n" * 1200))
        self._rows.execute("COMMIT")
        self._size = size

    @staticmethod
    def _leaf(row: tuple[int, str, str, str], salt: bytes) -> bytes:
        text = json.dumps({"at": row[1], "details": json.loads(row[3]), "event": row[2], "id": row[0]}, sort_keys=True)
        leaf = json.dumps(
            {"d": hashlib.sha256(b"journal/1\0" + salt + text.encode()).hexdigest(), "t": "journal", "v": 1}
        )
        return hashlib.sha256(hashlib.sha256(leaf.encode()).digest()).digest()

    @staticmethod
    def _commit(database: sqlite3.Connection, size: int) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.execute("SELECT size, note FROM state").fetchone()
        database.execute("INSERT OR REPLACE INTO state VALUES (1, ?, ?)", (size, "n" * 1200))
        database.execute("COMMIT")

    def _file(self, name: str, content: bytes) -> None:
        beside = self._folder / "beside"
        with beside.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def _opened(self, name: str, synchronous: str) -> sqlite3.Connection:
        database = sqlite3.connect(self._folder / f"{name}.sqlite3", isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"PRAGMA synchronous={synchronous}")
        return database


def _peer() -> Table:
    """Growing a tree and proving from it, beside pymerkle; both find the same root and the same path."""
    leaves = [random.Random(number).randbytes(160) for number in range(PEER_LEAVES)]  # noqa: S311  the same every time
    files = tiles.grown(_nothing, 0, leaves)
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        other.append_entry(leaf)
    if other.get_root() != tiles.root_of(files.get, PEER_LEAVES):
        raise AssertionError("two trees")

    def ours_grown() -> None:
        merkle.Range(0, ()).append(map(merkle.leaf_hash, leaves)).root()

    def theirs_grown() -> None:
        tree = pymerkle.InmemoryTree(algorithm="sha256")
        for leaf in leaves:
            tree.append_entry(leaf)
        tree.get_root()

    proven = range(0, PEER_LEAVES, PEER_LEAVES // 50)
    ways = {
        "grow the tree, a leaf": (ours_grown, theirs_grown, PEER_LEAVES),
        "inclusion proof": (
            lambda: [tiles.inclusion(files.get, index, PEER_LEAVES) for index in proven],
            lambda: [other.prove_inclusion(index + 1) for index in proven],
            len(proven),
        ),
    }
    rows = []
    for name, (ours, theirs, count) in ways.items():
        times = interleaved({"ours": ours, "theirs": theirs})
        mine, peer = times["ours"].median / count, times["theirs"].median / count
        rows.append([name, microseconds(mine), microseconds(peer), ratio(mine, peer)])
    columns = ["what", "ours", "pymerkle", "ours : pymerkle"]
    note = f"{PEER_LEAVES:,} leaves of 160 bytes in memory; ours are read from tiles. Both give the same root."
    return Table("Tree and proofs beside a peer", columns, rows, [note])


def _nothing(_path: str) -> None:
    return None
