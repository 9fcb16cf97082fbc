"""The directory: who was competent for what on a day, in every organisation, with people and who stands in for whom."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.asking import day_or_none
from concord.entrypoints.workspace.jinja import day, named
from concord.entrypoints.workspace.presenting import Glass, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.charter import area_words
from concord.foundation.organisations.departments import areas_of
from concord.foundation.organisations.models import Kind, Organisation, Post
from concord.foundation.organisations.queries import (
    competences_on,
    departments_on,
    organisations,
    posts_on,
    standing_on,
)


@page("directory:read")
def directory(request: Handled) -> HttpResponse:
    """Names, contacts and people of every organisation on a day; with an area, only who was competent for it."""
    glass = glass_of(request.actor)
    on = day_or_none(request.GET.dict(), "day") or glass.today
    areas = areas_of(glass.charter)
    area = request.GET.get("area", "")
    area = area if area in areas else ""
    posts = _posts_by_place(on)
    standing = {row.post_id: row for row in standing_on(on)}
    departments = _departments(on)
    shown = [
        {
            "code": organisation.code,
            "name": named(organisation),
            "mark": organisation.mark,
            "kind": _("协作中心") if organisation.kind == Kind.CENTRE else _("成员机关"),
            "hats": [(_hat_label(organisation, hat.line), hat.zh) for hat in organisation.hats.all()],
            "telephone": organisation.telephone,
            "address": organisation.address,
            "groups": _groups(organisation, posts.get(organisation.id, []), departments, standing, glass, area=area),
        }
        for organisation in organisations()
    ]
    context = {
        "members": shown,
        "on": on,
        "is_today": on == glass.today,
        "area": area,
        "areas": [(one, area_words(one, glass)) for one in areas],
    }
    return render(request, "workspace/directory.html", context)


def _posts_by_place(on: date) -> dict[int, list[Post]]:
    found: dict[int, list[Post]] = defaultdict(list)
    for post in posts_on(on).select_related("person", "department"):
        found[post.organisation_id].append(post)
    return found


def _departments(on: date) -> dict[int, list[tuple[Any, list[str]]]]:
    areas: dict[int, list[str]] = defaultdict(list)
    for competence in competences_on(on):
        areas[competence.department_id].append(competence.area)
    found: dict[int, list[tuple[Any, list[str]]]] = defaultdict(list)
    for department in departments_on(on):
        found[department.organisation_id].append((department, areas[department.id]))
    return found


def _groups(
    organisation: Organisation,
    posts: list[Post],
    departments: dict[int, list[tuple[Any, list[str]]]],
    standing: dict[int, Any],
    glass: Glass,
    *,
    area: str,
) -> list[dict[str, Any]]:
    """The departments with their people, those without a department last; with an area, whom to turn to for it."""
    own = departments.get(organisation.id, [])
    competent = [(one, held) for one, held in own if not area or area in held]
    if area and not competent:
        competent = [(one, held) for one, held in own if one.desk]
    groups = [
        {
            "name": named(one),
            "desk": one.desk,
            "areas": [area_words(held, glass) for held in areas],
            "people": [_person(post, standing, glass) for post in posts if post.department_id == one.id],
        }
        for one, areas in competent
    ]
    if not competent:
        able = {kind for rule in glass.charter.permissions if rule.id.startswith(f"{area}:") for kind in rule.posts}
        loose = [post for post in posts if not area or post.kind in able]
    else:
        loose = [] if area else [post for post in posts if post.department_id is None]
    if loose:
        people = [_person(post, standing, glass) for post in loose]
        groups.append({"name": "", "desk": False, "areas": [], "people": people})
    return groups


def _person(post: Post, standing: dict[int, Any], glass: Glass) -> dict[str, str]:
    row = standing.get(post.id)
    label = post_words(post, glass)
    instead = ""
    if row is not None:
        last = day(row.held_until - timedelta(days=1))
        instead = _("由%(person)s代理（至%(day)s）") % {"person": named(row.substitute.person), "day": last}
    return {"name": named(post.person), "post": label, "telephone": post.person.telephone, "instead": instead}


def post_words(post: Post, glass: Glass) -> str:
    """A post in words, with the group of the centre it belongs to."""
    labels = {one.id: words(one) for one in glass.charter.posts}
    groups = {one.id: words(one) for one in glass.charter.groups}
    return " · ".join(part for part in (labels.get(post.kind, post.kind), groups.get(post.group, "")) if part)


def _hat_label(organisation: Organisation, line: str) -> str:
    if organisation.kind == Kind.CENTRE:
        return _("全称")
    return {"market": _("市场监管"), "patent": _("知识产权")}.get(line, line)
