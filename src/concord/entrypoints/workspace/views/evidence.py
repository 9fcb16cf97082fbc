"""Evidence: the list of items, one item with its record, files, custody and recognition, and its package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import custody_log, lists
from concord.capabilities.evidence.lists import ItemsWanted
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import COLLECT, READ
from concord.capabilities.evidence.queries import item_for
from concord.casework.desk.lists import Cursor
from concord.casework.models import Case
from concord.casework.queries import cases_of
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import NOTHING_WRONG, refusal_of
from concord.entrypoints.workspace.evidence_page import NOTE, item_page
from concord.entrypoints.workspace.fields import uuids
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.ledger_sheet import attached
from concord.entrypoints.workspace.paging import ROWS
from concord.entrypoints.workspace.presenting import glass_of
from concord.entrypoints.workspace.previewing import preview_of
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.entrypoints.workspace.submissions import whole_number
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.files.queries import open_bytes
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.queries import members
from concord.rules.errors import ConcordError, NotFound, Said

LONGEST_TEXT = 100
ASKED = ("q", "kind", "state", "from", "case")


@page(READ)
def evidence(request: Handled) -> HttpResponse:
    """The items that one's organisation may see, with filters and keyset pages."""
    by, glass = request.actor, glass_of(request.actor)
    asked = {name: request.GET.get(name, "").strip()[:LONGEST_TEXT] for name in ASKED}
    cities = members()
    case = case_asked(by, asked["case"])
    wanted = ItemsWanted(
        text=asked["q"],
        kind=asked["kind"],
        state=asked["state"],
        organisation={one.code: one.id for one in cities}.get(asked["from"]),
        case=case,
    )
    before = request.GET.get("before", "")
    cursor = Cursor.parse(before) if before else None
    place = (cursor.key, cursor.id) if cursor else None
    found = lists.page_of_items(by, wanted, limit=ROWS + 1, before=place)
    rows = found[:ROWS]
    kept = {name: value for name, value in asked.items() if value}
    older = str(Cursor(rows[-1].sort_key, rows[-1].id)) if len(found) > ROWS else ""
    context: dict[str, Any] = {
        "rows": [sheet.row(item, glass) for item in rows],
        "filters": {**asked, "active": bool(kept)},
        "kinds": [(code, label) for code, label, _help in sheet.options(glass, sheet.KINDS)],
        "states": list(sheet.state_words().items()),
        "givers": [(one.code, named(one)) for one in cities],
        "case_label": str(case) if case else "",
        "new_url": reverse("workspace:evidence_new") if by.may(COLLECT) else "",
        "newer_url": f"?{urlencode(kept)}" if before else "",
        "older_url": f"?{urlencode({**kept, 'before': older})}" if older else "",
    }
    return render(request, "workspace/evidence/list.html", context)


def case_asked(by: Actor, text: str) -> Case | None:
    """The case of one's own organisation that an address names; none for anything else."""
    found = uuids([text])
    return cases_of(by).filter(uid=found[0]).first() if found else None


@page(READ)
def evidence_item(request: Handled, number: str) -> HttpResponse:
    """One item: record, files, custody, lots, what each city thinks of it, package, readers; POST notes a move."""
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, what="item", number=number):
        item = item_for(number=number, by=by)
    noted = {name: request.POST.get(name, "").strip() for name in NOTE}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            _note(item, noted, by)
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, _("保管行为已登记。"))
            return redirect("workspace:evidence_item", number=number)
    context = item_page(item, noted, refusal, glass)
    response = render(request, "workspace/evidence/item.html", context, status=refusal.status)
    journal.record_read(what="item", subject=number, by=by, at=now())
    return response


def _note(item: Item, noted: Mapping[str, str], by: Actor) -> None:
    told = {name: noted[name] for name in ("act", "purpose", "medium", "result", "place")}
    explains = whole_number(noted["explains"])
    custody_log.note(
        **told,
        item=item.uid,
        counterparty=noted["counterparty"] or None,
        explains=explains if explains >= 0 else None,
        by=by,
        at=now(),
    )


@page(READ)
def evidence_file(request: Handled, number: str, pk: int) -> HttpResponseBase:
    """A file of an item, to be kept, or with ``preview`` to be looked at; leaves a record of the reading.

    What was deleted by duty is gone.
    """
    by = request.actor
    with refusals_noted(by, what="item", number=number):
        item = item_for(number=number, by=by)
    found = item.files.filter(pk=pk, erased_at=None).select_related("file").first()
    if found is None:
        raise NotFound(
            "evidence.no_file", Said("没有找到该文件，或者内容已依法删除。", "No such file, or its content was erased.")
        )
    if "preview" in request.GET:
        shown = preview_of(found.file, request)
        journal.record_read(what="item", subject=number, by=by, at=now())
        return shown
    response = FileResponse(open_bytes(found.file), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.file.name)}"
    response.headers["Content-Length"] = str(found.file.size)
    journal.record_read(what="item", subject=number, by=by, at=now())
    return response


@page(READ)
def evidence_package(request: Handled, number: str) -> HttpResponseBase:
    """The sealed package of an item, for anybody to verify offline."""
    by = request.actor
    with refusals_noted(by, what="item", number=number):
        item = item_for(number=number, by=by)
    sealed = None if item.state == Item.State.ERASED else package_of(item)
    if sealed is None:
        raise NotFound("evidence.no_package", Said("该证据项没有证据包。", "The item has no package."))
    response = attached(sealed)
    journal.record_read(what="item", subject=number, by=by, at=now())
    return response
