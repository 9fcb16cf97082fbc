"""Giving a matter to somebody of one's own organisation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.casework.desk import assigning
from concord.entrypoints.workspace.handling import id_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.foundation.database.clock import now
from concord.rules.errors import Conflict, InvalidInput, NotAllowed


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
