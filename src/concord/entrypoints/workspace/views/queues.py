"""The queue of each working group, and the desk of a secondee: one's city's open matters in all groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import lists
from concord.casework.desk.lists import Wanted
from concord.casework.queries import READ
from concord.entrypoints.workspace.grouping import Queue, queues
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of, rows_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.secondment import home_of, own_posts
from concord.entrypoints.workspace.views.matters_list import BY_DUE, Place, listing
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database import scope
from concord.foundation.database.clock import now
from concord.foundation.organisations.models import Kind, Organisation, Post
from concord.rules.errors import NotFound, Said

# So many of each post's matters are looked at, and so many of each group shown.
LOOKED_AT = 200
SHOWN = 25


@page("matter:read")
def own_queue(request: Handled) -> HttpResponse:
    """The queue of the group that the post belongs to, or else of the first group in which anything is open."""
    by = request.actor
    offered = queues(glass_of(by))
    if not offered:
        return redirect("workspace:matters")
    own = next((one for one in offered if one.group.id == by.post.group), None)
    return redirect("workspace:queue", group=(own or _first_busy(offered, by)).group.id)


def _first_busy(offered: Sequence[Queue], by: Actor) -> Queue:
    """The first queue in which anything is open, or else the first of all."""
    wanted = [Wanted(procedures=one.procedures, open_only=True) for one in offered]
    open_in = lists.counts_of_matters(by, wanted, most=0)
    return next((one for one, count in zip(offered, open_in, strict=True) if count), offered[0])


@page("matter:read")
def queue(request: Handled, group: str) -> HttpResponse:
    """The open matters of a group's procedures, most pressing first."""
    glass = glass_of(request.actor)
    offered = queues(glass)
    chosen = next((one for one in offered if one.group.id == group), None)
    if chosen is None:
        raise _no_group(group)
    address = reverse("workspace:queue", args=[group])
    place = Place(f"queue:{group}", address, chosen.procedures, order=BY_DUE, open_only=True)
    context = {
        **listing(request, glass, place),
        "group": words(chosen.group),
        "group_id": chosen.group.id,
        "names": [words(glass.charter.procedure(name, on=glass.today)) for name in chosen.procedures],
        "groups": [
            (words(one.group), reverse("workspace:queue", args=[one.group.id]), one is chosen) for one in offered
        ],
    }
    return render(request, "workspace/queues.html", context)


@page("matter:read")
def desk(request: Handled) -> HttpResponse:
    """The open matters of a secondee's city in all groups, as every post of the person sees them."""
    at, glass = now(), glass_of(request.actor)
    posts = own_posts(request.actor.person, on=glass.today)
    home = home_of(posts)
    if home is None:
        raise _not_seconded()
    held = [one for one in posts if one.organisation_id == home.id or one.organisation.kind == Kind.CENTRE]
    with returning_to(request.actor):
        rows = [row for one in held for row in _rows_of_post(one, request.actor, home, at)]
    context = {
        "city": named(home),
        "seen_from": [_label(one, glass) for one in held],
        "groups": [_group(one, rows) for one in queues(glass)],
    }
    return render(request, "workspace/desk.html", context)


@contextmanager
def returning_to(by: Actor) -> Iterator[None]:
    """Let the block speak for other scopes one after another; the connection speaks for ``by`` again afterwards."""
    try:
        yield
    finally:
        scope.enter(str(by.scope_id))


def _rows_of_post(post: Post, present: Actor, home: Organisation, at: datetime) -> list[dict[str, Any]]:
    """The city's open matters as one post sees them: all of its own bureau's, at the centre those of the city."""
    by = actor_for(present.person, post_id=post.id, at=at)
    if by is None or not by.may(READ):
        return []
    counterpart = None if post.organisation_id == home.id else home.id
    with scope.speaking_for(str(by.scope_id)):
        glass = glass_of(by)
        found = lists.page_of_matters(
            by, Wanted(open_only=True, counterpart=counterpart, order="due"), limit=LOOKED_AT
        ).rows
        lines = rows_of(found, glass)
    for matter, line in zip(found, lines, strict=True):
        line["procedure_id"] = matter.procedure
        line["key"] = (matter.next_due is None, matter.next_due, matter.id)
        line["other"] = line["target"] if matter.origin_id == home.id else line["origin"]
        line["next"] = _("轮到%(who)s") % {"who": line["holder"]} if line["holder"] else _("各方分别办理")
        line["here"] = post.id == present.post.id
        line["post"], line["post_label"] = post.id, _label(post, glass)
    return lines


def _group(one: Queue, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The rows of one group, each matter once: as the post sees it that has something to do, else the present one."""
    chosen: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["procedure_id"] in one.procedures:
            held = chosen.get(row["number"])
            if held is None or (bool(row["act"]), row["here"]) > (bool(held["act"]), held["here"]):
                chosen[row["number"]] = row
    ordered = sorted(chosen.values(), key=lambda row: row["key"])
    return {
        "id": one.group.id,
        "label": words(one.group),
        "count": len(ordered),
        "rows": ordered[:SHOWN],
        "more": len(ordered) > SHOWN,
        "url": reverse("workspace:queue", args=[one.group.id]),
    }


def _label(post: Post, glass: Glass) -> str:
    kinds = {kind.id: words(kind) for kind in glass.charter.posts}
    return _("%(side)s·%(who)s") % {"side": named(post.organisation), "who": kinds.get(post.kind, post.kind)}


def _no_group(group: str) -> NotFound:
    return NotFound(
        "workspace.no_group",
        Said(
            f"没有工作组“{group[:40]}”，或者它没有程序。请从菜单进入。",
            f"There is no working group “{group[:40]}” with procedures. Choose one from the menu.",
        ),
    )


def _not_seconded() -> NotFound:
    return NotFound(
        "workspace.not_seconded",
        Said(
            "这一页供派驻协作中心的人员查看本市事项；您今天没有这样的岗位。",
            "This page shows people seconded to the centre the matters of their city; you hold no such post today.",
        ),
    )
