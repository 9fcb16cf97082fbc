"""Bulk acts: chosen rows, what can be done with them, a preview of every row, and what came of each."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from concord.casework.desk import receipts
from concord.casework.desk.bulk import Outcome, Row, looked_at
from concord.casework.desk.exports import note_export
from concord.casework.queries import Seen
from concord.entrypoints.workspace.bulk_deeds import Acting, Deed, deed_named, deeds
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of, tone_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.submissions import key_of, problems_by_field, summary_of, whole_number
from concord.entrypoints.workspace.views import tables
from concord.entrypoints.workspace.views.assigning import back_to
from concord.entrypoints.workspace.views.exports import attached, table_for
from concord.foundation.database.clock import now
from concord.foundation.sheets.workbook import write_table
from concord.rules.errors import ConcordError, Conflict, InvalidInput, Problem, Said
from concord.rules.procedure.parties import CENTRE_ROLE

# So many rows are done at once; the rest follows part by part, so that whoever waits sees it go on.
PART = 8
# With a row's number behind it, it still fits the column of keys.
LONGEST_KEY = 30


@dataclass(frozen=True, slots=True)
class Task:
    """What a form asks to be done: the deed, the rows it was shown (``all``) and chose, the answers common to them."""

    deed: Deed
    all: tuple[str, ...]
    rows: tuple[Row, ...]
    typed: Mapping[str, Any]
    together: bool
    key: str
    back: str


@page("matter:read")
def bulk(request: Handled) -> HttpResponse:
    """Choose what to do with the rows, look at what would happen, do it."""
    glass, back = glass_of(request.actor), back_to(request, reverse("workspace:matters"))
    if request.method != "POST":
        numbers = list(dict.fromkeys(request.GET.getlist("matter")))
        seen = looked_at(numbers, by=glass.by, on=glass.today)
        for number in (one for one in numbers if one not in seen):
            receipts.note_refusal(by=glass.by, at=now(), number=number)
        if not request.GET.get("do"):
            return _choice(request, seen, glass, back, lost=len(numbers) - len(seen))
        deed = deed_named(request.GET["do"], list(seen.values()), glass)
        return _preview(request, deed, seen, glass, back=back)
    if not request.POST.get("do"):
        return redirect(_address(request.POST.getlist("matter"), back))
    return _started(request, _task(request, glass, back), glass)


@page("matter:read")
def part(request: Handled) -> HttpResponse:
    """The next rows of a task that is under way; all of them for a browser without scripts."""
    glass, back = glass_of(request.actor), back_to(request, reverse("workspace:matters"))
    if request.method != "POST":
        return redirect("workspace:matters")
    task = _task(request, glass, back)
    if not request.headers.get("HX-Request"):
        return _result(request, task, glass, task.deed.run(task.rows, task.typed, together=False))
    first = max(whole_number(request.POST.get("from")), 0)
    found = task.deed.run(task.rows[first : first + PART], task.typed, together=False)
    failed = [name for name in request.POST.get("failed", "").split(",") if name]
    failed += [one.name for one in found if one.error]
    context = {
        "outcomes": _outcomes(found, task.deed, glass),
        "runner": runner(task.rows, min(first + PART, len(task.rows)), failed, back),
        "part_url": reverse("workspace:bulk_part"),
        "again": _("再看没有办成的"),
    }
    return render(request, "workspace/bulk_part.html", context)


@page("matter:read")
def take_out(request: Handled) -> HttpResponse:
    """The chosen rows as a file."""
    if request.method != "POST":
        return redirect("workspace:matters")
    glass, at = glass_of(request.actor), now()
    table = table_for("matters", glass.by)
    seen = looked_at(request.POST.getlist("matter"), by=glass.by, on=glass.today)
    rows = tables.chosen_matters(glass, [known.matter.id for known in seen.values()])
    note_export(kind=table.kind, count=len(rows), by=glass.by, at=at)
    content = write_table(table.title(), table.headings(glass.today), rows, form="xlsx")
    return attached(content, tables.file_name(table, at, "xlsx"), "xlsx")


def runner(rows: Sequence[object], done: int, failed: Sequence[str], back: str) -> dict[str, Any]:
    """How far a task has come, and what is left of it."""
    return {
        "total": len(rows),
        "done": done,
        "good": done - len(failed),
        "failed": ",".join(failed),
        "bad": len(failed),
        "over": done >= len(rows),
        "back": back,
    }


def _started(request: Handled, task: Task, glass: Glass) -> HttpResponse:
    """Do what was asked, or its first rows; the preview again where it cannot be done so."""
    seen = looked_at(task.all, by=glass.by, on=glass.today)
    if request.POST.get("again"):
        return _preview(request, task.deed, seen, glass, back=task.back, task=task)
    try:
        _require(task)
    except InvalidInput as error:
        return _preview(request, task.deed, seen, glass, back=task.back, task=task, error=error)
    waits = len(task.rows) > PART and not task.together
    found = [] if waits else task.deed.run(task.rows, task.typed, together=task.together)
    if task.together and any(one.error for one in found):
        none_done = _none_done(found)
        return _preview(request, task.deed, seen, glass, back=task.back, task=task, error=none_done, found=found)
    return _result(request, task, glass, found)


def _task(request: Handled, glass: Glass, back: str) -> Task:
    again = [number for number in request.POST.get("again", "").split(",") if number]
    shown = again or list(dict.fromkeys([*request.POST.getlist("row"), *request.POST.getlist("matter")]))
    seen = looked_at(shown, by=glass.by, on=glass.today)
    deed = deed_named(request.POST.get("do", ""), list(seen.values()), glass)
    key = key_of(request, longest=LONGEST_KEY)
    chosen = again or list(dict.fromkeys(request.POST.getlist("matter")))
    rows = [Row(one, whole_number(request.POST.get(f"version-{one}")), f"{key}-{one}") for one in chosen]
    return Task(
        deed=deed,
        all=tuple(shown),
        rows=tuple(rows),
        typed=deed.typed_in(request),
        together=bool(request.POST.get("together")),
        key=key,
        back=back,
    )


def _require(task: Task) -> None:
    if not task.rows:
        said = Said("请至少选择一件。", "Choose at least one row.")
        raise InvalidInput("casework.no_rows", said, problems=(Problem("", "missing", said),))
    task.deed.require(task.typed)


def _none_done(found: Sequence[Outcome]) -> ConcordError:
    bad = sum(1 for one in found if one.error)
    said = Said(
        f"一件也没有办理：有 {bad} 件不能办，原因写在各行。去掉这些行，或者不要求全部办成。",
        f"Nothing was done: {bad} cannot be, each row says why. Leave those out, or do not ask for all or none.",
    )
    return Conflict("casework.none_done", said)


def _address(numbers: Sequence[str], back: str) -> str:
    chosen = [("matter", number) for number in dict.fromkeys(numbers)]
    return f"{reverse('workspace:bulk')}?{urlencode([*chosen, ('next', back)])}"


def _choice(request: Handled, seen: Mapping[str, Seen], glass: Glass, back: str, *, lost: int) -> HttpResponse:
    rows = list(seen.values())
    found = deeds(rows, glass)
    labels = _labels([deed for deed, _count in found], rows)
    context = {
        "rows": [_row(known, glass) for known in rows],
        "deeds": [
            {
                "id": deed.id,
                "label": label,
                "grave": deed.grave,
                "count": count,
            }
            for (deed, count), label in zip(found, labels, strict=True)
        ],
        "lost": ngettext("有 %(num)s 件没有找到，已略去。", "有 %(num)s 件没有找到，已略去。", lost) % {"num": lost}
        if lost
        else "",
        "back": back,
    }
    return render(request, "workspace/bulk.html", context)


def _labels(found: Sequence[Deed], rows: Sequence[Seen]) -> list[str]:
    """The words of each deed; those of one name say of which procedure, and where that is one, from which state."""
    names = [deed.label for deed in found]
    told = [one.label if names.count(one.label) == 1 else f"{one.label} · {_of_procedure(one, rows)}" for one in found]
    return [
        _from_state(deed, rows) if isinstance(deed, Acting) and told.count(label) > 1 else label
        for deed, label in zip(found, told, strict=True)
    ]


def _from_state(deed: Acting, rows: Sequence[Seen]) -> str:
    """The words of a deed with the states of the matters in which it is possible."""
    numbers = set(deed.offer.numbers)
    states = dict.fromkeys(words(one.procedure.state(one.state)) for one in rows if one.matter.number in numbers)
    return _("%(act)s（%(states)s）") % {"act": deed.label, "states": _("、").join(states)}


def _of_procedure(deed: Deed, rows: Sequence[Seen]) -> str:
    procedure = deed.id.partition(".")[0]
    return next((words(known.procedure) for known in rows if known.procedure.id == procedure), "")


def _preview(
    request: Handled,
    deed: Deed,
    seen: Mapping[str, Seen],
    glass: Glass,
    *,
    back: str,
    task: Task | None = None,
    error: ConcordError | None = None,
    found: Sequence[Outcome] = (),
) -> HttpResponse:
    refused = {one.name: words(one.error.said) for one in found if one.error}
    chosen = {row.number for row in task.rows} if task else set(seen)
    rows = list(seen.values())
    lines = [
        {
            **_row(known, glass),
            "version": known.version,
            "said": refused.get(known.matter.number, said),
            "possible": possible and known.matter.number not in refused,
            "checked": possible and known.matter.number in chosen and known.matter.number not in refused,
        }
        for known, (said, possible) in zip(rows, deed.would(rows), strict=True)
    ]
    context = {
        "deed": {"id": deed.id, "label": deed.label, "grave": deed.grave},
        "rows": lines,
        "ready": sum(1 for line in lines if line["possible"]),
        "fields": deed.fields(task.typed if task else {}, problems_by_field(error)),
        "together": task.together if task else False,
        "problems": summary_of(error),
        "key": secrets.token_urlsafe(18),
        "back": back,
        "choice_url": _address(list(seen), back),
    }
    return render(request, "workspace/bulk_preview.html", context, status=error.status if error else 200)


def _result(request: Handled, task: Task, glass: Glass, found: Sequence[Outcome]) -> HttpResponse:
    failed = [one.name for one in found if one.error]
    context = {
        "deed": {"id": task.deed.id, "label": task.deed.label},
        "task": task,
        "hidden": [(name, one) for name, value in task.typed.items() for one in _listed(value)],
        "outcomes": _outcomes(found, task.deed, glass),
        "runner": runner(task.rows, len(found), failed, task.back),
        "part_url": reverse("workspace:bulk_part"),
    }
    return render(request, "workspace/bulk_result.html", context)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _outcomes(found: Sequence[Outcome], deed: Deed, glass: Glass) -> list[dict[str, Any]]:
    """What came of each row, as the matter is now."""
    seen = looked_at([one.name for one in found], by=glass.by, on=glass.today)
    return [_outcome(one, seen.get(one.name), deed) for one in found]


def _outcome(one: Outcome, known: Seen | None, deed: Deed) -> dict[str, Any]:
    said = words(one.error.said) if one.error else deed.done(known) if known else ""
    return {
        "good": one.error is None,
        "title": (known.matter.title or one.name) if known else one.name,
        "number": one.name,
        "url": reverse("workspace:matter", args=[one.name]) if known else "",
        "said": said,
    }


def _row(known: Seen, glass: Glass) -> dict[str, Any]:
    row = known.matter
    sides = [one for role, held_by in known.parties.items() if role != CENTRE_ROLE for one in held_by]
    others = [one for one in sides if one.id != glass.by.organisation.id]
    return {
        "number": row.number,
        "title": row.title or row.number,
        "url": reverse("workspace:matter", args=[row.number]),
        "procedure": words(known.procedure),
        "state": words(known.procedure.state(known.state)),
        "state_tone": tone_of(row, our_turn=known.turn_of(glass.by.organisation)),
        "counterpart": named(others[0]) if others else "",
    }
