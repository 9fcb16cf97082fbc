"""What reading leaves behind: the receipt that the other side sees, and the record of what was asked for in vain."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from concord.casework.models import Case, Matter, Message, Paper
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.files.models import File
from concord.foundation.journal import commands as journal

# What may be hidden from somebody: kind → the rows, each with a uid, and the column that the record names it by.
HIDDEN: dict[str, tuple[Callable[[], QuerySet[Any]], str]] = {
    "matter": (Matter.objects.all, "number"),
    "paper": (Paper.objects.all, "uid"),
    "case": (Case.objects.all, "uid"),
    "file": (File.objects.all, "uid"),
}


def acknowledge(*, matter: Matter, by: Actor, at: datetime) -> None:
    """Mark the messages to the actor's organisation as read (已读): the receipt that the other side sees."""
    unread = Message.objects.filter(matter=matter, receiver=by.organisation, read_at__isnull=True)
    if unread.exists():
        with writing():
            unread.update(read_at=at, read_by=by.person)


def note_refusal(*, by: Actor, at: datetime, what: str = "matter", uid: UUID | None = None, number: str = "") -> None:
    """Record that somebody asked for an existing thing (a key of ``HIDDEN``) that is not shown to them."""
    rows, name = HIDDEN[what]
    with writing():
        row = rows().filter(Q(uid=uid) if uid is not None else Q(number=number)).first()
    if row is not None:
        journal.record_read(what=what, subject=str(getattr(row, name)), by=by, at=at, refused=True)
