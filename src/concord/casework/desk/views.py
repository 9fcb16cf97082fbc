"""Saved views: filters of a list that a person keeps under a name, for themselves or for the whole organisation."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q

from concord.casework.models import SavedView
from concord.casework.queries import READ
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.rules.errors import InvalidInput, NotAllowed, NotFound, Problem, Said

LONGEST_NAME = 60
LONGEST_QUERY = 500
MOST_OF_ONE = 20
# Whoever hands out the work of an organisation also tidies what is offered to all of it.
TIDY = "matter:assign"


def views_of(by: Actor, page: str) -> list[SavedView]:
    """The actor's own views of a page and those shared in the organisation, by name."""
    if not by.may(READ):
        return []
    rows = SavedView.objects.filter(Q(person=by.person) | Q(shared=True), organisation=by.organisation, page=page)
    return list(rows.select_related("person"))


def save_view(*, page: str, name: str, query: str, shared: bool, by: Actor, at: datetime) -> SavedView:
    """Keep the filters ``query`` (an encoded query string) of a page under a name; an own view of that name changes.

    The filters are kept in the order of their names, so that the same ones are known again.

    Raises NotAllowed without ``matter:read``; InvalidInput for a name or filters that cannot be kept, or too many.
    """
    if not by.may(READ):
        raise _may_not()
    name, query = " ".join(name.split()), urlencode(sorted(parse_qsl(query)))
    problems = [*_faults_of_name(name), *_faults_of_query(query)]
    own = SavedView.objects.filter(person=by.person, organisation=by.organisation, page=page)
    if not problems and own.exclude(name=name).count() >= MOST_OF_ONE:
        said = Said(
            f"每个列表最多保存 {MOST_OF_ONE} 个视图，请先删除不用的。",
            f"A list keeps at most {MOST_OF_ONE} views of one person; delete some first.",
        )
        problems.append(Problem("name", "too_many", said))
    _refuse(problems)
    with writing():
        kept, _made = SavedView.objects.update_or_create(
            person=by.person,
            organisation=by.organisation,
            page=page,
            name=name,
            defaults={"query": query, "shared": shared, "at": at},
        )
    return kept


def rename_view(*, pk: int, name: str, by: Actor, at: datetime) -> SavedView:
    """Give an own view, or with ``matter:assign`` a shared one of the organisation, another name.

    Raises NotFound ``casework.no_view``, NotAllowed for what somebody else has shared, InvalidInput
    ``casework.bad_view`` for a name that cannot be kept or that another view of the same person has.
    """
    view, name = _to_change(pk, by), " ".join(name.split())
    problems = _faults_of_name(name)
    others = SavedView.objects.filter(person=view.person_id, organisation=by.organisation, page=view.page)
    if not problems and others.filter(name=name).exclude(pk=pk).exists():
        said = Said("已有同名的视图，请换一个名称。", "There is a view of this name; choose another.")
        problems.append(Problem("name", "taken", said))
    _refuse(problems)
    with writing():
        view.name, view.at = name, at
        view.save(update_fields=["name", "at"])
    return view


def discard_view(*, pk: int, by: Actor) -> SavedView:
    """Delete an own view, or with ``matter:assign`` a shared one of the organisation; returns what it was.

    Raises NotFound ``casework.no_view``, NotAllowed for what somebody else has shared.
    """
    view = _to_change(pk, by)
    with writing():
        SavedView.objects.filter(pk=view.pk).delete()
    return view


def _to_change(pk: int, by: Actor) -> SavedView:
    view = SavedView.objects.filter(Q(person=by.person) | Q(shared=True), organisation=by.organisation, pk=pk).first()
    if view is None:
        said = Said(
            "没有找到该视图，可能已被删除。请刷新列表。", "There is no such view; it may be deleted. Reload the list."
        )
        raise NotFound("casework.no_view", said)
    if view.person_id != by.person.id and not by.may(TIDY):
        raise _may_not()
    return view


def _faults_of_name(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", "missing", Said("请填写视图名称。", "Give the view a name."))]
    if len(name) > LONGEST_NAME:
        said = Said(f"名称最多 {LONGEST_NAME} 个字。", f"A name has at most {LONGEST_NAME} characters.")
        return [Problem("name", "too_long", said)]
    return []


def _faults_of_query(query: str) -> list[Problem]:
    if not query:
        said = Said("没有筛选条件可保存，请先筛选。", "There are no filters to save; filter the list first.")
        return [Problem("query", "missing", said)]
    if len(query) > LONGEST_QUERY:
        said = Said("筛选条件过长，不能保存。请减少条件。", "The filters are too long to be kept; use fewer.")
        return [Problem("query", "too_long", said)]
    return []


def _refuse(problems: list[Problem]) -> None:
    if problems:
        said = Said("视图没有保存，请更正标出的项目。", "The view was not saved; mend the marked fields.")
        raise InvalidInput("casework.bad_view", said, problems=tuple(problems))


def _may_not() -> NotAllowed:
    return NotAllowed(
        "casework.may_not_tidy_views",
        Said(
            "只有保存人本人，或者负责分办的岗位，可以更改共享的视图。",
            "Only who saved a shared view, or a post that assigns work, changes it.",
        ),
    )
