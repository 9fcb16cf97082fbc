"""Uploads that came to nothing are deleted after a week, what anything refers to never."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from concord.casework.desk import exports
from concord.casework.desk.uploads import sweep_uploads
from concord.casework.models import Act, Attachment, Matter, Paper
from concord.foundation.files import storage
from concord.foundation.files.models import File
from concord.foundation.files.queries import read_verified
from concord.foundation.files.sweeping import discard, left_behind, references
from concord.foundation.jobs.registry import scheduled
from concord.foundation.journal.models import Entry
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
BROUGHT = "2026-02-05T09:00"
WEEK = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.FILES_ROOT = tmp_path / "files"
    return tmp_path / "files"


def lying(folder: Path) -> set[str]:
    """The digests whose bytes are there."""
    return {path.name for path in folder.rglob("*") if path.is_file()}


def aged(folder: Path) -> None:
    """Let all bytes have arrived two days ago."""
    for path in folder.rglob("*"):
        if path.is_file():
            old = path.stat().st_mtime - 2 * 24 * 60 * 60
            os.utime(path, (old, old))


def swept(folder: Path, *, at: datetime) -> None:
    aged(folder)
    sweep_uploads(payload={}, at=at)


def test_a_file_that_nothing_refers_to_is_kept_a_week(world: World, folder: Path) -> None:
    file = world.upload("留下.txt", by="asking.case_officer", at=BROUGHT)
    before = everything()
    swept(folder, at=time(BROUGHT) + WEEK)
    assert everything() == before
    assert read_verified(file)
    swept(folder, at=time(BROUGHT) + WEEK + SECOND)
    assert not File.objects.exists()
    assert lying(folder) == set()
    entry = Entry.objects.get(event="files.sweep")
    assert (entry.person, entry.organisation, entry.internal) == (None, world.places["asking"], True)
    assert entry.details == {"count": 1}


def test_each_organisation_is_told_its_own_number(world: World, folder: Path) -> None:
    for n, by in enumerate(("asking.case_officer", "asked.case_officer", "asking.leader")):
        world.upload(f"第{n}件.txt", by=by, at=BROUGHT)
    swept(folder, at=time(BROUGHT) + 2 * WEEK)
    told = {entry.organisation: entry.details["count"] for entry in Entry.objects.filter(event="files.sweep")}
    assert told == {world.places["asking"]: 2, world.places["asked"]: 1}
    swept(folder, at=time(BROUGHT) + 3 * WEEK)
    assert Entry.objects.filter(event="files.sweep").count() == 2


def test_the_days_are_a_setting(world: World, folder: Path, settings: Settings) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, uploads_kept=30)
    world.upload("留下.txt", by="asking.case_officer", at=BROUGHT)
    swept(folder, at=time(BROUGHT) + timedelta(days=30))
    assert File.objects.count() == 1
    swept(folder, at=time(BROUGHT) + timedelta(days=30) + SECOND)
    assert File.objects.count() == 0


def test_what_acts_and_papers_refer_to_stays(world: World, folder: Path) -> None:
    results = world.upload("笔录.txt", by="asked.case_officer")
    left = world.upload("多余.txt", by="asked.case_officer")
    matter = world.matter_in("accepted")
    world.do(
        matter,
        "submit_answer",
        by="asked.case_officer",
        at="2026-03-02T09:00",
        answers=["一", "二"],
        results=[str(results.uid)],
    )
    told = {str(file.uid) for file in File.objects.all()} & _texts()
    assert str(results.uid) in told
    held = set(File.objects.exclude(pk=left.pk).values_list("digest", flat=True))
    assert held == {row.file.digest for table in (Attachment, Paper) for row in table.objects.all()}
    swept(folder, at=time("2027-01-01T09:00"))
    assert not File.objects.filter(pk=left.pk).exists()
    assert set(File.objects.values_list("digest", flat=True)) == held == lying(folder)
    assert told == {str(file.uid) for file in File.objects.all()} & _texts()


def _texts() -> set[str]:
    """Every text among facts, drafts and answers."""
    kept = [*Matter.objects.values("facts", "drafts"), *Act.objects.values("answers")]
    return set(json.dumps(kept).split('"'))


def test_every_column_of_the_database_that_names_a_file_is_asked() -> None:
    with connection.cursor() as cursor:
        naming = Counter(
            (table, column)
            for table in connection.introspection.table_names(cursor)
            for column, relation in connection.introspection.get_relations(cursor, table).items()
            if relation[1] == File._meta.db_table
        )
    asked = Counter((table._meta.db_table, f"{name}_id") for table, name in references())
    by_which_it_came = {("files_upload", "file_id"): 1}
    assert asked + Counter(by_which_it_came) == naming
    assert naming


def test_bytes_that_another_row_shares_stay(world: World, folder: Path) -> None:
    first = world.upload("一.txt", by="asking.case_officer", at=BROUGHT)
    later = File.objects.get(pk=first.pk)
    later.pk, later.uid, later.stored_at = None, UUID(int=1), time(BROUGHT) + WEEK
    later.save()
    swept(folder, at=time(BROUGHT) + WEEK + SECOND)
    assert [row.pk for row in File.objects.all()] == [later.pk]
    assert read_verified(later)
    swept(folder, at=time(BROUGHT) + 2 * WEEK + SECOND)
    assert lying(folder) == set()


def test_bytes_that_somebody_brings_again_at_this_moment_stay(world: World, folder: Path) -> None:
    file = world.upload("一.txt", by="asking.case_officer", at=BROUGHT)
    sweep_uploads(payload={}, at=time(BROUGHT) + 2 * WEEK)
    assert not File.objects.exists()
    assert lying(folder) == {file.digest}


def test_bytes_that_are_gone_already_are_no_error(world: World, folder: Path) -> None:
    file = world.upload("一.txt", by="asking.case_officer", at=BROUGHT)
    storage.path_of(folder, file.digest).unlink()
    swept(folder, at=time(BROUGHT) + 2 * WEEK)
    assert not File.objects.exists()


def test_a_file_that_an_act_takes_up_meanwhile_stays(world: World) -> None:
    file = world.upload("笔录.txt", by="asked.case_officer")
    late = time("2027-01-01T09:00")
    [found] = left_behind(before=late)
    assert found == file
    act = Act.objects.get(matter=world.begin(), seq=1)
    Attachment.objects.create(matter=act.matter, act=act, field="results", file=file)
    assert discard([found.pk], before=late) == []
    assert File.objects.filter(pk=file.pk).exists()


def test_an_export_keeps_its_file_until_it_is_swept_itself(world: World, folder: Path) -> None:
    by = world.actor("asking.case_officer")
    with speaking_as(by):
        sheet = exports.ask_for(
            kind="matters",
            name="事项.csv",
            query="",
            form="csv",
            language="zh-hans",
            of=1,
            by=by,
            at=time(BROUGHT),
            entropy=bytes(10),
        )
    export = exports.waiting_export(sheet.uid)
    assert export is not None
    exports.finish(export, content=b"a,b\n", count=1, by=by, at=time(BROUGHT), entropy=bytes(range(10)))
    swept(folder, at=time("2027-01-01T09:00"))
    assert File.objects.count() == 1
    assert exports.sweep(at=time("2027-01-01T09:00")) == 1
    assert not File.objects.exists()
    assert lying(folder) == set()


def test_the_sweep_runs_by_itself() -> None:
    assert "files.sweep" in scheduled()
