"""Jobs: queued with the act, run by one worker at a time, tried again, given up aloud."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from hypothesis import given
from hypothesis import strategies as st

from concord.foundation.database import scope
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.jobs import commands, registry, worker
from concord.foundation.jobs.contracts import Daily, Every, Payload, Terms
from concord.foundation.jobs.models import Schedule
from concord.foundation.jobs.policy import LONGEST_PAUSE, pause_after
from concord.foundation.jobs.queries import failed
from concord.foundation.jobs.registry import job
from concord.foundation.jobs.tasks import FAILED_KEPT_FOR, KEPT_FOR, clear_ended
from concord.foundation.journal.commands import record
from concord.foundation.journal.models import Entry
from concord.rules.errors import Conflict, NotFound
from tests.foundation.people import AT, officer

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _jobs_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_JOBS", {})


@pytest.fixture
def ran() -> list[tuple[dict[str, Any], datetime]]:
    """What the job ``test.note`` was run with."""
    notes: list[tuple[dict[str, Any], datetime]] = []

    @job("test.note")
    def note(*, payload: Payload, at: datetime) -> None:
        notes.append((dict(payload), at))

    return notes


@pytest.fixture
def failing() -> list[datetime]:
    """When the job ``test.fail`` was tried; it raises while the list is shorter than four."""
    tried: list[datetime] = []

    @job("test.fail", attempts=3, backoff=MINUTE, lease=MINUTE)
    def fail(*, payload: Payload, at: datetime) -> None:
        tried.append(at)
        if len(tried) <= payload["times"]:
            raise ValueError("the printer is on fire")

    return tried


def step(clock: Callable[[], datetime]) -> bool:
    return worker.step(worker="w", at_edge=clock)


def state(uid: UUID) -> str:
    return str(DBTaskResult.objects.get(id=uid).status)


def test_a_job_runs_once_after_the_act_commits(clock: Clock, ran: list[object]) -> None:
    with transaction.atomic():
        uid = commands.enqueue("test.note", payload={"matter": 7, "why": ["a", None]})
    assert step(clock)
    assert not step(clock)
    assert ran == [({"matter": 7, "why": ["a", None]}, AT)]
    assert state(uid) == TaskResultStatus.SUCCESSFUL


def test_a_job_of_an_act_that_was_undone_never_runs(clock: Clock, ran: list[object]) -> None:
    with transaction.atomic():
        commands.enqueue("test.note", payload={})
        transaction.set_rollback(True)
    assert not step(clock)
    assert ran == []


def test_a_job_nobody_registered_is_refused_when_it_is_queued() -> None:
    with pytest.raises(NotFound) as refused:
        commands.enqueue("test.nobody", payload={})
    assert refused.value.code == "jobs.unknown"
    assert not DBTaskResult.objects.exists()


def test_two_jobs_of_one_name_are_refused(ran: list[object]) -> None:
    with pytest.raises(ValueError, match=r"two jobs are named test\.note"):
        job("test.note")(clear_ended)
    assert ran == []


def test_a_job_waits_for_its_time(clock: Clock, ran: list[object]) -> None:
    commands.enqueue("test.note", payload={}, run_after=AT + MINUTE)
    assert not step(clock)
    clock.at += MINUTE
    assert step(clock)
    assert ran == [({}, AT + MINUTE)]


def test_a_job_sees_the_rows_of_every_organisation(clock: Clock) -> None:
    seen: list[int] = []

    @job("test.count")
    def count(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  the shape of a handler
        seen.append(Entry.objects.count())

    with scope.writing():
        for code in ("a", "b"):
            record(event="matter.begun", at=AT, by=officer(code))
    commands.enqueue("test.count", payload={})
    assert step(clock)
    assert seen == [2]


@pytest.mark.postgres
def test_after_a_job_the_connection_sees_nothing_again(clock: Clock, ran: list[object]) -> None:
    with scope.writing():
        record(event="matter.begun", at=AT, by=officer("a"))
    commands.enqueue("test.note", payload={})
    assert step(clock)
    assert len(ran) == 1
    assert Entry.objects.count() == 0


def test_a_job_that_raises_is_tried_again_ever_later_and_then_succeeds(clock: Clock, failing: list[datetime]) -> None:
    uid = commands.enqueue("test.fail", payload={"times": 2})
    for minutes in range(6):
        clock.at = AT + minutes * MINUTE
        step(clock)
    assert failing == [AT, AT + MINUTE, AT + 3 * MINUTE]
    assert state(uid) == TaskResultStatus.SUCCESSFUL
    assert failed(limit=10) == []


def test_after_the_last_attempt_a_job_is_failed_and_stays_visible(clock: Clock, failing: list[datetime]) -> None:
    uid = commands.enqueue("test.fail", payload={"times": 99})
    for minutes in range(60):
        clock.at = AT + minutes * MINUTE
        step(clock)
    assert len(failing) == 3
    [given_up] = failed(limit=10)
    assert (given_up.uid, given_up.name, given_up.attempts) == (uid, "test.fail", 3)
    assert given_up.failed_at == AT + 3 * MINUTE
    assert given_up.error == "ValueError: the printer is on fire"


def test_a_failed_job_can_be_revived_with_all_its_attempts(clock: Clock, failing: list[datetime]) -> None:
    uid = commands.enqueue("test.fail", payload={"times": 4})
    for minutes in (0, 1, 3):
        clock.at = AT + minutes * MINUTE
        step(clock)
    commands.revive(uid=uid, at=clock.at)
    for minutes in (3, 4):
        clock.at = AT + minutes * MINUTE
        step(clock)
    assert len(failing) == 5
    assert state(uid) == TaskResultStatus.SUCCESSFUL


def test_only_a_failed_job_can_be_revived(ran: list[object]) -> None:
    uid = commands.enqueue("test.note", payload={})
    with pytest.raises(Conflict) as waiting:
        commands.revive(uid=uid, at=AT)
    with pytest.raises(NotFound) as unknown:
        commands.revive(uid=UUID(int=1), at=AT)
    assert (waiting.value.code, unknown.value.code) == ("jobs.not_failed", "jobs.gone")
    assert ran == []


def test_a_job_that_this_release_does_not_know_waits_for_one_that_does(clock: Clock, ran: list[object]) -> None:
    uid = commands.enqueue("test.note", payload={})
    known = registry._JOBS.pop("test.note")
    assert step(clock)
    assert state(uid) == TaskResultStatus.READY
    registry._JOBS["test.note"] = known
    clock.at += MINUTE
    assert step(clock)
    assert len(ran) == 1


def test_a_lost_job_is_taken_back_when_its_lease_has_run_out(failing: list[datetime]) -> None:
    uid = commands.enqueue("test.fail", payload={"times": 0})
    lost = commands.claim(worker="killed", at=AT)
    assert lost is not None
    assert commands.reap(at=AT + MINUTE - timedelta(microseconds=1)) == 0
    assert commands.claim(worker="other", at=AT) is None
    assert commands.reap(at=AT + MINUTE) == 1
    again = commands.claim(worker="other", at=AT + MINUTE)
    assert again is not None
    assert (again.id, again.worker_ids) == (uid, ["killed", "other"])
    assert failing == []


def test_a_worker_that_overran_its_lease_cannot_end_the_next_one_s_attempt(failing: list[datetime]) -> None:
    uid = commands.enqueue("test.fail", payload={"times": 0})
    slow = commands.claim(worker="slow", at=AT)
    commands.reap(at=AT + MINUTE)
    commands.claim(worker="next", at=AT + MINUTE)
    assert slow is not None
    assert not commands.finish(slow, at=AT + MINUTE)
    assert not commands.fail(slow, error=ValueError(), at=AT + MINUTE)
    assert state(uid) == TaskResultStatus.RUNNING
    assert failing == []


def test_a_job_that_kills_every_worker_is_given_up(failing: list[datetime]) -> None:
    commands.enqueue("test.fail", payload={"times": 0})
    for minutes in range(3):
        assert commands.claim(worker=f"w{minutes}", at=AT + minutes * MINUTE) is not None
        assert commands.reap(at=AT + (minutes + 1) * MINUTE) == 1
    assert commands.claim(worker="w4", at=AT + timedelta(days=1)) is None
    [given_up] = failed(limit=10)
    assert given_up.error == "the worker w2 did not end the job within 0:01:00"
    assert failing == []


def together(count: int, work: Callable[[], object]) -> None:
    """Do the same in several threads at once, each on a connection of its own."""
    start = threading.Barrier(count)

    def one() -> None:
        try:
            start.wait()
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_four_workers_run_each_job_once(clock: Clock, ran: list[tuple[dict[str, Any], datetime]]) -> None:
    with transaction.atomic():
        for number in range(40):
            commands.enqueue("test.note", payload={"number": number})

    def drain() -> None:
        while step(clock):
            pass

    together(4, drain)
    while step(clock):  # a worker that met only locked rows has gone home early
        pass
    assert sorted(payload["number"] for payload, _ in ran) == list(range(40))


def test_a_schedule_runs_once_with_two_workers(clock: Clock) -> None:
    ticks: list[datetime] = []

    @job("test.tick", schedule=Every(MINUTE))
    def tick(*, payload: Payload, at: datetime) -> None:
        assert payload == {}
        ticks.append(at)

    commands.plan(at=AT)
    commands.plan(at=AT)
    for minutes in range(1, 4):
        clock.at = AT + minutes * MINUTE
        together(2, lambda: step(clock))
        step(clock)
    assert ticks == [AT + minutes * MINUTE for minutes in range(1, 4)]


def test_what_is_due_is_queued_once_however_many_workers_ask_at_the_same_instant(ran: list[object]) -> None:
    rounds, workers = 30, 6
    job("test.tick", schedule=Every(MINUTE))(clear_ended)
    commands.plan(at=AT)
    line_up = threading.Barrier(workers)

    def ask() -> None:
        for minutes in range(1, rounds + 1):
            line_up.wait()
            commands.queue_due(at=AT + minutes * MINUTE)

    together(workers, ask)
    assert DBTaskResult.objects.count() == rounds
    assert ran == []


def test_what_was_missed_while_no_worker_ran_is_made_up_for_once(clock: Clock) -> None:
    ticks: list[datetime] = []

    @job("test.tick", schedule=Daily(time(7)))
    def tick(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  the shape of a handler
        ticks.append(at)

    commands.plan(at=AT)
    assert not step(clock)
    clock.at = AT + timedelta(days=10)
    assert step(clock)
    assert not step(clock)
    assert ticks == [clock.at]
    assert Schedule.objects.get().next_at == datetime(2026, 3, 12, 23, tzinfo=UTC)


def test_a_cadence_that_became_shorter_takes_effect_at_once_and_a_dropped_job_rests(clock: Clock) -> None:
    def nothing(*, payload: Payload, at: datetime) -> None:
        pass

    job("test.tick", schedule=Every(timedelta(days=30)))(nothing)
    job("test.gone", schedule=Every(MINUTE))(nothing)
    commands.plan(at=AT)
    registry._JOBS.clear()
    job("test.tick", schedule=Every(2 * MINUTE))(nothing)
    commands.plan(at=AT)
    assert Schedule.objects.get(name="test.tick").next_at == AT + 2 * MINUTE
    clock.at = AT + 2 * MINUTE
    assert commands.queue_due(at=clock.at) == 1


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 3, 1, 22, 59, tzinfo=UTC), datetime(2026, 3, 1, 23, tzinfo=UTC)),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC)),
        (datetime(2026, 12, 31, 15, 0, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_daily_follows_the_wall_clock_of_shanghai(at: datetime, due: datetime) -> None:
    assert Daily(time(7)).after(at) == due


@given(
    at=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  the zone follows
    wall=st.times(),
)
def test_daily_is_always_next_within_about_a_day(at: datetime, wall: time) -> None:
    due = Daily(wall).after(at)
    assert at < due <= at + timedelta(hours=25)  # Shanghai kept summer time until 1991
    if at.year > 1991:
        assert due.astimezone(LEGAL_ZONE).time() == wall
        assert due <= at + timedelta(days=1)


@given(attempt=st.integers(1, 1000), seconds=st.integers(1, 600))
def test_pauses_double_and_stay_bounded(attempt: int, seconds: int) -> None:
    terms = Terms(backoff=timedelta(seconds=seconds))
    pause, following = pause_after(attempt, terms), pause_after(attempt + 1, terms)
    assert pause_after(1, terms) == terms.backoff
    assert following == min(2 * pause, LONGEST_PAUSE)


def test_the_worker_plans_works_and_stops_when_told(clock: Clock, ran: list[object]) -> None:
    job("test.tick", schedule=Every(MINUTE))(clear_ended)
    commands.enqueue("test.note", payload={})
    pauses: list[float] = []
    worker.run(stop=lambda: len(pauses) == 2, at_edge=clock, pause=pauses.append)
    assert len(ran) == 1
    assert Schedule.objects.get().name == "test.tick"


@pytest.mark.postgres
def test_the_worker_outlives_a_database_that_goes_away(clock: Clock, ran: list[object]) -> None:
    commands.enqueue("test.note", payload={})
    pauses: list[float] = []

    def cut_off_once() -> datetime:
        if not pauses:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return clock.at

    worker.run(stop=lambda: len(pauses) == 2, at_edge=cut_off_once, pause=pauses.append)
    assert len(ran) == 1


def test_jobs_that_ended_well_are_forgotten_after_a_fortnight_failed_ones_after_a_month(
    clock: Clock, ran: list[object], failing: list[datetime]
) -> None:
    done = commands.enqueue("test.note", payload={})
    bad = commands.enqueue("test.fail", payload={"times": 99})
    for minutes in (0, 1, 3):
        clock.at = AT + minutes * MINUTE
        while step(clock):
            pass
    clear_ended(payload={}, at=AT + KEPT_FOR)
    assert DBTaskResult.objects.filter(id=done).exists()
    clear_ended(payload={}, at=AT + KEPT_FOR + MINUTE)
    assert [row.id for row in DBTaskResult.objects.all()] == [bad]
    assert (len(ran), len(failing)) == (1, 3)
    waiting = commands.enqueue("test.note", payload={}, run_after=AT + 400 * timedelta(days=1))
    given_up = clock.at
    clear_ended(payload={}, at=given_up + FAILED_KEPT_FOR)
    assert {row.id for row in DBTaskResult.objects.all()} == {bad, waiting}
    clear_ended(payload={}, at=given_up + FAILED_KEPT_FOR + MINUTE)
    assert [row.id for row in DBTaskResult.objects.all()] == [waiting]
