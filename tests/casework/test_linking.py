"""Linked matters: made between what one sees, undone by who made them, shown to whoever sees both."""

from __future__ import annotations

import pytest
from django.db import connection

from concord.casework.desk.linking import KINDS, LinkShown, link, links_of, unlink
from concord.casework.models import Link, Matter
from concord.foundation.database.scope import NOBODY, SYSTEM, enter
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
AT = "2026-03-05T09:00"


def links(world: World, one: Matter, other: str, *, by: str = "asking.leader", kind: str = "related") -> Link:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        return link(matter=one.uid, other=other, kind=kind, by=actor, at=time(AT))


def undoes(world: World, one: Matter, made: int, *, by: str = "asking.leader") -> None:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        unlink(matter=one.uid, link=made, by=actor, at=time(AT))


def shown(world: World, matter: Matter, by: str) -> list[LinkShown]:
    actor, known = world.actor(by), world.look(matter, by=by)
    with speaking_as(actor):
        return links_of(known, actor)


def three(world: World) -> tuple[Matter, Matter, Matter]:
    """Two of asking and asked, and one of asking and third."""
    return (
        world.matter_in("delivered", case_ref="甲"),
        world.matter_in("closed", case_ref="乙"),
        world.matter_in("submitted", case_ref="丙", asked="third"),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_shows_on_both_matters(kind: str, world: World) -> None:
    first, second, _ = three(world)
    made = links(world, second, f" {first.number} ", kind=kind)
    assert (made.first, made.second, made.kind) == (first, second, kind)
    for by in ("asking.clerk", "asked.leader"):
        assert [one.other.pk for one in shown(world, first, by)] == [second.pk]
        assert [one.other.pk for one in shown(world, second, by)] == [first.pk]
    assert [one.own for one in shown(world, first, "asking.leader")] == [True]
    assert [one.own for one in shown(world, first, "asked.leader")] == [False]


def test_whoever_sees_one_of_them_alone_sees_no_link(world: World) -> None:
    first, second, own = three(world)
    links(world, first, own.number)
    links(world, first, second.number)
    assert [one.other.pk for one in shown(world, first, "asked.leader")] == [second.pk]
    assert {one.other.pk for one in shown(world, first, "asking.leader")} == {second.pk, own.pk}
    told = Notice.objects.filter(kind="matter.link")
    assert set(told.values_list("organisation", "matter_uid")) == {(world.places["asked"].pk, first.uid)}
    assert own.number not in repr(list(told.values()))


def test_the_journal_keeps_links_inside_the_organisation_that_made_them(world: World) -> None:
    first, second, _ = three(world)
    made = links(world, first, second.number)
    undoes(world, second, made.pk)
    rows = Entry.objects.filter(event__in=["matter.link", "matter.unlink"]).order_by("id")
    assert [(row.event, row.matter_uid, row.details["with"]) for row in rows] == [
        ("matter.link", first.uid, second.number),
        ("matter.link", second.uid, first.number),
        ("matter.unlink", first.uid, second.number),
        ("matter.unlink", second.uid, first.number),
    ]
    assert all(row.internal for row in rows)
    assert shown(world, first, "asking.leader") == []
    assert links(world, second, first.number).pk


@pytest.mark.postgres
def test_the_database_itself_shows_a_link_to_whoever_sees_both(world: World) -> None:
    first, second, own = three(world)
    with_both, with_own = links(world, first, second.number), links(world, first, own.number)

    def visible(scope: str) -> set[int]:
        enter(scope)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM casework_link")
            found = {row[0] for row in cursor.fetchall()}
        enter(SYSTEM)
        return found

    scopes = {place: visible(str(world.places[place].scope.pk)) for place in ("asking", "asked", "third", "centre")}
    assert scopes == {
        "asking": {with_both.pk, with_own.pk},
        "asked": {with_both.pk},
        "third": set(),
        "centre": set(),
    }
    assert visible(NOBODY) == set()


def test_what_is_not_seen_is_not_linked_and_not_told_from_nothing(world: World) -> None:
    first, _, own = three(world)
    refusals = []
    for number in (own.number, "G60-2026-99999", "", "x" * 300):
        before = everything()
        with pytest.raises(InvalidInput) as refused:
            links(world, first, number, by="asked.leader")
        refusals.append([(problem.field, problem.code, problem.said) for problem in refused.value.problems])
        assert everything() == before
    assert all(one == refusals[0] for one in refusals)


def test_a_matter_is_not_linked_with_itself_nor_in_no_way(world: World) -> None:
    first, second, _ = three(world)
    with pytest.raises(InvalidInput) as refused:
        links(world, first, first.number, kind="parent")
    assert [(one.field, one.code) for one in refused.value.problems] == [("other", "same"), ("kind", "unknown")]
    links(world, first, second.number)
    with pytest.raises(Conflict, match="linked_already"):
        links(world, second, first.number, kind="duplicate")


@pytest.mark.parametrize(
    ("by", "error", "code"),
    [
        ("asking.clerk", NotAllowed, "may_not_speak"),
        ("third.leader", NotFound, "no_matter"),
        ("asking.administrator", NotFound, "no_matter"),
    ],
)
def test_who_may_not_link(by: str, error: type[Exception], code: str, world: World) -> None:
    first, second, _ = three(world)
    with pytest.raises(error, match=code):
        links(world, first, second.number, by=by)


def test_only_who_made_a_link_undoes_it(world: World) -> None:
    first, second, own = three(world)
    made, hidden = links(world, first, second.number), links(world, first, own.number)
    with pytest.raises(NotAllowed, match="not_your_link"):
        undoes(world, first, made.pk, by="asked.leader")
    with pytest.raises(NotFound, match="no_link"):
        undoes(world, first, hidden.pk, by="asked.leader")
    with pytest.raises(NotFound, match="no_link"):
        undoes(world, second, hidden.pk)
    with pytest.raises(NotAllowed, match="may_not_speak"):
        undoes(world, first, made.pk, by="asking.clerk")
    assert Link.objects.count() == 2
