"""Saved views of lists: keeping the present filters under a name, deleting one, and the tabs above a list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import views as saved
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.assigning import back_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.rules.errors import InvalidInput

LONGEST_PAGE = 40


@page("matter:read")
def view_save(request: Handled) -> HttpResponse:
    """Keep the filters of a list under a name; back to the list either way, with what went wrong."""
    if request.method == "POST":
        try:
            kept = saved.save_view(
                page=request.POST.get("page", "")[:LONGEST_PAGE],
                name=request.POST.get("name", ""),
                query=request.POST.get("query", ""),
                shared=request.POST.get("shared") == "1",
                by=request.actor,
                at=now(),
            )
        except InvalidInput as error:
            for problem in error.problems:
                messages.error(request, words(problem.said))
        else:
            messages.success(request, _("视图“%(name)s”已保存。") % {"name": kept.name})
    return redirect(back_to(request, reverse("workspace:matters")))


@page("matter:read")
def view_discard(request: Handled, pk: int) -> HttpResponse:
    """Delete a view."""
    if request.method == "POST":
        gone = saved.discard_view(pk=pk, by=request.actor)
        messages.success(request, _("视图“%(name)s”已删除。") % {"name": gone.name})
    return redirect(back_to(request, reverse("workspace:matters")).partition("?")[0])


def tabs(by: Actor, place: str, address: str, query: str, *, open_only: bool) -> dict[str, Any]:
    """The views offered above a list, the current one marked, and what can be saved or deleted now."""
    present = urlencode(sorted(parse_qsl(query)))
    usual = [(_("全部"), "")] if open_only else [(_("全部"), ""), (_("未结"), "open=1")]
    usual += [
        (_("我承办的"), "handler=me" if open_only else "handler=me&open=1"),
        (_("尚无人承办"), "handler=none" if open_only else "handler=none&open=1"),
        (_("已超期"), "overdue=1"),
    ]
    own = saved.views_of(by, place)
    current = next((view for view in own if view.query == present), None)
    shown = [
        {
            "name": name,
            "url": f"{address}?{kept}" if kept else address,
            "current": kept == present,
            "by": "",
            "shared": False,
        }
        for name, kept in usual
    ]
    shown += [
        {
            "name": view.name,
            "url": f"{address}?{view.query}",
            "current": view == current,
            "by": named(view.person) if view.person_id != by.person.id else "",
            "shared": view.shared,
        }
        for view in own
    ]
    mine = current is not None and current.person_id == by.person.id
    may_discard = current is not None and (mine or by.may(saved.TIDY))
    return {
        "views": shown,
        "saving": {
            "page": place,
            "query": "" if present in {kept for _name, kept in usual} else present,
            "back": f"{address}?{present}" if present else address,
            "name": current.name if current else "",
            "shared": current.shared if current else False,
            "discard": reverse("workspace:view_discard", args=[current.id]) if current and may_discard else "",
        },
    }
