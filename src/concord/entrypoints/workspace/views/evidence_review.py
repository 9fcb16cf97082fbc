"""What cities ask for before evidence is collected, and what they thought of it afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.capabilities.evidence import lists, opinions
from concord.capabilities.evidence.models import Recognition
from concord.capabilities.evidence.policy import READ
from concord.casework.desk.lists import Cursor
from concord.entrypoints.workspace import evidence_sheet as sheet
from concord.entrypoints.workspace.asking import NOTHING_WRONG, asked
from concord.entrypoints.workspace.evidence_sheet import TONES, coded, outcome_words
from concord.entrypoints.workspace.fields import blank
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import members
from concord.rules.evidence.requirements import wanted

ROWS = 15
FILTERS = ("kind", "cause", "ground")


@page(READ)
def precheck(request: Handled) -> HttpResponse:
    """Before a raid: cause, kinds and cities, and what each of the cities will want of each kind; to be printed."""
    glass, cities = glass_of(request.actor), list(members())
    listed = {code: label for code, label, _help in sheet.options(glass, sheet.KINDS)}
    cause = request.GET.get("cause", "")
    kinds = [kind for kind in request.GET.getlist("kind") if kind in listed]
    chosen = [city for city in cities if city.code in request.GET.getlist("city")]
    done = bool(kinds and chosen)
    found = [_of_kind(kind, listed[kind], chosen, cause, glass) for kind in kinds] if done else []
    context = {
        "cause": asked(
            "cause", _("案由"), cause, NOTHING_WRONG, kind="person", required=False, options=_plain(glass, sheet.CAUSES)
        ),
        "kinds": {
            **blank("kind", _("证据种类")),
            "kind": "organisations",
            "value": kinds,
            "options": [(code, label, "") for code, label in listed.items()],
        },
        "cities": {
            **blank("city", _("将来可能使用这些证据的城市")),
            "kind": "organisations",
            "value": [city.code for city in chosen],
            "options": [(city.code, named(city), "") for city in cities],
        },
        "asked": done,
        "found": found,
        "proposed": any(one["proposed"] for kind in found for one in kind["wanted"]),
    }
    return render(request, "workspace/evidence/precheck.html", context)


def _plain(glass: Glass, name: str) -> list[tuple[str, str, str]]:
    return [(code, label, "") for code, label, _help in sheet.options(glass, name)]


def _of_kind(kind: str, label: str, cities: Sequence[Organisation], cause: str, glass: Glass) -> dict[str, Any]:
    """What the cities want of a kind, each requirement once with the cities that ask for it."""
    asking: dict[str, list[str]] = {}
    rules = {}
    for city in cities:
        for rule in wanted(glass.charter.evidence.requirements, member=city.code, cause=cause, kind=kind):
            rules[rule.id] = rule
            asking.setdefault(rule.id, []).append(named(city))
    told = [{**sheet.requirement(rule, glass), "cities": asking[rule.id]} for rule in rules.values()]
    return {"label": label, "wanted": sorted(told, key=lambda one: (not one["required"], -len(one["cities"])))}


@page(READ)
def grid(request: Handled) -> HttpResponse:
    """Items by cities, with what each thinks; and what was thought of the like before, to be searched."""
    by, glass = request.actor, glass_of(request.actor)
    filters = {name: request.GET.get(name, "") for name in FILTERS}
    before = request.GET.get("before", "")
    cursor = Cursor.parse(before) if before else None
    found = lists.page_of_items(by, limit=ROWS + 1, before=(cursor.key, cursor.id) if cursor else None)
    items, cities = found[:ROWS], list(members())
    cells = opinions.grid(items, by)
    older = str(Cursor(items[-1].sort_key, items[-1].id)) if len(found) > ROWS else ""
    rows = opinions.precedents(kind=filters["kind"], cause=filters["cause"], ground=filters["ground"], by=by)
    context = {
        "cities": [named(city) for city in cities],
        "rows": [
            {
                **sheet.row(item, glass),
                "cells": [_cell(cells.get((item.id, city.id)), own=city.id == item.organisation_id) for city in cities],
            }
            for item in items
        ],
        "newer_url": reverse("workspace:evidence_grid") if before else "",
        "older_url": f"?{urlencode({'before': older})}" if older else "",
        "filters": filters,
        "kinds": sheet.options(glass, sheet.KINDS),
        "causes": sheet.options(glass, sheet.CAUSES),
        "grounds": sheet.options(glass, sheet.GROUNDS),
        "precedents": [_precedent(one, glass) for one in rows],
    }
    return render(request, "workspace/evidence/grid.html", context)


def _cell(one: Recognition | None, *, own: bool) -> dict[str, Any]:
    if one is None:
        return {"own": own, "outcome": "", "short": "", "tone": ""}
    short = {
        Recognition.Outcome.PRESUMED: _("推定"),
        Recognition.Outcome.LAPSED: _("推定"),
        Recognition.Outcome.RECOGNISED: _("认可"),
        Recognition.Outcome.OBJECTED: _("异议"),
    }[Recognition.Outcome(one.outcome)]
    return {"own": False, "outcome": outcome_words()[one.outcome], "short": short, "tone": TONES[one.outcome]}


def _precedent(one: Recognition, glass: Glass) -> dict[str, Any]:
    return {
        "title": one.item.title,
        "url": reverse("workspace:evidence_item", args=[one.item.number]),
        "kind": coded(glass, sheet.KINDS, one.kind),
        "cause": coded(glass, sheet.CAUSES, one.cause),
        "city": named(one.organisation),
        "outcome": outcome_words()[one.outcome],
        "tone": TONES[one.outcome],
        "ground": coded(glass, sheet.GROUNDS, one.ground) if one.ground else "",
        "reason": one.reason,
        "at": one.at,
    }
