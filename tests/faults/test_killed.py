"""Processes killed in the middle of an act: nothing is half done, no number is lost or used twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time as clock
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from concord.casework.desk import warning
from concord.casework.models import Act, ClockRun, Matter, NumberSeries, Paper
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.files.queries import read_verified
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from tests.support.database import DatabaseUnderTest
from tests.support.worlds import REQUEST, World, everything, time

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE = 60.0
ISSUED_AT = "2026-02-06T09:00:00+08:00"

Kill = Callable[[dict[str, Any]], None]


@pytest.fixture
def kill(tmp_path: Path, under_test: DatabaseUnderTest) -> Kill:
    """Gives an order to a process of its own and kills it where it stands still."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONCORD_")} | {
        "CONCORD_DATABASE_URL": under_test.url(),
        "CONCORD_HOME": str(Path(settings.FILES_ROOT).parent),
        "DJANGO_SETTINGS_MODULE": "concord.config.settings",
    }

    def ordered(order: dict[str, Any]) -> None:
        connection.close()  # the parent holds nothing that the child could wait for
        (tmp_path / "order.json").write_text(json.dumps(order), encoding="utf-8")
        (tmp_path / "ready").unlink(missing_ok=True)
        process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, "-m", "tests.faults.acting_process", str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env=environment,
        )
        try:
            deadline = clock.monotonic() + PATIENCE
            while not (tmp_path / "ready").exists():
                assert process.poll() is None, "the process ended by itself"
                assert clock.monotonic() < deadline, "the process never came to the statement"
                clock.sleep(0.02)
        finally:
            process.kill()
            process.wait()
        enter(SYSTEM)

    return ordered


def issuing(matter: Matter, *, statement: str, when: str = "after") -> dict[str, Any]:
    return {
        "deed": "act",
        "act": "issue",
        "matter": str(matter.uid),
        "version": matter.version,
        "by": "asking.leader",
        "at": ISSUED_AT,
        "answers": {},
        "key": "the-page",
        "statement": statement,
        "when": when,
    }


def beginning(world: World, *, statement: str) -> dict[str, Any]:
    return {
        "deed": "act",
        "act": "draft",
        "matter": "",
        "parties": {"requested": world.places["asked"].code},
        "by": "asking.case_officer",
        "at": "2026-02-05T10:00:00+08:00",
        "answers": dict(REQUEST),
        "key": "the-page",
        "statement": statement,
        "when": "after",
    }


@pytest.mark.parametrize(
    ("statement", "when"),
    [
        ('INSERT INTO "casework_act"', "after"),
        ('UPDATE "casework_numberseries"', "after"),  # the number is taken, nothing is typeset
        ('INSERT INTO "files_file"', "before"),  # typeset, the bytes lie in the folder, no row
        ('INSERT INTO "casework_paper"', "after"),
        ('UPDATE "casework_matter"', "after"),
        ('INSERT INTO "journal_entry"', "after"),
        ('INTO "notices_notice"', "after"),  # all is written, nothing committed
    ],
)
def test_an_act_whose_process_is_killed_was_never_begun(
    committed_world: World, kill: Kill, statement: str, when: str
) -> None:
    world = committed_world
    first = world.matter_in("delivered")
    matter = world.matter_in("submitted", case_ref="第二案")
    before = everything()
    kill(issuing(matter, statement=statement, when=when))
    assert everything() == before

    world.do(matter, "issue", by="asking.leader", at=ISSUED_AT, key="the-page")
    numbers = list(Paper.objects.order_by("id").values_list("number", flat=True))
    assert numbers == ["松市监协查〔2026〕1号", "松市监协查〔2026〕2号"]
    assert NumberSeries.objects.get(kind="request_letter").last == 2
    assert read_verified(matter.papers.get().file).startswith(b"%PDF")
    assert Entry.objects.filter(event="assistance.issue").count() == 2
    assert first.papers.get().n == 1


@pytest.mark.parametrize(
    "statement",
    ['UPDATE "casework_numberseries"', 'INSERT INTO "casework_matter"', 'INSERT INTO "journal_entry"'],
)
def test_a_matter_whose_process_is_killed_was_never_begun(committed_world: World, kill: Kill, statement: str) -> None:
    world = committed_world
    world.begin()
    before = everything()
    kill(beginning(world, statement=statement))
    assert everything() == before
    assert world.begin(key="the-page").number == "G60-2026-00002"
    assert [*NumberSeries.objects.values_list("kind", "last")] == [("matter", 2)]


def test_an_act_that_was_committed_before_the_kill_is_found_by_its_key(committed_world: World, kill: Kill) -> None:
    world = committed_world
    matter = world.matter_in("submitted")
    kill(issuing(matter, statement=""))
    done = Act.objects.get(matter=matter, act="issue")
    before = everything()
    again = world.do(matter, "issue", by="asking.leader", at=ISSUED_AT, key="the-page", version=matter.version)
    assert again == done
    assert everything() == before


def test_warnings_interrupted_are_given_once(committed_world: World, kill: Kill) -> None:
    world = committed_world
    for name in ("甲", "乙"):
        world.matter_in("delivered", case_ref=f"{name}案")
    at = "2026-03-06T09:00:00+08:00"
    kill({"deed": "warn", "at": at, "statement": 'INTO "notices_notice"', "when": "after"})
    assert not Notice.objects.filter(kind="casework.warn").exists()
    for _ in range(2):
        warning.warn(payload={}, at=time(at))
    told = [*Notice.objects.filter(kind="casework.warn").values_list("person", "matter_uid", "zh")]
    assert told
    assert len(told) == len(set(told))
    assert all("overdue" in run.warned for run in ClockRun.objects.filter(running=True))
