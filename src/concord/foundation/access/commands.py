"""Writes: scopes for organisations, API tokens, calendar feeds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from concord.foundation.access.actor import Actor
from concord.foundation.access.models import Feed, Scope, Token
from concord.foundation.access.tokens import digest_of, secret_from
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Organisation, Post
from concord.rules.errors import InvalidInput, NotAllowed, Problem, Said


def give_scopes() -> None:
    """Give every organisation the scope under which things are shown to it."""
    with writing():
        missing = Organisation.objects.filter(scope__isnull=True)
        Scope.objects.bulk_create([Scope(organisation=organisation) for organisation in missing])


def issue_token(
    *,
    post: Post,
    label: str,
    permissions: Collection[str],
    expires_at: datetime,
    random_bytes: bytes,
    by: Actor,
    at: datetime,
) -> tuple[Token, str]:
    """Issue an API token for a post of the actor's organisation; returns the row and the secret, shown only now.

    Raises NotAllowed without ``token:issue``, InvalidInput when it would already be over.
    """
    if not by.may("token:issue") or post.organisation_id != by.organisation.id:
        raise NotAllowed(
            "access.may_not_issue",
            Said(
                "只有本机关的系统管理员可以签发接口令牌。",
                "Only the administrator of the organisation issues its tokens.",
            ),
        )
    if expires_at <= at:
        said = Said("有效期必须晚于现在。", "The token must end after now.")
        raise InvalidInput("access.token_over", said, problems=(Problem("expires_at", "too_early", said),))
    secret = secret_from(random_bytes)
    token = Token.objects.create(
        organisation=post.organisation,
        post=post,
        label=label,
        digest=digest_of(secret),
        permissions=sorted(permissions),
        issued_at=at,
        expires_at=expires_at,
    )
    return token, secret


def revoke_token(*, token: Token, by: Actor, at: datetime) -> None:
    """End a token at once; raises NotAllowed for another organisation's or without ``token:issue``."""
    if not by.may("token:issue") or token.organisation_id != by.organisation.id:
        raise NotAllowed(
            "access.may_not_issue",
            Said(
                "只有本机关的系统管理员可以撤销接口令牌。",
                "Only the administrator of the organisation revokes its tokens.",
            ),
        )
    token.revoked_at = at
    token.save(update_fields=["revoked_at"])


def make_feed(*, by: Actor, random_bytes: bytes, at: datetime) -> tuple[Feed, str]:
    """Make the calendar address of the actor's own post; an earlier one ends. Returns the row and the secret.

    The secret is shown only now. Raises NotAllowed ``access.not_own_post`` for whoever acts in another's post.
    """
    if by.post.person_id != by.person.id:
        raise NotAllowed(
            "access.not_own_post",
            Said(
                "日历订阅地址只能由岗位的本人生成，代理人不能代为生成。",
                "Only the holder of a post makes its calendar address; a substitute cannot.",
            ),
        )
    secret = secret_from(random_bytes)
    with writing():
        Feed.objects.filter(post=by.post, revoked_at__isnull=True).update(revoked_at=at)
        feed = Feed.objects.create(post=by.post, digest=digest_of(secret), made_at=at)
    return feed, secret


def revoke_feed(*, by: Actor, at: datetime) -> bool:
    """End the calendar address of the actor's post at once; says whether there was one."""
    with writing():
        return Feed.objects.filter(post=by.post, revoked_at__isnull=True).update(revoked_at=at) > 0
