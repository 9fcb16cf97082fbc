"""Several people at the same moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from concord.casework import commands
from concord.casework.models import Act, Matter, Message, NumberSeries, Paper
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database.scope import SYSTEM, enter, speaking_for
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Person, Post
from concord.rules.errors import ConcordError, Conflict, Stale
from tests.support.worlds import BEGINNING, REQUEST, World, time

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
T = TypeVar("T")


def together(deeds: Sequence[Callable[[], T]]) -> list[T | ConcordError]:
    """Do all deeds at once, each in a thread with its own connection; errors of the tree are results."""
    start = Barrier(len(deeds))

    def one(deed: Callable[[], T]) -> T | ConcordError:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return deed()
        except ConcordError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as threads:
        results = list(threads.map(one, deeds))
    enter(SYSTEM)
    return results


def second_leader(world: World) -> Actor:
    person = Person.objects.create(username="asking.other", zh="另一负责人", en="Another leader")
    Post.objects.create(person=person, organisation=world.places["asking"], kind="leader", held_from=BEGINNING)
    actor = actor_for(person, post_id=None, at=time("2026-02-06T09:00"))
    assert actor is not None
    return actor


def performing(matter: Matter, act: str, by: Actor, *, key: str, entropy: bytes) -> Callable[[], Act]:
    def deed() -> Act:
        with speaking_for(str(by.scope_id)):
            return commands.perform(
                matter=matter.uid,
                act=act,
                answers={},
                by=by,
                at=time("2026-02-06T09:00"),
                version=matter.version,
                key=key,
                entropy=entropy,
            )

    return deed


def beginning(by: Actor, asked: str, *, key: str, entropy: bytes) -> Callable[[], Matter]:
    def deed() -> Matter:
        with speaking_for(str(by.scope_id)):
            return commands.begin(
                procedure="assistance",
                act="draft",
                parties={"requested": asked},
                answers=REQUEST,
                by=by,
                at=time("2026-02-05T10:00"),
                key=key,
                entropy=entropy,
            )

    return deed


def test_two_leaders_sign_at_once(committed_world: World) -> None:
    world = committed_world
    matter = world.matter_in("submitted")
    leaders = [world.actor("asking.leader"), second_leader(world)]
    deeds = [
        performing(matter, "issue", by, key=f"page-{n}", entropy=world.random_bytes()) for n, by in enumerate(leaders)
    ]
    results = together(deeds)
    assert [type(result) for result in results if isinstance(result, ConcordError)] == [Stale]
    assert Act.objects.filter(matter=matter, act="issue").count() == 1
    assert [*Paper.objects.values_list("number", flat=True)] == ["松市监协查〔2026〕1号"]
    assert NumberSeries.objects.get(kind="request_letter").last == 1
    assert Message.objects.count() == 1
    assert Entry.objects.filter(event="assistance.issue").count() == 1


def test_a_letter_is_not_handed_in_while_it_is_signed(committed_world: World) -> None:
    world = committed_world
    matter = world.matter_in("submitted")
    sign = performing(matter, "issue", world.actor("asking.leader"), key="a", entropy=world.random_bytes())
    submit = performing(matter, "submit", world.actor("asking.liaison"), key="b", entropy=world.random_bytes())
    results = together([sign, submit])
    assert len([result for result in results if isinstance(result, Conflict)]) == 1
    matter.refresh_from_db()
    assert matter.state == "delivered"


def test_a_double_click_is_one_act(committed_world: World) -> None:
    world = committed_world
    matter = world.matter_in("submitted")
    by = world.actor("asking.leader")
    entropy = world.random_bytes()
    results = together([performing(matter, "issue", by, key="page", entropy=entropy) for _ in range(4)])
    acts = {result.pk for result in results if isinstance(result, Act)}
    assert (len(acts), len(results)) == (1, 4)
    assert not any(isinstance(result, ConcordError) for result in results)
    assert (matter.acts.count(), Paper.objects.count()) == (3, 1)


def test_one_key_for_two_matters_at_once_acts_in_one(committed_world: World) -> None:
    world = committed_world
    by = world.actor("asking.leader")
    matters = [world.matter_in("submitted", case_ref=f"{name}案") for name in ("甲", "乙", "丙")]
    deeds = [performing(matter, "issue", by, key="page", entropy=world.random_bytes()) for matter in matters]
    codes = sorted(result.code if isinstance(result, ConcordError) else "" for result in together(deeds))
    assert codes == ["", "casework.key_reused", "casework.key_reused"]
    assert [*Paper.objects.values_list("n", flat=True)] == [1]


def test_a_double_click_begins_one_matter(committed_world: World) -> None:
    world = committed_world
    by, asked, entropy = world.actor("asking.case_officer"), world.places["asked"].code, world.random_bytes()
    results = together([beginning(by, asked, key="page", entropy=entropy) for _ in range(4)])
    assert {result.number for result in results if isinstance(result, Matter)} == {"G60-2026-00001"}
    assert (len(results), Matter.objects.count(), Act.objects.count()) == (4, 1, 1)


def test_twenty_begin_at_once_and_the_numbers_have_no_gap(committed_world: World) -> None:
    world = committed_world
    homes = [world.actor(f"{place}.case_officer") for place in ("asking", "asked")]
    other = world.places["third"].code
    deeds = [beginning(homes[n % 2], other, key=f"page-{n}", entropy=world.random_bytes()) for n in range(20)]
    numbers = sorted(result.number for result in together(deeds) if isinstance(result, Matter))
    assert numbers == [f"G60-2026-{n:05d}" for n in range(1, 21)]
    assert NumberSeries.objects.get(kind="matter").last == 20


def test_letters_signed_at_once_are_numbered_one_after_another(committed_world: World) -> None:
    world = committed_world
    by = world.actor("asking.leader")
    matters = [world.matter_in("submitted", case_ref=f"第{n}案") for n in range(6)]
    deeds = [performing(matter, "issue", by, key=f"p{matter.pk}", entropy=world.random_bytes()) for matter in matters]
    assert not [result for result in together(deeds) if isinstance(result, ConcordError)]
    assert sorted(Paper.objects.values_list("n", flat=True)) == [1, 2, 3, 4, 5, 6]
