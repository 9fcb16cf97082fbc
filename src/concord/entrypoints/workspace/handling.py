"""Who handles a matter, as its page shows it, and whom it may be given to."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from concord.casework.desk import assigning
from concord.casework.desk.assigning import ASSIGN
from concord.casework.queries import Seen
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.organisations.models import Post

LONGEST_ID = 18
Options = list[tuple[str, str, str]]


def handler_card(known: Seen, glass: Glass) -> dict[str, Any]:
    """Who handles the matter in the reader's organisation, and what the reader may change about it."""
    by, row = glass.by, assigning.handling_of(known, glass.by)
    assigns = row.open and by.may(ASSIGN)
    posts, departments = options_of(glass) if assigns else ([], [])
    return {
        "url": reverse("workspace:assign", args=[known.matter.number]),
        "person": named(row.handler.person) if row.handler else "",
        "department": named(row.department) if row.department else "",
        "mine": row.handler_id == by.post.id,
        "claims": not assigns and assigning.may_claim(known, row, by),
        "assigns": assigns,
        "me": by.post.id,
        "handler": str(row.handler_id or ""),
        "posts": posts,
        "part": str(row.department_id or ""),
        "departments": departments,
    }


def options_of(glass: Glass) -> tuple[Options, Options]:
    """Posts and departments that matters may be given to, as choices of a form."""
    offered = assigning.choices_for(glass.by, on=glass.today)
    labels = {post.id: words(post) for post in glass.charter.posts}
    posts = [(str(post.id), _post(post, labels), "") for post in offered.posts]
    return posts, [(str(part.id), named(part), "") for part in offered.departments]


def _post(post: Post, labels: dict[str, str]) -> str:
    told = [named(post.department)] if post.department else []
    return " · ".join([named(post.person), labels.get(post.kind, post.kind), *told])


def id_of(text: str) -> int | None:
    """The number of a row as a form sends it; None for nothing chosen, 0, which is nobody's, for anything else."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID else 0
