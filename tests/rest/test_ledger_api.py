"""The ledger through the API, and its files for mirrors."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from concord.casework.desk import silence
from concord.casework.models import Matter
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.journal.models import Entry, Read
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Salt
from concord.foundation.organisations.models import Organisation
from concord.proofs import checkpoints, tiles, tlog_proof
from concord.proofs.leaves import journal_leaf
from concord.proofs.verifying import verify
from tests.rest.callers import V1, Caller, caller, refused
from tests.support.sealing import Home, home_of
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db
NOW = time("2026-02-06T09:30")


@pytest.fixture
def home(world: World, tmp_path: Path) -> Iterator[Home]:
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=NOW).in_use() as made:
        yield made


def issued(matter: Matter) -> int:
    return Entry.objects.get(matter_uid=matter.uid, event="assistance.issue").pk


def stated(home: Home, day: date = date(2026, 2, 6)) -> None:
    enter(SYSTEM)
    silence.state(day, equipment=home.equipment(), now=home.now)


def proven(home: Home) -> None:
    home.round()
    sealing.complete(at=home.at, stamping=home.stamping())


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


class TestStanding:
    def test_nothing_is_published_yet(self, world: World, home: Home) -> None:
        world.matter_in("delivered")
        told = caller(world, "asking.leader").get("/ledger/checkpoint").json()
        assert (told["origin"], told["quorum"], told["checkpoint"]) == (home.installation.origin, 6, None)
        assert told["waiting"] > 0
        assert told["incidents"] == []

    def test_the_newest_checkpoint_and_who_signed_it(self, world: World, home: Home) -> None:
        world.matter_in("delivered")
        home.away = {home.installation.witnesses[0].name}
        done = home.round()
        told = caller(world, "asking.leader").get("/ledger/checkpoint").json()
        found = told["checkpoint"]
        assert found["size"] == done.size
        assert [one["at"] for one in found["cosignatures"]] == [None, *["2026-02-06T01:30:00Z"] * 8]
        assert [one["organisation"] for one in found["cosignatures"]] == [
            one.org for one in home.installation.witnesses
        ]
        policy = home.installation.policy
        opened = checkpoints.open_checkpoint(
            found["note"].encode(), log=policy.logs[told["origin"]], witnesses=list(policy.witnesses.values())
        )
        assert (opened.checkpoint.size, len(opened.cosigners)) == (done.size, 8)

    def test_without_a_ledger(self, world: World) -> None:
        refused(caller(world, "asking.leader").get("/ledger/checkpoint"), 404, "keys.no_ledger")

    def test_it_asks_for_the_permission(self, world: World, home: Home) -> None:
        home.round()
        refused(caller(world, "asking.security_officer").get("/ledger/checkpoint"), 403, "access.not_for_post")
        refused(caller(world, "asking.leader", ["matter:read"]).get("/ledger/silence"), 403, "access.not_for_post")


class TestProofOfAnEntry:
    def test_it_opens_and_proves(self, world: World, home: Home) -> None:
        entry = issued(world.matter_in("delivered"))
        home.round()
        told = caller(world, "asking.auditor").get(f"/ledger/entries/{entry}/proof").json()
        assert told["state"] == "logged"
        opening = told["opening"]
        leaf = journal_leaf(bytes.fromhex(opening["salt"]), opening["entry"].encode())
        assert leaf.decode() == told["leaf"]
        assert tlog_proof.parse(told["tlog_proof"].encode()).proves(leaf)
        assert json.loads(opening["entry"])["event"] == "assistance.issue"

    @pytest.mark.parametrize(
        ("who", "shown"),
        [
            ("asking.auditor", True),
            ("asking.case_officer", True),
            ("asked.case_officer", True),
            ("asked.auditor", True),
            ("third.case_officer", False),
            ("third.auditor", False),
        ],
    )
    def test_it_is_for_those_who_know_of_the_act(self, world: World, home: Home, who: str, shown: bool) -> None:  # noqa: FBT001  a case of the table
        entry = issued(world.matter_in("delivered"))
        home.round()
        answer = caller(world, who).get(f"/ledger/entries/{entry}/proof")
        if shown:
            assert answer.json()["state"] == "logged"
        else:
            refused(answer, 404, "journal.no_entry")

    def test_what_a_side_did_internally_stays_inside(self, world: World, home: Home) -> None:
        matter = world.matter_in("delivered")
        home.round()
        drafted = Entry.objects.get(matter_uid=matter.uid, event="assistance.draft").pk
        path = f"/ledger/entries/{drafted}/proof"
        assert caller(world, "asking.case_officer").get(path).json()["state"] == "logged"
        refused(caller(world, "asked.case_officer").get(path), 404, "journal.no_entry")

    def test_what_is_not_published_waits(self, world: World, home: Home) -> None:
        entry = issued(world.matter_in("delivered"))
        told = caller(world, "asking.auditor").get(f"/ledger/entries/{entry}/proof").json()
        assert (told["state"], told["leaf"], told["opening"]) == ("waiting", None, None)
        home.away = {one.name for one in home.installation.witnesses[:4]}
        assert not home.round().published
        assert caller(world, "asking.auditor").get(f"/ledger/entries/{entry}/proof").json()["state"] == "waiting"

    def test_what_was_erased_proves_nothing(self, world: World, home: Home) -> None:
        entry = issued(world.matter_in("delivered"))
        home.round()
        with writing():
            Salt.objects.filter(entry=entry).delete()
        told = caller(world, "asking.auditor").get(f"/ledger/entries/{entry}/proof").json()
        assert (told["state"], told["tlog_proof"]) == ("erased", None)

    @pytest.mark.usefixtures("home")
    def test_there_is_no_such_entry(self, world: World) -> None:
        refused(caller(world, "asking.auditor").get("/ledger/entries/999999/proof"), 404, "journal.no_entry")

    def test_looking_stays_on_record(self, world: World, home: Home) -> None:
        entry = issued(world.matter_in("delivered"))
        home.round()
        caller(world, "asked.case_officer").get(f"/ledger/entries/{entry}/proof")
        assert Read.objects.filter(what="proof", subject=str(entry), organisation=world.places["asked"]).exists()


class TestSilence:
    def test_both_sides_fetch_the_package_and_it_verifies(self, world: World, home: Home) -> None:
        world.matter_in("delivered")
        stated(home)
        proven(home)
        for name in ("asking.case_officer", "asked.leader"):
            program = caller(world, name)
            items = program.get("/ledger/silence").json()["items"]
            [found] = [one for one in items if one["count"]]
            assert (found["asking"]["code"], found["asked"]["code"]) == (
                world.places["asking"].code,
                world.places["asked"].code,
            )
            assert (found["state"], found["date"]) == ("proven", "2026-02-06")
            answer = program.get(f"/ledger/silence/{found['uid']}/package")
            assert answer.headers["Content-Type"] == "application/vnd.concord.evidence+zip"
            assert found["package"] in answer.headers["Content-Disposition"]
            report = verify(io.BytesIO(body_of(answer)), trust=home.trust, at=home.at)
            assert (report.package, report.verdict, report.level) == (found["package"], "pass", "L2T")

    def test_nobody_else_sees_it(self, world: World, home: Home) -> None:
        world.matter_in("delivered")
        stated(home)
        mine = caller(world, "asking.case_officer").get("/ledger/silence").json()["items"]
        other = caller(world, "third.case_officer")
        assert [one["count"] for one in other.get("/ledger/silence").json()["items"]] == [0]
        [uid] = [one["uid"] for one in mine if one["count"]]
        refused(other.get(f"/ledger/silence/{uid}/package"), 404, "casework.no_statement")

    def test_the_list_comes_in_pages_at_the_same_cost(
        self, world: World, home: Home, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        program = caller(world, "asking.case_officer")
        stated(home)
        with CaptureQueriesContext(connection) as one:
            program.get("/ledger/silence")
        for day in (7, 8):
            stated(home, date(2026, 2, day))
        with django_assert_num_queries(len(one)):
            program.get("/ledger/silence")
        first = program.get("/ledger/silence", limit=2).json()
        assert [one["date"] for one in first["items"]] == ["2026-02-08", "2026-02-07"]
        assert [one["date"] for one in program.get(first["next"]).json()["items"]] == ["2026-02-06"]


class TestVerify:
    def test_a_good_package(self, world: World, home: Home) -> None:
        world.matter_in("delivered")
        stated(home)
        proven(home)
        program = caller(world, "asking.case_officer")
        [uid] = [one["uid"] for one in program.get("/ledger/silence").json()["items"] if one["count"]]
        content = body_of(program.get(f"/ledger/silence/{uid}/package"))
        report = send(program, content).json()
        assert (report["schema"], report["verdict"], report["level"]) == ("report/1", "pass", "L2T")
        flipped = bytearray(content)
        flipped[-1000] ^= 1
        report = send(program, bytes(flipped)).json()
        assert report["verdict"] == "fail"

    def test_what_is_no_package(self, world: World, home: Home) -> None:
        report = send(caller(world, "asking.case_officer"), b"nothing").json()
        assert report["verdict"] == "fail"
        assert report["checks"][0]["status"] == "fail"
        assert report["trust"]["fingerprint"] == home.trust.fingerprint

    @pytest.mark.usefixtures("home")
    def test_a_file_is_needed(self, world: World) -> None:
        answer = caller(world, "asking.case_officer")
        response = answer.client.post(f"{V1}/ledger/verify", {}, headers=answer.headers)
        refused(response, 422, "request.invalid")

    def test_without_a_ledger(self, world: World) -> None:
        refused(send(caller(world, "asking.case_officer"), b"nothing"), 404, "keys.no_ledger")


def send(program: Caller, content: bytes) -> Any:
    found = program.client.post(
        f"{V1}/ledger/verify", {"file": SimpleUploadedFile("x.evp", content)}, headers=program.headers
    )
    enter(SYSTEM)
    return found


class TestTiles:
    @pytest.fixture
    def city(self, world: World, home: Home) -> dict[str, str]:
        world.matter_in("delivered")
        home.round()
        return {"Authorization": f"Bearer {home.reader_token(home.installation.witnesses[0].org)}"}

    def test_a_mirror_rebuilds_the_tree(self, city: dict[str, str]) -> None:
        client = Client()
        answer = client.get("/ledger/checkpoint", headers=city)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "no-cache" in answer.headers["Cache-Control"]
        text = answer.content.decode().partition("\n\n")[0] + "\n"
        signed = checkpoints.parse(text)
        bundle = client.get(f"/ledger/{tiles.entries_path(0, signed.size)}", headers=city)
        leaves = tiles.leaves_of(bundle.content)
        assert len(leaves) == signed.size

        def read(path: str) -> bytes | None:
            found = client.get(f"/ledger/{path}", headers=city)
            return found.content if found.status_code == 200 else None

        assert tiles.root_of(read, signed.size) == signed.root

    def test_full_tiles_are_kept_for_good(self, home: Home, city: dict[str, str]) -> None:
        with writing():
            at = home.at
            Entry.objects.bulk_create(Entry(at=at, event="toy.happened") for _ in range(300))
        home.round()
        client = Client()
        full = client.get("/ledger/tile/entries/000", headers=city)
        assert (full.status_code, full.headers["Cache-Control"]) == (200, "private, max-age=31536000, immutable")
        size = checkpoints.parse(
            client.get("/ledger/checkpoint", headers=city).content.decode().partition("\n\n")[0] + "\n"
        ).size
        partial = client.get(f"/ledger/{tiles.tile_path(0, 1, size - 256)}", headers=city)
        assert (partial.status_code, partial.headers["Cache-Control"]) == (200, "private, max-age=600")

    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eA=="}])
    def test_nobody_else_reads_them(self, city: dict[str, str], header: dict[str, str]) -> None:
        assert city
        for path in ("/ledger/checkpoint", "/ledger/tile/entries/000"):
            answer = Client().get(path, headers=header)
            assert (answer.status_code, answer.content) == (401, b"")
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="ledger"'

    def test_a_token_of_the_api_reads_nothing(self, world: World, city: dict[str, str]) -> None:
        assert city
        program = caller(world, "asking.leader")
        assert program.client.get("/ledger/checkpoint", headers=program.headers).status_code == 401

    @pytest.mark.parametrize(
        "path", ["tile/entries/999", "tile/0/../../../log.json", "tile/64/000", "tile/0/0", "tile/0/000.p/0", "tile/x"]
    )
    def test_what_is_not_there(self, city: dict[str, str], path: str) -> None:
        assert Client().get(f"/ledger/{path}", headers=city).status_code == 404

    def test_before_the_first_checkpoint_nothing_is_amiss(self, home: Home, caplog: pytest.LogCaptureFixture) -> None:
        city = {"Authorization": f"Bearer {home.reader_token(home.installation.witnesses[0].org)}"}
        answer = Client().get("/ledger/checkpoint", headers=city)
        assert (answer.status_code, answer.content, caplog.records) == (404, b"", [])
        # What is asked for and was never there is worth a line.
        assert Client().get("/ledger/tile/entries/999", headers=city).status_code == 404
        assert [one.name for one in caplog.records] == ["django.request"]

    def test_without_a_ledger(self) -> None:
        assert Client().get("/ledger/checkpoint", headers={"Authorization": "Bearer x"}).status_code == 401

    def test_nothing_is_written_there(self, city: dict[str, str]) -> None:
        assert Client(enforce_csrf_checks=True).post("/ledger/checkpoint", headers=city).status_code == 405
