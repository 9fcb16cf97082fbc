"""Reads: what a person has been told in the post they now hold."""

from __future__ import annotations

from concord.foundation.access.actor import Actor
from concord.foundation.notices.models import Notice

PAGE = 200


def unread_count(by: Actor) -> int:
    """How many notices the actor has not read."""
    return Notice.objects.filter(person=by.person, organisation=by.organisation, read_at__isnull=True).count()


def notices_for(by: Actor, *, limit: int, before: int | None = None) -> list[Notice]:
    """The actor's notices, newest first, at most ``limit`` (up to 200).

    ``before`` is the id of the last notice of the page before.
    """
    notices = Notice.objects.filter(person=by.person, organisation=by.organisation)
    if before is not None:
        notices = notices.filter(id__lt=before)
    return list(notices.order_by("-id")[: min(limit, PAGE)])
