"""What goes on when parts are away, and how far a package proves itself then: both verifiers say it of the file."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import pytest

from concord.foundation.database import scope
from concord.foundation.journal.commands import record
from concord.foundation.journal.models import Entry
from concord.foundation.keys.setting_up import VALID_FOR
from concord.foundation.ledger import fsck, incidents, queries, sealing
from concord.foundation.ledger.models import Cosigner, Incident, Sealed
from concord.foundation.ledger.store import CHECKPOINT
from concord.foundation.ledger.witnesses import TIMEOUT
from concord.foundation.organisations.models import Organisation
from concord.proofs import trust
from concord.proofs.report import Report
from tests.support.alliance_ledger import Alliance, at_work, facts, kept, no_network
from tests.support.sealing import MADE
from tests.support.two_verifiers import both_say
from tests.support.worlds import World, time

AT = time("2026-03-05T09:00")
STAMP_ASKED = b'{"level": "L2", "schema": "policy/1", "timestamp": true}'


@pytest.fixture
def cities(world: World) -> list[Organisation]:
    return [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]


@pytest.fixture
def alliance(cities: list[Organisation], tmp_path: Path) -> Iterator[Alliance]:
    with at_work(tmp_path, cities, at=AT) as made:
        yield made


def level(alliance: Alliance, row: Sealed) -> tuple[str, str]:
    report = alliance.said(row)
    return report.verdict, report.level


def reported(report: Report) -> dict[str, Any]:
    """What the report says of the package as a whole."""
    return dict(json.loads(report.as_json())["facts"])


def wrong_now(alliance: Alliance) -> set[str]:
    incidents.watch(at=alliance.at)
    return {one.kind for one in queries.open_incidents()}


class TestTimeStamperDown:
    def test_sealing_goes_on_and_the_package_reaches_its_level_without_a_time_stamp(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.stamper.stop()
        row = alliance.seal(cities[0])
        assert (row.tokens, row.owing) == ([], ["local", "local-gm"])
        assert level(alliance, row) == ("indeterminate", "L0")
        alliance.publish()
        assert alliance.complete() == 1
        assert level(alliance, row) == ("pass", "L2")
        # The witnesses' times are the fallback; whoever asks for a time-stamp is told that there is none.
        times = alliance.said(row).facts["not_later"]
        assert times == [{"at": "2026-03-05T01:00:03Z", "by": "witnesses"}]
        asked = alliance.said(row, policy=STAMP_ASKED)
        assert (asked.verdict, asked.statuses["C08"]) == ("indeterminate", "indeterminate")

    def test_the_token_comes_later_is_marked_late_and_completes_the_package(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.stamper.stop()
        row = alliance.seal(cities[0])
        alliance.publish()
        alliance.complete()
        first = alliance.package(row)
        alliance.later(hours=1)
        alliance.stamper.start()
        assert alliance.complete() == 1
        assert [(one["name"], one["late"]) for one in kept(row).tokens] == [("local", True), ("local-gm", True)]
        alliance.publish()  # the witnesses sign after the late token
        assert alliance.complete() == 1
        assert level(alliance, row) == ("pass", "L2T")
        assert alliance.said(row, policy=STAMP_ASKED).verdict == "pass"
        assert kept(row).finished
        # What was given out before still proves the earlier time.
        before = both_say(first, alliance.trust_file, at=alliance.at)
        assert (before.verdict, before.level) == ("pass", "L2")
        times = [min(one["at"] for one in reported(found)["not_later"]) for found in (before, alliance.said(row))]
        assert times == ["2026-03-05T01:00:03Z", "2026-03-05T02:00:03Z"]

    def test_after_four_hours_people_are_told_and_sealing_still_goes_on(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.stamper.stop()
        alliance.seal(cities[0])
        alliance.publish()
        alliance.later(hours=3)
        assert wrong_now(alliance) == set()
        alliance.later(hours=1)
        assert wrong_now(alliance) == {incidents.STAMPS}
        second = alliance.seal(cities[0], "二号")
        alliance.stamper.start()
        alliance.publish()
        assert alliance.complete() == 2
        assert wrong_now(alliance) == set()
        alliance.publish()
        alliance.complete()
        assert level(alliance, second) == ("pass", "L2T")

    def test_one_that_stays_away_keeps_nobody_from_the_stamps_of_another(
        self, alliance: Alliance, cities: list[Organisation], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "AT_ONCE", 2)
        alliance.stamper.stop()
        rows = [alliance.seal(cities[0], f"{n}号") for n in range(5)]
        alliance.publish()
        del alliance.authorities["/gm"]
        alliance.stamper.start()
        assert alliance.complete() == 5
        assert [([one["name"] for one in kept(row).tokens], kept(row).owing) for row in rows] == [
            (["local"], ["local-gm"])
        ] * 5
        alliance.publish()
        alliance.complete()
        assert {level(alliance, row) for row in rows} == {("pass", "L2T")}


class TestThreeWitnessesDown:
    def test_nothing_is_missing_and_they_catch_up(self, alliance: Alliance, cities: list[Organisation]) -> None:
        alliance.down(3)
        row = alliance.seal(cities[0])
        alliance.publish()
        alliance.complete()
        assert level(alliance, row) == ("pass", "L2T")
        [checkpoint] = facts(alliance.said(row), "C12")["checkpoints"]
        assert len(checkpoint["witnesses"]) == 6
        alliance.down(0)
        alliance.later(minutes=1)
        alliance.round()
        assert set(Cosigner.objects.values_list("size", "refusal")) == {(queries.size(), "")}

    def test_three_that_take_a_question_and_never_answer_keep_nobody_waiting(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.down(3)
        row = alliance.seal(cities[0])
        silent = [urlsplit(witness.url).port for witness in alliance.installation.witnesses[:3]]
        with ExitStack() as open_ports:
            for port in silent:
                open_ports.enter_context(socket.create_server(("127.0.0.1", port or 0)))
            began = perf_counter()
            alliance.publish()
            assert perf_counter() - began < TIMEOUT
        alliance.complete()
        assert level(alliance, row) == ("pass", "L2T")


class TestFourWitnessesDown:
    def test_entries_are_durable_and_packages_queued_until_one_returns(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        alliance.down(4)
        row = alliance.seal(cities[0])
        alliance.later(seconds=3)
        done = alliance.round()
        assert (done.published, done.size) == (False, queries.size())
        assert alliance.complete() == 0
        assert kept(row).submission.leaf_index is not None
        assert (kept(row).state, alliance.store.get(CHECKPOINT)) == ("queued", None)
        assert level(alliance, row) == ("indeterminate", "L0T")
        alliance.later(minutes=11)
        assert wrong_now(alliance) == {incidents.QUORUM}
        assert not alliance.round().published  # the quorum is never lowered
        alliance.down(3)
        alliance.publish()
        assert alliance.complete() == 1
        assert level(alliance, row) == ("pass", "L2T")
        assert wrong_now(alliance) == set()


class TestLogDown:
    def test_cities_seal_and_write_on_and_all_is_logged_in_order_later(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        before = alliance.seal(cities[0], "停机前")
        alliance.publish()
        alliance.complete()
        started = queries.size()
        rows, entries = [], []
        for n, city in enumerate(cities[:3]):
            alliance.later(minutes=30)
            with scope.writing():
                entries.append(record(event="toy.happened", at=alliance.at, by=None, organisation=city).pk)
            rows.append(alliance.seal(city, f"停机中{n}"))
        assert queries.size() == started
        assert {level(alliance, row) for row in rows} == {("indeterminate", "L0T")}
        assert level(alliance, before) == ("pass", "L2T")
        assert wrong_now(alliance) == {incidents.DELAY}
        alliance.publish()
        assert alliance.complete() == 3
        assert wrong_now(alliance) == set()
        places = [kept(row).submission.leaf_index or 0 for row in rows]
        logged = [entry.leaf_index or 0 for entry in Entry.objects.filter(pk__in=entries).order_by("pk")]
        assert [*logged, *places] == sorted([*logged, *places])
        assert min(logged) >= started
        assert {level(alliance, row) for row in rows} == {("pass", "L2T")}
        assert fsck.check(alliance.installation, content=False).findings == []

    def test_the_gap_shows_in_the_report(self, alliance: Alliance, cities: list[Organisation]) -> None:
        row = alliance.seal(cities[0])
        alliance.later(hours=2)
        alliance.publish()
        alliance.complete()
        report = alliance.said(row)
        assert facts(report, "C13") == {
            "claimed_at": "2026-03-05T01:00:00Z",
            "stamped_at": ["2026-03-05T01:00:00Z"] * 2,
            "cosigned_at": "2026-03-05T03:00:03Z",
        }


class TestStaleTrust:
    @pytest.fixture
    def row(self, alliance: Alliance, cities: list[Organisation]) -> Sealed:
        made = alliance.seal(cities[0])
        alliance.publish()
        alliance.complete()
        return made

    def test_after_its_end_the_rest_still_verifies_and_a_new_file_makes_it_good(
        self, alliance: Alliance, row: Sealed
    ) -> None:
        before = alliance.said(row)
        alliance.at = MADE + VALID_FOR + timedelta(days=1)
        stale = alliance.said(row)
        assert stale.verdict == "indeterminate"
        assert stale.level == ""
        assert {one: status for one, status in stale.statuses.items() if status != before.statuses[one]} == {
            "C14": "indeterminate"
        }
        old = alliance.trust
        alliance.installation.trust.write_bytes(alliance.renewed_trust())
        assert trust.replaces(old, alliance.trust)
        assert not trust.replaces(alliance.trust, old)
        assert level(alliance, row) == ("pass", "L2T")

    def test_a_directory_that_lags_behind_is_made_up_for_by_the_package(self, alliance: Alliance, row: Sealed) -> None:
        bare = alliance.renewed_trust(directory=[])
        report = both_say(alliance.package(row), bare, at=alliance.at)
        assert (report.verdict, report.level) == ("pass", "L2T")


class TestNoNetwork:
    def test_everything_local_works_and_the_queue_drains_later(
        self, alliance: Alliance, cities: list[Organisation]
    ) -> None:
        earlier = alliance.seal(cities[0], "此前")
        alliance.publish()
        alliance.complete()
        with no_network():
            row = alliance.seal(cities[1])
            with scope.writing():
                entry = record(event="toy.happened", at=alliance.at, by=None)
            alliance.later(seconds=3)
            done = alliance.round()
            assert (done.published, done.size, done.more) == (False, queries.size(), False)
            assert alliance.complete() == 0
            assert level(alliance, row) == ("indeterminate", "L0")
            assert level(alliance, earlier) == ("pass", "L2T")
            assert queries.proof_of_entry(entry.pk) is None
            assert fsck.check(alliance.installation).sound
        alliance.later(minutes=20)
        alliance.complete()
        alliance.publish()
        alliance.complete()
        assert level(alliance, row) == ("pass", "L2T")
        assert queries.proof_of_entry(entry.pk) is not None
        with scope.writing():
            assert not Sealed.objects.filter(finished=False).exists()
        assert not Incident.objects.filter(kind=incidents.FROZEN).exists()
