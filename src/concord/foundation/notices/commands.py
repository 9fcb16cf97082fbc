"""Writes: telling the people of an organisation, and their reading of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import writing
from concord.foundation.notices.models import Notice, NoticeSetting
from concord.foundation.notices.policy import DEFAULT, wish_of
from concord.foundation.organisations.models import Organisation, Post
from concord.foundation.organisations.queries import calendar_on, posts_with
from concord.rules.errors import Said

LONGEST = 200


def tell_organisation(
    *,
    organisation: Organisation,
    permission: str,
    kind: str,
    said: Said,
    matter_uid: UUID | None,
    at: datetime,
    subject: str = "",
) -> int:
    """Tell everyone who holds ``permission`` in the organisation on that day; returns how many people it reached.

    Each person is told once, whatever number of posts they hold, and telling the same about the same matter at the
    same instant again changes nothing. Texts beyond 200 characters are cut.
    """
    with writing():
        posts = posts_with([organisation.id], permission, on=legal_date(at))
        return tell(posts=posts, kind=kind, said=said, matter_uid=matter_uid, at=at, subject=subject)


def tell(
    *, posts: Iterable[Post], kind: str, said: Said, matter_uid: UUID | None, at: datetime, subject: str = ""
) -> int:
    """Tell the holders of these posts, each person once per organisation; returns how many were told.

    ``subject``, a matter's number, is what an e-mail calls it by. The same about the same matter at the same instant
    again changes nothing. Texts beyond 200 characters are cut.
    """
    posts = list(posts)
    told = sorted({(post.person_id, post.organisation_id) for post in posts})
    mailed = _mailed_after({post.person_id for post in posts if post.person.email}, kind, at=at)
    with writing():
        Notice.objects.bulk_create(
            [
                Notice(
                    person_id=person,
                    organisation_id=organisation,
                    kind=kind,
                    zh=_cut(said.zh),
                    en=_cut(said.en),
                    subject=subject,
                    matter_uid=matter_uid,
                    made_at=at,
                    mail_after=mailed.get(person),
                )
                for person, organisation in told
            ],
            ignore_conflicts=True,
        )
    return len(told)


def mark_read(*, by: Actor, at: datetime, ids: Collection[int] | None = None) -> int:
    """Mark the actor's own unread notices as read, all of them or those in ``ids``; returns how many changed."""
    with writing():
        unread = Notice.objects.filter(person=by.person, organisation=by.organisation, read_at__isnull=True)
        if ids is not None:
            unread = unread.filter(id__in=ids)
        return unread.update(read_at=at)


def _mailed_after(persons: Collection[int], kind: str, *, at: datetime) -> Mapping[int, datetime | None]:
    """When a notice of that kind may go out to each person by e-mail, where e-mail is sent at all."""
    if not persons or not settings.MAIL_IS_SENT:
        return {}
    wishes = {one.person_id: wish_of(one) for one in NoticeSetting.objects.filter(person__in=persons)}
    calendar, moment = calendar_on(legal_date(at)), at.astimezone(LEGAL_ZONE)
    return {person: wishes.get(person, DEFAULT).sends_at(moment, kind, calendar) for person in persons}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
