"""Notices: who may act on a thing is told of it, once; everyone reads only their own."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from concord.charters import folder
from concord.foundation.access.actor import Actor
from concord.foundation.database import scope
from concord.foundation.notices.commands import mark_read, tell_organisation
from concord.foundation.notices.models import Notice
from concord.foundation.notices.queries import notices_for, unread_count
from concord.foundation.organisations.commands import put_charter_into_force
from concord.foundation.organisations.models import Organisation, Post
from concord.rules.errors import Said
from tests.foundation.people import AT, officer

SIGN = "assistance:sign"
SAID = Said("请签发协查函。", "Please sign the request.")
MATTER = UUID(int=7)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _charter_in_force() -> None:
    put_charter_into_force(
        texts=folder.read(folder.shipped(), "cn", "g60"),
        charter_id="g60",
        resolution="",
        effective_from=date(2021, 10, 21),
        at=AT,
    )


def tell(organisation: Organisation, *, said: Said = SAID, later: int = 0) -> int:
    return tell_organisation(
        organisation=organisation,
        permission=SIGN,
        kind="sign",
        said=said,
        matter_uid=MATTER,
        at=AT + timedelta(seconds=later),
    )


def read_as(by: Actor) -> None:
    scope.enter(str(by.scope_id))


def test_those_who_may_do_it_are_told_and_nobody_else() -> None:
    leader, clerk, stranger = officer("a", kind="leader"), officer("a"), officer("b", kind="leader")
    assert tell(leader.organisation) == 1
    read_as(leader)
    [notice] = notices_for(leader, limit=10)
    assert (notice.kind, notice.zh, notice.en, notice.matter_uid, notice.made_at, notice.read_at) == (
        "sign",
        SAID.zh,
        SAID.en,
        MATTER,
        AT,
        None,
    )
    assert notices_for(clerk, limit=10) == []
    read_as(stranger)
    assert notices_for(stranger, limit=10) == []


def test_posts_that_ended_or_have_not_begun_and_people_who_left_are_not_told() -> None:
    ended, later, gone = (officer("a", kind="leader", name=name) for name in ("ended", "later", "gone"))
    Post.objects.filter(id=ended.post.id).update(held_until=date(2026, 3, 2))
    Post.objects.filter(id=later.post.id).update(held_from=date(2026, 3, 3))
    gone.person.is_active = False
    gone.person.save()
    assert tell(ended.organisation) == 0
    with scope.writing():
        assert not Notice.objects.exists()


def test_a_person_with_two_posts_is_told_once() -> None:
    leader = officer("a", kind="leader", name="one")
    officer("a", kind="leader", name="one")
    assert tell(leader.organisation) == 1
    read_as(leader)
    assert unread_count(leader) == 1


def test_telling_the_same_again_changes_nothing() -> None:
    leader = officer("a", kind="leader")
    tell(leader.organisation)
    tell(leader.organisation)
    read_as(leader)
    assert unread_count(leader) == 1


def test_a_long_text_is_cut_where_the_table_ends() -> None:
    leader = officer("a", kind="leader")
    tell(leader.organisation, said=Said("长" * 201, "l" * 200))
    read_as(leader)
    [notice] = notices_for(leader, limit=1)
    assert (notice.zh, notice.en) == ("长" * 199 + "…", "l" * 200)


@pytest.mark.parametrize("people", [1, 12])
def test_telling_costs_the_same_for_one_and_for_many(
    people: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    leaders = [officer("a", kind="leader", name=f"leader-{number}") for number in range(people)]
    tell(leaders[0].organisation)  # the charter is parsed once
    with django_assert_max_num_queries(13):
        assert tell(leaders[0].organisation, later=1) == people


def test_notices_come_newest_first_page_by_page() -> None:
    leader = officer("a", kind="leader")
    for number in range(5):
        tell(leader.organisation, said=Said(str(number), str(number)), later=number)
    read_as(leader)
    first = notices_for(leader, limit=3)
    assert [notice.zh for notice in first] == ["4", "3", "2"]
    assert [notice.zh for notice in notices_for(leader, limit=3, before=first[-1].id)] == ["1", "0"]


def test_reading_some_leaves_the_others_unread() -> None:
    leader = officer("a", kind="leader")
    for number in range(3):
        tell(leader.organisation, later=number)
    read_as(leader)
    newest = notices_for(leader, limit=1)[0]
    assert mark_read(by=leader, at=AT, ids=[newest.id]) == 1
    assert unread_count(leader) == 2
    assert notices_for(leader, limit=1)[0].read_at == AT
    assert mark_read(by=leader, at=AT + timedelta(days=1)) == 2
    assert unread_count(leader) == 0
    assert notices_for(leader, limit=1)[0].read_at == AT, "the first reading counts"


def test_nobody_marks_the_notices_of_others() -> None:
    leader, other = officer("a", kind="leader"), officer("a", kind="leader", name="other")
    tell(leader.organisation)
    read_as(leader)
    theirs = notices_for(leader, limit=1)[0]
    assert mark_read(by=other, at=AT, ids=[theirs.id]) == 0
    assert unread_count(leader) == 1


def test_a_person_in_another_organisation_s_post_does_not_see_the_first_one_s_notices() -> None:
    here, there = officer("a", kind="leader", name="both"), officer("b", kind="leader", name="both")
    tell(here.organisation)
    read_as(there)
    assert (unread_count(there), notices_for(there, limit=10)) == (0, [])
    assert mark_read(by=there, at=AT) == 0
