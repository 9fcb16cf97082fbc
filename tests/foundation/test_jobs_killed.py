"""Real worker processes: one killed in the middle of a job, one told to stop in the middle of a job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from concord.foundation.jobs import commands, registry
from concord.foundation.jobs.contracts import Payload
from concord.foundation.jobs.registry import job
from tests.foundation.worker_process import JOB
from tests.support.database import DatabaseUnderTest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE = 30.0

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def _job_is_known_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_JOBS", {})

    @job(JOB)
    def elsewhere(*, payload: Payload, at: object) -> None:
        """The worker's own process runs its own."""


@pytest.fixture
def start(tmp_path: Path, under_test: DatabaseUnderTest) -> Iterator[Start]:
    """Starts workers on the database under test; those still alive are killed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")} | {
        "CONCORD_DATABASE_URL": under_test.url(),
        "CONCORD_HOME": str(tmp_path / "home"),
        "DJANGO_SETTINGS_MODULE": "concord.config.settings",
    }
    processes: list[subprocess.Popen[bytes]] = []

    def started() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "tests.foundation.worker_process", str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env=environment,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.wait()


def lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def test_a_job_whose_worker_was_killed_runs_again_after_the_lease(tmp_path: Path, start: Start) -> None:
    uid = commands.enqueue(JOB, payload={"seconds": 600})
    victim = start()
    wait_until(lambda: lines(tmp_path / "began") == 1)
    victim.kill()
    victim.wait()
    assert DBTaskResult.objects.get(id=uid).status == TaskResultStatus.RUNNING

    start()
    wait_until(lambda: DBTaskResult.objects.get(id=uid).status == TaskResultStatus.SUCCESSFUL)
    assert (lines(tmp_path / "began"), lines(tmp_path / "ended")) == (2, 1)
    assert len(DBTaskResult.objects.get(id=uid).worker_ids) == 2


def test_a_worker_told_to_stop_ends_its_job_first_and_begins_no_other(tmp_path: Path, start: Start) -> None:
    first = commands.enqueue(JOB, payload={"seconds": 1})
    process = start()
    wait_until(lambda: lines(tmp_path / "began") == 1)
    second = commands.enqueue(JOB, payload={"seconds": 0})
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    assert DBTaskResult.objects.get(id=first).status == TaskResultStatus.SUCCESSFUL
    assert DBTaskResult.objects.get(id=second).status == TaskResultStatus.READY
    assert (lines(tmp_path / "began"), lines(tmp_path / "ended")) == (1, 1)
