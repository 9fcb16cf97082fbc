"""The list for the coordination group: what is so late that the ladder has brought it there."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from concord.casework.definitions import procedure_of
from concord.casework.desk.escalating import PROPOSE, AgendaItem, agenda
from concord.casework.desk.lists import Cursor
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.paging import ROWS
from concord.entrypoints.workspace.presenting import Glass, due_of, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page


@page(PROPOSE)
def agenda_page(request: Handled) -> HttpResponse:
    """The matters before the coordination group, the longest overdue first."""
    by, glass = request.actor, glass_of(request.actor)
    after = request.GET.get("after", "")
    found = agenda(by, limit=ROWS, after=Cursor.parse(after) if after else None)
    context = {
        "rows": [_row(item, glass) for item in found.items],
        "newer_url": reverse("workspace:agenda") if after else "",
        "older_url": f"?after={found.following}" if found.following else "",
    }
    return render(request, "workspace/agenda.html", context)


def _row(item: AgendaItem, glass: Glass) -> dict[str, object]:
    matter = item.matter
    return {
        "title": matter.title or matter.number,
        "number": matter.number,
        "url": reverse("workspace:matter", args=[matter.number]),
        "procedure": words(procedure_of(matter.procedure_version)),
        "origin": named(matter.origin),
        "owner": named(item.run.owner),
        "due": due_of(item.run, glass),
        "since": item.escalation.at,
    }
