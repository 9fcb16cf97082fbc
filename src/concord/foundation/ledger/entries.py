"""What a journal entry is in the log: its columns as one canonical text, hidden behind a salt."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from concord.foundation.journal.models import Entry
from concord.proofs.leaves import SALT_LENGTH, journal_leaf
from concord.rules.canonical import canonical_json

SCHEMA: Final = "entry/1"
INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def entry_bytes(entry: Entry) -> bytes:
    """The canonical entry whose digest the leaf holds (docs/reference/evidence-format.md, section 5).

    People and posts stand there by number, organisations by code; what is empty is left out. The organisation is to be
    loaded with the entry.
    """
    table: dict[str, object] = {
        "schema": SCHEMA,
        "id": entry.pk,
        "at": entry.at.astimezone(UTC).strftime(INSTANT),
        "event": entry.event,
        "subject": entry.subject,
        "internal": entry.internal,
        "details": entry.details,
    }
    if entry.person_id is not None:
        table["person"] = entry.person_id
    if entry.post_id is not None:
        table["post"] = entry.post_id
    if entry.organisation is not None:
        table["organisation"] = entry.organisation.code
    if entry.matter_uid is not None:
        table["matter"] = str(entry.matter_uid)
    return canonical_json(table)


def entry_leaf(entry: Entry, salt: bytes) -> bytes:
    """The leaf of the entry behind its salt of 32 bytes."""
    return journal_leaf(salt, entry_bytes(entry))


def cut(salts: bytes) -> list[bytes]:
    """Random bytes as salts, one after another."""
    return [salts[at : at + SALT_LENGTH] for at in range(0, len(salts), SALT_LENGTH)]
