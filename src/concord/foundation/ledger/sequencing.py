"""The sequencer: gives every pending row its place in the log, and signs the tree that grows of them.

A round goes: rows durable in the database → tiles → signature → lock → witnesses → published. It may be killed
anywhere; the next one finds how far it came and goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.db.models import QuerySet

from concord.foundation.database import ledger_cursor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import SYSTEM, speaking_for, writing
from concord.foundation.journal.models import Entry
from concord.foundation.keys.installation import Installation
from concord.foundation.ledger import incidents, publishing, sealing
from concord.foundation.ledger.entries import columns_of, cut, entry_leaf
from concord.foundation.ledger.lock import Signed
from concord.foundation.ledger.log import Log, open_log
from concord.foundation.ledger.models import Checkpoint, Salt, Standing, Submission
from concord.foundation.ledger.policy import BATCH, frozen
from concord.foundation.ledger.queries import standing_row
from concord.foundation.ledger.store import CHECKPOINT, Store
from concord.foundation.ledger.witnesses import WitnessPort
from concord.proofs import merkle, tiles
from concord.proofs.leaves import SALT_LENGTH
from concord.proofs.merkle import HASH_SIZE, Range
from concord.rules.errors import ConcordError, Conflict, InvalidInput

IDLE_SECONDS = 1.0
logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Round:
    """What a round did: how many leaves it took in, how many the log has now, whether all of them are published."""

    taken: int
    size: int
    published: bool
    more: bool
    """Whether rows still wait, so that the next round should follow at once."""


def sequence(
    installation: Installation,
    *,
    now: Callable[[], datetime],
    random_bytes: Callable[[int], bytes],
    witnesses: WitnessPort,
    batch: int = BATCH,
    store: Store | None = None,
) -> Round | None:
    """Do one round as SYSTEM, outside of any transaction; None while another process sequences.

    Raises Unavailable ``ledger.frozen`` when the database, the files and the lock do not agree, whatever ``log_signer``
    raises, and OSError when something cannot be written: then the next round takes it up again.
    """
    with ledger_cursor.sole_sequencer() as alone:
        if not alone:
            return None
        log = open_log(installation, now=now, random_bytes=random_bytes, witnesses=witnesses, store=store)
        try:
            return _round(log, batch)
        except Conflict as error:
            if error.code == "ledger.tile_differs":
                raise frozen("tiles_differ") from error
            raise
        except InvalidInput as error:
            if error.code.startswith("proofs."):
                raise frozen("tiles_behind") from error
            raise


def run(
    installation: Installation,
    *,
    stop: Callable[[], bool],
    pause: Callable[[float], object],
    now: Callable[[], datetime],
    random_bytes: Callable[[int], bytes],
    witnesses: WitnessPort,
) -> None:
    """Sequence round after round until ``stop()`` is true; ``pause`` is called with seconds when nothing waits.

    After a round that published, sealed packages are given their proofs. Whatever fails is tried again. A frozen ledger
    is told to those who look after it, and looked at again.
    """
    known: str | None = None
    said = ""
    try:
        while not stop():
            close_old_connections()
            done, reason = None, ""
            try:
                with speaking_for(SYSTEM):
                    done = sequence(installation, now=now, random_bytes=random_bytes, witnesses=witnesses)
                    if done is not None and done.published:
                        sealing.prove()
            except (OperationalError, InterfaceError) as error:
                logger.warning("ledger.database_away", error=str(error))
                connection.close()
            except (ConcordError, OSError) as error:
                if str(error) != said:  # what fails every second is said once
                    logger.warning("ledger.round_failed", error=str(error))
                said, reason = str(error), _reason(error)
            else:
                said = ""
            if (done or reason) and reason != known and _told(reason, at=now()):
                known = reason
            if done is None or not done.more:
                pause(IDLE_SECONDS)
    finally:
        connection.close()


def _reason(error: ConcordError | OSError) -> str:
    """Why the ledger is frozen; empty when it is not."""
    if isinstance(error, ConcordError) and error.code == "ledger.frozen":
        return str(error.details["reason"])
    return ""


def _told(reason: str, *, at: datetime) -> bool:
    """Begin or end the incident of a frozen ledger; False when the database is away and it is to be done again."""
    try:
        with speaking_for(SYSTEM):
            if reason:
                incidents.begin(incidents.FROZEN, at=at, reason=reason)
            else:
                incidents.end(incidents.FROZEN, at=at)
    except (OperationalError, InterfaceError):
        connection.close()
        return False
    return True


def _round(log: Log, batch: int) -> Round:
    signed, standing = _agreed(log)
    taken = 0
    if standing.size > signed.size:
        leaves = derived(signed.size, standing.size)
        if _range_of(log, signed).append(map(merkle.leaf_hash, leaves)) != standing:
            raise frozen("roots_differ")
    else:
        standing, leaves = _take(standing, batch, log)
        taken = len(leaves)
    if leaves:
        signed = _signed(log, signed, standing, leaves)
    published = True
    if leaves or publishing.is_due(signed, at=log.now()):
        published = publishing.publish(log, signed)
    return Round(taken, standing.size, published, more=taken == batch)


def _agreed(log: Log) -> tuple[Signed, Range]:
    """The state signed last and the standing of the database, once they and the files agree."""
    row = standing_row()
    if row.origin not in {"", log.installation.origin}:
        raise frozen("origin")
    standing = range_of(row)
    signed = log.signed()
    if signed is None:
        if standing.size or log.store.exists(CHECKPOINT) or Checkpoint.objects.exists():
            raise frozen("lock_missing")
        signed = Signed(0, merkle.EMPTY_ROOT, b"")
        if not log.lock.compare_and_swap(None, signed):
            raise frozen("lock_unreadable")
    newest = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
    if standing.size < signed.size:
        raise frozen("database_behind")
    if newest > signed.size or (standing.size == signed.size and standing.root() != signed.root):
        raise frozen("roots_differ")
    if tiles.root_of(log.read, signed.size) != signed.root:
        raise frozen("roots_differ")
    return signed, standing


def range_of(row: Standing) -> Range:
    """The tree of all durable leaves. Raises Unavailable ``ledger.frozen`` when its hashes do not fit its size."""
    try:
        return Range(row.size, _split(bytes(row.hashes)))
    except (InvalidInput, TypeError) as error:
        raise frozen("roots_differ") from error


def _split(hashes: bytes) -> tuple[bytes, ...]:
    return tuple(hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE))


def _range_of(log: Log, signed: Signed) -> Range:
    return tiles.range_of(log.read, signed.size)


def _take(standing: Range, batch: int, log: Log) -> tuple[Range, list[bytes]]:
    """Give up to ``batch`` pending rows their places, in one transaction; the tree with them, and their leaves.

    Committed rows never change and nobody else gives them places, so they are read, and their leaves made, before the
    transaction begins.
    """
    entries = columns_of(_pending_entries().order_by("id")[:batch])
    left = batch - len(entries)
    submissions = list(_pending_submissions().order_by("id").values_list("id", "leaf")[:left]) if left else []
    if not entries and not submissions:
        return standing, []
    salts = log.random_bytes(SALT_LENGTH * len(entries))
    leaves = [entry.leaf(salt) for entry, salt in zip(entries, cut(salts), strict=True)]
    leaves += [bytes(leaf) for _, leaf in submissions]
    with writing():
        row = locked(Standing.objects.order_by("id")).first() or Standing.objects.create()
        before = range_of(row)
        place = row.first + before.size
        after = before.append(map(merkle.leaf_hash, leaves))
        if entries:
            ids = [entry.id for entry in entries]
            ledger_cursor.keep_salts("ledger_salt", ids, salts, length=SALT_LENGTH)
            ledger_cursor.give_places("journal_entry", ids, first=place)
        if submissions:
            others = [number for number, _ in submissions]
            ledger_cursor.give_places("ledger_submission", others, first=place + len(entries))
        row.size, row.hashes = after.size, b"".join(after.hashes)
        row.origin, row.tiles = log.installation.origin, log.installation.tiles
        row.save()
    return after, leaves


def _pending_entries() -> QuerySet[Entry]:
    return Entry.objects.filter(leaf_index__isnull=True)


def _pending_submissions() -> QuerySet[Submission]:
    return Submission.objects.filter(leaf_index__isnull=True)


def derived(start: int, end: int) -> list[bytes]:
    """The leaves of this log from ``start`` to ``end``, derived anew from their rows.

    Raises Unavailable ``ledger.frozen`` when a row or its salt is gone.
    """
    first = standing_row().first
    start, end = first + start, first + end
    entries = Entry.objects.filter(leaf_index__gte=start, leaf_index__lt=end).select_related("organisation")
    salts = dict(Salt.objects.filter(entry__in=entries.values("pk")).values_list("entry_id", "salt"))
    found = {entry.leaf_index: entry_leaf(entry, bytes(salts[entry.pk])) for entry in entries if entry.pk in salts}
    submissions = Submission.objects.filter(leaf_index__gte=start, leaf_index__lt=end)
    found |= {one.leaf_index: bytes(one.leaf) for one in submissions}
    if len(found) != end - start:
        raise frozen("leaf_lost")
    return [found[place] for place in range(start, end)]


def _signed(log: Log, before: Signed, standing: Range, leaves: Sequence[bytes]) -> Signed:
    """Write the tiles of the new leaves, sign the tree, put it in the lock. Raises Unavailable ``ledger.frozen``."""
    files = tiles.grown(log.read, before.size, leaves)
    log.write(files)
    root = standing.root()
    if tiles.root_of(log.read, standing.size) != root:
        raise frozen("roots_differ")
    signed = log.sign(standing.size, root)
    if not log.lock.compare_and_swap(before, signed):
        raise frozen("roots_differ")
    for path in files:
        if ".p/" not in path:
            log.store.prune(path)
    return signed
