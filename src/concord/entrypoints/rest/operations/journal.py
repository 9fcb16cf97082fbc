"""The journal of one's organisation, and the notices of the person."""

from __future__ import annotations

from ninja import Query, Router
from pydantic import Field

from concord.casework.queries import visible_to
from concord.entrypoints.rest import presenting, shapes
from concord.entrypoints.rest.answering import TAKING, Slice, answers, page_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.foundation.database.clock import now
from concord.foundation.journal import queries as journal
from concord.foundation.journal.models import Entry
from concord.foundation.notices import commands as notice_commands
from concord.foundation.notices import queries as notices
from concord.foundation.notices.models import Notice

router = Router(tags=["journal"])


class EntryFilter(Slice):
    """Which entries are listed; what is left out asks nothing."""

    event: str = Field(default="", max_length=80, description="Such as assistance.issue.")
    subject: str = Field(default="", max_length=80, description="A number, or how it begins.")
    since: shapes.Day | None = None
    until: shapes.Day | None = Field(default=None, description="With this day.")


@router.get("/journal", auth=Token("journal:read"), response=answers(200, shapes.Page[shapes.EntryShape]))
def list_entries(request: ApiRequest, asked: Query[EntryFilter]) -> shapes.Page[shapes.EntryShape]:
    """What one's organisation did, newest first."""
    found = journal.entries_for(
        request.auth,
        before=asked.before,
        limit=asked.limit + 1,
        event=asked.event or None,
        subject=asked.subject,
        since=asked.since,
        until=asked.until,
    )
    rows, following = page_of(request, found, limit=asked.limit, mark=lambda row: row.id)
    return shapes.Page(items=[_entry(row) for row in rows], next=following)


@router.get("/notices", auth=Token("directory:read"), response=answers(200, shapes.Page[shapes.NoticeShape]))
def list_notices(request: ApiRequest, part: Query[Slice]) -> shapes.Page[shapes.NoticeShape]:
    """What the person was told, newest first."""
    by = request.auth
    found = notices.notices_for(by, before=part.before, limit=part.limit + 1)
    rows, following = page_of(request, found, limit=part.limit, mark=lambda row: row.id)
    uids = [row.matter_uid for row in rows if row.matter_uid]
    numbers = {str(uid): number for uid, number in visible_to(by).filter(uid__in=uids).values_list("uid", "number")}
    return shapes.Page(items=[_notice(row, numbers) for row in rows], next=following)


@router.post("/notices/read", auth=Token("directory:read"), response=answers(200, shapes.Marked, *TAKING))
def mark_notices_read(request: ApiRequest, asked: shapes.NoticesRead) -> shapes.Marked:
    """Mark the person's notices as read."""
    return shapes.Marked(marked=notice_commands.mark_read(by=request.auth, at=now(), ids=asked.ids))


def _entry(row: Entry) -> shapes.EntryShape:
    return shapes.EntryShape(
        number=row.id,
        at=row.at,
        event=row.event,
        person=presenting.words(row.person) if row.person else None,
        post=row.post.kind if row.post else None,
        organisation=presenting.organisation_name(row.organisation) if row.organisation else None,
        subject=row.subject,
        internal=row.internal,
        details=row.details,
    )


def _notice(row: Notice, numbers: dict[str, str]) -> shapes.NoticeShape:
    return shapes.NoticeShape(
        id=row.id,
        kind=row.kind,
        said=presenting.words(row),
        matter=numbers.get(str(row.matter_uid)),
        made_at=row.made_at,
        read_at=row.read_at,
    )
