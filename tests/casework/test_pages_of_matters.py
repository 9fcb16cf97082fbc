"""Walking through a list page by page shows every matter once, in both directions, whatever else is in the audience."""

from __future__ import annotations

import pytest

from concord.casework.desk.lists import Cursor, Wanted, page_of_matters
from concord.rules.errors import InvalidInput
from tests.support.worlds import WAYS, World, speaking_as

pytestmark = pytest.mark.django_db


def walked(world: World, name: str, *, limit: int) -> tuple[list[str], list[str]]:
    """The numbers met on the way down, and those met on the way back up from the last page."""
    by = world.actor(name)
    down: list[str] = []
    up: list[str] = []
    with speaking_as(by):
        page = page_of_matters(by, Wanted(), limit=limit)
        down += [row.number for row in page.rows]
        while page.older is not None:
            page = page_of_matters(by, Wanted(), limit=limit, after=page.older)
            down += [row.number for row in page.rows]
        up = [row.number for row in page.rows]
        while page.newer is not None:
            page = page_of_matters(by, Wanted(), limit=limit, before=page.newer)
            up = [*(row.number for row in page.rows), *up]
    return down, up


@pytest.mark.parametrize("name", ["asking.case_officer", "asked.case_officer"])
def test_every_matter_is_shown_once_in_both_directions(world: World, name: str) -> None:
    shared = [world.matter_in(state).number for state in WAYS if state not in {"drafted", "submitted"}]
    down, up = walked(world, name, limit=2)
    assert sorted(down) == sorted(shared)
    assert up == down


def test_the_side_that_was_asked_never_walks_past_a_draft(world: World) -> None:
    for state in ("drafted", "submitted", "delivered"):
        world.matter_in(state)
    assert len(walked(world, "asked.case_officer", limit=1)[0]) == 1
    assert len(walked(world, "asking.case_officer", limit=1)[0]) == 3


@pytest.mark.parametrize("junk", ["", "-", "1", "1-", "x-1", "1-2-3", "9" * 20 + "-1", "\uff11-\uff12"])
def test_a_made_up_cursor_is_refused(junk: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Cursor.parse(junk)
    assert refused.value.code == "casework.bad_cursor"
