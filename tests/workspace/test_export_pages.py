"""Tables as files: what a page shows and no more, at once or by a job, on record, swept in time."""

from __future__ import annotations

import csv
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from concord.casework.desk import exports as desk
from concord.entrypoints.workspace.tasks import sweep_exports, write_export
from concord.entrypoints.workspace.views import exports as views
from concord.entrypoints.workspace.views import tables
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post
from concord.foundation.sheets.models import Sheet
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

NOW = "2026-02-06T09:30"


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    root: Path = tmp_path / "files"
    settings.FILES_ROOT = root
    return root


def rows_of(response: HttpResponse) -> list[list[str]]:
    assert response.status_code == 200, text_of(response)
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def exported(desk_of: Desk, kind: str, query: str = "", **more: str) -> list[list[str]]:
    return rows_of(desk_of.post(f"/exports/{kind}/", {"form": "csv", "query": query, **more}))


def written(uid: str, at: str = NOW) -> None:
    enter(SYSTEM)
    write_export(payload={"uid": uid}, at=time(at))
    enter(SYSTEM)


def test_matters_go_out_as_the_page_shows_them(world: World, sit: Sit) -> None:
    first = world.matter_in("delivered", case_ref="=第一件")
    world.matter_in("drafted", case_ref="第二件")
    head, *rows = exported(sit("asking.case_officer"), "matters", "state=delivered")
    assert head[:4] == ["编号", "标题", "程序", "状态"]
    assert [row[:2] for row in rows] == [[first.number, "'=第一件"]]
    assert rows[0][7] == "2026-02-05"
    assert [row[0] for row in exported(sit("asked.case_officer"), "matters")[1:]] == [first.number]
    assert exported(sit("third.case_officer"), "matters")[1:] == []


def test_a_quarter_is_chosen_by_the_days_matters_were_begun(world: World, sit: Sit) -> None:
    early = world.begin(at="2026-01-02T10:00")
    inside = world.begin(at="2026-01-20T10:00")
    late = world.begin(at="2026-02-05T10:00")
    officer = sit("asking.case_officer")
    assert len(exported(officer, "matters")) == 4
    found = exported(officer, "matters", begun_from="2026-01-10", begun_until="2026-01-31")
    assert [row[0] for row in found[1:]] == [inside.number]
    found = exported(officer, "matters", begun_until="2026-01-31")
    assert {row[0] for row in found[1:]} == {early.number, inside.number}
    assert late.number in {row[0] for row in exported(officer, "matters", begun_from="2026-02-01")[1:]}


def test_many_parts_lose_and_repeat_no_row(world: World, sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PART", 2)
    numbers = {world.begin(case_ref=f"第{n}件").number for n in range(5)}
    for n in range(5):
        world.open_case(by="asking.case_officer", number=f"案{n}")
    officer = sit("asking.case_officer")
    found = [row[0] for row in exported(officer, "matters")[1:]]
    assert (set(found), len(found)) == (numbers, 5)
    assert [row[0] for row in exported(officer, "cases")[1:]] == ["案4", "案3", "案2", "案1", "案0"]
    assert len(exported(sit("asking.auditor"), "journal")) > 10


def test_cases_go_out_with_headings_that_are_understood_on_the_way_in(world: World, sit: Sit) -> None:
    world.open_case(by="asking.case_officer", number="007")
    head, row = exported(sit("asking.case_officer"), "cases")
    assert head[:3] == ["案件（线索）编号", "案件（线索）名称", "办案阶段"]
    assert (row[0], row[2]) == ("007", "已立案")
    english = sit("asking.case_officer", language="en").post("/exports/cases/", {"form": "xlsx"})
    sheet = load_workbook(io.BytesIO(english.content)).active
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["C2"].value) == ("007", "s", "Case filed")
    assert exported(sit("asking.case_officer"), "cases", "q=9")[1:] == []


def test_each_table_goes_out_and_stands_on_record(world: World, sit: Sit) -> None:
    world.matter_in("delivered")
    for person, kind in (
        ("asked.case_officer", "notices"),
        ("asking.auditor", "journal"),
        ("asking.auditor", "directory"),
    ):
        rows = exported(sit(person), kind)
        assert len(rows) > 1
        entry = Entry.objects.filter(event="sheet.export").order_by("-id")[0]
        assert (entry.subject, entry.details) == (kind, {"kind": kind, "count": len(rows) - 1})


def test_a_queue_goes_out_with_its_own_procedures_only(world: World, sit: Sit) -> None:
    world.matter_in("delivered")
    officer = sit("asked.case_officer")
    counts = {group: len(exported(officer, "matters", group=group)) - 1 for group in ("enforcement", "mediation")}
    assert counts == {"enforcement": 1, "mediation": 0}


@pytest.mark.parametrize(
    ("person", "kind", "status"),
    [
        ("asking.administrator", "matters", 403),
        ("asking.case_officer", "journal", 403),
        ("asking.clerk", "cases", 403),
        ("asking.clerk", "spoons", 404),
    ],
)
def test_nobody_takes_out_what_the_post_may_not_see(sit: Sit, person: str, kind: str, status: int) -> None:
    assert sit(person).post(f"/exports/{kind}/", {"form": "csv"}).status_code == status
    assert not Entry.objects.filter(event="sheet.export").exists()


def test_an_export_is_posted(sit: Sit) -> None:
    assert sit("asking.case_officer").get("/exports/matters/").status_code == 405


@pytest.fixture
def large(world: World, sit: Sit, monkeypatch: pytest.MonkeyPatch) -> Sheet:
    """A table asked for that is too large to go out at once."""
    monkeypatch.setattr(views, "AT_ONCE", 2)
    for n in range(4):
        world.begin(case_ref=f"第{n}件")
    response = sit("asking.case_officer").post("/exports/matters/", {"form": "csv", "query": "state=drafted"})
    assert response.headers["Location"] == "/exports/"
    return Sheet.objects.get()


def test_a_large_table_is_written_by_a_job_and_fetched_by_whoever_asked(large: Sheet, sit: Sit) -> None:
    officer = sit("asking.case_officer")
    assert missing(officer.get("/exports/"), ["0 / 4", large.name, "every 2s"]) == []
    assert officer.get(f"/exports/files/{large.uid}").status_code == 404
    written(str(large.uid))
    assert missing(officer.get("/exports/"), ["已生成", f"/exports/files/{large.uid}"]) == []
    response = officer.get(f"/exports/files/{large.uid}")
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"), newline="")))  # type: ignore[attr-defined]  # the client's response is one
    assert len(rows) == 5
    assert Notice.objects.filter(kind="sheet.export").count() == 1
    assert Entry.objects.get(event="sheet.export").details == {"kind": "matters", "count": 4}
    written(str(large.uid))
    assert File.objects.count() == 1
    assert sit("asking.leader").get(f"/exports/files/{large.uid}").status_code == 404


def test_who_lost_the_post_gets_nothing(large: Sheet, sit: Sit) -> None:
    Post.objects.filter(person=large.person).update(held_until="2026-02-01")
    written(str(large.uid))
    Post.objects.filter(person=large.person).update(held_until=None)
    assert missing(sit("asking.case_officer").get("/exports/"), ["岗位或权限已变动"]) == []
    assert not File.objects.exists()


def test_too_many_rows_are_told_and_not_cut_off(large: Sheet, sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST", 3)
    written(str(large.uid))
    assert missing(sit("asking.case_officer").get("/exports/"), ["请缩小范围"]) == []
    assert not File.objects.exists()
    response = sit("asking.case_officer").post("/exports/matters/", {"form": "csv"})
    assert response.status_code == 422


def test_files_are_kept_a_week(large: Sheet, sit: Sit, folder: Path) -> None:
    written(str(large.uid))
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 1
    sweep_exports(payload={}, at=time(NOW) + timedelta(days=7))
    assert kept[0].exists()
    two_days_ago = kept[0].stat().st_mtime - 2 * 24 * 60 * 60
    os.utime(kept[0], (two_days_ago, two_days_ago))
    sweep_exports(payload={}, at=time(NOW) + timedelta(days=7, seconds=1))
    assert not kept[0].exists()
    assert not File.objects.exists()
    assert missing(sit("asking.case_officer").get("/exports/"), ["没有后台生成的文件"]) == []


def test_the_page_of_exports_costs_the_same_for_one_and_for_many(large: Sheet, sit: Sit) -> None:
    officer = sit("asking.case_officer")
    written(str(large.uid))
    costs = []
    for more in (0, 5):
        for _ in range(more):
            officer.post("/exports/matters/", {"form": "csv", "query": "state=drafted"})
        officer.get("/exports/")
        with CaptureQueriesContext(connection) as asked:
            assert officer.get("/exports/").status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 16
