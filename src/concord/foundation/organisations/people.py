"""Reads: the people of one organisation with their posts, whatever their standing."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias, TypedDict
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django_stubs_ext import WithAnnotations

from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import held_on
from concord.rules.errors import NotFound, Said


class WithPosts(TypedDict):
    """What ``people_of`` puts on a person: the posts in this organisation, the newest first."""

    shown_posts: list[Post]


PersonOfOffice: TypeAlias = "WithAnnotations[Person, WithPosts]"


def people_of(organisation: Organisation) -> list[PersonOfOffice]:
    """Everybody who holds, held or is to hold a post in the organisation; those who can sign in first."""
    return list(_people(organisation).order_by("-is_active", "username"))


def person_of(organisation: Organisation, uid: UUID) -> PersonOfOffice:
    """One of them; NotFound ``people.no_person``."""
    found = _people(organisation).filter(uid=uid).first()
    if found is None:
        raise NotFound("people.no_person", Said("本机关没有此人。", "There is no such person here."))
    return found


def post_in(organisation: Organisation, pk: int) -> Post:
    """A post of the organisation, whatever its standing; NotFound ``people.no_post``."""
    rows = Post.objects.select_related("person", "organisation", "department", "home", "successor")
    found = rows.filter(organisation=organisation, pk=pk).first()
    if found is None:
        raise NotFound("people.no_post", Said("本机关没有这个岗位。", "There is no such post here."))
    return found


def posts_held_in(organisation: Organisation, *, on: date) -> list[Post]:
    """The posts held in the organisation on the day, with the persons, in the order of their names for signing in."""
    rows = Post.objects.filter(held_on(on), organisation=organisation, person__is_active=True)
    return list(rows.select_related("person", "department").order_by("person__username", "id"))


def _people(organisation: Organisation) -> QuerySet[PersonOfOffice]:
    posts = Post.objects.filter(organisation=organisation).order_by("-held_from", "-id")
    posts = posts.select_related("person", "department", "home", "organisation").prefetch_related("proposals")
    ids = Post.objects.filter(organisation=organisation).values("person")
    rows: QuerySet[PersonOfOffice] = Person.objects.filter(pk__in=ids).prefetch_related(
        Prefetch("posts", queryset=posts, to_attr="shown_posts")
    )
    return rows
