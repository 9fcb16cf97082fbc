"""What is wrong with the ledger is told once to those who look after it; the process goes on until it is over."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test import override_settings

from concord.foundation.database import scope
from concord.foundation.jobs.registry import find
from concord.foundation.ledger import incidents, queries, sequencing
from concord.foundation.ledger.models import Incident
from concord.foundation.ledger.policy import BATCH
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post
from concord.proofs.tiles import tile_path
from tests.support.ledgers import Ledger
from tests.support.worlds import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(committed_world: World, tmp_path: Path) -> Ledger:  # noqa: ARG001  its people are told
    made = Ledger(tmp_path)
    scope.enter(scope.SYSTEM)
    made.write(1)
    made.round(batch=100_000)
    return made


def known() -> list[tuple[str, str, bool]]:
    scope.enter(scope.SYSTEM)
    return [(one.kind, one.reason, one.ended_at is None) for one in Incident.objects.order_by("id")]


def told() -> set[str]:
    scope.enter(scope.SYSTEM)
    return {notice.person.username for notice in Notice.objects.filter(kind="ledger.incident").select_related("person")}


class TestWatching:
    def test_nothing_is_wrong(self, ledger: Ledger) -> None:
        incidents.watch(at=ledger.at)
        assert known() == []

    def test_an_entry_that_waits_too_long_is_told_of_once(self, ledger: Ledger) -> None:
        ledger.write(1)
        incidents.watch(at=ledger.at + timedelta(seconds=60))
        assert known() == []
        for seconds in (61, 120):
            incidents.watch(at=ledger.at + timedelta(seconds=seconds))
        assert known() == [("delay", "", True)]
        administrators = Post.objects.filter(kind="administrator").values_list("person__username", flat=True)
        assert told() == set(administrators) != set()
        assert Notice.objects.filter(kind="ledger.incident").count() == len(set(administrators))
        ledger.round()
        incidents.watch(at=ledger.at + timedelta(seconds=180))
        assert known() == [("delay", "", False)]

    def test_no_quorum_for_too_long_is_told_of(self, ledger: Ledger) -> None:
        ledger.away(4)
        ledger.write(1)
        ledger.round()
        incidents.watch(at=ledger.at + timedelta(minutes=10))
        assert known() == []
        ledger.write(1)
        ledger.round()
        incidents.watch(at=ledger.at + timedelta(minutes=10, seconds=1))
        assert known() == [("quorum", "", True)]
        ledger.away(0)
        ledger.round()
        incidents.watch(at=ledger.at + timedelta(minutes=11))
        assert known() == [("quorum", "", False)]

    def test_it_may_happen_again(self, ledger: Ledger) -> None:
        for _ in range(2):
            assert incidents.begin("delay", at=ledger.at)
            assert not incidents.begin("delay", at=ledger.at)
            incidents.end("delay", at=ledger.at)
            ledger.later(minutes=1)
        assert [kind for kind, _, _ in known()] == ["delay", "delay"]
        assert queries.open_incidents() == []


class TestJobs:
    @pytest.fixture
    def here(self, ledger: Ledger) -> Iterator[None]:
        """Let this installation have the ledger."""
        ledger.write_settings()
        with override_settings(LEDGER_ROOT=ledger.folder):
            yield

    @pytest.mark.usefixtures("here")
    def test_the_watch_sees_what_waits(self, ledger: Ledger) -> None:
        ledger.write(1)
        find("ledger.watch").handler(payload={}, at=ledger.at + timedelta(minutes=2))
        assert known() == [("delay", "", True)]

    @pytest.mark.usefixtures("here")
    def test_the_check_begins_and_ends_an_incident(self, ledger: Ledger) -> None:
        ledger.write(3)
        ledger.round()
        tile = ledger.folder / "tiles" / tile_path(0, 0, queries.size())
        content = tile.read_bytes()
        for damage, open_still in ((bytes(len(content)), True), (content, False)):
            tile.write_bytes(damage)
            find("ledger.check").handler(payload={}, at=ledger.at)
            assert known() == [("check", "tile", open_still)]

    @pytest.mark.parametrize("name", ["ledger.watch", "ledger.check"])
    def test_without_a_ledger_there_is_nothing_to_do(self, ledger: Ledger, name: str, tmp_path: Path) -> None:
        ledger.write(1)
        with override_settings(LEDGER_ROOT=tmp_path / "none"):
            find(name).handler(payload={}, at=ledger.at + timedelta(hours=1))
        assert known() == []


class TestRunning:
    def run(self, ledger: Ledger, pauses: list[Callable[[], object]]) -> int:
        """Run the loop; at each pause the next of these is done, after the last one it stops. How often it paused."""
        stop = threading.Event()
        waiting = iter(pauses)
        count = 0

        def pause(seconds: float) -> None:
            nonlocal count
            assert seconds == sequencing.IDLE_SECONDS
            count += 1
            done = next(waiting, stop.set)
            scope.enter(scope.SYSTEM)
            done()
            scope.enter(scope.NOBODY)

        sequencing.run(
            ledger.installation,
            stop=stop.is_set,
            pause=pause,
            now=ledger.now,
            random_bytes=ledger.chance.randbytes,
            witnesses=ledger.witnesses,
        )
        scope.enter(scope.SYSTEM)
        return count

    def test_it_takes_in_what_comes_until_it_is_stopped(self, ledger: Ledger) -> None:
        before = queries.size()
        assert self.run(ledger, [lambda: ledger.write(3), lambda: ledger.write(2)]) == 3
        assert queries.size() == before + 5
        assert known() == []

    def test_it_does_not_pause_while_more_waits(self, ledger: Ledger) -> None:
        before = queries.size()
        ledger.write(2 * BATCH + 1)
        assert self.run(ledger, []) == 1
        assert queries.size() == before + 2 * BATCH + 1

    def test_a_frozen_ledger_is_told_of_once_and_looked_at_again(self, ledger: Ledger) -> None:
        lock, aside = ledger.installation.lock, ledger.folder / "aside"
        lock.rename(aside)
        assert self.run(ledger, [lambda: None, lambda: None]) == 3
        assert known() == [("frozen", "lock_missing", True)]
        assert told()
        aside.rename(lock)
        self.run(ledger, [])
        assert known() == [("frozen", "lock_missing", False)]

    def test_a_disk_that_fails_and_a_database_that_goes_away_are_waited_for(self, ledger: Ledger) -> None:
        before = queries.size()
        ledger.write(1)
        failing = ["sync", "UPDATE", "SELECT"]

        def watch(execute: Callable[..., object], sql: str, params: object, many: object, context: object) -> object:
            if failing and failing[-1] in sql:
                failing.pop()
                raise OperationalError("gone")
            return execute(sql, params, many, context)

        def sync(number: int) -> None:
            if failing == ["sync"]:
                failing.pop()
                raise OSError("no space left")
            whole(number)

        whole = os.fsync
        with connection.execute_wrapper(watch), patch.object(os, "fsync", sync):
            self.run(ledger, [lambda: None] * 4)
        assert failing == []
        assert queries.size() == before + 1
        assert known() == []


def test_what_waits_is_counted(ledger: Ledger) -> None:
    assert (queries.waiting().count, queries.waiting().oldest) == (0, None)
    began = ledger.at
    ledger.submit("ev1-a")
    ledger.later(seconds=5)
    ledger.write(2)
    waiting = queries.waiting()
    assert (waiting.count, waiting.oldest) == (3, began)
    ledger.round()
    assert queries.waiting().count == 0
