"""The sequencer killed, or failed by its disk or database, at any step: no leaf is lost or doubled.

One run tries every third step; three rounds (``--rounds 3``, as `make prove` has more of) try each.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry
from concord.foundation.ledger.models import Checkpoint, Submission
from concord.rules.errors import Unavailable
from tests.faults.traps import trap
from tests.support.database import DatabaseUnderTest
from tests.support.ledgers import Ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LONGEST_WAY = 400
EACH = 3
# The second number lets every round fill a tile and begin the next.
ROWS = [(3, 1), (257, 1)]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path)
    made.write(2)
    made.round()
    return made


@pytest.fixture
def first(request: pytest.FixtureRequest) -> int:
    """The step to begin with; another one in each round."""
    number: int = request.node.callspec.params.get("round_number", 1)
    return 1 + number % EACH


@pytest.fixture
def killer(tmp_path: Path, under_test: DatabaseUnderTest) -> Iterator[subprocess.Popen[str]]:
    """Does rounds in children of its own and kills them where it is told."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")} | {
        "CONCORD_DATABASE_URL": under_test.url(),
        "CONCORD_HOME": str(Path(settings.FILES_ROOT).parent),
        "DJANGO_SETTINGS_MODULE": "concord.config.settings",
    }
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "tests.faults.ledger_process", str(tmp_path)],
        cwd=Path(__file__).parents[2],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def order(process: subprocess.Popen[str], step: int, ledger: Ledger) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    connection.close()  # the parent holds nothing that the child could wait for
    process.stdin.write(f"{step} {ledger.at.isoformat()}\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    enter(SYSTEM)
    return answer


def recovered(ledger: Ledger, *, whole: bool) -> None:
    """One more round and everything is published; every place has one row."""
    ledger.later(seconds=1)
    done = ledger.round()
    while done.more:
        done = ledger.round()
    rows = Entry.objects.count() + Submission.objects.count()
    if done.size < rows:  # what the killed round had made durable was finished first
        done = ledger.round()
    assert (done.size, done.published) == (rows, True)
    entries = set(Entry.objects.values_list("leaf_index", flat=True))
    submissions = set(Submission.objects.values_list("leaf_index", flat=True))
    assert entries | submissions == set(range(rows))
    assert not entries & submissions
    newest = Checkpoint.objects.all()[0]
    assert newest.size == rows
    if whole:
        found = ledger.checked()
        assert (found.findings, found.size) == ([], rows)


@pytest.mark.parametrize(("entries", "submissions"), ROWS)
def test_killed_at_any_step(
    ledger: Ledger, killer: subprocess.Popen[str], first: int, entries: int, submissions: int
) -> None:
    step = first - EACH
    answer = "killed"
    while answer == "killed":
        step += EACH
        assert step < LONGEST_WAY
        ledger.write(entries)
        for n in range(submissions):
            ledger.submit(f"{step}-{n}")
        ledger.later(seconds=1)
        answer = order(killer, step, ledger)
        recovered(ledger, whole=entries < 100 or step % 20 < EACH)
    assert answer == "done 0"
    assert step > 50
    recovered(ledger, whole=True)


@pytest.mark.parametrize(("entries", "submissions"), ROWS)
def test_failed_by_disk_or_database_at_any_step(ledger: Ledger, first: int, entries: int, submissions: int) -> None:
    def fail(what: str) -> None:
        if "sync" in what or "rename" in what:
            raise OSError(errno.ENOSPC, "no space left")
        raise OperationalError(what)

    step, sprung = first - EACH, True
    while sprung:
        step += EACH
        assert step < LONGEST_WAY
        ledger.write(entries)
        for n in range(submissions):
            ledger.submit(f"{step}-{n}")
        ledger.later(seconds=1)
        enter(SYSTEM)
        with trap(step, fail) as laid:
            try:
                ledger.round()
            except (OSError, OperationalError, Unavailable):
                connection.close()
        sprung = laid.sprung
        recovered(ledger, whole=entries < 100 or step % 20 < EACH)
    assert step > 50
    recovered(ledger, whole=True)
