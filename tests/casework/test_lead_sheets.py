"""A sheet of leads from the file to the cases: checked, mended, taken, left out, dropped."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.models import Case
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry
from concord.foundation.sheets import commands, queries, registry
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.foundation.sheets.queries import HEAD, Review
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import World, speaking_as, time

NOW = "2026-02-06T09:30"
OFFICER = "asking.case_officer"
HEADINGS = ("案件（线索）编号", "案件（线索）名称", "办案阶段", "涉案金额（元）", "备注栏")
GOOD = ("案1", "某某店案", "已立案", "12.50", "")
BAD = ("案1", "", "已立案", "-3", "")


def table(*rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> bytes:
    made = io.StringIO(newline="")
    csv.writer(made).writerows([headings, *rows])
    return made.getvalue().encode()


def bring(world: World, *rows: Sequence[str], by: str = OFFICER, content: bytes | None = None) -> Sheet:
    actor = world.actor(by, at=NOW)
    with speaking_as(actor):
        return commands.bring(
            kind="leads",
            name="一月线索.csv",
            content=table(*rows) if content is None else content,
            by=actor,
            at=time(NOW),
            entropy=world.random_bytes(),
        )


def reviewed(world: World, sheet: Sheet, by: str = OFFICER) -> Review:
    actor = world.actor(by, at=NOW)
    with speaking_as(actor):
        return queries.review(sheet, by=actor, today=legal_date(time(NOW)))


def take(world: World, sheet: Sheet, *, by: str = OFFICER, all_or_nothing: bool = False) -> int:
    actor = world.actor(by, at=NOW)
    with speaking_as(actor):
        return commands.take(
            uid=sheet.uid, all_or_nothing=all_or_nothing, by=actor, at=time(NOW), entropy=world.random_bytes()
        )


def mend(world: World, sheet: Sheet, number: int, cells: Mapping[str, str], by: str = OFFICER) -> None:
    actor = world.actor(by, at=NOW)
    with speaking_as(actor):
        commands.mend(uid=sheet.uid, number=number, cells=cells, by=actor, at=time(NOW))


def events() -> list[tuple[str, str, Mapping[str, object]]]:
    rows = Entry.objects.filter(event__startswith="sheet.").order_by("id")
    return [(row.event, row.subject, row.details) for row in rows]


def test_good_and_bad_rows_are_told_apart_and_bad_ones_mended(world: World) -> None:
    sheet = bring(world, GOOD, BAD)
    found = reviewed(world, sheet)
    assert [row.number for row in found.good] == [2]
    assert {name: fault.code for name, fault in found.bad[0].faults.items()} == {
        "number": "twice",
        "name": "missing",
        "amount": "negative",
    }
    assert found.unknown == ("备注栏",)
    mend(world, sheet, 3, {"number": "案2", "name": "另一案", "amount": "3", "nonsense": "x"})
    assert reviewed(world, sheet).bad == ()
    assert take(world, sheet, all_or_nothing=True) == 2
    cases = {case.number: case for case in Case.objects.all()}
    assert (cases["案1"].amount, cases["案2"].amount) == (1250, 300)
    assert cases["案2"].organisation == world.places["asking"]
    assert SheetRow.objects.get(sheet=sheet, number=3).made == str(cases["案2"].uid)
    assert [event for event, *_ in events()] == ["sheet.bring", "sheet.take"]
    assert events()[1] == ("sheet.take", str(sheet.uid), {"kind": "leads", "count": 2})
    assert Entry.objects.filter(event="case.open").count() == 2


def test_the_good_rows_go_first_and_the_rest_later(world: World) -> None:
    sheet = bring(world, GOOD, BAD)
    assert take(world, sheet) == 1
    sheet.refresh_from_db()
    assert sheet.taken_at is None
    found = reviewed(world, sheet)
    assert list(found.taken) == [2]
    assert found.bad[0].faults["number"].code == "taken"
    mend(world, sheet, 3, {"number": "案2", "name": "另一案", "amount": ""})
    assert take(world, sheet) == 1
    sheet.refresh_from_db()
    assert sheet.taken_at is not None


def test_all_or_nothing_takes_nothing_while_a_row_is_at_fault(world: World) -> None:
    sheet = bring(world, GOOD, BAD)
    with pytest.raises(Conflict) as refused:
        take(world, sheet, all_or_nothing=True)
    assert (refused.value.code, refused.value.details) == ("sheets.rows_at_fault", {"bad": 1})
    assert not Case.objects.exists()


def test_nothing_good_is_nothing_to_take(world: World) -> None:
    sheet = bring(world, BAD)
    with pytest.raises(Conflict) as refused:
        take(world, sheet)
    assert refused.value.code == "sheets.nothing_to_take"


def test_a_taken_row_stays_as_it_is(world: World) -> None:
    sheet = bring(world, GOOD)
    take(world, sheet)
    with pytest.raises(Conflict) as refused:
        mend(world, sheet, 2, {"name": "改名"})
    assert refused.value.code == "sheets.row_taken"
    with pytest.raises(Conflict):
        commands.leave_out(uid=sheet.uid, number=2, by=world.actor(OFFICER))
    with pytest.raises(Conflict):
        take(world, sheet)


@pytest.mark.parametrize("number", [HEAD, 99])
def test_there_is_no_such_row(world: World, number: int) -> None:
    sheet = bring(world, GOOD)
    with pytest.raises(NotFound) as refused:
        mend(world, sheet, number, {"name": "改名"})
    assert refused.value.code == "sheets.no_row"
    with pytest.raises(NotFound):
        commands.leave_out(uid=sheet.uid, number=number, by=world.actor(OFFICER))


def test_a_row_can_be_left_out(world: World) -> None:
    sheet = bring(world, GOOD, BAD)
    commands.leave_out(uid=sheet.uid, number=3, by=world.actor(OFFICER))
    assert take(world, sheet, all_or_nothing=True) == 1


def test_a_dropped_sheet_is_gone_with_what_nobody_took(world: World) -> None:
    sheet = bring(world, GOOD, BAD)
    take(world, sheet)
    commands.drop(uid=sheet.uid, by=world.actor(OFFICER), at=time(NOW))
    assert queries.sheets_of(world.actor(OFFICER), limit=5) == []
    with pytest.raises(NotFound) as refused:
        queries.sheet_for(uid=sheet.uid, by=world.actor(OFFICER))
    assert refused.value.code == "sheets.no_sheet"
    assert set(SheetRow.objects.filter(sheet=sheet).values_list("number", flat=True)) == {HEAD, 2}
    assert events()[-1][0] == "sheet.drop"
    assert Case.objects.count() == 1


def test_the_same_file_again_is_noticed(world: World) -> None:
    first = bring(world, GOOD)
    assert reviewed(world, first).same_as is None
    assert reviewed(world, bring(world, BAD)).same_as is None
    assert reviewed(world, bring(world, GOOD)).same_as == first
    assert reviewed(world, bring(world, GOOD, by="asked.case_officer"), "asked.case_officer").same_as is None


def test_another_organisation_does_not_know_the_sheet(world: World) -> None:
    sheet = bring(world, GOOD)
    assert queries.sheets_of(world.actor("asked.case_officer"), limit=5) == []
    with pytest.raises(NotFound):
        queries.sheet_for(uid=sheet.uid, by=world.actor("asked.case_officer"))
    with pytest.raises(NotFound):
        take(world, sheet, by="asked.case_officer")


def test_a_clerk_prepares_and_an_officer_takes(world: World) -> None:
    sheet = bring(world, GOOD, by="asking.clerk")
    with pytest.raises(NotAllowed) as refused:
        take(world, sheet, by="asking.clerk")
    assert refused.value.code == "sheets.may_not_take"
    assert take(world, sheet) == 1


def test_whoever_may_not_take_sheets_brings_none(world: World) -> None:
    with pytest.raises(NotAllowed):
        bring(world, GOOD, by="asking.auditor")
    enter(SYSTEM)
    assert not Sheet.objects.exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (table(("1", "2"), headings=("甲", "乙")), "sheets.no_headings"),
        (table(), "sheets.no_rows"),
        (table(("", " ", "", "", "")), "sheets.no_rows"),
        (table(*[(f"案{n}", "案", "已立案") for n in range(2001)]), "sheets.too_many_rows"),
    ],
)
def test_a_file_without_anything_to_take_is_refused(world: World, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        bring(world, content=content)
    enter(SYSTEM)
    assert refused.value.code == code
    assert not Sheet.objects.exists()


def test_the_example_of_the_template_is_passed_over(world: World) -> None:
    columns = registry.find("leads").columns(world.actor(OFFICER), legal_date(time(NOW)))
    example = [column.example for column in columns]
    own = ["案9", "真案", "filed", *[""] * (len(columns) - 3)]
    sheet = bring(world, content=table(example, own, headings=[column.zh for column in columns]))
    assert [row.number for row in reviewed(world, sheet).rows] == [3]


def test_an_unknown_kind_of_sheet() -> None:
    with pytest.raises(NotFound) as refused:
        registry.find("spoons")
    assert refused.value.code == "sheets.no_kind"
    with pytest.raises(ValueError, match="two kinds"):
        registry.register(registry.find("leads"))


def test_a_review_costs_the_same_for_few_and_many_rows(world: World) -> None:
    few = bring(world, GOOD)
    many = bring(world, *[(f"案{n}", "某案", "已立案") for n in range(300)])
    costs = []
    for sheet in (few, many):
        with CaptureQueriesContext(connection) as asked:
            reviewed(world, sheet)
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_sheets_are_kept_by_their_own_uid(world: World) -> None:
    sheet = bring(world, GOOD)
    assert queries.sheet_for(uid=UUID(str(sheet.uid)), by=world.actor(OFFICER)) == sheet
    assert queries.sheets_of(world.actor(OFFICER), limit=5, before=sheet.id) == []
