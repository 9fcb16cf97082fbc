"""The cases and leads of one's own organisation: found, looked at, registered."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.casework.desk.cases import CasesWanted, columns_on, open_case, page_of_cases
from concord.casework.desk.lists import Wanted, page_of_matters
from concord.casework.models import Case
from concord.entrypoints.workspace.beginnings import begin_address
from concord.entrypoints.workspace.fields import blank
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.paging import ROWS, row_id
from concord.entrypoints.workspace.presenting import glass_of, rows_of, words
from concord.entrypoints.workspace.routing import Handled, page, refusals_noted
from concord.foundation.database.clock import legal_date, now
from concord.foundation.sheets.queries import TAKE
from concord.rules.case_files import STAGES
from concord.rules.errors import InvalidInput
from concord.rules.sheets import Column, ColumnType

LONGEST_TEXT = 100
MATTERS_SHOWN = 100
# What the heading of the page of a case already says.
IN_HEADING = {"number", "name", "stage"}
FEW_OPTIONS = 5


def wanted_of(asked: dict[str, str]) -> CasesWanted:
    """The filters of the list of cases, as an address names them."""
    begun = {"yes": True, "no": False}.get(asked.get("begun", ""))
    return CasesWanted(text=asked.get("q", "").strip()[:LONGEST_TEXT], stage=asked.get("stage", ""), begun=begun)


@page("case:open")
def cases(request: Handled) -> HttpResponse:
    """The cases of one's own organisation, with filters and keyset pages."""
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "stage", "begun")}
    before = request.GET.get("before", "")
    found = page_of_cases(request.actor, wanted_of(asked), before=row_id(before), limit=ROWS + 1)
    rows = found[:ROWS]
    kept = {name: value for name, value in asked.items() if value}
    causes = {option.id: words(option) for column in columns_on(legal_date(now())) for option in column.options}
    context = {
        "rows": [
            {
                "uid": case.uid,
                "number": case.number,
                "name": case.name,
                "party": case.party,
                "cause": causes.get(case.cause, ""),
                "stage": causes.get(case.stage, case.stage),
                "person": named(case.person),
                "opened_at": case.opened_at,
                "matters": case.matter_count,
                "url": reverse("workspace:case", args=[case.uid]),
            }
            for case in rows
        ],
        "filters": {**asked, "active": bool(kept)},
        "stages": [(option.id, words(option)) for option in STAGES],
        "new_url": reverse("workspace:case_new"),
        "bring_url": f"{reverse('workspace:sheets')}?kind=leads" if request.actor.may(TAKE) else "",
        "newer_url": f"?{urlencode(kept)}" if before else "",
        "older_url": f"?{urlencode({**kept, 'before': rows[-1].id})}" if len(found) > ROWS else "",
    }
    return render(request, "workspace/cases.html", context)


@page("case:open")
def case(request: Handled, uid: UUID) -> HttpResponse:
    """One case with what is known of it, its matters, and what can be begun inside it."""
    by, glass = request.actor, glass_of(request.actor)
    with refusals_noted(by, what="case", uid=uid):
        found = queries.case_for(uid=uid, by=by)
    columns = columns_on(glass.today)
    rows = page_of_matters(by, Wanted(case=found), limit=MATTERS_SHOWN).rows
    stage = next(column for column in columns if column.id == "stage")
    context = {
        "case": {
            "number": found.number,
            "name": found.name,
            "stage": _shown(stage, found),
            "person": named(found.person),
            "opened_at": found.opened_at,
        },
        "facts": [
            {"label": words(column), "kind": _kind(column), "value": _shown(column, found)}
            for column in columns
            if column.id not in IN_HEADING and getattr(found, column.id) not in {"", None}
        ],
        "rows": rows_of(rows, glass),
        "begin_url": begin_address(by, glass, case=str(found.uid)),
    }
    return render(request, "workspace/case.html", context)


def _shown(column: Column, case: Case) -> Any:
    value = getattr(case, column.id)
    return next((words(option) for option in column.options if option.id == value), value)


def _kind(column: Column) -> str:
    """How the facts list shows a column."""
    shown = {ColumnType.DATE, ColumnType.MONEY, ColumnType.LONGTEXT}
    return column.type.value if column.type in shown else "text"


@page("case:open")
def case_new(request: Handled) -> HttpResponse:
    """Register a case or lead."""
    columns = columns_on(legal_date(now()))
    typed = {column.id: request.POST.get(column.id, "") for column in columns}
    problems: dict[str, list[str]] = {}
    summary: list[tuple[str, str]] = []
    if request.method == "POST":
        own = {name: typed[name] for name in ("number", "name", "stage")}
        try:
            made = open_case(**own, more=typed, by=request.actor, at=now(), entropy=secrets.token_bytes(10))
        except InvalidInput as error:
            summary = [(problem.field, words(problem.said)) for problem in error.problems]
            for field, text in summary:
                problems.setdefault(field, []).append(text)
        else:
            messages.success(request, _("案件已登记。"))
            return redirect("workspace:case", uid=made.uid)
    fields = [_field(column, typed[column.id], problems.get(column.id, [])) for column in columns]
    context = {
        "fields": [field for field in fields if field["required"]],
        "more": [field for field in fields if not field["required"]],
        "problems": summary,
        "open": any(typed[field["id"]] for field in fields if not field["required"]) or bool(summary),
    }
    return render(request, "workspace/case_new.html", context, status=422 if summary else 200)


def _field(column: Column, value: str, problems: list[str]) -> dict[str, Any]:
    """A column as a field of the form."""
    kinds = {ColumnType.CHOICE: "choice", ColumnType.LONGTEXT: "longtext", ColumnType.MONEY: "money"}
    return {
        **blank(column.id, words(column)),
        "kind": kinds.get(column.type, "date" if column.type is ColumnType.DATE else "text"),
        "value": value,
        "options": [(option.id, words(option), "") for option in column.options],
        "required": column.required,
        "max": column.longest,
        "problems": problems,
        "help": _("本机关的编号，例如：〔2026〕35号") if column.id == "number" else "",
    }
