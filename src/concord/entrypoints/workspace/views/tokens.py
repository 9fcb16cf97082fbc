"""API tokens of one's own organisation: issue one (its secret is shown once), end one."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.access import commands, queries
from concord.foundation.database.clock import now
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.queries import posts_on

DAY_CHOICES = (30, 90, 180, 365)


@page("token:issue")
def tokens(request: Handled) -> HttpResponse:
    """The tokens of the organisation; POST issues one."""
    secret = ""
    if request.method == "POST":
        at = now()
        days = next((days for days in DAY_CHOICES if str(days) == request.POST.get("days")), 0)
        with writing():
            token, secret = commands.issue_token(
                post=queries.post_of(request.actor.organisation, request.POST.get("post", ""), at=at),
                label=request.POST.get("label", "").strip()[:80] or _("未命名"),
                permissions=request.POST.getlist("permissions"),
                expires_at=at + timedelta(days=days),
                random_bytes=secrets.token_bytes(32),
                by=request.actor,
                at=at,
            )
            journal.record(event="token.issue", at=at, by=request.actor, internal=True, details={"token": token.id})
    return render(request, "workspace/tokens.html", _context(request, secret))


@page("token:issue")
def token_end(request: Handled, pk: int) -> HttpResponse:
    """End a token at once."""
    if request.method == "POST":
        with writing():
            commands.revoke_token(token=queries.token_of(request.actor, pk), by=request.actor, at=now())
            journal.record(event="token.revoke", at=now(), by=request.actor, internal=True, details={"token": pk})
    return redirect("workspace:tokens")


def _context(request: Handled, secret: str) -> dict[str, Any]:
    by, glass = request.actor, glass_of(request.actor)
    labels = {post.id: words(post) for post in glass.charter.posts}
    posts = [post for post in posts_on(glass.today) if post.organisation_id == by.organisation.id]
    at = now()
    rows = [
        {
            "id": token.id,
            "label": token.label,
            "person": named(token.post.person),
            "post": labels.get(token.post.kind, token.post.kind),
            "permissions": [words(rule) for rule in glass.charter.permissions if rule.id in token.permissions],
            "issued_at": token.issued_at,
            "expires_at": token.expires_at,
            "ended": token.revoked_at is not None or token.expires_at <= at,
        }
        for token in queries.tokens_of(by)
    ]
    return {
        "rows": rows,
        "secret": secret,
        "holders": [(str(post.id), f"{named(post.person)} · {labels.get(post.kind, post.kind)}") for post in posts],
        "permissions": [(rule.id, words(rule)) for rule in glass.charter.permissions],
        "day_choices": DAY_CHOICES,
    }
