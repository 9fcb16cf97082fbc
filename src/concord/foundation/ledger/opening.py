"""A new log in the place of one that cannot, or shall not, go on: a new origin, empty files, a lock of its own.

Rows keep their places. Those that the old log published are proven by its last checkpoint for good; those that it
took in and never published go into the new one, with an anchor that holds the old one's last checkpoint.
"""

from __future__ import annotations

from datetime import datetime

from concord.foundation.database import ledger_cursor
from concord.foundation.database.scope import writing
from concord.foundation.keys.installation import Installation
from concord.foundation.ledger.commands import submit
from concord.foundation.ledger.lock import CheckpointLock, Signed
from concord.foundation.ledger.models import Checkpoint, ClosedLog, Cosigner, Kind, Standing
from concord.foundation.ledger.queries import latest_checkpoint, standing_row
from concord.foundation.ledger.sequencing import derived
from concord.foundation.ledger.store import CHECKPOINT, opened
from concord.proofs import canonical, checkpoints, merkle, tiles
from concord.proofs.leaves import thing_leaf
from concord.proofs.merkle import Range
from concord.rules.errors import Conflict, InvalidInput, Said

SCHEMA = "closed-log/1"


def open_new(installation: Installation, *, organisation: str, at: datetime) -> ClosedLog:
    """Close the log that the database knows and begin the one that ``installation`` names; the closed one.

    ``organisation`` is the code of the member that runs the host and vouches for it. The next round signs the new
    tree. Raises Conflict ``ledger.not_new`` when the settings name no new log with empty files, ``ledger.busy`` while
    the sequencer runs, and Unavailable ``ledger.frozen`` when a row that was taken in is gone.
    """
    with ledger_cursor.sole_sequencer() as alone:
        if not alone:
            raise Conflict(
                "ledger.busy",
                Said("账本进程正在运行，请先停止。", "The ledger's process is running; stop it first."),
            )
        row = standing_row()
        beginning = Signed(0, merkle.EMPTY_ROOT, b"")
        lock = CheckpointLock(installation.lock)
        if (
            row.origin in {"", installation.origin}
            or opened(installation.tiles).exists(CHECKPOINT)
            or (lock.read() or beginning) != beginning
        ):
            raise Conflict(
                "ledger.not_new",
                Said(
                    "账本设置没有指向新的账本：须换用新的名称（origin）、空的存放位置（tiles）和新的锁文件（lock）。",
                    "The settings name no new log: it needs another origin, empty tiles and a lock of its own.",
                ),
            )
        note, size = _last_published(installation, row)
        lock.compare_and_swap(None, beginning)
        with writing():
            return _moved_on(row, installation, note, size, organisation=organisation, at=at)


def _moved_on(
    row: Standing, installation: Installation, note: str, size: int, *, organisation: str, at: datetime
) -> ClosedLog:
    until = row.first + min(size, row.size)
    again = [merkle.leaf_hash(leaf) for leaf in derived(until - row.first, row.size)]
    closed = ClosedLog.objects.create(
        origin=row.origin, first=row.first, until=until, note=note, tiles=row.tiles, closed_at=at
    )
    thing = canonical.encode({"note": note, "origin": closed.origin, "schema": SCHEMA})
    leaf = thing_leaf("anchor", org=organisation, thing=thing)
    submit(leaf=leaf, kind=Kind.ANCHOR, subject=closed.origin, organisation=None, at=at)
    tree = Range(0, ()).append(again)
    row.first, row.size, row.hashes = until, tree.size, b"".join(tree.hashes)
    row.origin, row.tiles = installation.origin, installation.tiles
    row.save()
    Checkpoint.objects.all().delete()
    Cosigner.objects.all().delete()
    return closed


def _last_published(installation: Installation, row: Standing) -> tuple[str, int]:
    """The old log's last published note, and its size: the one in its files where that is good and newer.

    After a restore the files know more than the database; to believe them the policy must still name the old log.
    """
    known = latest_checkpoint()
    note, size = (known.note, known.size) if known is not None else ("", 0)
    reading = opened(row.tiles).get
    held, key = reading(CHECKPOINT), installation.policy.logs.get(row.origin)
    if held is None or key is None:
        return note, size
    try:
        witnesses = list(installation.policy.witnesses.values())
        found = checkpoints.open_checkpoint(held, log=key, witnesses=witnesses)
        newer = found.checkpoint.size > size and installation.policy.satisfied(found.cosigners)
        if newer and tiles.root_of(reading, found.checkpoint.size) == found.checkpoint.root:
            return held.decode(), found.checkpoint.size
    except InvalidInput:
        return note, size
    return note, size
