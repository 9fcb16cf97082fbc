"""Evidence through the API: pushed by a bureau's own system, once per key; hidden from strangers."""

from __future__ import annotations

import pytest

from concord.capabilities.evidence.models import Item, ItemFile
from tests.rest.callers import Caller, caller, new_key, refused
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
BODY = {"kind": "photo", "title": "门店照片", "handling": "case_only"}


@pytest.fixture
def program(world: World) -> Caller:
    return caller(world, "asking.case_officer")


def test_an_item_is_registered_once_per_key(program: Caller) -> None:
    key = new_key()
    made = program.post("/evidence", BODY, key=key)
    assert made.status_code == 201, made.content
    assert made.headers["ETag"] == f'"{made.json()["version"]}"'
    assert program.post("/evidence", BODY, key=key).json()["number"] == made.json()["number"]
    assert Item.objects.count() == 1
    refused(program.post("/evidence", BODY), 400, "request.no_key")


def test_an_item_in_lists_and_alone(program: Caller, world: World) -> None:
    number = program.post("/evidence", BODY, key=new_key()).json()["number"]
    assert [one["number"] for one in program.get("/evidence").json()["items"]] == [number]
    assert program.get("/evidence", kind="video").json()["items"] == []
    assert program.get(f"/evidence/{number}").json()["title"] == BODY["title"]
    stranger = caller(world, "third.case_officer")
    assert stranger.get("/evidence").json() == {"items": [], "next": None}
    refused(stranger.get(f"/evidence/{number}"), 404, "evidence.no_item")


def test_pages_follow_one_another(program: Caller) -> None:
    numbers = [program.post("/evidence", BODY, key=new_key()).json()["number"] for _ in range(3)]
    first = program.get("/evidence", limit="2").json()
    second = program.get(first["next"]).json()
    assert (len(first["items"]), second["next"]) == (2, None)
    assert sorted(one["number"] for one in (*first["items"], *second["items"])) == numbers
    refused(program.get("/evidence", after="x"), 422, "casework.bad_cursor")


def test_a_file_is_added_when_the_digests_agree(program: Caller) -> None:
    number = program.post("/evidence", BODY, key=new_key()).json()["number"]
    file = program.upload("a.jpg", b"\xff\xd8\xffpicture").json()
    wrong = program.post(f"/evidence/{number}/files", {"file": file["uid"], "claimed": "0" * 64})
    assert wrong.status_code in {409, 422}
    assert not ItemFile.objects.exists()
    added = program.post(f"/evidence/{number}/files", {"file": file["uid"], "claimed": file["digest"]})
    assert added.status_code == 201, added.content
    assert [one["sha256"] for one in added.json()["files"]] == [file["digest"]]


def test_an_incomplete_item_is_not_sealed(program: Caller) -> None:
    made = program.post("/evidence", BODY, key=new_key()).json()
    refused(program.post(f"/evidence/{made['number']}/seal"), 428, "request.no_version")
    sealed = program.post(f"/evidence/{made['number']}/seal", version=made["version"])
    assert sealed.status_code == 422, sealed.content
    assert Item.objects.get().state == "collecting"
