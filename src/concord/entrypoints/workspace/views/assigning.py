"""Who handles a matter: the card on its page, and the act behind it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.casework.desk import assigning
from concord.casework.desk.assigning import ASSIGN
from concord.casework.queries import Seen
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.foundation.database.clock import now
from concord.foundation.organisations.models import Post
from concord.rules.errors import Conflict, InvalidInput, NotAllowed

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


def back_to(request: Handled, otherwise: str) -> str:
    """Where the form came from, if it says so and it is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if wanted and own else otherwise


@page("matter:read")
def assign(request: Handled, number: str) -> HttpResponse:
    """Give the matter to somebody of one's own organisation, or take it."""
    by, back = request.actor, back_to(request, reverse("workspace:matter", args=[number]))
    if request.method != "POST":
        return redirect("workspace:matter", number=number)
    with refusals_noted(by, number=number):
        known = queries.matter_for(number=number, by=by)
    chosen = request.POST.get("handler", "")
    try:
        row = assigning.assign(
            matter=known.matter.uid,
            handler=by.post.id if chosen == "me" else id_of(chosen),
            department=id_of(request.POST.get("department", "")),
            by=by,
            at=now(),
        )
    except (Conflict, InvalidInput, NotAllowed) as error:
        messages.warning(request, words(error.said))
    else:
        who = named(row.handler.person) if row.handler else named(row.department) if row.department else ""
        messages.success(request, _("已分办给%(who)s。") % {"who": who} if who else _("已取消分办。"))
    return redirect(back)
