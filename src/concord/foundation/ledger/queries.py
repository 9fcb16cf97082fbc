"""Reads: how the ledger stands, and the proof of a leaf against the newest published checkpoint.

They are answered whatever scope the connection speaks for: whoever calls has checked that the entry, or the thing
submitted, may be seen. What a leaf holds tells nothing without its salt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry
from concord.foundation.ledger.entries import entry_bytes, entry_leaf
from concord.foundation.ledger.log import installation_here
from concord.foundation.ledger.models import Checkpoint, ClosedLog, Cosigner, Incident, Salt, Standing, Submission
from concord.foundation.ledger.store import Store, opened
from concord.proofs import checkpoints, notes, tiles
from concord.proofs.tlog_proof import TlogProof


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a journal leaf: the salt and the canonical entry behind the digest."""

    salt: bytes
    entry: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is in the log: the leaf, its place, an encoded tlog-proof@v1, and the opening of a journal leaf."""

    leaf: bytes
    index: int
    tlog_proof: bytes
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the log has not taken in yet: how many rows, counted up to 10,000, and since when the oldest waits."""

    count: int
    oldest: datetime | None


MOST_COUNTED = 10_000


def proof_of_entry(entry_id: int, *, store: Store | None = None) -> Proof | None:
    """The proof of a journal entry, from the tiles in ``store`` or else those of this installation.

    None while it is not published, when there is no such entry, or when its salt was erased.
    """
    with writing():
        entry = Entry.objects.select_related("organisation").filter(pk=entry_id, leaf_index__isnull=False).first()
        salt = Salt.objects.filter(entry=entry_id).first()
    if entry is None or entry.leaf_index is None or salt is None:
        return None
    opening = Opening(bytes(salt.salt), entry_bytes(entry))
    return _proof(entry_leaf(entry, opening.salt), entry.leaf_index, store, opening)


def proof_of_submission(submission_id: int, *, store: Store | None = None) -> Proof | None:
    """The proof of a submitted leaf, from the tiles in ``store`` or else those of this installation.

    None while it is not published.
    """
    with writing():
        submission = Submission.objects.filter(pk=submission_id, leaf_index__isnull=False).first()
    if submission is None or submission.leaf_index is None:
        return None
    return _proof(bytes(submission.leaf), submission.leaf_index, store, None)


def latest_checkpoint() -> Checkpoint | None:
    """The newest published checkpoint."""
    return Checkpoint.objects.filter(published_at__isnull=False).first()


def recent_checkpoints(limit: int) -> list[Checkpoint]:
    """The published checkpoints, the newest first."""
    return list(Checkpoint.objects.filter(published_at__isnull=False)[:limit])


def size() -> int:
    """How many leaves of the log are durable, published or not."""
    return standing_row().size


def standing_row() -> Standing:
    """The one row that says where the log stands; an empty one before there is any."""
    return Standing.objects.order_by("id").first() or Standing()


def waiting() -> Waiting:
    """What still waits for its place."""
    with writing():
        entries = Entry.objects.filter(leaf_index__isnull=True).order_by("id")
        submissions = Submission.objects.filter(leaf_index__isnull=True).order_by("id")
        count = entries[:MOST_COUNTED].count() + submissions[:MOST_COUNTED].count()
        return Waiting(min(count, MOST_COUNTED), oldest_waiting())


def oldest_waiting() -> datetime | None:
    """Since when the row waits that has waited longest."""
    with writing():
        entries = Entry.objects.filter(leaf_index__isnull=True).order_by("id")
        submissions = Submission.objects.filter(leaf_index__isnull=True).order_by("id")
        oldest = [
            entries.values_list("at", flat=True).first(),
            submissions.values_list("submitted_at", flat=True).first(),
        ]
    return min((at for at in oldest if at is not None), default=None)


def cosigners() -> list[Cosigner]:
    """How far each witness is, by name."""
    return list(Cosigner.objects.all())


def open_incidents() -> list[Incident]:
    """What is wrong with the ledger now."""
    return list(Incident.objects.filter(ended_at__isnull=True))


def published_until() -> int:
    """The place before which every leaf is published; places go on from one log to the next."""
    checkpoint = latest_checkpoint()
    return standing_row().first + (checkpoint.size if checkpoint is not None else 0)


def _proof(leaf: bytes, place: int, store: Store | None, opening: Opening | None) -> Proof | None:
    first = standing_row().first
    if place < first:
        closed = ClosedLog.objects.filter(first__lte=place, until__gt=place).first()
        if closed is None:
            return None
        reading, index, note = opened(closed.tiles), place - closed.first, closed.note.encode()
        size_of_tree = checkpoints.parse(notes.parse(note).text).size
    else:
        checkpoint = latest_checkpoint()
        if checkpoint is None or place - first >= checkpoint.size:
            return None
        reading, index, note = store or opened(installation_here().tiles), place - first, checkpoint.note.encode()
        size_of_tree = checkpoint.size
    path = tiles.inclusion(reading.get, index, size_of_tree)
    return Proof(leaf, index, TlogProof(index, path, note).encoded(), opening)
