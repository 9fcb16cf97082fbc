"""What a page costs does not grow with the number of matters."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.worlds import World
from tests.workspace.conftest import Sit

FEW, MANY = 3, 30
MOST = {
    "/": 34,
    "/queues/enforcement/": 26,
    "/calendar/": 20,
    "/calendar/?view=week&whose=all": 20,
    "/matters/": 26,
    "/matters/?open=1&overdue=1&q=%E6%9F%90%E6%9F%90": 32,
    "/matters/{number}/": 36,
    "/matters/{number}/acts/accept/": 22,
    "/notices/": 14,
    "/cases/": 14,
    "/directory/": 16,
}


@pytest.mark.parametrize("path", MOST)
def test_a_page_costs_the_same_with_3_and_with_30_matters(path: str, world: World, sit: Sit) -> None:
    for n in range(FEW):
        matter = world.matter_in("delivered", case_ref=f"第{n}件")
    here = path.format(number=matter.number)
    desk = sit("asked.case_officer")
    desk.get(here)
    with CaptureQueriesContext(connection) as few:
        assert desk.get(here).status_code == 200
    for n in range(FEW, MANY):
        world.matter_in("delivered", case_ref=f"第{n}件")
    with CaptureQueriesContext(connection) as many:
        assert desk.get(here).status_code == 200
    assert len(many) == len(few)
    assert len(many) <= MOST[path]
