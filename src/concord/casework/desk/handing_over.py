"""Open matters of whoever leaves pass to a named successor, or else to the liaison desk, where anybody takes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from concord.casework.models import Audience
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Department, Post
from concord.foundation.organisations.queries import desk_of, held_on


def open_matters_of(post: Post) -> int:
    """How many open matters the holder of the post handles."""
    with writing():
        return Audience.objects.filter(handler=post, open=True).count()


def open_matters_in(department: Department) -> int:
    """How many open matters the department has."""
    with writing():
        return Audience.objects.filter(department=department, open=True).count()


def hand_over(*, post: Post, by: Actor | None, at: datetime) -> int:
    """Give the open matters of a post that is over to its successor, or to the desk; returns how many.

    A successor whose own post is over is followed to the next one.
    """
    on = legal_date(at)
    with writing():
        successor = _successor(post, on=on)
        department = successor.department if successor else desk_of(post.organisation_id, on=on)
        rows = Audience.objects.filter(handler=post, open=True)
        count = rows.update(handler=successor, department=department)
        if count:
            details: dict[str, str | int | list[str]] = {"post": post.pk, "matters": count}
            if successor:
                details["successor"] = successor.pk
            journal.record(event="people.handover", at=at, by=by, internal=True, details=details)
    return count


def hand_over_department(*, department: Department, taking: Department, by: Actor, at: datetime) -> int:
    """Give the open matters of a dissolved department to the one that takes its work; returns how many."""
    with writing():
        count = Audience.objects.filter(department=department, open=True).update(department=taking)
        details: dict[str, str | int | list[str]] = {
            "department": department.pk,
            "taking": taking.pk,
            "matters": count,
        }
        journal.record(event="people.handover", at=at, by=by, internal=True, details=details)
    return count


@job("people.hand_over", schedule=Every(timedelta(hours=1)))
def hand_over_ended(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Hand over what is open with posts whose term has ended, and with people who left."""
    on = legal_date(at)
    with writing():
        over = Q(held_until__lte=on) | Q(effective=False) | Q(person__is_active=False)
        handling = Exists(Audience.objects.filter(handler=OuterRef("pk"), open=True))
        for post in Post.objects.filter(over).filter(handling):
            hand_over(post=post, by=None, at=at)


def _successor(post: Post, *, on: date) -> Post | None:
    """The first of the line of successors who holds the post today."""
    passed = {post.pk}
    following = post.successor
    while following is not None and following.pk not in passed:
        if Post.objects.filter(held_on(on), pk=following.pk, person__is_active=True).exists():
            return following
        passed.add(following.pk)
        following = following.successor
    return None
