"""Who is seconded to the centre, and from which member."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from concord.foundation.access.queries import posts_held
from concord.foundation.organisations.models import Kind, Organisation, Person, Post


def own_posts(person: Person, *, on: date) -> list[Post]:
    """The posts that the person holds on the day; not those of others for whom the person stands in."""
    return [post for post in posts_held(person, on=on) if post.person_id == person.id]


def home_of(posts: Sequence[Post]) -> Organisation | None:
    """The member that seconded whoever holds these posts to the centre; None for everybody else.

    Named by the post at the centre, else by another post that the person holds in a member's bureau.
    """
    at_centre = [post for post in posts if post.organisation.kind == Kind.CENTRE]
    if not at_centre:
        return None
    named_home = next((post.home for post in at_centre if post.home is not None), None)
    elsewhere = next((post.organisation for post in posts if post.organisation.kind == Kind.MEMBER), None)
    return named_home or elsewhere
