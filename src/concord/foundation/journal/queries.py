"""Reads: the journal of the actor's organisation."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.journal.models import Entry
from concord.foundation.journal.policy import require_reader

PAGE = 200


def entries_for(
    by: Actor,
    *,
    limit: int,
    before: int | None = None,
    event: str | None = None,
    matter_uid: UUID | None = None,
    subject: str = "",
    since: date | None = None,
    until: date | None = None,
) -> list[Entry]:
    """The organisation's entries, newest first, at most ``limit`` (up to 200), with who acted already loaded.

    ``before`` is the id of the last entry of the page before; ``subject`` a number or how it begins. Each filter is a
    range of an index. Raises NotAllowed without ``journal:read``.
    """
    require_reader(by)
    entries = Entry.objects.filter(organisation=by.organisation)
    if before is not None:
        last = Subquery(Entry.objects.filter(id=before).values("at"))
        entries = entries.filter(Q(at__lt=last) | Q(at=last, id__lt=before), at__lte=last)
    if event is not None:
        entries = entries.filter(event=event)
    if since is not None:
        entries = entries.filter(at__gte=datetime.combine(since, time(), tzinfo=LEGAL_ZONE))
    if until is not None:
        entries = entries.filter(at__lt=datetime.combine(until + timedelta(days=1), time(), tzinfo=LEGAL_ZONE))
    if subject:
        entries = _about(entries, subject)
    if matter_uid is not None:
        entries = entries.filter(matter_uid=matter_uid)
    return list(entries.select_related("person", "post", "organisation").order_by("-at", "-id")[: min(limit, PAGE)])


def _about(entries: QuerySet[Entry], subject: str) -> QuerySet[Entry]:
    """The entries of that subject, or, where there is none, of those that begin so.

    Behind row-level security PostgreSQL looks only the whole subject up in an index.
    """
    whole = entries.filter(subject=subject)
    return whole if whole.exists() else entries.filter(subject__startswith=subject)
