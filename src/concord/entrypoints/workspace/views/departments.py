"""Departments of one's own organisation: what each is competent for, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from concord.casework.desk import departments as desk
from concord.casework.desk.handing_over import open_matters_in
from concord.casework.desk.staffing import no_department
from concord.entrypoints.workspace.asking import NOTHING_WRONG, asked, refusal_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.charter import area_words
from concord.foundation.database.clock import now
from concord.foundation.organisations.departments import areas_of, posts_in
from concord.foundation.organisations.models import Competence, Department, Organisation
from concord.foundation.organisations.people import posts_held_in
from concord.foundation.organisations.queries import competences_on, departments_on
from concord.rules.errors import ConcordError


@page("people:manage")
def departments(request: Handled) -> HttpResponse:
    """The departments of today with their areas and people; POST begins one."""
    by, glass = request.actor, glass_of(request.actor)
    typed = {name: request.POST.get(name, "").strip() for name in ("zh", "en")}
    areas = request.POST.getlist("areas")
    refusal = NOTHING_WRONG
    if request.method == "POST":
        is_desk = bool(request.POST.get("desk"))
        try:
            desk.open_department(**typed, desk=is_desk, areas=areas, by=by, at=now())
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, _("科室已设立。"))
            return redirect("workspace:departments")
    context = {
        "rows": _rows(by.organisation, glass),
        "fields": [
            asked("zh", _("科室名称"), typed["zh"], refusal),
            asked("en", _("英文名称"), typed["en"], refusal, required=False),
        ],
        "areas": _area_choices(glass),
        "chosen": areas,
        "problems": refusal.summary,
    }
    return render(request, "workspace/departments.html", context, status=refusal.status)


def _rows(organisation: Organisation, glass: Glass) -> list[dict[str, Any]]:
    areas: dict[int, list[str]] = {}
    for competence in competences_on(glass.today).filter(department__organisation=organisation):
        areas.setdefault(competence.department_id, []).append(area_words(competence.area, glass))
    people: dict[int | None, list[str]] = {}
    for post in posts_held_in(organisation, on=glass.today):
        people.setdefault(post.department_id, []).append(named(post.person))
    return [
        {
            "id": row.pk,
            "name": named(row),
            "desk": row.desk,
            "since": row.valid_from,
            "areas": areas.get(row.pk, []),
            "people": list(dict.fromkeys(people.get(row.pk, []))),
        }
        for row in departments_on(glass.today).filter(organisation=organisation)
    ]


@page("people:manage")
def department(request: Handled, pk: int) -> HttpResponse:
    """One department: its areas today and before; dissolving it."""
    by, glass = request.actor, glass_of(request.actor)
    rows = departments_on(glass.today).filter(organisation=by.organisation)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise no_department()
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            said = _change(request, found)
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, said)
            return redirect("workspace:departments")
    held = list(Competence.objects.filter(department=found).order_by("valid_from", "id"))
    others = [(str(row.pk), named(row), _("联络窗口") if row.desk else "") for row in rows if row.pk != found.pk]
    context = {
        "department": {"id": pk, "name": named(found), "desk": found.desk, "since": found.valid_from},
        "areas": _area_choices(glass),
        "chosen": [one.area for one in held if one.valid_until is None],
        "before": [
            {"area": area_words(one.area, glass), "first": one.valid_from, "until": one.valid_until}
            for one in held
            if one.valid_until is not None
        ],
        "held": len(posts_in(found, since=glass.today)),
        "matters": open_matters_in(found),
        "dissolve_fields": [
            asked(
                "successor",
                _("接手科室"),
                request.POST.get("successor", ""),
                refusal,
                kind="person",
                required=False,
                options=others,
                help_text=_("不填的，由联络窗口接手。"),
            )
        ],
        "problems": refusal.summary,
    }
    return render(request, "workspace/department.html", context, status=refusal.status)


def _change(request: Handled, found: Department) -> str:
    by = request.actor
    if request.POST.get("do") == "dissolve":
        wanted = request.POST.get("successor", "")
        rows = Department.objects.filter(organisation=by.organisation, valid_until__isnull=True)
        successor = next((row for row in rows if str(row.pk) == wanted), None)
        posts, matters = desk.dissolve_department(department=found, successor=successor, by=by, at=now())
        return _("科室已撤销：%(posts)s个岗位、%(matters)s件在办事项已转入接手科室。") % {
            "posts": posts,
            "matters": matters,
        }
    desk.set_competences(department=found, areas=request.POST.getlist("areas"), by=by, at=now())
    return _("业务分工已调整，自今天起生效。")


def _area_choices(glass: Glass) -> list[tuple[str, str]]:
    return [(area, area_words(area, glass)) for area in areas_of(glass.charter)]
