"""A sheet of people: the administrator's own, each row a person with a post that may wait for confirmation."""

from __future__ import annotations

import csv
import io

import pytest

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.organisations.models import Person, Post
from concord.foundation.sheets import commands, queries
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.rules.errors import Conflict, NotAllowed, NotFound
from tests.support.worlds import World, speaking_as, time

NOW = "2026-02-06T09:30"
HEADINGS = ("登录名", "姓名", "岗位", "任职首日", "邮箱")


def bring(world: World, by: Actor, *rows: tuple[str, ...]) -> Sheet:
    made = io.StringIO(newline="")
    csv.writer(made).writerows([HEADINGS, *rows])
    with speaking_as(by):
        return commands.bring(
            kind="people",
            name="人员.csv",
            content=made.getvalue().encode(),
            by=by,
            at=time(NOW),
            entropy=world.random_bytes(),
        )


def take(world: World, by: Actor, sheet: Sheet) -> int:
    with speaking_as(by):
        return commands.take(uid=sheet.uid, all_or_nothing=True, by=by, at=time(NOW), entropy=world.random_bytes())


def test_good_rows_become_people_with_posts(world: World) -> None:
    by = world.actor("asking.administrator", at=NOW)
    sheet = bring(
        world, by, ("li.si", "李四", "clerk", "2026-03-02", ""), ("wang.wu", "王五", "clerk", "2026/3/2", "w@x.cn")
    )
    assert take(world, by, sheet) == 2
    person = Person.objects.get(username="li.si")
    assert Post.objects.get(person=person).organisation == world.places["asking"]
    assert SheetRow.objects.get(sheet=sheet, number=2).made == str(person.uid)


def test_what_is_wrong_is_told_cell_by_cell(world: World) -> None:
    by = world.actor("asking.administrator", at=NOW)
    sheet = bring(
        world, by, ("李四", "李四", "皇帝", "", "not mail"), ("asking.leader", "某人", "clerk", "2026-03-02", "")
    )
    found = queries.review(sheet, by=by, today=legal_date(time(NOW)))
    wrong = [{name: fault.code for name, fault in row.faults.items()} for row in found.rows]
    assert wrong == [
        {"username": "bad_form", "kind": "unknown", "first": "missing", "email": "bad_form"},
        {"username": "taken"},
    ]


def test_one_row_that_cannot_be_taken_leaves_nobody_behind(world: World) -> None:
    by = world.actor("asking.administrator", at=NOW)
    sheet = bring(
        world, by, ("li.si", "李四", "clerk", "2026-03-02", ""), ("wang.wu", "王五", "clerk", "1950-01-01", "")
    )
    SheetRow.objects.filter(sheet=sheet, number=3).update(
        cells={"username": "wang.wu", "zh": "王五", "kind": "clerk", "first": "2026-03-02", "last": "2026-03-01"}
    )
    with pytest.raises(Conflict) as refused:
        take(world, by, sheet)
    assert refused.value.code == "sheets.row_refused"
    assert "wang.wu" in refused.value.said.zh
    assert not Person.objects.filter(username="li.si").exists()


def test_officers_neither_bring_nor_see_people(world: World) -> None:
    administrator = world.actor("asking.administrator", at=NOW)
    officer = world.actor("asking.case_officer", at=NOW)
    sheet = bring(world, administrator, ("li.si", "李四", "clerk", "2026-03-02", ""))
    with pytest.raises(NotAllowed):
        bring(world, officer, ("wang.wu", "王五", "clerk", "2026-03-02", ""))
    with pytest.raises(NotFound):
        queries.sheet_for(uid=sheet.uid, by=officer)
    assert queries.sheets_of(officer, limit=5) == []
    assert queries.sheets_of(administrator, limit=5) == [sheet]
