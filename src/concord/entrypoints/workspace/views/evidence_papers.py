"""Papers of evidence as files, the catalogue of a matter, and the matter's evidence as one package."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from concord.capabilities.evidence import exporting, papers
from concord.capabilities.evidence.exporting import Choice
from concord.capabilities.evidence.lists import told_in
from concord.capabilities.evidence.policy import HANDLE, READ
from concord.capabilities.evidence.queries import item_for
from concord.casework.desk import exports as desk
from concord.casework.models import Matter
from concord.casework.queries import matter_for
from concord.entrypoints.workspace.asking import NOTHING_WRONG, refusal_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.ledger_sheet import attached
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.journal import commands as journal
from concord.rules.errors import ConcordError

SHOWN = 20


@page(READ)
def evidence_paper(request: Handled, number: str, name: str) -> HttpResponse:
    """A paper of an item, made now from what is on record."""
    by, at = request.actor, now()
    with refusals_noted(by, what="item", number=number):
        item = item_for(number=number, by=by)
    content = papers.paper(item, name, by=by, at=at)
    journal.record_read(what="item", subject=number, by=by, at=at)
    return _pdf(content, f"{number} {papers.KINDS[name].zh}.pdf")


@page(READ)
def evidence_catalogue(request: Handled, number: str) -> HttpResponse:
    """The catalogue of the items told in a matter, as far as they are shown."""
    by, at = request.actor, now()
    matter = _matter(number, by)
    items = [one.item for one in told_in(matter, by=by)]
    made = papers.catalogue(items, title=matter.title, by=by, at=at)
    for item in items:
        journal.record_read(what="item", subject=item.number, by=by, at=at)
    return _pdf(made.pdf, f"{number} 证据目录.pdf")


@page(HANDLE)
def evidence_export(request: Handled, number: str) -> HttpResponseBase:
    """What of a matter's evidence would go out, what would not and why; POST lets a job write it."""
    by = request.actor
    matter = _matter(number, by)
    onward = (request.POST if request.method == "POST" else request.GET).get("onward", "") == "1"
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            exporting.ask_for(
                matter=matter.uid,
                onward=onward,
                language=get_language() or "zh-hans",
                by=by,
                at=now(),
                entropy=secrets.token_bytes(10),
            )
        except ConcordError as error:
            if error.status not in {409, 422, 503}:
                raise
            refusal = refusal_of(error)
        else:
            messages.success(request, _("正在后台封存导出件；完成后会通知您。"))
            return redirect("workspace:exports")
    chosen = exporting.choose(matter=matter.uid, onward=onward, by=by)
    context = {**_chosen(chosen), "onward": onward, "problems": refusal.summary, "under_way": _under_way(matter, by)}
    return render(request, "workspace/evidence/export.html", context, status=refusal.status)


@page(HANDLE)
def evidence_export_file(request: Handled, uid: UUID) -> HttpResponseBase:
    """The package of an export, for whoever asked for it, with the proofs it has by now."""
    sealed = exporting.package_for(uid=uid, by=request.actor)
    response = attached(sealed)
    journal.record_read(what="package", subject=sealed.package, by=request.actor, at=now())
    return response


def _matter(number: str, by: Actor) -> Matter:
    with refusals_noted(by, number=number):
        return matter_for(number=number, by=by).matter


def _chosen(chosen: Choice) -> dict[str, Any]:
    matter = chosen.matter
    return {
        "matter": {"number": matter.number, "title": matter.title},
        "matter_url": reverse("workspace:matter", args=[matter.number]),
        "catalogue_url": reverse("workspace:evidence_catalogue", args=[matter.number]),
        "taken": [
            {
                "number": one.number,
                "title": one.title,
                "giver": named(one.organisation),
                "url": reverse("workspace:evidence_item", args=[one.number]),
            }
            for one in chosen.taken
        ],
        "left_out": [
            {
                "number": one.item.number,
                "title": one.item.title,
                "why": words(one.said),
                "url": reverse("workspace:evidence_item", args=[one.item.number]),
            }
            for one in chosen.left_out
        ],
        "size": chosen.size,
    }


def _under_way(matter: Matter, by: Actor) -> list[dict[str, Any]]:
    """What the actor has asked for of this matter, newest first, as far as it is kept."""
    asked = [
        one for one in desk.exports_of(by, limit=SHOWN) if one.kind == exporting.KIND and str(matter.uid) in one.query
    ]
    return [
        {
            "made_at": one.sheet.made_at,
            "kept_until": one.kept_until,
            "failed": one.state == desk.FAILED,
            "done": one.done,
            "of": one.of,
            "url": reverse("workspace:evidence_export_file", args=[one.sheet.uid]) if one.package else "",
        }
        for one in asked
    ]


def _pdf(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    return response
