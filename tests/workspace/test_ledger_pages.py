"""The pages of the ledger, and its marks beside acts and entries."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.desk import silence
from concord.casework.models.desk import SilenceStatement
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.journal.models import Entry, Read
from concord.foundation.keys.setting_up import policy_text
from concord.foundation.ledger import incidents, queries, sealing
from concord.foundation.ledger.log import cosigned
from concord.foundation.ledger.models import Salt
from concord.foundation.organisations.models import Organisation
from concord.proofs import log_policy, notes, tlog_proof
from concord.proofs.leaves import journal_leaf
from concord.proofs.notes import VerifierKey
from concord.proofs.trust import read_trust
from concord.proofs.verifying import verify
from concord.rules.errors import InvalidInput
from tests.support.sealing import Home, home_of
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

pytestmark = pytest.mark.django_db
NOW = time("2026-02-06T09:30")
DAY = date(2026, 2, 6)
START = """
import django, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "concord.config.settings"
import concord.config.wsgi, concord.config.urls
late = {"rfc3161_client", "concord.proofs.timestamps", "concord.proofs.trust", "concord.proofs.verifying"}
print(sorted(late & sys.modules.keys()))
"""


@pytest.fixture
def home(world: World, tmp_path: Path) -> Iterator[Home]:
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=NOW).in_use() as made:
        yield made


def issued(world: World) -> tuple[str, int]:
    matter = world.matter_in("delivered")
    return matter.number, Entry.objects.get(matter_uid=matter.uid, event="assistance.issue").pk


def stated(home: Home, day: date = DAY) -> None:
    enter(SYSTEM)
    silence.state(day, equipment=home.equipment(), now=home.now)


def proven(home: Home) -> None:
    home.round()
    sealing.complete(at=home.at, stamping=home.stamping())


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


class TestOverview:
    def test_nothing_is_published_yet(self, world: World, home: Home, sit: Sit) -> None:
        world.matter_in("delivered")
        page = sit("asking.leader").get("/ledger/")
        told = [
            home.installation.origin,
            "还没有公布过检查点",
            "0 / 9",
            "尚未签署",
            "等候入账，最早的自2026年2月5日 10:00",
        ]
        assert missing(page, told) == []

    def test_what_is_published_and_who_signed(self, world: World, home: Home, sit: Sit) -> None:
        world.matter_in("delivered")
        home.away = {home.installation.witnesses[8].name}
        done = home.round()
        roots = home.trust.fingerprint
        page = sit("asking.leader").get("/ledger/")
        cities = [Organisation.objects.get(code=one.org).zh for one in home.installation.witnesses]
        told = [f">{done.size}<", "8 / 9", "2026年2月6日 09:30", *cities, f"{roots[:8]} {roots[8:16]}"]
        assert missing(page, told) == []
        assert text_of(page).count("尚未签署") == 1

    def test_in_english(self, home: Home, sit: Sit) -> None:
        home.round()
        assert sit("asking.leader", language="en").get("/ledger/").status_code == 200

    @pytest.mark.parametrize(
        ("kind", "reason", "said"),
        [
            (incidents.FROZEN, "lock_missing", ["存证账本已冻结", "检查点锁文件不见了", "业务办理不受影响"]),
            (incidents.QUORUM, "", ["见证方不足"]),
            (incidents.DELAY, "", ["入账延迟"]),
            (incidents.STAMPS, "", ["时间戳缺失"]),
            (incidents.CHECK, "root", ["检查发现不一致"]),
        ],
    )
    def test_what_is_wrong_is_said_with_what_to_do(
        self, home: Home, sit: Sit, kind: str, reason: str, said: list[str]
    ) -> None:
        incidents.begin(kind, at=home.at, reason=reason)
        assert missing(sit("asking.leader").get("/ledger/"), said) == []

    def test_without_a_ledger(self, sit: Sit) -> None:
        assert missing(sit("asking.leader").get("/ledger/"), ["还没有建立存证账本", "set-up-ledger"]) == []

    def test_it_is_for_those_who_may_read_it(self, home: Home, sit: Sit) -> None:
        home.round()
        assert sit("asking.security_officer").get("/ledger/").status_code == 403
        assert "/ledger/" not in text_of(sit("asking.security_officer").get("/directory/"))
        assert "/ledger/" in text_of(sit("asking.leader").get("/directory/"))

    def test_the_trust_file_and_the_policy_go_out(self, home: Home, sit: Sit) -> None:
        desk = sit("asking.leader")
        assert read_trust(desk.get("/ledger/files/trust.json").content).fingerprint == home.trust.fingerprint
        assert desk.get("/ledger/files/policy.txt").content.decode() == home.installation.policy_text
        assert desk.get("/ledger/files/log.json").status_code == 404
        home.installation.trust.unlink()
        assert missing(desk.get("/ledger/files/trust.json"), ["还没有信任文件"]) == []
        assert missing(desk.get("/ledger/"), ["还没有信任文件"]) == []

    def test_its_cost_does_not_grow(self, world: World, home: Home, sit: Sit) -> None:
        desk = sit("asking.leader")
        world.matter_in("delivered")
        home.round()
        desk.get("/ledger/")
        with CaptureQueriesContext(connection) as few:
            desk.get("/ledger/")
        for _ in range(3):
            world.matter_in("delivered")
            home.later(minutes=11)
            home.round()
        with CaptureQueriesContext(connection) as many:
            desk.get("/ledger/")
        assert len(many) == len(few) <= 26


class TestProofOfAnEntry:
    def test_in_plain_words_with_files_that_prove_it(self, world: World, home: Home, sit: Sit) -> None:
        number, entry = issued(world)
        home.round()
        desk = sit("asked.case_officer")
        page = desk.get(f"/ledger/entries/{entry}/")
        told = ["已入账", number, "9 个城市共同签署（至少 6 个）", "没有证明什么", home.installation.origin]
        assert missing(page, told) == []
        proof = tlog_proof.parse(desk.get(f"/ledger/entries/{entry}/proof").content)
        leaf = desk.get(f"/ledger/entries/{entry}/leaf").content
        opening = json.loads(desk.get(f"/ledger/entries/{entry}/opening").content)
        assert proof.proves(leaf)
        assert journal_leaf(bytes.fromhex(opening["salt"]), opening["entry"].encode()) == leaf
        assert Read.objects.filter(what="proof", subject=str(entry)).count() == 4

    def test_in_english(self, world: World, home: Home, sit: Sit) -> None:
        _number, entry = issued(world)
        home.round()
        assert sit("asking.leader", language="en").get(f"/ledger/entries/{entry}/").status_code == 200

    @pytest.mark.usefixtures("home")
    def test_what_waits(self, world: World, sit: Sit) -> None:
        _number, entry = issued(world)
        desk = sit("asking.case_officer")
        assert missing(desk.get(f"/ledger/entries/{entry}/"), ["待入账", "还在等候入账"]) == []
        refused = desk.get(f"/ledger/entries/{entry}/proof")
        assert (refused.status_code, missing(refused, ["ledger.no_proof"])) == (503, [])

    def test_what_was_erased(self, world: World, home: Home, sit: Sit) -> None:
        _number, entry = issued(world)
        home.round()
        with writing():
            Salt.objects.filter(entry=entry).delete()
        assert missing(sit("asking.auditor").get(f"/ledger/entries/{entry}/"), ["已抹除", "已依法抹除"]) == []

    @pytest.mark.parametrize("name", ["", "proof", "leaf", "opening"])
    def test_others_do_not_learn_of_it(self, world: World, home: Home, sit: Sit, name: str) -> None:
        _number, entry = issued(world)
        home.round()
        refused = sit("third.case_officer").get(f"/ledger/entries/{entry}/{name}")
        assert (refused.status_code, missing(refused, ["journal.no_entry"])) == (404, [])

    def test_there_is_no_other_file(self, world: World, home: Home, sit: Sit) -> None:
        _number, entry = issued(world)
        home.round()
        assert sit("asking.leader").get(f"/ledger/entries/{entry}/key").status_code == 404


class TestWhoSigned:
    @pytest.fixture
    def note(self, world: World, home: Home) -> bytes:
        world.matter_in("delivered")
        home.away = {home.installation.witnesses[0].name}
        home.round()
        checkpoint = queries.latest_checkpoint()
        assert checkpoint is not None
        return checkpoint.note.encode()

    def test_of_the_log_the_signatures_are_checked(self, home: Home, note: bytes) -> None:
        signed = cosigned(home.installation, note)
        assert signed == dict.fromkeys([one.name for one in home.installation.witnesses[1:]], home.at)
        forged = note.replace(note.split(b"\n")[1], b"1", 1)
        with pytest.raises(InvalidInput):
            cosigned(home.installation, forged)

    def test_of_a_log_that_ended_the_lines_are_read(self, home: Home, note: bytes) -> None:
        key = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
        text = policy_text(VerifierKey.of("another/2027", notes.ED25519, key), home.installation.witnesses)
        moved = replace(home.installation, origin="another/2027", policy=log_policy.parse(text))
        assert cosigned(moved, note) == cosigned(home.installation, note)


class TestMarks:
    def test_acts_and_entries_bear_them(self, world: World, home: Home, sit: Sit) -> None:
        number, entry = issued(world)
        home.round()
        link = f'href="/ledger/entries/{entry}/"'
        for who in ("asking.leader", "asked.leader"):
            page = text_of(sit(who).get(f"/matters/{number}/"))
            assert link in page
            assert "已入账" in page
        assert link in text_of(sit("asking.auditor").get("/journal/"))

    def test_what_came_since_waits(self, world: World, home: Home, sit: Sit) -> None:
        issued(world)
        home.round()
        number, _entry = issued(world)
        page = text_of(sit("asking.leader").get(f"/matters/{number}/"))
        assert "待入账" in page
        assert "已入账" not in page

    def test_before_the_first_checkpoint_there_are_none(self, world: World, sit: Sit) -> None:
        number, _entry = issued(world)
        page = text_of(sit("asking.leader").get(f"/matters/{number}/"))
        assert "入账" not in page.partition("<main")[2]

    def test_the_other_sides_internal_acts_stay_unknown(self, world: World, home: Home, sit: Sit) -> None:
        matter = world.matter_in("answer_submitted")
        home.round()
        inner = Entry.objects.get(matter_uid=matter.uid, event="assistance.submit_answer").pk
        assert f"/ledger/entries/{inner}/" in text_of(sit("asked.leader").get(f"/matters/{matter.number}/"))
        assert f"/ledger/entries/{inner}/" not in text_of(sit("asking.leader").get(f"/matters/{matter.number}/"))


class TestSilence:
    def test_both_sides_fetch_what_tells_of_them(self, world: World, home: Home, sit: Sit) -> None:
        world.matter_in("delivered")
        stated(home)
        proven(home)
        statement = SilenceStatement.objects.get(asked=world.places["asked"])
        for who in ("asking.case_officer", "asked.leader"):
            desk = sit(who)
            page = desk.get("/ledger/silence/")
            assert missing(page, ["2026年2月6日", world.places["asking"].zh, world.places["asked"].zh, "已入账"]) == []
            answer = desk.get(f"/ledger/silence/{statement.uid}")
            report = verify(io.BytesIO(body_of(answer)), trust=home.trust, at=home.at)
            assert (report.verdict, report.level) == ("pass", "L2T")
        other = sit("third.case_officer")
        assert world.places["asked"].zh not in text_of(other.get("/ledger/silence/")).partition("<main")[2]
        refused = other.get(f"/ledger/silence/{statement.uid}")
        assert (refused.status_code, missing(refused, ["casework.no_statement"])) == (404, [])

    def test_in_pages_at_the_same_cost(self, home: Home, sit: Sit) -> None:
        desk = sit("asking.case_officer")
        stated(home)
        desk.get("/ledger/silence/")
        with CaptureQueriesContext(connection) as few:
            desk.get("/ledger/silence/")
        [first] = SilenceStatement.objects.filter(asking__code="310117")
        for n in range(1, 27):
            with writing():
                sealed = silence.package_of(first)
                sealed.pk, sealed.uid, sealed.package, sealed.subject = None, f"{n:032x}", f"ev1-{n}", str(n)
                submission = sealed.submission
                submission.pk, submission.subject, submission.leaf_index = None, str(n), None
                submission.save()
                sealed.submission = submission
                sealed.save()
                SilenceStatement.objects.create(
                    uid=f"{n:032x}",
                    date=DAY + timedelta(days=n),
                    asking=first.asking,
                    count=0,
                    stated_at=first.stated_at,
                    sealed=sealed,
                )
        with CaptureQueriesContext(connection) as many:
            page = desk.get("/ledger/silence/")
        assert len(many) == len(few)
        assert missing(page, ["没有等候答复的文书", "2026年3月4日"]) == []
        assert "2026年2月6日" not in text_of(page).partition("<main")[2]
        [older] = {part.partition('"')[0] for part in text_of(page).split('href="?before=')[1:]}
        assert missing(desk.get(f"/ledger/silence/?before={older}"), ["2026年2月6日"]) == []

    def test_a_day_made_up_says_when(self, home: Home, sit: Sit) -> None:
        stated(home)
        assert "补记于" not in text_of(sit("asking.leader").get("/ledger/silence/"))
        stated(home, DAY - timedelta(days=3))
        assert missing(sit("asking.leader").get("/ledger/silence/"), ["补记于2026年2月6日 09:30"]) == []

    def test_before_the_first_one(self, sit: Sit) -> None:
        assert missing(sit("asking.leader").get("/ledger/silence/"), ["还没有未答复证明"]) == []


class TestVerify:
    def package(self, world: World, home: Home, sit: Sit) -> bytes:
        world.matter_in("delivered")
        home.round()
        stated(home)
        proven(home)
        statement = SilenceStatement.objects.get(asked=world.places["asked"])
        return body_of(sit("asking.leader").get(f"/ledger/silence/{statement.uid}"))

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_a_good_package(self, world: World, home: Home, sit: Sit, language: str) -> None:
        content = self.package(world, home, sit)
        desk = sit("third.leader", language=language)
        page = desk.post("/ledger/verify/", {"file": SimpleUploadedFile("证明.evp", content)})
        chinese = ["通过", "不能说明的", "自称", "不晚于", "不早于", "在线诉讼规则"]
        told = {"zh-hans": chinese, "en": ["passed", "Litigation"]}
        assert missing(page, ["L2T", "C17", "证明.evp", *told[language]]) == []

    def test_one_bit_flipped(self, world: World, home: Home, sit: Sit) -> None:
        content = bytearray(self.package(world, home, sit))
        content[len(content) // 2] ^= 1
        page = sit("third.leader").post("/ledger/verify/", {"file": SimpleUploadedFile("x.evp", bytes(content))})
        assert missing(page, ["不通过"]) == []

    @pytest.mark.usefixtures("home")
    def test_what_is_no_package(self, sit: Sit) -> None:
        page = sit("third.leader").post("/ledger/verify/", {"file": SimpleUploadedFile("x.evp", b"<b>nothing</b>")})
        assert (page.status_code, missing(page, ["不通过", "C01"])) == (200, [])

    @pytest.mark.usefixtures("home")
    def test_without_a_file(self, sit: Sit) -> None:
        page = sit("third.leader").post("/ledger/verify/", {})
        assert (page.status_code, missing(page, ["请选择一个不超过 50 MB 的证据包文件"])) == (422, [])
        empty = sit("third.leader").post("/ledger/verify/", {"file": SimpleUploadedFile("x.evp", b"")})
        assert empty.status_code == 422

    def test_without_a_ledger(self, sit: Sit) -> None:
        desk = sit("third.leader")
        assert desk.get("/ledger/verify/").status_code == 200
        page = desk.post("/ledger/verify/", {"file": SimpleUploadedFile("x.evp", b"x")})
        assert (page.status_code, missing(page, ["keys.no_ledger"])) == (404, [])


def test_the_web_process_starts_without_the_libraries_of_time_stamps(tmp_path: Path) -> None:
    environment = {"CONCORD_HOME": str(tmp_path), "PATH": ""}
    made = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-c", START], capture_output=True, check=True, text=True, env=environment, timeout=120
    )
    assert made.stdout.strip() == "[]", made.stdout
