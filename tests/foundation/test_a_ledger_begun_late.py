"""An installation that worked for years before it had a ledger: the first run logs all that is there, in batches."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from time import perf_counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.foundation.database import scope
from concord.foundation.journal.models import Entry
from concord.foundation.ledger import queries, sequencing
from concord.foundation.ledger.models import Checkpoint, Salt
from concord.foundation.ledger.policy import BATCH
from tests.fitness.sources import PROJECT
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)
MOST_STATEMENTS = 60
LONGEST = 120.0


def written_before(ledger: Ledger, count: int) -> None:
    """Entries from before there was a ledger, none of which has a place."""
    with scope.writing():
        Entry.objects.bulk_create(
            [
                Entry(at=ledger.at, event="toy.happened", subject=f"G60-{n}", details={"n": n, "name": "某某"})
                for n in range(count)
            ],
            batch_size=500,
        )


def rounds_until_done(ledger: Ledger) -> list[int]:
    """How many statements each round took, as the ledger's process does one after the other."""
    statements: list[int] = []
    more = True
    while more:
        ledger.later(seconds=1)
        with CaptureQueriesContext(connection) as captured:
            more = ledger.round().more
        statements.append(len(captured.captured_queries))
    return statements


@pytest.mark.slow
def test_ten_thousand_entries_are_logged_in_ten_rounds_of_so_many_statements_each(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    written_before(ledger, 10 * BATCH)
    began = perf_counter()
    statements = rounds_until_done(ledger)
    seconds = perf_counter() - began
    assert len(statements) == 11  # the last one finds nothing more
    assert max(statements) < MOST_STATEMENTS
    assert len(set(statements[1:-1])) == 1  # a round costs the same, however much lies behind or before it
    assert seconds < LONGEST
    assert queries.size() == Salt.objects.count() == 10 * BATCH
    places = list(Entry.objects.order_by("pk").values_list("leaf_index", flat=True))
    assert places == list(range(10 * BATCH))
    found = ledger.checked()
    assert (found.findings, found.entries) == ([], 10 * BATCH)
    assert Checkpoint.objects.filter(published_at__isnull=True).count() == 0


def test_the_process_takes_up_what_was_there_before_and_what_comes_meanwhile(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    written_before(ledger, 25)
    pauses: Counter[str] = Counter()

    def witnesses_meanwhile(seconds: float) -> None:
        ledger.later(seconds=seconds)
        pauses["paused"] += 1
        if pauses["paused"] == 1:
            scope.enter(scope.SYSTEM)
            ledger.write(1)
            seal = ledger.submit("ev1-a")
            assert seal.leaf_index is None

    sequencing.run(
        ledger.installation,
        stop=lambda: pauses["paused"] == 2,
        pause=witnesses_meanwhile,
        now=ledger.now,
        random_bytes=ledger.chance.randbytes,
        witnesses=ledger.witnesses,
    )
    scope.enter(scope.SYSTEM)
    assert queries.size() == 27
    assert queries.waiting().count == 0
    assert [one.size for one in Checkpoint.objects.order_by("size")] == [25, 27]


def test_what_was_there_before_is_proven_like_anything_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    written_before(ledger, 3)
    scope.enter(scope.SYSTEM)
    first = Entry.objects.order_by("pk")[0]
    assert queries.proof_of_entry(first.pk, store=ledger.store) is None
    ledger.round()
    proof = queries.proof_of_entry(first.pk, store=ledger.store)
    assert proof is not None
    assert proof.index == 0


OLD_TABLES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from concord.foundation.database import scope
call_command("migrate", "journal", "0003", verbosity=0)
with connection.cursor() as cursor:
    for n in range(300):
        cursor.execute(
            "INSERT INTO journal_entry (at, event, subject, details, internal) VALUES (%s, %s, %s, %s, FALSE)",
            [datetime(2024, 1, 1, tzinfo=UTC), "toy.happened", f"G60-{n}", "{}"],
        )
call_command("migrate", verbosity=0)
from tests.support.ledgers import Ledger
scope.enter(scope.SYSTEM)
ledger = Ledger(Path(sys.argv[1]))
done = ledger.round()
found = ledger.checked()
print(done.taken, done.published, found.entries, found.sound)
"""


@pytest.mark.slow
def test_the_tables_of_a_release_without_a_ledger_are_brought_along(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")} | {
        "CONCORD_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "concord.config.settings",
    }
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", OLD_TABLES, str(tmp_path)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["300", "True", "300", "True"], done.stderr
