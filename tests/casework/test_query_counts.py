"""What an act and a list cost does not grow with the number of matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from concord.casework import commands, queries
from concord.casework.desk import lists, search
from concord.casework.desk.cases import page_of_cases
from concord.casework.desk.lists import Wanted
from concord.casework.models import Matter
from concord.foundation.access.actor import Actor
from concord.foundation.database.memory import remembering
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
# Statements, savepoints and scope changes included.
MOST_PER_ACT = 56
MOST_PER_LIST = 3
MOST_PER_SEARCH = 8


def cost(run: Callable[[], object]) -> int:
    with remembering(), CaptureQueriesContext(connection) as captured:  # as a request remembers
        run()
    return len(captured)


def cost_of_issue(world: World, matter: Matter) -> int:
    actor = world.actor("asking.leader")
    version = world.look(matter, by="asking.leader").version
    entropy = world.random_bytes()

    def perform() -> None:
        with speaking_as(actor), transaction.atomic():
            commands.perform(
                matter=matter.uid,
                act="issue",
                answers={},
                by=actor,
                at=time("2026-02-06T09:00"),
                version=version,
                key=entropy.hex(),
                entropy=entropy,
            )
            transaction.set_rollback(True)

    return cost(perform)


def cost_of_lists(actor: Actor) -> dict[str, int]:
    wanted = Wanted()
    with speaking_as(actor):
        page = lists.page_of_matters(actor, wanted, limit=10)
        known = queries.matter_for(number=page.rows[0].number, by=actor)
        return {
            "page": cost(lambda: lists.page_of_matters(actor, wanted, limit=10)),
            "after": cost(lambda: lists.page_of_matters(actor, wanted, limit=10, after=page.older)),
            "search": cost(lambda: lists.page_of_matters(actor, Wanted(text="G60"), limit=10)),
            "overdue": cost(lambda: lists.page_of_matters(actor, Wanted(overdue_on=date(2026, 4, 1)), limit=10)),
            "count": cost(lambda: lists.count_of_matters(actor, wanted, most=20)),
            "of a counterpart": cost(lambda: lists.page_of_matters(actor, Wanted(counterpart=1), limit=10)),
            "to sign": cost(lambda: lists.page_of_matters(actor, lists.to_sign(actor), limit=10)),
            "mine": cost(lambda: lists.page_of_matters(actor, lists.mine([actor.post.pk]), limit=10)),
            "nobody's": cost(lambda: lists.page_of_matters(actor, lists.nobodys(actor), limit=10)),
            "first": cost(lambda: lists.first_of_each(actor, {"all": wanted, "late": Wanted(ours=True)}, limit=10)),
            "counts": cost(lambda: lists.counts_of_matters(actor, [wanted, Wanted(ours=True)], most=20)),
            "handlers": cost(lambda: lists.handlers_of(actor, page.rows)),
            "map": cost(lambda: lists.between(actor, on=date(2026, 4, 1))),
            "calendar": cost(
                lambda: lists.due_days(actor, Wanted(), first=date(2026, 2, 1), last=date(2026, 3, 14)),
            ),
            "hits": cost(lambda: search.hits(actor, page.rows, "G60")),
            "cases": cost(lambda: page_of_cases(actor, limit=10)),
            "matter": cost(lambda: queries.matter_for(number=known.matter.number, by=actor)),
            "timeline": cost(lambda: queries.timeline_of(known, by=actor)),
            "messages": cost(lambda: queries.messages_of(known)),
            "clocks": cost(lambda: queries.clocks_of(known)),
        }


def test_the_cost_is_the_same_with_one_matter_and_with_fifty(world: World) -> None:
    actor = world.actor("asking.leader")
    matter = world.matter_in("submitted")
    world.open_case(by="asking.leader")

    def measured() -> tuple[int, dict[str, int]]:
        return cost_of_issue(world, matter), cost_of_lists(actor)

    measured()  # what is read once for good
    one, listed = measured()
    for n in range(49):
        world.begin(case_ref=f"第{n}案")
        world.open_case(by="asking.leader", number=f"案字〔2026〕{n + 2}号")
    assert (one, listed) == measured()
    assert one <= MOST_PER_ACT, one
    assert listed.pop("hits") <= MOST_PER_SEARCH
    assert max(listed.values()) <= MOST_PER_LIST, listed


def test_every_page_deep_in_a_list_costs_two_statements(world: World) -> None:
    for n in range(12):
        world.begin(case_ref=f"第{n}案")
    actor = world.actor("asking.clerk")
    with speaking_as(actor):
        seen: list[str] = []
        cursor = None
        while True:
            with CaptureQueriesContext(connection) as captured:
                page = lists.page_of_matters(actor, Wanted(), limit=5, after=cursor)
            assert len(captured) == 2  # the audience, then the matters
            seen += [row.number for row in page.rows]
            cursor = page.older
            if cursor is None:
                break
        back = lists.page_of_matters(actor, Wanted(), limit=5, before=page.newer)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 12
    assert [row.number for row in back.rows] == seen[5:10]
