"""Reads: what a person has been told in the post they now hold."""

from __future__ import annotations

from concord.foundation.access.actor import Actor
from concord.foundation.notices.models import Notice, NoticeSetting
from concord.rules.errors import NotFound, Said

PAGE = 200
MOST_COUNTED = 100
MOST_COUNTED = 100


def unread_count(by: Actor) -> int:
    """How many notices the actor has not read, counted no further than 100."""
    unread = Notice.objects.filter(person=by.person, organisation=by.organisation, read_at__isnull=True)
    return unread.order_by().values("id")[:MOST_COUNTED].count()


def notices_for(by: Actor, *, limit: int, before: int | None = None, unread: bool = False) -> list[Notice]:
    """The actor's notices, or the ``unread`` ones, newest first, at most ``limit`` (up to 200).

    ``before`` is the id of the last notice of the page before.
    """
    notices = Notice.objects.filter(person=by.person, organisation=by.organisation)
    if unread:
        notices = notices.filter(read_at__isnull=True)
    if before is not None:
        notices = notices.filter(id__lt=before)
    return list(notices.order_by("-id")[: min(limit, PAGE)])


def notice_for(by: Actor, pk: int) -> Notice:
    """One of the actor's own notices; NotFound ``notices.none``."""
    notice = Notice.objects.filter(person=by.person, organisation=by.organisation, pk=pk).first()
    if notice is None:
        raise NotFound("notices.none", Said("没有这条通知。", "There is no such notice; see the list of notices."))
    return notice


def setting_of(by: Actor) -> NoticeSetting:
    """How the actor wants to be told; whoever has not said gets the day's digest."""
    return NoticeSetting.objects.filter(person=by.person).first() or NoticeSetting(person=by.person)


def next_mail(by: Actor) -> list[Notice]:
    """The actor's notices that the next e-mail would tell, oldest first, at most 200."""
    waiting = Notice.objects.filter(
        person=by.person,
        organisation=by.organisation,
        mail_after__isnull=False,
        mailed_at__isnull=True,
        read_at__isnull=True,
    )
    return list(waiting.order_by("id")[:PAGE])
