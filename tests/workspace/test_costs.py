"""What a page costs does not grow with the number of rows: every page of the product, with few and with many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest
import time_machine
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from tests.support.furnishing import ELSEWHERE, NOW, Furnished, Place, everything_switched_on, names
from tests.support.worlds import g60_world, time

pytestmark = pytest.mark.django_db
MORE: Final = 3
MOST: Final = 20
# The pages that show the most at once.
MOST_OF: Final = {"today": 34, "matters": 26, "queue": 26, "matter": 36, "act": 22, "desk": 24, "evidence_item": 34}
# What a connection says of itself: where a block begins, and on PostgreSQL whom it speaks for. No table is asked.
OF_ITSELF: Final = ("SAVEPOINT", "RELEASE SAVEPOINT", "SELECT set_config(", "SELECT coalesce(current_setting(")


class Cost(NamedTuple):
    """How many statements a page asks of tables with few rows of everything, and with many."""

    few: int
    many: int


def asked(furnished: Furnished, *, before: bool) -> dict[tuple[str, Place], int]:
    """How many statements each page asks; it has been opened once ``before``, so that what is kept is there."""
    found = {}
    for name, places in furnished.places().items():
        for place in places:
            desk = furnished.desk(place.who)
            if not before:
                desk.get(place.path)
            with CaptureQueriesContext(connection) as statements:
                assert desk.get(place.path).status_code == 200, place
            found[name, place] = sum(not one["sql"].startswith(OF_ITSELF) for one in statements.captured_queries)
    return found


@pytest.fixture(scope="module")
def costs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Mapping[str, list[Cost]]:  # noqa: ARG001  there must be a database
    """What every page costs, by the name of its address; one world for all of them, taken back afterwards."""
    with django_db_blocker.unblock():
        transaction = TestCase._enter_atomics()  # type: ignore[attr-defined]  # Django's own, for its classes
        try:
            with time_machine.travel(time(NOW), tick=False), everything_switched_on():
                furnished = Furnished(g60_world())
                few = asked(furnished, before=False)
                furnished.add(MORE)
                many = asked(furnished, before=True)
        finally:
            TestCase._rollback_atomics(transaction)  # type: ignore[attr-defined]  # as above
    found: dict[str, list[Cost]] = {}
    for (name, _place), least, most in zip(few, few.values(), many.values(), strict=True):
        found.setdefault(name, []).append(Cost(least, most))
    return found


def test_no_page_grows_with_its_rows(costs: Mapping[str, list[Cost]]) -> None:
    assert {name: each for name, each in costs.items() if any(one.few != one.many for one in each)} == {}


def test_no_page_asks_more_than_a_few_statements(costs: Mapping[str, list[Cost]]) -> None:
    assert {name: each for name, each in costs.items() if any(one.many > MOST_OF.get(name, MOST) for one in each)} == {}


def test_every_page_is_measured(costs: Mapping[str, list[Cost]]) -> None:
    assert set(costs).isdisjoint(ELSEWHERE)
    assert names() - set(ELSEWHERE) == set(costs)
