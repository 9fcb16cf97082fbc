"""Collecting evidence: register an item, write its record, add files that arrive in pieces, seal it."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import items
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.policy import COLLECT, SIGN
from concord.capabilities.evidence.queries import item_for
from concord.casework.models import Case
from concord.entrypoints.workspace import evidence_forms as forms
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import NOTHING_WRONG, Refusal, refusal_of
from concord.entrypoints.workspace.bringing import brought
from concord.entrypoints.workspace.evidence_forms import Typed
from concord.entrypoints.workspace.presenting import Glass, glass_of
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.entrypoints.workspace.submissions import key_of, whole_number
from concord.entrypoints.workspace.views.evidence import case_asked
from concord.foundation.database.clock import now
from concord.rules.errors import ConcordError, InvalidInput, Problem, Said

OWN = ("kind", "title", "cause", "handling")
ADD, DROP, SEAL = "add", "drop", "seal"


@page(COLLECT)
def evidence_new(request: Handled) -> HttpResponse:
    """Register an item that is about to be collected; it gets its number."""
    by, glass = request.actor, glass_of(request.actor)
    case = case_asked(by, request.POST.get("case") or request.GET.get("case") or "")
    typed = {name: request.POST.get(name, "").strip() for name in OWN}
    if request.method != "POST" and case is not None:
        typed["cause"] = case.cause
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            made = items.register(
                **typed,
                case=case.uid if case else None,
                by=by,
                at=now(),
                entropy=secrets.token_bytes(32),
                key=key_of(request),
            )
        except InvalidInput as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, _("已登记，编号 %(number)s。") % {"number": made.number})
            return redirect("workspace:evidence_edit", number=made.number)
    context = {
        "item": None,
        "case": _case(case),
        "key": key_of(request),
        "groups": [{"label": "", "fields": forms.own_fields(typed, refusal, glass, kind=True)}],
        "officers": None,
        "problems": refusal.summary,
    }
    return render(request, "workspace/evidence/form.html", context, status=refusal.status)


def _case(case: Case | None) -> dict[str, str] | None:
    return None if case is None else {"uid": str(case.uid), "label": str(case)}


@page(COLLECT)
def evidence_edit(request: Handled, number: str) -> HttpResponse:
    """Write the record of an item that is being collected, add and drop files, seal it; what was typed is kept."""
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, what="item", number=number):
        item = item_for(number=number, by=by)
    typed, refusal = forms.typed_of(item, item.officers.select_related("person")), NOTHING_WRONG
    unstamped = False
    if request.method == "POST":
        doing = request.POST.get("do", "")
        try:
            if doing not in {ADD, DROP}:
                typed = forms.typed_in(request, item.kind)
            said = _done(request, item, typed, doing)
        except ConcordError as error:
            if error.status not in {409, 422}:
                raise
            refusal = forms.refusal_at(error, item.kind)
            unstamped = error.code == "evidence.unstamped" and by.may(SIGN)
            item = item_for(number=number, by=by)
        else:
            messages.success(request, said)
            return redirect("workspace:evidence_item" if doing == SEAL else "workspace:evidence_edit", number=number)
    if item.state != Item.State.COLLECTING or item.organisation_id != by.organisation.id:
        return redirect("workspace:evidence_item", number=number)
    return _edit_page(request, item, typed, refusal, glass, unstamped=unstamped)


def _done(request: Handled, item: Item, typed: Typed, doing: str) -> str:
    by, at = request.actor, now()
    if doing == ADD:
        _add(request, item)
        return _("文件已添加。")
    if doing == DROP:
        items.drop_file(item=item.uid, path=request.POST.get("path", ""), by=by, at=at)
        return _("文件已移除。")
    described = items.describe(
        item=item.uid,
        version=whole_number(request.POST.get("version")),
        record=typed.record,
        officers=forms.people_of(typed),
        place=typed.place,
        started_at=forms.instant_of(typed.started_at),
        ended_at=forms.instant_of(typed.ended_at),
        title=typed.title,
        cause=typed.cause,
        handling=typed.handling,
        by=by,
        at=at,
    )
    if doing != SEAL:
        return _("采集记录已保存。")
    items.seal(item=item.uid, version=described.version, by=by, at=at)
    return _("已封存，正在签名。")


def _add(request: Handled, item: Item) -> None:
    """Add what arrived in pieces, by its uid, and what came with the form itself."""
    by, at = request.actor, now()
    found = brought(request)
    if not found:
        said = Said("请选择文件。", "Choose a file.")
        raise InvalidInput("evidence.no_file_chosen", said, problems=(Problem("file", "missing", said),))
    origin = request.POST.get("origin", "").strip()
    for file, claimed in found:
        items.add_file(item=item.uid, file=file, claimed=claimed, original_location=origin, by=by, at=at)


def _edit_page(
    request: Handled, item: Item, typed: Typed, refusal: Refusal, glass: Glass, *, unstamped: bool
) -> HttpResponse:
    found = list(item.files.select_related("file", "redaction_of"))
    context: dict[str, Any] = {
        "item": {**sheet.row(item, glass), "version": item.version},
        "case": None,
        "key": "",
        "groups": forms.groups(item, typed, refusal, glass),
        "officers": forms.officers_shown(typed),
        "people": forms.collectors(glass),
        "files": sheet.files(found, item),
        "checks": sheet.checks(item, glass),
        "lots": item.lots.count(),
        "lots_url": reverse("workspace:evidence_lots", args=[item.number]),
        "unstamped_url": reverse("workspace:evidence_seal_unstamped", args=[item.number]) if unstamped else "",
        "problems": refusal.summary,
    }
    return render(request, "workspace/evidence/form.html", context, status=refusal.status)
