"""Writes: how a post goes on: its end, another term, another department; and who may sign in at all."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from concord.foundation.database.memory import forget
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Department, Person, Post, Substitution
from concord.foundation.organisations.safeguards import nobody_missing, require_separate
from concord.rules.coverage import Span
from concord.rules.errors import Conflict, InvalidInput, Problem, Said


def end_post(*, post: Post, until: date, on: date, successor: Post | None = None) -> None:
    """End a post; ``until`` is the first day it is no longer held. One that has not begun is taken back.

    Raises InvalidInput ``people.bad_day`` for a day that is past or after its end, Conflict ``people.uncovered``.
    """
    if until < on or (post.held_until is not None and until > post.held_until):
        said = Said(
            f"结束日期不能早于今天（{on}），也不能晚于任期届满日。",
            f"The end must not lie before today ({on}) or after the end of the term.",
        )
        raise InvalidInput("people.bad_day", said, problems=(Problem("last", "out_of_range", said),))
    if successor is not None and successor.organisation_id != post.organisation_id:
        raise no_such_successor()
    with writing(), nobody_missing(post.organisation_id, since=on):
        _cut(post, until=until)
        post.successor = successor
        post.save(update_fields=["held_until", "effective", "successor"])
        forget()


def no_such_successor() -> InvalidInput:
    """The error for a successor of another organisation, or one who is not there."""
    said = Said("接任人必须是本机关在任人员。", "The successor must hold a post in the same organisation.")
    return InvalidInput("people.bad_successor", said, problems=(Problem("successor", "unknown", said),))


def require_prolongable(*, post: Post, until: date | None, on: date) -> None:
    """Conflict ``people.duties_apart`` if the longer term would unite duties held apart."""
    require_separate(post.person, post.organisation_id, post.kind, Span(post.held_from, until), on=on, but=post)


def begin_post(*, post: Post, on: date) -> None:
    """Let a post that was confirmed take effect, on its first day or today; Conflict ``people.duties_apart``."""
    first = max(post.held_from, on)
    require_separate(post.person, post.organisation_id, post.kind, Span(first, post.held_until), on=on, but=post)
    with writing():
        post.effective, post.held_from = True, first
        post.save(update_fields=["effective", "held_from"])
        forget()


def prolong_post(*, post: Post, until: date | None, on: date) -> None:
    """Let a post go on until a later day, or without end; Conflict ``people.duties_apart``."""
    require_prolongable(post=post, until=until, on=on)
    with writing():
        post.held_until = until
        post.save(update_fields=["held_until"])
        forget()


def move_post(*, post: Post, department: Department | None, on: date) -> Post:
    """From ``on`` the same post goes on in another department, as a row of its own; the old one ends the day before.

    Substitutes follow. A post that has not begun is changed as it is. Conflict ``people.not_held`` for one that is
    over.
    """
    if post.held_until is not None and post.held_until <= on:
        raise Conflict("people.not_held", Said("该岗位已经结束。", "This post is over."))
    with writing():
        if post.held_from >= on or not post.effective:
            post.department = department
            post.save(update_fields=["department"])
            return post
        moved = Post.objects.create(
            person=post.person,
            organisation=post.organisation,
            kind=post.kind,
            group=post.group,
            held_from=on,
            held_until=post.held_until,
            department=department,
            home=post.home,
            effective=post.effective,
            successor=post.successor,
        )
        post.held_until, post.successor = on, moved
        post.save(update_fields=["held_until", "successor"])
        Post.objects.filter(successor=post).exclude(pk=moved.pk).update(successor=moved)
        for row in Substitution.objects.filter(Q(post=post) | Q(substitute=post), held_until__gt=on):
            _carry(row, post, moved, on=on)
        forget()
    return moved


def _carry(row: Substitution, old: Post, new: Post, *, on: date) -> None:
    """Let a substitution that reaches beyond the day go on with the new post."""
    if row.held_from < on:
        until = row.held_until
        row.held_until = on
        row.save(update_fields=["held_until"])
        row.pk, row.held_from, row.held_until = None, on, until
        row._state.adding = True  # noqa: SLF001  Django's documented way of copying a row
    row.post_id = new.pk if row.post_id == old.pk else row.post_id
    row.substitute_id = new.pk if row.substitute_id == old.pk else row.substitute_id
    row.save()


def deactivate(*, person: Person, on: date) -> list[Post]:
    """End every post of the person at once and let them sign in no more; returns the posts that ended.

    Raises Conflict ``people.uncovered``; nothing is changed then.
    """
    held = Post.objects.filter(Q(held_until__isnull=True) | Q(held_until__gt=on), person=person)
    posts = list(held.select_related("person", "organisation").order_by("organisation_id", "id"))
    with writing():
        for post in posts:
            end_post(post=post, until=on, on=on)
        person.is_active = False
        person.save(update_fields=["is_active"])
        forget()
    return posts


def reactivate(*, person: Person) -> None:
    """Let the person sign in again; posts are given anew."""
    person.is_active = True
    person.save(update_fields=["is_active"])
    forget()


def _cut(post: Post, *, until: date) -> None:
    if post.held_from >= until:
        post.effective = False
    else:
        post.held_until = until
