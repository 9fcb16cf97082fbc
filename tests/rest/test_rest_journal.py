"""The journal and the notices through the API."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from concord.foundation.notices.models import Notice
from tests.rest.callers import caller, refused
from tests.support.worlds import World

pytestmark = pytest.mark.django_db


def test_the_journal_tells_ones_own_organisations_acts_in_pages(world: World) -> None:
    matter = world.matter_in("accepted")
    program = caller(world, "asking.auditor")
    first = program.get("/journal", limit=2).json()
    assert [one["event"] for one in first["items"]] == ["assistance.issue", "assistance.submit"]
    second = program.get(first["next"]).json()
    assert [one["event"] for one in second["items"]] == ["assistance.draft"]
    assert second["next"] is None
    issue = first["items"][0]
    assert (issue["subject"], issue["at"], issue["post"]) == (matter.number, "2026-02-06T01:00:00Z", "leader")
    assert (issue["details"]["to"], issue["internal"]) == ("delivered", False)
    theirs = caller(world, "asked.auditor").get("/journal").json()["items"]
    assert [one["event"] for one in theirs] == ["assistance.accept"]


FILTERS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"event": "assistance.issue"}, 1),
    ({"event": "nonsense"}, 0),
    ({"subject": "G60-2026-00001"}, 3),
    ({"subject": "G60-2026-00002"}, 0),
    ({"since": "2026-02-06"}, 1),
    ({"until": "2026-02-05"}, 2),
    ({"since": "2026-02-05", "until": "2026-02-06"}, 3),
    ({"until": "2199-12-31"}, 3),
    ({"since": "1900-01-01"}, 3),
)
BAD_FILTERS: tuple[tuple[str, Any], ...] = (
    ("since", "9999-12-31"),
    ("until", "9999-12-31"),
    ("since", "soon"),
    ("after", "-1"),
    ("limit", "1000"),
)


def test_the_journal_is_filtered(world: World) -> None:
    world.matter_in("delivered")
    program = caller(world, "asking.auditor")
    for query, count in FILTERS:
        assert len(program.get("/journal", **query).json()["items"]) == count, query
    for name, value in BAD_FILTERS:
        body = refused(program.get("/journal", **{name: value}), 422, "request.invalid")
        assert [one["field"] for one in body["errors"]] == [name]


def test_the_journal_costs_the_same_with_3_and_30_rows(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    program = caller(world, "asking.auditor")
    for rows, minutes in ((3, range(3)), (30, range(3, 30))):
        for minute in minutes:
            world.begin(at=f"2026-02-05T10:{minute:02}")
        with django_assert_max_num_queries(12):
            assert len(program.get("/journal", limit=100).json()["items"]) == rows


def test_notices_are_the_persons_own_and_can_be_read(world: World) -> None:
    matter = world.matter_in("delivered")
    program = caller(world, "asked.case_officer")
    (notice,) = program.get("/notices").json()["items"]
    assert (notice["kind"], notice["matter"], notice["read_at"]) == ("assistance.issue", matter.number, None)
    assert program.get("/me").json()["unread_notices"] == 1
    assert program.post("/notices/read", {"ids": [notice["id"] + 1000]}).json() == {"marked": 0}
    other = caller(world, "asked.leader").post("/notices/read", {"ids": [notice["id"]]})
    assert other.json() == {"marked": 0}
    assert program.post("/notices/read", {"ids": [notice["id"]]}).json() == {"marked": 1}
    assert program.get("/notices").json()["items"][0]["read_at"] == "2026-02-06T01:30:00Z"
    assert program.post("/notices/read").json() == {"marked": 0}


def test_a_notice_of_a_matter_no_longer_shown_names_none(world: World) -> None:
    world.matter_in("delivered")
    program = caller(world, "asked.case_officer", permissions=["directory:read"])
    (notice,) = program.get("/notices").json()["items"]
    assert notice["matter"] is None
    assert Notice.objects.get(pk=notice["id"]).matter_uid is not None


def test_bad_ids_of_notices_are_refused(world: World) -> None:
    program = caller(world, "asked.clerk")
    for ids in (["x"], [0], [-1], [2**63], [1] * 201, "all"):
        refused(program.post("/notices/read", {"ids": ids}), 422, "request.invalid")
