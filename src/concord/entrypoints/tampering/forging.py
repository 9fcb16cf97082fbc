"""What somebody who owns the host could do to history: the deeds that ``make tamper`` does, on a machine of its own.

Each is done by the shortest way: with the database's own file, the ledger's folder and the stolen key, past every
rule of the programs.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from concord.foundation.keys.installation import Installation, WitnessAddress
from concord.foundation.keys.signers import log_signer
from concord.foundation.ledger.lock import CheckpointLock, Signed
from concord.foundation.ledger.store import CHECKPOINT, Store
from concord.foundation.ledger.witnesses import Question, WitnessPort
from concord.proofs import checkpoints, merkle, notes, tiles
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import Unavailable

NO_ANSWER = 0


def rewrite_hour(database: Path, entry: int, *, by: timedelta) -> tuple[datetime, datetime, list[str]]:
    """Put a journal entry at another time, as the owner of the SQLite file.

    The time before and after, and the database's own guards that had to be dropped for it.
    """
    with closing(sqlite3.connect(database)) as file, file:
        guards = [
            name
            for (name,) in file.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'journal_entry' ORDER BY name"
            )
        ]
        for name in guards:
            file.execute(f'DROP TRIGGER "{name}"')
        (text,) = file.execute("SELECT at FROM journal_entry WHERE id = ?", (entry,)).fetchone()
        before = datetime.fromisoformat(text)
        after = before + by
        file.execute("UPDATE journal_entry SET at = ? WHERE id = ?", (after.isoformat(" "), entry))
    return before.replace(tzinfo=UTC), after.replace(tzinfo=UTC), guards


def rewrite_files(installation: Installation, store: Store, leaves: Sequence[bytes]) -> int:
    """Write the log's files anew from ``leaves``; how many there are."""
    shutil.rmtree(Path(installation.tiles.removeprefix("file:")))
    files = tiles.grown(_nothing, 0, leaves)
    for path, content in files.items():
        store.put(path, content)
    return len(files)


def forged_state(installation: Installation, leaves: Sequence[bytes]) -> Signed:
    """A checkpoint of ``leaves`` under the log's own key, taken from its file."""
    signer = log_signer(installation.log_key)
    root = merkle.Range(0, ()).append(map(merkle.leaf_hash, leaves)).root()
    note = checkpoints.sign_checkpoint(Checkpoint(installation.origin, len(leaves), root), signer.sign, signer.key)
    return Signed(len(leaves), root, note)


def reset_lock(installation: Installation, state: Signed) -> None:
    """Replace the lock that says what was signed last."""
    for suffix in ("", "-wal", "-shm"):
        installation.lock.with_name(installation.lock.name + suffix).unlink(missing_ok=True)
    CheckpointLock(installation.lock).compare_and_swap(None, state)


def with_old_cosignatures(state: Signed, published: bytes) -> bytes:
    """The forged checkpoint under the cosignatures of the true one."""
    true, forged = notes.parse(published), notes.parse(state.note)
    own = {(line.name, line.id) for line in forged.lines}
    return checkpoints.with_signatures(state.note, [line for line in true.lines if (line.name, line.id) not in own])


def publish(store: Store, note: bytes) -> None:
    """Put a checkpoint where everyone reads the newest one."""
    store.put(CHECKPOINT, note)


def ask(port: WitnessPort, witness: WitnessAddress, state: Signed, leaves: Sequence[bytes], *, old: int) -> int:
    """The status with which a witness answers the forged checkpoint, told to come from a tree of ``old`` leaves."""
    held = tiles.grown(_nothing, 0, leaves)

    def proof(size: int) -> Sequence[bytes]:
        return tiles.consistency(held.get, size, state.size) if 0 < size < state.size else ()

    try:
        return port.add_checkpoint(witness, Question(state.note, state.size, proof).body(old)).status
    except Unavailable:
        return NO_ANSWER


def _nothing(_path: str) -> None:
    return None
