"""The list of matters and the queues of the groups: filters, orders, saved views, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import lists, search
from concord.casework.desk.lists import Cursor, Wanted
from concord.casework.desk.versions import procedures_kept
from concord.casework.queries import ShownMatter
from concord.entrypoints.workspace.beginnings import begin_address
from concord.entrypoints.workspace.calendar_sheet import day_in
from concord.entrypoints.workspace.handling import id_of, options_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.paging import ROWS
from concord.entrypoints.workspace.presenting import Glass, glass_of, rows_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.saved_views import tabs
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import post_ids_of
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import organisations
from concord.rules.errors import InvalidInput
from concord.rules.procedure.leading import SIGN, WORK

MOST_COUNTED = 999
LONGEST_SEARCH = 100
BY_UPDATE, BY_DUE = "updated", "due"
ME, NOBODY = "me", "none"
OURS, THEIRS = "ours", "theirs"
USUAL = ("q", "direction", "procedure", "state", "order", "open", "overdue")
MORE = ("turn", "handler", "other", "from", "to", "due_from", "due_until", "since", "until")


@dataclass(frozen=True, slots=True)
class Place:
    """Which list is shown: the name its views are kept under, its address, its procedures (none: all), its order."""

    page: str
    address: str
    procedures: tuple[str, ...] = ()
    order: str = BY_UPDATE
    open_only: bool = False


@page("matter:read")
def matters(request: Handled) -> HttpResponse:
    """The list of matters with filters and keyset pages."""
    glass = glass_of(request.actor)
    place = Place("matters", reverse("workspace:matters"))
    context = {**listing(request, glass, place), "begin_url": begin_address(request.actor, glass)}
    return render(request, "workspace/matters.html", context)


def listing(request: Handled, glass: Glass, place: Place) -> dict[str, Any]:
    """What the list of a place shows: its rows, filters, saved views and neighbouring pages."""
    by = request.actor
    asked = {name: request.GET.get(name, "").strip() for name in (*USUAL, *MORE)}
    others = list(organisations())
    wanted = wanted_of(asked, by, glass, place, others)
    kept = {name: value for name, value in asked.items() if value}
    return {
        "filters": _filters(asked, glass, place, others),
        "bulk_url": reverse("workspace:bulk"),
        **tabs(by, place.page, place.address, urlencode(kept), open_only=place.open_only),
        **_page(request, wanted, glass, kept),
    }


def _page(request: Handled, wanted: Wanted, glass: Glass, kept: dict[str, str]) -> dict[str, Any]:
    """One page of the list; a question too short to find anything says so instead."""
    by = glass.by
    after, before = request.GET.get("after"), request.GET.get("before")
    try:
        found = lists.page_of_matters(
            by,
            wanted,
            limit=ROWS,
            after=Cursor.parse(after) if after else None,
            before=Cursor.parse(before) if before else None,
        )
        # To count the answers of a frequent word takes longer than to find the first of them.
        uncounted = bool(wanted.text) and found.older is not None
        count = len(found.rows) if uncounted else lists.count_of_matters(by, wanted, most=MOST_COUNTED)
    except InvalidInput as error:
        if error.code != "casework.question_too_short":
            raise
        return {"rows": [], "older_url": "", "newer_url": "", "count_text": "", "advice": words(error.said)}
    return {
        "rows": listed(found.rows, glass, question=wanted.text),
        "older_url": f"?{urlencode({**kept, 'after': str(found.older)})}" if found.older else "",
        "newer_url": f"?{urlencode({**kept, 'before': str(found.newer)})}" if found.newer else "",
        "count_text": (_("多于 %(n)s 件") if uncounted else _("共 %(n)s 件"))
        % {"n": count if count <= MOST_COUNTED else f"{MOST_COUNTED}+"},
        "advice": "",
    }


def listed(matters: Sequence[ShownMatter], glass: Glass, *, question: str = "") -> list[dict[str, Any]]:
    """The lines of a list with who handles each matter here, and where it answers the question.

    A title that answers is marked where it stands; anything else that does is shown below it.
    """
    handlers = lists.handlers_of(glass.by, matters)
    hits = search.hits(glass.by, matters, question) if question else {}
    lines = rows_of(matters, glass)
    for matter, line in zip(matters, lines, strict=True):
        handler, hit = handlers.get(matter.id), hits.get(matter.id)
        line["handler"] = named(handler.person) if handler else ""
        in_title = hit is not None and "".join(text for text, _found in hit.pieces) == line["title"]
        line["marked"] = hit.pieces if hit and in_title else None
        line["hit"] = {"label": words(hit.said), "pieces": hit.pieces} if hit and not in_title else None
    return lines


def wanted_of(
    asked: Mapping[str, str], by: Actor, glass: Glass, place: Place, others: Sequence[Organisation]
) -> Wanted:
    """The filters asked for, within the place; what names nothing that exists asks nothing."""
    codes = {one.code: one.id for one in others}
    order = asked["order"] or place.order
    handlers = {ME: tuple(post_ids_of(by.person, on=glass.today)), NOBODY: ()}
    chosen = id_of(asked["handler"])
    return Wanted(
        text=asked["q"][:LONGEST_SEARCH],
        procedures=(asked["procedure"],) if asked["procedure"] else place.procedures,
        state=asked["state"],
        direction=asked["direction"] if asked["direction"] in {"in", "out"} else "",
        open_only=bool(asked["open"]) or place.open_only,
        ours={THEIRS: False, OURS: True, SIGN: True, WORK: True}.get(asked["turn"]),
        duty=asked["turn"] if asked["turn"] in {SIGN, WORK} else "",
        handlers=handlers.get(asked["handler"], (chosen,) if chosen is not None else ()),
        unassigned=asked["handler"] == NOBODY,
        overdue_on=glass.today if asked["overdue"] else None,
        due_from=day_in(asked["due_from"]),
        due_until=day_in(asked["due_until"]),
        counterpart=codes.get(asked["other"]),
        origin=codes.get(asked["from"]),
        target=codes.get(asked["to"]),
        since=day_in(asked["since"]),
        until=day_in(asked["until"]),
        order="due" if order == BY_DUE else "updated",
    )


def _filters(asked: dict[str, str], glass: Glass, place: Place, others: list[Organisation]) -> dict[str, Any]:
    names = place.procedures or tuple(glass.charter.in_force)
    orders = [(BY_UPDATE, _("最近更新")), (BY_DUE, _("最先到期"))]
    return {
        **asked,
        "order": asked["order"] or place.order,
        "orders": orders,
        "address": place.address,
        "open_only": place.open_only,
        "states": _states(names),
        "procedures": [(name, words(glass.charter.procedure(name, on=glass.today))) for name in names],
        "organisations": [(one.code, named(one)) for one in others],
        "handlers": [(value, label) for value, label, _help in options_of(glass)[0]],
        "more": any(asked[name] for name in MORE),
    }


def _states(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Every state of the kept versions of these procedures, once per id."""
    found: dict[str, str] = {}
    for procedure in procedures_kept().values():
        for state in procedure.states if procedure.id in names else ():
            found.setdefault(state.id, words(state))
    return list(found.items())
