"""Two adoptions at the same moment: one comes into force, the other is told why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from concord.capabilities.governance import commands
from concord.foundation.database.scope import speaking_for
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import CharterVersion
from concord.rules.errors import ConcordError
from tests.capabilities.charter_texts import renamed
from tests.faults.test_races import together
from tests.support.worlds import World, time, toy_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def committed_toys(transactional_db: None) -> World:  # noqa: ARG001  the database is needed, not its value
    """The toy alliance, committed, for threads."""
    return toy_world()


def adopting(world: World, name: str, day: int) -> Callable[[], CharterVersion]:
    by = world.actor("centre.leader")
    texts = renamed(name=name)

    def deed() -> CharterVersion:
        with speaking_for(str(by.scope_id)):
            return commands.adopt(
                texts=texts,
                charter_id="toy",
                resolution=name,
                effective_from=date(2026, 3, day),
                by=by,
                at=time("2026-02-06T09:00"),
            )

    return deed


def codes(results: list[CharterVersion | ConcordError]) -> list[str]:
    return sorted(result.code if isinstance(result, ConcordError) else "" for result in results)


def test_the_same_version_is_adopted_once(committed_toys: World) -> None:
    results = together([adopting(committed_toys, "一", 1) for _ in range(3)])
    assert codes(results) == ["", "charter.already_adopted", "charter.already_adopted"]
    assert CharterVersion.objects.filter(resolution="一").count() == 1
    assert Entry.objects.filter(event="charter.adopt").count() == 1


def test_two_versions_for_one_day_leave_one(committed_toys: World) -> None:
    results = together([adopting(committed_toys, name, 1) for name in ("一", "二")])
    assert codes(results) == ["", "charter.date_not_after"]
    assert CharterVersion.objects.count() == 2
    assert Entry.objects.filter(event="charter.adopt").count() == 1
