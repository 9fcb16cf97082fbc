"""From a file on an officer's desk to a verdict on a machine without a network, with every part a real one."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from concord.foundation.database import scope
from concord.foundation.journal.commands import record
from concord.foundation.keys.signers import ROOT, officer, private_keys
from concord.foundation.ledger import fsck, incidents, queries, sealing, sequencing
from concord.foundation.ledger.commands import submit
from concord.foundation.ledger.log import open_note
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.queries import Proof
from concord.foundation.ledger.store import CHECKPOINT
from concord.foundation.organisations.models import Organisation
from concord.proofs import package, tlog_proof, trust
from concord.proofs.digests import pair_of
from concord.proofs.leaves import event_leaf, read_leaf, thing_leaf
from concord.proofs.package import Parts
from concord.proofs.report import Report
from concord.rules.errors import Unavailable
from tests.fitness.sources import PROJECT
from tests.support.alliance_ledger import PATH, Alliance, at_work, facts, kept, mirrored_leaves
from tests.support.two_verifiers import both_say, container_of, entries_of, failing, flipped
from tests.support.worlds import World, time

AT = time("2026-03-05T09:00")
COMMANDS: Sequence[Sequence[str]] = (
    ("-m", "concord.entrypoints.cli", "verify"),
    ("-I", "-S", str(PROJECT / "verifier" / "concord_verify.py")),
)


@pytest.fixture
def cities(world: World) -> list[Organisation]:
    return [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]


@pytest.fixture
def alliance(cities: list[Organisation], tmp_path: Path) -> Iterator[Alliance]:
    with at_work(tmp_path, cities, at=AT) as made:
        yield made


@pytest.fixture
def committed_alliance(committed_world: World, tmp_path: Path) -> Iterator[Alliance]:
    """For the process of the ledger, which ends its own transactions."""
    members = [one for one in Organisation.objects.order_by("position") if one != committed_world.places["centre"]]
    with at_work(tmp_path, members, at=AT) as made:
        yield made


@pytest.fixture
def sealed(alliance: Alliance, cities: list[Organisation]) -> Sealed:
    """A package that has gone its way."""
    row = alliance.seal(cities[0], fields={"case_ref": "某某公司案"})
    alliance.publish()
    alliance.complete()
    return row


def commanded(words: Sequence[str], alliance: Alliance, file: Path) -> tuple[int, dict[str, str]]:
    """Exit code, and the statuses of all checks, of a command that verifies the file."""
    asked = ["--trust", str(alliance.installation.trust), "--at", f"{alliance.at:%Y-%m-%dT%H:%M:%SZ}", "--json"]
    environment = {"PATH": os.environ["PATH"]}
    command = [sys.executable, *words, str(file), *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=PROJECT)  # noqa: S603  our own programs
    assert done.returncode in {0, 1, 2}, done.stderr
    return done.returncode, {one["id"]: one["status"] for one in json.loads(done.stdout)["checks"]}


def logged(alliance: Alliance, leaf: bytes, *, kind: str, subject: str) -> Proof:
    """The proof of a leaf that is submitted and published."""
    with transaction.atomic():
        submission = submit(leaf=leaf, kind=kind, subject=subject, organisation=None, at=alliance.at)
    alliance.publish()
    proof = queries.proof_of_submission(submission.pk)
    assert proof is not None
    return proof


def report_of(alliance: Alliance, parts: Parts) -> Report:
    out = io.BytesIO()
    package.write_package(out, parts)
    return both_say(out.getvalue(), alliance.trust_file, at=alliance.at)


class TestToAVerdict:
    @pytest.mark.parametrize("words", COMMANDS, ids=["first verifier", "second verifier"])
    def test_the_command_accepts_it_and_names_the_check_of_one_flipped_bit(
        self, alliance: Alliance, sealed: Sealed, tmp_path: Path, words: Sequence[str]
    ) -> None:
        file = tmp_path / "package.evp"
        file.write_bytes(alliance.package(sealed))
        code, statuses = commanded(words, alliance, file)
        assert (code, {name for name, status in statuses.items() if status not in {"pass", "not_applicable"}}) == (
            0,
            set(),
        )
        name, content = entries_of(file.read_bytes())[-1]
        assert name.decode() == PATH
        file.write_bytes(container_of([*entries_of(file.read_bytes())[:-1], (name, flipped(content, 3))]))
        code, statuses = commanded(words, alliance, file)
        assert code == 1
        assert {name for name, status in statuses.items() if status == "fail"} == {"C03", "C04"}

    def test_it_reached_what_a_court_may_ask_for(self, alliance: Alliance, sealed: Sealed) -> None:
        report = alliance.said(sealed, policy=b'{"level": "L2", "quorum": 7, "schema": "policy/1", "timestamp": true}')
        assert (report.verdict, report.level, failing(report)) == ("pass", "L2T", [])
        assert facts(report, "C12")["needed"] == 7
        [checkpoint] = facts(report, "C12")["checkpoints"]
        assert len(checkpoint["witnesses"]) == len(checkpoint["sm2"]) == len(alliance.cities) == 9
        assert report.statuses["C16"] == "pass"

    def test_every_city_holds_the_leaf(self, alliance: Alliance, sealed: Sealed) -> None:
        leaf = bytes(kept(sealed).submission.leaf)
        for city in alliance.cities.values():
            city.watch.mirror()
            assert leaf in mirrored_leaves(city)
            assert city.alarms() == []
        compared = [one.outcome for city in alliance.cities.values() for one in city.watch.compare()]
        assert compared == ["agrees"] * 72

    def test_the_leaf_tells_nothing_of_the_case(self, alliance: Alliance, sealed: Sealed) -> None:
        leaf = bytes(kept(sealed).submission.leaf)
        assert read_leaf(leaf).package == sealed.package
        assert "某某公司案".encode() not in leaf
        assert "某某公司案".encode() in alliance.package(sealed)  # opened for whoever was given the package


class TestProving:
    def run(self, alliance: Alliance, rounds: int = 1) -> None:
        """The process of the ledger, for so many rounds."""
        left = [False] * rounds + [True]
        sequencing.run(
            alliance.installation,
            stop=lambda: left.pop(0),
            pause=lambda seconds: alliance.later(seconds=seconds),
            now=alliance.now,
            random_bytes=alliance.chance.randbytes,
            witnesses=alliance.witnesses(),
        )
        scope.enter(scope.SYSTEM)

    @pytest.mark.django_db(transaction=True)
    def test_the_ledgers_process_gives_a_package_its_proof_in_the_round_that_publishes(
        self, committed_alliance: Alliance
    ) -> None:
        alliance = committed_alliance
        city = Organisation.objects.get(code=alliance.members[0].code)
        row = alliance.seal(city)
        alliance.stamper.stop()
        other = alliance.seal(city, "二号")
        self.run(alliance)
        assert (kept(row).state, kept(row).finished) == ("proven", True)
        assert alliance.said(row).level == "L2T"
        assert (kept(other).state, kept(other).finished) == ("proven", False)  # its stamps are still owed
        assert alliance.said(other).level == "L2"
        alliance.stamper.start()
        alliance.complete()
        alliance.later(minutes=10)
        self.run(alliance)
        alliance.complete()
        assert alliance.said(other).level == "L2T"

    @pytest.mark.django_db(transaction=True)
    def test_without_a_quorum_it_stays_queued(self, committed_alliance: Alliance) -> None:
        alliance = committed_alliance
        alliance.down(4)
        row = alliance.seal(Organisation.objects.get(code=alliance.members[0].code))
        self.run(alliance, 2)
        assert kept(row).state == "queued"
        alliance.down(3)
        self.run(alliance)
        assert kept(row).state == "proven"

    def test_there_is_nothing_to_prove_before_anything_is_published(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.seal(cities[0])
        assert sealing.prove() == 0
        alliance.publish()
        assert [sealing.prove(), sealing.prove()] == [1, 0]


class TestEntry:
    def test_what_an_act_wrote_is_proven_by_salt_entry_and_proof_alone(self, alliance: Alliance) -> None:
        with transaction.atomic():
            entry = record(event="toy.happened", at=alliance.at, by=None, details={"n": 1})
        alliance.publish()
        proof = queries.proof_of_entry(entry.pk)
        assert proof is not None
        assert proof.opening is not None
        read = tlog_proof.parse(proof.tlog_proof)
        assert read.proves(proof.leaf)
        assert b'"event":"toy.happened"' in proof.opening.entry
        cosigned = open_note(alliance.installation, read.checkpoint)
        assert cosigned.log
        assert alliance.trust.policy.satisfied(cosigned.cosigners)


class TestHandingOver:
    """The asking city hands the package to another, which says that it received it; both acts are logged."""

    def parts(self, alliance: Alliance, sealed: Sealed, giver: Organisation, taker: Organisation) -> Parts:
        parts = sealing.parts_of(kept(sealed))
        events = list(parts.events)
        for actor, other, action in ((giver, taker, "transfer"), (taker, giver, "receive")):
            alliance.later(minutes=10)
            report = pair_of(alliance.said(sealed).as_json()) if action == "receive" else None
            event = package.event(
                signer=officer(alliance.keys, actor.code),
                seq=len(events),
                prev=events[-1],
                manifest=parts.manifest,
                action=action,
                claimed_at=alliance.at,
                counterparty=other.code,
                report=report,
            )
            events.append(event)
        keys = {officer(alliance.keys, one.code).key for one in (giver, taker)}
        directory = trust.directory([entry for entry in alliance.trust.directory if entry.key in keys])
        return replace(parts, events=events, directory=directory)

    def test_the_newest_event_is_proven_after_the_sealing(
        self, alliance: Alliance, sealed: Sealed, cities: list[Organisation]
    ) -> None:
        parts = self.parts(alliance, sealed, *cities[:2])
        under_way = report_of(alliance, parts)
        assert failing(under_way) == ["C10"]  # two events are newer than what is logged
        leaf = event_leaf(org=cities[1].code, package_id=sealed.package, seq=3, head=pair_of(parts.events[3]))
        proof = logged(alliance, leaf, kind="event", subject=f"{sealed.package}/3")
        report = report_of(alliance, replace(parts, head=(proof.leaf, proof.tlog_proof)))
        assert (report.verdict, report.level, report.statuses["C17"]) == ("pass", "L2T", "pass")

    def test_a_transfer_without_its_receipt_is_under_way(
        self, alliance: Alliance, sealed: Sealed, cities: list[Organisation]
    ) -> None:
        parts = self.parts(alliance, sealed, *cities[:2])
        parts = replace(parts, events=parts.events[:3])
        leaf = event_leaf(org=cities[0].code, package_id=sealed.package, seq=2, head=pair_of(parts.events[2]))
        proof = logged(alliance, leaf, kind="event", subject=f"{sealed.package}/2")
        report = report_of(alliance, replace(parts, head=(proof.leaf, proof.tlog_proof)))
        assert failing(report) == ["C17"]


class TestKeyRevoked:
    """An officers' key is stolen and revoked by an entry in the log: the log's order decides, nobody's clock."""

    def test_what_was_logged_before_stands_and_what_comes_later_falls(
        self, alliance: Alliance, sealed: Sealed, cities: list[Organisation]
    ) -> None:
        city = cities[0]
        [entry] = [one for one in alliance.trust.directory if one.org == city.code]
        revoked = trust.revocation(root=private_keys(alliance.keys / city.code / ROOT), entry=entry)
        leaf = thing_leaf("directory", org=city.code, thing=revoked.thing)
        proof = logged(alliance, leaf, kind="directory", subject=revoked.key)
        proven = revoked.with_proof(proof.tlog_proof)
        later = alliance.seal(city, "二号")
        other = alliance.seal(cities[1], "三号")
        alliance.publish()
        alliance.complete()
        assert alliance.said(later).level == "L2T"  # whoever has not heard of it
        new = alliance.renewed_trust(directory=[*alliance.trust.directory, proven])
        assert trust.replaces(alliance.trust, trust.read_trust(new))
        alliance.installation.trust.write_bytes(new)
        assert (alliance.said(sealed).verdict, alliance.said(sealed).level) == ("pass", "L2T")
        assert failing(alliance.said(later)) == ["C07"]
        assert alliance.said(other).level == "L2T"

    def test_a_thief_who_claims_an_earlier_time_is_not_believed(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        city = cities[0]
        [entry] = [one for one in alliance.trust.directory if one.org == city.code]
        stolen = alliance.at
        alliance.later(hours=1)
        row = alliance.seal(city)
        alliance.publish()
        alliance.complete()
        revoked = trust.revocation(
            root=private_keys(alliance.keys / city.code / ROOT), entry=entry, compromised_since=stolen
        )
        leaf = thing_leaf("directory", org=city.code, thing=revoked.thing)
        proof = logged(alliance, leaf, kind="directory", subject=revoked.key)
        directory = [*alliance.trust.directory, revoked.with_proof(proof.tlog_proof)]
        alliance.installation.trust.write_bytes(alliance.renewed_trust(directory=directory))
        assert failing(alliance.said(row)) == ["C07"]


class TestBackDating:
    def test_a_claimed_time_proves_nothing_and_the_gap_is_told(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        now, claimed = alliance.at, alliance.at - timedelta(days=3)
        row = alliance.seal(cities[0], claimed_at=claimed)
        alliance.publish()
        alliance.complete()
        report = alliance.said(row)
        found = facts(report, "C13")
        assert found["claimed_at"] == f"{claimed:%Y-%m-%dT%H:%M:%SZ}"
        assert {one[:10] for one in (*found["stamped_at"], found["cosigned_at"])} == {f"{now:%Y-%m-%d}"}
        not_later = json.loads(report.as_json())["facts"]["not_later"]
        assert {one["at"][:10] for one in not_later} == {f"{now:%Y-%m-%d}"}

    def test_a_stamp_that_comes_after_the_witnesses_is_told_apart(self, alliance: Alliance, sealed: Sealed) -> None:
        parts = sealing.parts_of(kept(sealed))
        alliance.later(hours=1)
        late, _ = alliance.stamping().ask(parts.events[1], ["local"], at=alliance.at, late=True)
        response = sealing._response(late[0])
        report = report_of(alliance, replace(parts, tokens=[*parts.tokens, (response, False)]))
        assert report.statuses["C13"] == "indeterminate"


class TestManyVariants:
    def test_whoever_seals_three_and_shows_one_has_three_leaves_in_every_mirror(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        rows = [alliance.seal(cities[0], f"稿{n}", content=f"第{n}稿".encode()) for n in range(3)]
        alliance.publish()
        city = alliance.cities[cities[5].code]
        city.watch.mirror()
        leaves = [read_leaf(leaf) for leaf in mirrored_leaves(city)]
        assert [(one.org, one.package) for one in leaves if one.t == "seal"] == [
            (cities[0].code, row.package) for row in rows
        ]


class TestTilesDeleted:
    def test_the_ledger_freezes_and_goes_on_with_the_files_of_any_citys_mirror(
        self, alliance: Alliance, sealed: Sealed, cities: list[Organisation]
    ) -> None:
        tiles = alliance.installation.folder / "tiles"
        before, signed = alliance.package(sealed), (tiles / CHECKPOINT).read_bytes()
        city = alliance.cities[cities[4].code]
        city.watch.mirror()
        shutil.rmtree(tiles)
        row = alliance.seal(cities[1], "二号")
        with pytest.raises(Unavailable) as refused:
            alliance.round()
        assert (refused.value.code, refused.value.details["reason"]) == ("ledger.frozen", "tiles_behind")
        assert "bundle" in {one.kind for one in fsck.check(alliance.installation).findings}
        shutil.copytree(city.mirrored, tiles)
        (tiles / CHECKPOINT).write_bytes(signed)
        alliance.publish()
        alliance.complete()
        assert fsck.check(alliance.installation).findings == []
        assert alliance.said(row).level == "L2T"
        assert alliance.package(sealed) == before


class TestWithheld:
    def test_what_is_not_logged_for_a_minute_is_told_and_the_city_can_show_what_it_sealed(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        row = alliance.seal(cities[0])
        for seconds, told in ((60, False), (1, True)):
            incidents.watch(at=alliance.later(seconds=seconds))
            assert ("delay" in {one.kind for one in queries.open_incidents()}) is told
        report = alliance.said(row)
        assert (report.verdict, report.level) == ("indeterminate", "L0T")
        assert [report.statuses[check] for check in ("C09", "C10", "C11", "C12")] == ["not_applicable"] * 4
