"""The list of matters with its filters."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.casework.definitions import procedure_of
from concord.casework.models import ProcedureVersion
from concord.casework.queries import Cursor, Wanted
from concord.entrypoints.workspace.beginnings import begin_address
from concord.entrypoints.workspace.presenting import Glass, rows_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.lists import ROWS, glass_of
from concord.foundation.access.actor import Actor

MOST_COUNTED = 999


@page("matter:read")
def matters(request: Handled) -> HttpResponse:
    """The list of matters with filters and keyset pages."""
    by, glass = request.actor, glass_of(request.actor)
    asked = {
        name: request.GET.get(name, "").strip() for name in ("q", "state", "direction", "procedure", "overdue", "open")
    }
    wanted = Wanted(
        text=asked["q"][:100],
        state=asked["state"],
        direction=asked["direction"],
        procedure=asked["procedure"],
        overdue_on=glass.today if asked["overdue"] else None,
        open_only=bool(asked["open"]),
    )
    after, before = request.GET.get("after"), request.GET.get("before")
    found = queries.page_of_matters(
        by,
        wanted,
        limit=ROWS,
        after=Cursor.parse(after) if after else None,
        before=Cursor.parse(before) if before else None,
    )
    count = queries.count_of_matters(by, wanted, most=MOST_COUNTED)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "rows": rows_of(found.rows, glass),
        "filters": {**asked, "states": _states(by), "procedures": _procedures(glass), "active": bool(kept)},
        "older_url": f"?{urlencode({**kept, 'after': str(found.older)})}" if found.older else "",
        "newer_url": f"?{urlencode({**kept, 'before': str(found.newer)})}" if found.newer else "",
        "count_text": _("共 %(n)s 件") % {"n": count if count <= MOST_COUNTED else f"{MOST_COUNTED}+"},
        "begin_url": begin_address(by, glass),
    }
    return render(request, "workspace/matters.html", context)


def _procedures(glass: Glass) -> list[tuple[str, str]]:
    return [(name, words(glass.charter.procedure(name, on=glass.today))) for name in glass.charter.in_force]


def _states(by: Actor) -> list[tuple[str, str]]:
    """Every state of the procedures kept, once per id."""
    found: dict[str, str] = {}
    for version in ProcedureVersion.objects.defer("text"):
        for state in procedure_of(version).states:
            found.setdefault(state.id, words(state))
    return list(found.items()) if by.may("matter:read") else []
