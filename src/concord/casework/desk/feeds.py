"""The calendar address of a post: made and ended on record."""

from __future__ import annotations

from datetime import datetime

from concord.foundation.access import commands
from concord.foundation.access.actor import Actor
from concord.foundation.access.models import Feed
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal


def make_feed(*, by: Actor, random_bytes: bytes, at: datetime) -> tuple[Feed, str]:
    """Make the address of the actor's own post, an earlier one ends; the secret in it is shown only now.

    Raises NotAllowed ``access.not_own_post``.
    """
    with writing():
        made = commands.make_feed(by=by, random_bytes=random_bytes, at=at)
        journal.record(event="feed.make", at=at, by=by, internal=True, details={"post": by.post.id})
    return made


def end_feed(*, by: Actor, at: datetime) -> None:
    """End the address of the actor's post at once; nothing where there is none."""
    with writing():
        if commands.revoke_feed(by=by, at=at):
            journal.record(event="feed.revoke", at=at, by=by, internal=True, details={"post": by.post.id})
