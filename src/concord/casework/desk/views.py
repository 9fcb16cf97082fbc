"""Saved views: filters of a list that a person keeps under a name, for themselves or for the whole organisation."""

from __future__ import annotations

from datetime import datetime

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

    Raises NotAllowed without ``matter:read``; InvalidInput for a name or filters that cannot be kept, or too many.
    """
    if not by.may(READ):
        raise _may_not()
    name = " ".join(name.split())
    problems = _faults(name, query)
    own = SavedView.objects.filter(person=by.person, organisation=by.organisation, page=page)
    if not problems and own.exclude(name=name).count() >= MOST_OF_ONE:
        said = Said(
            f"每个列表最多保存 {MOST_OF_ONE} 个视图，请先删除不用的。",
            f"A list keeps at most {MOST_OF_ONE} views of one person; delete some first.",
        )
        problems.append(Problem("name", "too_many", said))
    if problems:
        said = Said("视图没有保存，请更正标出的项目。", "The view was not saved; mend the marked fields.")
        raise InvalidInput("casework.bad_view", said, problems=tuple(problems))
    with writing():
        kept, _made = SavedView.objects.update_or_create(
            person=by.person,
            organisation=by.organisation,
            page=page,
            name=name,
            defaults={"query": query, "shared": shared, "at": at},
        )
    return kept


def discard_view(*, pk: int, by: Actor) -> SavedView:
    """Delete an own view, or with ``matter:assign`` a shared one of the organisation; returns what it was.

    Raises NotFound ``casework.no_view``, NotAllowed for what somebody else has shared.
    """
    view = SavedView.objects.filter(Q(person=by.person) | Q(shared=True), organisation=by.organisation, pk=pk).first()
    if view is None:
        said = Said(
            "没有找到该视图，可能已被删除。请刷新列表。", "There is no such view; it may be deleted. Reload the list."
        )
        raise NotFound("casework.no_view", said)
    if view.person_id != by.person.id and not by.may(TIDY):
        raise _may_not()
    with writing():
        SavedView.objects.filter(pk=view.pk).delete()
    return view


def _faults(name: str, query: str) -> list[Problem]:
    faults = []
    if not name:
        faults.append(Problem("name", "missing", Said("请填写视图名称。", "Give the view a name.")))
    elif len(name) > LONGEST_NAME:
        said = Said(f"名称最多 {LONGEST_NAME} 个字。", f"A name has at most {LONGEST_NAME} characters.")
        faults.append(Problem("name", "too_long", said))
    if not query:
        said = Said("没有筛选条件可保存，请先筛选。", "There are no filters to save; filter the list first.")
        faults.append(Problem("query", "missing", said))
    elif len(query) > LONGEST_QUERY:
        said = Said("筛选条件过长，不能保存。请减少条件。", "The filters are too long to be kept; use fewer.")
        faults.append(Problem("query", "too_long", said))
    return faults


def _may_not() -> NotAllowed:
    return NotAllowed(
        "casework.may_not_tidy_views",
        Said(
            "只有保存人本人，或者负责分办的岗位，可以更改共享的视图。",
            "Only who saved a shared view, or a post that assigns work, changes it.",
        ),
    )
