"""Programs look up who was competent on a day."""

from __future__ import annotations

from datetime import date

import pytest

from concord.casework.desk import departments, leaves, staffing
from concord.foundation.organisations.models import Post
from tests.rest.callers import caller
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db


def test_the_directory_of_a_day(world: World) -> None:
    manager, at = world.actor("asking.administrator"), time("2026-02-05T09:00")
    desk = departments.open_department(zh="联络室", en="Desk", desk=True, areas=["assistance"], by=manager, at=at)
    absent, substitute = (Post.objects.get(person=world.person(f"asking.{one}")) for one in ("leader", "liaison"))
    moved = staffing.move_post(post=absent, department=desk, by=manager, at=at)
    leaves.take_leave(
        post=moved, substitute=substitute, first=date(2026, 2, 5), last=date(2026, 2, 6), by=manager, at=at
    )
    program = caller(world, "third.clerk")
    body = program.get("/directory?day=2026-02-06").json()
    [department] = body["departments"]
    assert (department["name"]["zh"], department["desk"], department["areas"]) == ("联络室", True, ["assistance"])
    [away] = [one for one in body["people"] if one["stands_in"]]
    assert (away["person"]["zh"], away["department"]) == (absent.person.zh, desk.pk)
    assert away["stands_in"] == {"person": {"zh": substitute.person.zh, "en": "liaison"}, "last": "2026-02-06"}
    before = program.get("/directory?day=2026-02-04").json()
    assert before["departments"] == []
    assert all(one["stands_in"] is None for one in before["people"])
    assert program.get("/directory?day=soon").status_code == 422
