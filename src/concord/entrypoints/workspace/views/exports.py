"""Tables as files: at once when they are small, by a job when they are large."""

from __future__ import annotations

import secrets
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from concord.casework.desk import exports as desk
from concord.casework.desk.exports import AT_ONCE, FAILED, MOST, TOO_MANY, Export
from concord.entrypoints.workspace.paging import row_id
from concord.entrypoints.workspace.presenting import glass_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views import tables
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.files.queries import open_bytes
from concord.foundation.sheets.workbook import MEDIA_TYPES, write_table
from concord.rules.errors import NotAllowed, NotFound, Said

ROWS = 25
LONGEST_QUERY = 500
BESIDE = ("group", "begun_from", "begun_until")


@page("directory:read")
def exports(request: Handled) -> HttpResponse:
    """What is being written and what can be fetched; and what can be asked for."""
    before = row_id(request.GET.get("before", ""))
    found = desk.exports_of(request.actor, limit=ROWS + 1, before=before)
    rows = [_line(one) for one in found[:ROWS]]
    context = {
        "rows": rows,
        "working": any(row["state"] == desk.ASKED for row in rows),
        "offered": [
            (table.kind, table.title()) for table in tables.TABLES.values() if request.actor.may(table.permission)
        ],
        "at_once": f"{AT_ONCE:,}",
        "most": f"{MOST:,}",
        "older_url": f"?before={found[ROWS - 1].sheet.id}" if len(found) > ROWS else "",
        "newer_url": reverse("workspace:exports") if before else "",
    }
    return render(request, "workspace/sheets/exports.html", context)


def _line(one: Export) -> dict[str, Any]:
    return {
        "name": one.sheet.name,
        "made_at": one.sheet.made_at,
        "kept_until": one.kept_until,
        "state": one.state,
        "failed": one.state == FAILED,
        "too_many": one.state == TOO_MANY,
        "done": one.done,
        "of": one.of,
        "size": one.file.size if one.file else 0,
        "sealed": bool(one.package),
        "url": _url(one),
    }


def _url(one: Export) -> str:
    """Where what is written is fetched; empty before."""
    if one.package:
        return reverse("workspace:evidence_export_file", args=[one.sheet.uid])
    return reverse("workspace:export_file", args=[one.sheet.uid]) if one.file else ""


@page("directory:read")
def export(request: Handled, kind: str) -> HttpResponse:
    """A table with the filters of its list: the file itself, or a job that writes it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by, glass, at = request.actor, glass_of(request.actor), now()
    table = table_for(kind, by)
    form = request.POST.get("form", "")
    form = form if form in MEDIA_TYPES else "xlsx"
    asked = _asked(request.POST)
    rows = list(islice(table.rows(glass, asked), AT_ONCE + 1))
    name = tables.file_name(table, at, form)
    if len(rows) <= AT_ONCE:
        desk.note_export(kind=kind, count=len(rows), by=by, at=at)
        content = write_table(table.title(), table.headings(glass.today), rows, form=form)
        return attached(content, name, form)
    desk.ask_for(
        kind=kind,
        name=name,
        query=urlencode(asked),
        form=form,
        language=get_language() or "zh-hans",
        of=table.count(glass, asked, MOST),
        by=by,
        at=at,
        entropy=secrets.token_bytes(10),
    )
    messages.success(request, _("超过 %(n)s 行，正在后台生成；完成后会通知您。") % {"n": f"{AT_ONCE:,}"})
    return redirect("workspace:exports")


def _asked(sent: QueryDict) -> dict[str, str]:
    """The filters of the page, and what the form asks beside them."""
    filters = QueryDict(sent.get("query", "")[:LONGEST_QUERY])
    beside = {name: str(sent[name]) for name in BESIDE if sent.get(name)}
    return {**{name: str(filters[name]) for name in filters}, **beside}


def table_for(kind: str, by: Actor) -> tables.Table:
    """The table of that kind. Raises NotFound ``sheets.no_table``, NotAllowed ``sheets.may_not_export``."""
    table = tables.find(kind)
    if not by.may(table.permission):
        raise NotAllowed(
            "sheets.may_not_export", Said("您的岗位不能导出这份列表。", "Your post cannot take this table out.")
        )
    return table


def attached(content: bytes, name: str, form: str) -> HttpResponse:
    """A written table as a file to be kept."""
    response = HttpResponse(content, content_type=MEDIA_TYPES[form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@page("directory:read")
def export_file(request: Handled, uid: UUID) -> HttpResponseBase:
    """The file of an export, for whoever asked for it."""
    found = desk.export_for(uid=uid, by=request.actor)
    if found.file is None:
        raise NotFound("sheets.no_export", Said("文件还没有生成。", "The file is not there yet."))
    response = FileResponse(open_bytes(found.file), content_type=MEDIA_TYPES[found.form])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(found.sheet.name)}"
    return response
