"""What somebody keeps for themselves through the API: views of lists, the calendar address of the post."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from concord.casework.models import SavedView
from concord.foundation.access.models import Feed
from concord.foundation.journal.models import Entry
from tests.rest.callers import V1, Caller, Response, caller, refused
from tests.support.worlds import World
from tests.workspace.desk import text_of

pytestmark = pytest.mark.django_db
VIEWS, FEED = "/saved-views", "/calendar-feed"
ASKED: dict[str, Any] = {"page": "matters", "name": "苏州 来件", "query": "open=1&direction=in"}


def patch(program: Caller, path: str, body: Any) -> Response:
    sent = program.client.patch(V1 + path, json.dumps(body), content_type="application/json", headers=program.headers)
    return program._told(sent)


def delete(program: Caller, path: str) -> Response:
    return program._told(program.client.delete(V1 + path, headers=program.headers))


def names(program: Caller, page: str = "matters") -> list[str]:
    return [one["name"] for one in program.get(VIEWS, page=page).json()["items"]]


def test_a_view_is_kept_listed_renamed_and_deleted(world: World) -> None:
    officer = caller(world, "asking.case_officer")
    made = officer.post(VIEWS, ASKED)
    assert made.status_code == 201
    kept = made.json()
    person = world.person("asking.case_officer")
    assert kept == {
        "id": SavedView.objects.get().pk,
        "page": "matters",
        "name": "苏州 来件",
        "query": "direction=in&open=1",
        "shared": False,
        "person": {"zh": person.zh, "en": person.en or person.zh},
        "own": True,
    }
    assert officer.get(VIEWS).json() == {"items": [kept]}
    assert names(officer, "queue:enforcement") == []
    again = officer.post(VIEWS, {**ASKED, "query": "open=1", "shared": True}).json()
    assert (again["id"], again["query"], again["shared"]) == (kept["id"], "open=1", True)
    path = f"{VIEWS}/{kept['id']}"
    renamed = patch(officer, path, {"name": "  苏州\t未结 "})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "苏州 未结")
    assert names(officer) == ["苏州 未结"]
    assert delete(officer, path).status_code == 204
    assert names(officer) == []
    refused(delete(officer, path), 404, "casework.no_view")
    refused(patch(officer, path, {"name": "甲"}), 404, "casework.no_view")


def test_a_shared_view_is_changed_by_its_owner_and_by_who_assigns_work(world: World) -> None:
    officer, clerk = caller(world, "asking.case_officer"), caller(world, "asking.clerk")
    leader, elsewhere = caller(world, "asking.leader"), caller(world, "asked.leader")
    own = officer.post(VIEWS, ASKED).json()
    path = f"{VIEWS}/{own['id']}"
    for other in (clerk, leader, elsewhere):
        assert names(other) == []
        refused(patch(other, path, {"name": "甲"}), 404, "casework.no_view")
    officer.post(VIEWS, {**ASKED, "shared": True})
    assert leader.get(VIEWS).json()["items"][0]["own"] is False
    refused(patch(clerk, path, {"name": "甲"}), 403, "casework.may_not_tidy_views")
    refused(delete(clerk, path), 403, "casework.may_not_tidy_views")
    refused(patch(elsewhere, path, {"name": "甲"}), 404, "casework.no_view")
    assert patch(leader, path, {"name": "甲"}).json()["name"] == "甲"
    assert SavedView.objects.get().person == world.person("asking.case_officer")
    assert delete(leader, path).status_code == 204


def test_a_name_is_taken_once(world: World) -> None:
    officer = caller(world, "asking.case_officer")
    first = officer.post(VIEWS, ASKED).json()
    officer.post(VIEWS, {**ASKED, "name": "甲"})
    answer = refused(patch(officer, f"{VIEWS}/{first['id']}", {"name": "甲"}), 422, "casework.bad_view")
    assert [(one["field"], one["code"]) for one in answer["errors"]] == [("name", "taken")]
    assert patch(officer, f"{VIEWS}/{first['id']}", {"name": ASKED["name"]}).status_code == 200
    officer.post(VIEWS, {**ASKED, "page": "queue:enforcement", "name": "乙"})
    assert patch(officer, f"{VIEWS}/{first['id']}", {"name": "乙"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": " "}, "casework.bad_view"),
        ({"name": "长" * 61}, "casework.bad_view"),
        ({"query": ""}, "casework.bad_view"),
        ({"query": "q=" + "长" * 60}, "casework.bad_view"),
        ({"page": "elsewhere"}, "request.invalid"),
        ({"page": "queue:"}, "request.invalid"),
        ({"more": 1}, "request.invalid"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(given: dict[str, Any], code: str, world: World) -> None:
    officer = caller(world, "asking.case_officer")
    answer = refused(officer.post(VIEWS, {**ASKED, **given}), 422, code)
    assert [one["field"] for one in answer["errors"]] == [*given]
    assert not SavedView.objects.exists()


def test_a_calendar_address_is_made_used_and_ended(world: World) -> None:
    matter = world.matter_in("delivered")
    leader = caller(world, "asked.leader")
    assert leader.get(FEED).json() == {"made_at": None}
    made = leader.post(FEED)
    assert made.status_code == 201
    address = made.json()["address"]
    assert re.fullmatch(r"http://[^/]+/calendar/concord_[\w-]{43}\.ics", address)
    assert leader.get(FEED).json() == {"made_at": made.json()["made_at"]}
    path = "/" + address.split("/", 3)[3]
    read = leader._told(leader.client.get(path))
    assert matter.number in text_of(read)
    second = leader.post(FEED).json()["address"]
    assert second != address
    assert leader._told(leader.client.get(path)).status_code == 404
    assert delete(leader, FEED).status_code == 204
    assert leader._told(leader.client.get("/" + second.split("/", 3)[3])).status_code == 404
    assert delete(leader, FEED).status_code == 204
    assert leader.get(FEED).json() == {"made_at": None}
    assert Feed.objects.filter(revoked_at__isnull=True).count() == 0
    events = Entry.objects.filter(event__startswith="feed.").order_by("id").values_list("event", flat=True)
    assert list(events) == ["feed.make", "feed.make", "feed.revoke"]


@pytest.mark.parametrize("path", [VIEWS, FEED])
def test_who_reads_no_matters_keeps_nothing(path: str, world: World) -> None:
    program = caller(world, "asking.administrator")
    refused(program.get(path), 403, "access.not_for_post")
    refused(program.post(path, ASKED if path == VIEWS else None), 403, "access.not_for_post")
    refused(delete(program, FEED), 403, "access.not_for_post")
