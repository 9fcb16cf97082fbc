"""Reads: which posts a person holds on a day, and the actor that a post makes."""

from __future__ import annotations

from datetime import date, datetime

from concord.foundation.access.actor import Actor
from concord.foundation.access.models import Feed, Token
from concord.foundation.access.tokens import digest_of
from concord.foundation.database.clock import legal_date
from concord.foundation.database.memory import remembered
from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import charter_on, held_on, stood_in_by
from concord.rules.errors import NotFound, Said


def posts_held(person: Person, *, on: date) -> list[Post]:
    """The posts that ``person`` holds on the day and then those one stands in for, with organisation and scope loaded.

    A post of another is told by its ``person``; until when one stands in for it, by ``stood_in_by``.
    """
    own = remembered(("held", person.id, on), lambda: _own(person, on=on))
    others = {row.post_id: row.post for row in stood_in_by(person, on=on)}
    return [*own, *others.values()]


def _own(person: Person, *, on: date) -> list[Post]:
    return list(Post.objects.filter(held_on(on), person=person).select_related("organisation__scope", "person", "home"))


def post_ids_of(person: Person, *, on: date) -> list[int]:
    """The numbers of the posts in which ``person`` acts on the day, in their own and in place of others."""
    return [post.id for post in posts_held(person, on=on)]


def actor_for(person: Person, *, post_id: int | None, at: datetime) -> Actor | None:
    """The actor of ``person`` in the chosen post, or in the first one held; None when no post is held today.

    The post may be that of somebody for whom the person stands in: the act is in that post and of this person.
    """
    on = legal_date(at)
    posts = posts_held(person, on=on)
    if not person.is_active or not posts:
        return None
    post = next((held for held in posts if held.id == post_id), posts[0])
    return _actor(post, person=person, on=on)


def actor_of_token(secret: str, *, at: datetime) -> Actor | None:
    """The actor behind an API token, its permissions cut down to the token's; None when it is not good today."""
    token = (
        Token.objects.select_related("post__person", "post__organisation__scope")
        .filter(digest=digest_of(secret), expires_at__gt=at, revoked_at__isnull=True)
        .first()
    )
    if token is None:
        return None
    on = legal_date(at)
    post = token.post
    if not post.person.is_active or not Post.objects.filter(held_on(on), pk=post.pk).exists():
        return None
    return _actor(post, person=post.person, on=on, within=frozenset(token.permissions))


def _actor(post: Post, *, person: Person, on: date, within: frozenset[str] | None = None) -> Actor:
    permissions = charter_on(on).permissions_of(post.kind)
    return Actor(
        person=person,
        post=post,
        organisation=post.organisation,
        scope_id=post.organisation.scope.id,
        permissions=permissions if within is None else permissions & within,
    )


def feed_of(by: Actor) -> Feed | None:
    """The calendar address of the actor's post that is in use."""
    return Feed.objects.filter(post=by.post, revoked_at__isnull=True).first()


def actor_of_feed(secret: str, *, at: datetime) -> Actor | None:
    """The actor behind a calendar address, who may only read matters; None once it has ended or the post is left."""
    rows = Feed.objects.select_related("post__person", "post__organisation__scope")
    feed = rows.filter(digest=digest_of(secret), revoked_at__isnull=True).first()
    if feed is None:
        return None
    on = legal_date(at)
    held = Post.objects.filter(held_on(on), pk=feed.post_id, person__is_active=True).exists()
    return _actor(feed.post, person=feed.post.person, on=on, within=frozenset({"matter:read"})) if held else None


def tokens_of(by: Actor) -> list[Token]:
    """The tokens of the actor's organisation, newest first."""
    return list(Token.objects.filter(organisation=by.organisation).select_related("post__person"))


def token_of(by: Actor, pk: int) -> Token:
    """One token of the actor's organisation; NotFound ``access.no_token``."""
    token = Token.objects.filter(organisation=by.organisation, pk=pk).first()
    if token is None:
        raise NotFound("access.no_token", Said("没有这个令牌。", "There is no such token."))
    return token


def post_of(organisation: Organisation, wanted: str, *, at: datetime) -> Post:
    """A post held now in the organisation, by its number as text; NotFound ``access.no_such_post``."""
    on = legal_date(at)
    rows = Post.objects.filter(held_on(on), organisation=organisation).select_related("person", "organisation")
    post = next((row for row in rows if str(row.pk) == wanted), None)
    if post is None:
        raise NotFound("access.no_such_post", Said("请选择一位在任人员。", "Choose somebody who holds a post."))
    return post
