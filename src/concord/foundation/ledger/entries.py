"""What a journal entry is in the log: its columns as one canonical text, hidden behind a salt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from concord.foundation.journal.models import Entry
from concord.proofs.leaves import SALT_LENGTH, journal_leaf
from concord.rules.canonical import canonical_json

SCHEMA: Final = "entry/1"
COLUMNS = (
    "id",
    "at",
    "event",
    "subject",
    "internal",
    "details",
    "person_id",
    "post_id",
    "organisation__code",
    "matter_uid",
)


class Columns(NamedTuple):
    """What a leaf holds of an entry, in the order of COLUMNS: people and posts by number, organisations by code."""

    id: int
    at: datetime
    event: str
    subject: str
    internal: bool
    details: Mapping[str, object]
    person: int | None
    post: int | None
    organisation: str | None
    matter: UUID | None

    def written(self) -> bytes:
        """The canonical entry whose digest the leaf holds (docs/reference/evidence-format.md, section 5).

        What is empty is left out.
        """
        table: dict[str, object] = {
            "schema": SCHEMA,
            "id": self.id,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "event": self.event,
            "subject": self.subject,
            "internal": self.internal,
            "details": self.details,
        }
        if self.person is not None:
            table["person"] = self.person
        if self.post is not None:
            table["post"] = self.post
        if self.organisation is not None:
            table["organisation"] = self.organisation
        if self.matter is not None:
            table["matter"] = str(self.matter)
        return canonical_json(table)

    def leaf(self, salt: bytes) -> bytes:
        """The leaf of the entry behind its salt of 32 bytes."""
        return journal_leaf(salt, self.written())


def columns_of(entries: QuerySet[Entry]) -> list[Columns]:
    """The columns of each of ``entries``, in one statement and without their rows' other columns."""
    return list(map(Columns._make, entries.values_list(*COLUMNS)))


def entry_bytes(entry: Entry) -> bytes:
    """The canonical text of ``entry``, with which its organisation is to be loaded."""
    return _columns(entry).written()


def entry_leaf(entry: Entry, salt: bytes) -> bytes:
    """The leaf of ``entry``, with which its organisation is to be loaded, behind its salt of 32 bytes."""
    return _columns(entry).leaf(salt)


def cut(salts: bytes) -> list[bytes]:
    """Random bytes as salts, one after another."""
    return [salts[at : at + SALT_LENGTH] for at in range(0, len(salts), SALT_LENGTH)]


def _columns(entry: Entry) -> Columns:
    return Columns(
        entry.pk,
        entry.at,
        entry.event,
        entry.subject,
        entry.internal,
        entry.details,
        entry.person_id,
        entry.post_id,
        None if entry.organisation is None else entry.organisation.code,
        entry.matter_uid,
    )
