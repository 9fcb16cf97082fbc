"""The charter (章程) that everything runs on: who belongs to it, who may do what, its procedures, its handbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.governance import queries as governance
from concord.casework.definitions import procedure_of
from concord.casework.models import ProcedureVersion
from concord.entrypoints import handbook
from concord.entrypoints.workspace.presenting import Glass, glass_of, role_words, words
from concord.entrypoints.workspace.procedure_sheet import Sheet, grounds, line_words, running_words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.organisations.queries import texts_of
from concord.rules.charter import Charter, Escalation, Group
from concord.rules.errors import NotFound, Said
from concord.rules.limits import parse_limit
from concord.rules.procedure import Line, Procedure, telling


class Sourced(Protocol):
    """A rule of the charter with the id of its source."""

    @property
    def source(self) -> str | None: ...  # noqa: D102  the id itself


@page("charter:read")
def overview(request: Handled) -> HttpResponse:
    """The charter in force: members, groups, seats, rotation, posts and permissions, its versions and sources."""
    glass = glass_of(request.actor)
    charter = glass.charter
    listed = _versions()
    context = {
        "charter": {
            "name": words(charter),
            "id": charter.id,
            "version": charter.version,
            "digest": charter.digest,
            "founded": charter.founded,
            "agreement": charter.agreement,
            "agreement_ground": _ground(charter, charter.agreement) if charter.agreement else None,
            "in_force": next((one for one in listed if one["digest"] == charter.digest), None),
            "seat": words(charter.member(charter.seat)) if charter.seat else "",
        },
        "members": _members(charter),
        "superiors": _superiors(charter),
        "groups": [
            {"name": words(one), "duties": _duties(one, glass), "ground": _ground(charter, one)}
            for one in charter.groups
        ],
        "seats": [
            {
                "name": words(one),
                "count": one.count,
                "rotates": charter.rotation is not None and one.id in charter.rotation.seats,
                "ground": _ground(charter, one),
            }
            for one in charter.seats
        ],
        "rotation": _rotation(charter),
        "staffing": [
            {
                "name": words(one),
                "powers": one.may_hold_powers,
                "per_member": one.per_member,
                "term": words(parse_limit(one.term).said) if one.term else "",
                "ground": _ground(charter, one),
            }
            for one in charter.staffing
        ],
        "kinds": [{"id": one.id, "name": words(one), "powers": one.powers} for one in charter.posts],
        "permissions": [
            {"id": one.id, "name": words(one), "power": one.power, "posts": one.posts} for one in charter.permissions
        ],
        "escalation": [_escalation(step, glass) for step in charter.escalation],
        "codes": _codes(charter),
        "sources": [{"id": one.id, **grounds(one)} for one in charter.sources],
        "versions": listed,
        "procedure_count": len(charter.in_force),
    }
    return render(request, "workspace/charter.html", context)


def _ground(charter: Charter, rule: Sourced) -> dict[str, Any]:
    return grounds(charter.source(rule.source) if rule.source else None)


def _members(charter: Charter) -> list[dict[str, Any]]:
    return [
        {
            "code": one.code,
            "name": words(one),
            "mark": one.mark,
            "hats": [
                {
                    "line": line_words(line),
                    "name": one.name(line),
                    "superior": next((up.name(line) for up in charter.superiors(one.code)), ""),
                }
                for line in Line
            ],
        }
        for one in charter.members
    ]


def _superiors(charter: Charter) -> list[dict[str, Any]]:
    return [
        {
            "name": words(one),
            "hats": [(line_words(line), one.name(line), line in one.designates_only) for line in Line],
            "up": words(charter.authority(one.up)) if one.up else "",
            "ground": _ground(charter, one),
        }
        for one in charter.authorities
    ]


def _duties(group: Group, glass: Glass) -> list[str]:
    """What a group is charged with, in words."""
    return [area_words(one, glass) for one in group.duties]


def area_words(area: str, glass: Glass) -> str:
    """An area of work in words: procedures by their names, the rest in words of our own."""
    known = {
        "governance": _("轮值与决议"),
        "charter": _("章程的起草和修改"),
        "roster": _("人员名册"),
        "statistics": _("统计分析"),
        "transfer": _("线索和案件移送"),
        "enforcement": _("送达、辨认、涉罪移送和信息推送"),
        "patent": _("专利行政裁决协作"),
        "operation": _("联合行动"),
        "evidence": _("证据互认"),
        "keymarks": _("重点商标保护名录"),
        "marketplaces": _("电商监管协作"),
        "pool": _("专利池"),
        "finance": _("融资与保险"),
        "services": _("运营服务与资源对接"),
        "talent": _("执法人才库"),
    }
    versions = glass.charter.procedures
    return known.get(area) or (words(versions[area][-1]) if area in versions else area)


def _rotation(charter: Charter) -> dict[str, Any] | None:
    rule = charter.rotation
    if rule is None:
        return None
    seats = {seat.id: words(seat) for seat in charter.seats}
    return {
        "seats": [seats[one] for one in rule.seats],
        "order": [words(charter.member(code)) for code in rule.order],
        "first": rule.first_term_from,
        "term": words(parse_limit(rule.term).said),
        "by_resolution": rule.exchange == "by_resolution",
        "must_balance": rule.hand_over == "must_balance",
        "ground": _ground(charter, rule),
    }


def _escalation(step: Escalation, glass: Glass) -> dict[str, str]:
    procedure = glass.charter.procedure(step.procedure, on=glass.today)
    role, _dot, rest = step.to.partition(".")
    posts = {one.id: words(one) for one in glass.charter.posts}
    groups = {one.id: words(one) for one in glass.charter.groups}
    if step.to == "agenda":
        whom = _("列入协调小组议程")
    else:
        whom = f"{role_words(role, glass)} · {posts.get(rest) or groups.get(rest) or rest}"
    at_once = step.after.startswith("0")
    after = _("届满时") if at_once else _("届满后%(limit)s") % {"limit": words(parse_limit(step.after).said)}
    return {"procedure": words(procedure), "clock": words(procedure.clock(step.clock)), "after": after, "to": whom}


def _codes(charter: Charter) -> list[dict[str, Any]]:
    """The code lists that fields offer; what an organisation is called stands with the procedures."""
    titles = {"handling_codes": _("使用限制"), "causes": _("案由")}
    return [
        {
            "id": name,
            "name": titles.get(name, name),
            "codes": [{"id": code.id, "name": words(code), "meaning": words(code.meaning)} for code in codes.values()],
        }
        for name, codes in charter.code_lists.items()
        if name != "roles"
    ]


def _versions() -> list[dict[str, Any]]:
    """Every adopted version of the charter, the newest first."""
    return [
        {
            "digest": row.digest,
            "resolution": row.resolution,
            "effective_from": row.effective_from,
            "adopted_at": row.adopted_at,
        }
        for row in governance.versions()
    ]


@page("charter:read")
def procedures(request: Handled) -> HttpResponse:
    """The procedures in force, by line of business, with their size, their clocks and their versions."""
    glass = glass_of(request.actor)
    stored = _stored_versions()
    rows = [
        _procedure_row(glass.charter.procedure(name, on=glass.today), stored.get(name, []))
        for name in glass.charter.in_force
    ]
    context = {
        "lines": [
            {"id": line.value, "name": line_words(line), "rows": [row for row in rows if row["line"] is line]}
            for line in Line
            if any(row["line"] is line for row in rows)
        ],
        "count": len(rows),
    }
    return render(request, "workspace/charter_procedures.html", context)


def _stored_versions(**only: str) -> dict[str, list[date]]:
    """The days from which the adopted versions of each procedure are in force, the newest first."""
    found: dict[str, list[date]] = {}
    rows = ProcedureVersion.objects.filter(**only).order_by("procedure", "-in_force_from")
    for name, day in rows.values_list("procedure", "in_force_from"):
        days = found.setdefault(name, [])
        if day not in days:
            days.append(day)
    return found


def _procedure_row(procedure: Procedure, versions: Sequence[date]) -> dict[str, Any]:
    clocks = [
        {
            "label": words(rule),
            "limit": words(telling.length(procedure, rule)),
            "ground": grounds(procedure.source(rule.source) if rule.source else None),
        }
        for rule in procedure.clocks
    ]
    return {
        "id": procedure.id,
        "name": words(procedure),
        "line": procedure.line,
        "url": _address(procedure.id, procedure.in_force_from),
        "states": len(procedure.states),
        "acts": len(procedure.acts),
        "papers": [rule.form for rule in procedure.papers],
        "clocks": clocks,
        "versions": [{"day": day, "url": _address(procedure.id, day)} for day in versions],
    }


def _address(name: str, day: date) -> str:
    return reverse("workspace:charter_procedure", args=[name, day.isoformat()])


@page("charter:read")
def newest(request: Handled, name: str) -> HttpResponse:
    """The address of a procedure without a day leads to the version in force today."""
    glass = glass_of(request.actor)
    return redirect(_address(name, glass.charter.procedure(name, on=glass.today).in_force_from))


@page("charter:read")
def procedure(request: Handled, name: str, day: str) -> HttpResponse:
    """One version of a procedure: its diagram, every rule in words, the file itself."""
    glass = glass_of(request.actor)
    stored = ProcedureVersion.objects.filter(procedure=name, in_force_from=_day(day)).order_by("-id").first()
    if stored is None:
        raise _no_version(name, day)
    shown = procedure_of(stored)
    context = {
        **Sheet(shown, glass.charter).everything(),
        "procedure": _head(shown, glass),
        "versions": [
            {"day": one, "url": _address(name, one), "shown": one == shown.in_force_from}
            for one in _stored_versions(procedure=name)[name]
        ],
    }
    return render(request, "workspace/charter_procedure.html", context)


def _head(shown: Procedure, glass: Glass) -> dict[str, Any]:
    current = glass.charter.in_force.get(shown.id)
    in_force = current is not None and glass.charter.procedure(shown.id, on=glass.today).digest == shown.digest
    return {
        "id": shown.id,
        "name": words(shown),
        "zh": shown.zh,
        "day": shown.in_force_from,
        "line": line_words(shown.line),
        "file": shown.file,
        "digest": shown.digest,
        "based_on": shown.based_on.path if shown.based_on else "",
        "running": running_words(shown.running_matters),
        "in_force": in_force,
        "charter": words(glass.charter),
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def _no_version(name: str, day: str) -> NotFound:
    return NotFound(
        "charter.no_procedure_in_force",
        Said(
            f"没有自 {day} 起施行的程序“{name}”。请从程序目录中选择。",
            f"No version of “{name}” is in force from {day}. Choose one from the list of procedures.",
        ),
    )


@page("charter:read")
def handbook_file(request: Handled) -> HttpResponse:
    """The handbook of the charter in force as PDF/A, made from the adopted texts."""
    charter = glass_of(request.actor).charter
    response = HttpResponse(_handbook(charter.digest, charter.id), content_type="application/pdf")
    name = quote(handbook.file_name(charter))
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


@lru_cache(maxsize=4)
def _handbook(digest: str, charter: str) -> bytes:
    """Texts under one digest never change, so their handbook is set once."""
    texts: Mapping[str, str] = texts_of(digest)
    return handbook.made_from(texts, charter, fonts=settings.FONTS)
