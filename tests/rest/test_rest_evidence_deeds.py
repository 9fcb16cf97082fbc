"""What is done with an item through the API: lots, custody, derivatives, partial packages, erasing, overriding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from concord.capabilities.evidence.models import Item
from concord.foundation.organisations.models import Organisation
from tests.rest.callers import Caller, caller, new_key, refused
from tests.support.collecting import Collecting
from tests.support.evidence_items import sealed_item, stored
from tests.support.sealing import home_of
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db
NOW = time("2026-02-06T09:30")
LOTS = {"lots": [{"name": "运动鞋", "unit": "双", "seal": "封001", "quantity": 12}], "place": "证据室"}
MOVE = {"kind": "test", "lot": 1, "quantity": 5, "place": "鉴定机构", "reason": "送检", "seen": 1}
NOTE = {"act": "inspect", "purpose": "核对", "medium": "光盘", "result": "一致", "place": "证据室"}
DERIVED = {"kind": "redaction", "title": "遮盖件", "card": "浙0101"}


@pytest.fixture
def collecting(world: World, tmp_path: Path) -> Iterator[Collecting]:
    """The members have keys and a ledger."""
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=NOW).in_use() as home, time_machine.travel(NOW, tick=False):
        yield Collecting(world, home)


@pytest.fixture
def officer(world: World) -> Caller:
    return caller(world, "asking.case_officer")


@pytest.fixture
def leader(world: World) -> Caller:
    return caller(world, "asking.leader")


def test_lots_are_entered_once_per_version(officer: Caller) -> None:
    made = officer.post("/evidence", {"kind": "sample", "title": "样品", "handling": "case_only"}, key=new_key()).json()
    here = f"/evidence/{made['number']}/lots"
    refused(officer.post(here, LOTS), 428, "request.no_version")
    told = officer.post(here, LOTS, version=made["version"])
    assert told.status_code == 201, told.content
    assert [(lot["number"], lot["left"]) for lot in told.json()["lots"]] == [(1, 12)]
    refused(officer.post(here, LOTS, version=made["version"]), 412, "evidence.stale")


def test_things_leave_a_lot_once(world: World, officer: Caller) -> None:
    item = sealed_item(world, kind="sample")
    stored(item, world.person("asking.case_officer"), quantity=12, at=NOW)
    here = f"/evidence/{item.number}/lots/moves"
    told = officer.post(here, MOVE)
    assert told.status_code == 201, told.content
    assert [lot["left"] for lot in told.json()["lots"]] == [7]
    refused(officer.post(here, MOVE), 412, "evidence.stale")
    refused(officer.post(here, {**MOVE, "seen": 2, "quantity": 8}), 422, "evidence.lot_move")
    refused(officer.post(here, {**MOVE, "seen": 2, "kind": "destroy"}), 403, "evidence.may_not")


def test_custody_is_noted_by_its_holder(world: World, officer: Caller) -> None:
    item = sealed_item(world)
    told = officer.post(f"/evidence/{item.number}/custody", NOTE)
    assert told.status_code == 201, told.content
    assert told.json()["custody"][-1]["act"] == "inspect"
    refused(officer.post(f"/evidence/{item.number}/custody", {**NOTE, "result": ""}), 422, "evidence.bad_note")


def test_a_redaction_with_its_file(collecting: Collecting, officer: Caller) -> None:
    original = collecting.sealed()
    path = original.files.get().path
    file = officer.upload("遮盖后.txt", b"nobody is named").json()
    body = {**DERIVED, "files": [{"file": file["uid"], "claimed": file["digest"], "redacts": path}]}
    here, key = f"/evidence/{original.number}/derivatives", new_key()
    made = officer.post(here, body, key=key)
    assert made.status_code == 201, made.content
    assert [one["sha256"] for one in made.json()["files"]] == [file["digest"]]
    assert officer.post(here, body, key=key).json()["number"] == made.json()["number"]
    assert Item.objects.filter(derived_from=original).count() == 1
    unknown = {**DERIVED, "files": [{"file": file["uid"], "redacts": "payload/9999.txt"}]}
    refused(officer.post(here, unknown, key=new_key()), 422, "evidence.bad_item")


def test_a_package_without_its_title(collecting: Collecting, officer: Caller) -> None:
    item = collecting.sealed()
    response = officer.post(f"/evidence/{item.number}/package", {"closed": ["title"]})
    assert response.status_code == 200
    content = b"".join(response)
    assert (item.title.encode() in content, item.place.encode() in content) == (False, True)
    refused(officer.post(f"/evidence/{item.number}/package", {"closed": ["nonsense"]}), 422, "evidence.bad_item")


def test_a_leader_erases(collecting: Collecting, officer: Caller, leader: Caller) -> None:
    item = collecting.sealed()
    here = f"/evidence/{item.number}/erasure"
    assert officer.post(here, {"reason": "order"}).status_code == 403
    assert leader.post(here, {"reason": "boredom"}).status_code == 422
    told = leader.post(here, {"reason": "order"})
    assert (told.status_code, told.json()["state"]) == (200, "erased")
    refused(leader.post(here, {"reason": "order"}), 409, "evidence.state")


def test_a_leader_seals_without_a_stamp(collecting: Collecting) -> None:
    collecting.home.silent_stampers = True
    collecting.sealed()
    collecting.home.later(hours=5)
    with time_machine.travel(collecting.home.at, tick=False):
        item = collecting.filled(collecting.described(collecting.registered()))
        officer = caller(collecting.world, "asking.case_officer")
        refused(officer.post(f"/evidence/{item.number}/seal", version=item.version), 409, "evidence.unstamped")
        here = f"/evidence/{item.number}/seal-without-stamp"
        assert officer.post(here, version=item.version).status_code == 403
        told = caller(collecting.world, "asking.leader").post(here, version=item.version)
        assert (told.status_code, told.json()["state"]) == (200, "sealing")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("lots/moves", MOVE),
        ("custody", NOTE),
        ("derivatives", DERIVED),
        ("package", {}),
        ("erasure", {"reason": "order"}),
    ],
)
def test_hidden_from_strangers(world: World, path: str, body: dict[str, object]) -> None:
    item = sealed_item(world)
    stranger = caller(world, "third.leader")
    refused(stranger.post(f"/evidence/{item.number}/{path}", body, key=new_key()), 404, "evidence.no_item")
