"""Sheets: bringing one in, mending its cells in place, taking its good rows over."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.sheets import commands, queries, registry
from concord.foundation.sheets.models import Sheet
from concord.foundation.sheets.queries import TAKE, Review
from concord.foundation.sheets.reading import MOST_BYTES, MOST_ROWS
from concord.foundation.sheets.workbook import XLSX, write_template
from concord.rules.errors import ConcordError, InvalidInput
from concord.rules.sheets import CheckedRow, Column, ColumnType

ROWS = 20
SHEETS = 25
SUMMARY_COLUMNS = 3
LONGEST_TOLD = 40
# Where the pages of what rows became are found, by kind of sheet.
BECAME = {"leads": "workspace:case", "people": "workspace:person"}


@page(TAKE)
def sheets(request: Handled) -> HttpResponse:
    """The organisation's sheets, and where to bring another one."""
    problem = ""
    if request.method == "POST":
        try:
            return redirect("workspace:sheet", uid=_brought(request).uid)
        except InvalidInput as error:
            problem = words(error.said)
    before = request.GET.get("before", "")
    found = queries.sheets_of(request.actor, limit=SHEETS + 1, before=int(before) if before.isdecimal() else None)
    context = {
        "kinds": [(kind.id, words(kind.said)) for kind in registry.kinds_for(request.actor)],
        "chosen": request.POST.get("kind", request.GET.get("kind", "")),
        "problem": problem,
        "rows": [_line(sheet) for sheet in found[:SHEETS]],
        "most_rows": MOST_ROWS,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
        "older_url": f"?before={found[SHEETS - 1].id}" if len(found) > SHEETS else "",
        "newer_url": reverse("workspace:sheets") if before else "",
    }
    return render(request, "workspace/sheets/sheets.html", context, status=422 if problem else 200)


def _brought(request: Handled) -> Sheet:
    uploaded = request.FILES.get("file")
    # One byte more than is taken is enough to refuse it.
    content = uploaded.read(MOST_BYTES + 1) if uploaded else b""
    return commands.bring(
        kind=request.POST.get("kind", ""),
        name=(uploaded.name if uploaded else "") or "",
        content=content,
        by=request.actor,
        at=now(),
        entropy=secrets.token_bytes(10),
    )


def _line(sheet: Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "kind": words(registry.find(sheet.kind).said),
        "person": named(sheet.person),
        "made_at": sheet.made_at,
        "taken_at": sheet.taken_at,
        "url": reverse("workspace:sheet", args=[sheet.uid]),
    }


@page(TAKE)
def template(request: Handled, kind: str) -> HttpResponse:
    """The workbook to be filled in, with headings in the reader's language."""
    found = registry.find(kind)
    content = write_template(found.said, found.columns(request.actor, legal_date(now())), language=_language())
    response = HttpResponse(content, content_type=XLSX)
    name = _("%(kind)s导入模板.xlsx") % {"kind": words(found.said)}
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


@page(TAKE)
def sheet(request: Handled, uid: UUID) -> HttpResponse:
    """One sheet: what is good, what is wrong and why, what was taken."""
    found = queries.sheet_for(uid=uid, by=request.actor)
    reviewed = queries.review(found, by=request.actor, today=legal_date(now()))
    return render(request, "workspace/sheets/sheet.html", _shown(request, reviewed, request.actor))


def _shown(request: HttpRequest, reviewed: Review, by: Actor) -> dict[str, Any]:
    show = request.GET.get("show", "")
    if show not in {"bad", "good", "taken"}:
        show = "bad" if reviewed.bad else "good" if reviewed.good else "taken"
    beyond = request.GET.get("from", "")
    first = int(beyond) if beyond.isdecimal() else 0
    listed = [row for row in (reviewed.bad if show == "bad" else reviewed.good) if row.number >= first]
    taken = [(number, made) for number, made in sorted(reviewed.taken.items()) if number >= first]
    numbers = [number for number, _made in taken] if show == "taken" else [row.number for row in listed]
    return {
        **_counts(reviewed, by),
        "show": show,
        "rows": [] if show == "taken" else [_row(row, reviewed) for row in listed[:ROWS]],
        "taken": [_became(reviewed, number, made) for number, made in taken[:ROWS]] if show == "taken" else [],
        "newer_url": f"?show={show}" if first else "",
        "older_url": f"?show={show}&from={numbers[ROWS]}" if len(numbers) > ROWS else "",
        "unknown": reviewed.unknown,
        "missing": [words(column) for column in reviewed.columns if column.id in reviewed.missing],
        "same_as": _line(reviewed.same_as) if reviewed.same_as else None,
    }


def _counts(reviewed: Review, by: Actor) -> dict[str, Any]:
    return {
        "sheet": {**_line(reviewed.sheet), "uid": reviewed.sheet.uid},
        "good": len(reviewed.good),
        "bad": len(reviewed.bad),
        "done": len(reviewed.taken),
        "may_take": by.may(reviewed.kind.permission),
    }


def _became(reviewed: Review, number: int, made: str) -> dict[str, Any]:
    name = BECAME.get(reviewed.sheet.kind)
    return {"number": number, "url": reverse(name, args=[made]) if name else "", "label": _title(reviewed, number)}


def _title(reviewed: Review, number: int) -> str:
    """What a row is known by: what was typed in its first columns."""
    typed = reviewed.cells[number]
    told = [typed.get(column.id, "") for column in reviewed.columns[:SUMMARY_COLUMNS]]
    return " · ".join(text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}…" for text in told if text)


def _row(row: CheckedRow, reviewed: Review) -> dict[str, Any]:
    typed = reviewed.cells[row.number]
    return {
        "number": row.number,
        "title": _title(reviewed, row.number),
        "good": row.good,
        "fields": [_field(column, typed, row, reviewed.columns) for column in reviewed.columns],
        "url": reverse("workspace:sheet_row", args=[reviewed.sheet.uid, row.number]),
    }


def _field(column: Column, typed: Mapping[str, str], row: CheckedRow, columns: Sequence[Column]) -> dict[str, Any]:
    fault = row.faults.get(column.id)
    value = typed.get(column.id, "")
    chosen = row.values[column.id]
    options = [(option.id, words(option)) for option in column.options]
    if options and value and chosen is None:
        # What was written stays to be seen and is sent again as it is until another choice is made.
        options.insert(0, (value, _("原填：%(text)s") % {"text": value}))
        chosen = value
    return {
        "id": column.id,
        "label": words(column),
        "required": column.required,
        "long": column.type is ColumnType.LONGTEXT,
        "value": chosen if options else value,
        "options": options,
        "hint": column.example if column.type is ColumnType.DATE else "",
        "said": words(fault.said) if fault else "",
        "right": words(fault.right) if fault else "",
        "wide": column.type is ColumnType.LONGTEXT or column is columns[1],
    }


@page(TAKE)
def sheet_row(request: Handled, uid: UUID, number: int) -> HttpResponse:
    """Mend a row or leave it out; asked by htmx, only what is said of the row and the counts come back."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    by, show = request.actor, request.POST.get("show", "")
    if "leave_out" in request.POST:
        commands.leave_out(uid=uid, number=number, by=by)
        messages.success(request, _("第 %(n)s 行已删去。") % {"n": number})
        return redirect(f"{reverse('workspace:sheet', args=[uid])}?show={quote(show)}")
    commands.mend(uid=uid, number=number, cells=request.POST.dict(), by=by, at=now())
    reviewed = queries.review(queries.sheet_for(uid=uid, by=by), by=by, today=legal_date(now()))
    row = next(row for row in reviewed.rows if row.number == number)
    if request.headers.get("HX-Request"):
        context = {**_counts(reviewed, by), "row": _row(row, reviewed), "show": show}
        return render(request, "workspace/sheets/row_said.html", context)
    if row.good:
        messages.success(request, _("第 %(n)s 行已合格。") % {"n": number})
    else:
        text = ngettext("第 %(row)s 行还有 %(n)s 处需要更正。", "第 %(row)s 行还有 %(n)s 处需要更正。", len(row.faults))
        messages.warning(request, text % {"row": number, "n": len(row.faults)})
    return redirect(f"{reverse('workspace:sheet', args=[uid])}?show={quote(show)}#row-{number}")


@page(TAKE)
def sheet_take(request: Handled, uid: UUID) -> HttpResponse:
    """Take the good rows over, or all of them or none."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        count = commands.take(
            uid=uid,
            all_or_nothing=bool(request.POST.get("all")),
            by=request.actor,
            at=now(),
            entropy=secrets.token_bytes(32),
        )
    except ConcordError as error:
        if not error.code.startswith("sheets.") or error.status == HttpResponse(status=404).status_code:
            raise
        messages.error(request, words(error.said))
    else:
        messages.success(request, ngettext("已导入 %(n)s 行。", "已导入 %(n)s 行。", count) % {"n": count})
    return redirect("workspace:sheet", uid=uid)


@page(TAKE)
def sheet_drop(request: Handled, uid: UUID) -> HttpResponse:
    """Give the sheet up."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    commands.drop(uid=uid, by=request.actor, at=now())
    messages.success(request, _("表格已放弃；已经导入的记录不受影响。"))
    return redirect("workspace:sheets")


def _language() -> str:
    return get_language() or "zh"
