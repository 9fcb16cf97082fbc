"""A holiday notice moves provisional dates and tells those who work by them, once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import time_machine

from concord.capabilities.governance import holidays
from concord.casework.models import ClockRun, Matter
from concord.entrypoints import operating
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import HolidayText
from concord.rules.errors import DefinitionError
from tests.support.shipped_calendar import MADE_UP_2027
from tests.support.worlds import World, everything, time

pytestmark = pytest.mark.django_db
TOLD_ON = time("2026-12-20T09:00")


def issued(world: World, day: str) -> Matter:
    matter = world.begin(at=f"{day}T08:00")
    world.do(matter, "submit", by="asking.case_officer", at=f"{day}T08:10")
    world.do(matter, "issue", by="asking.leader", at=f"{day}T09:00")
    matter.refresh_from_db()
    return matter


def reply(matter: Matter) -> ClockRun:
    return ClockRun.objects.get(matter=matter, clock="reply")


def told() -> list[tuple[str, str]]:
    rows = Notice.objects.filter(kind=holidays.KIND).order_by("person__username")
    return [(row.person.username, row.zh) for row in rows.select_related("person")]


def load() -> tuple[list[str], int]:
    _, moved, count = holidays.load_notice(text=MADE_UP_2027, file="2027.toml", at=TOLD_ON)
    return [one.clock for one in moved], count


# HC59: fifteen working days from Monday 14 December 2026. Thirteen lie in 2026, 1 January is off by law, so 4 and 5
# January are the last two until the notice is out; the invented one frees 4 January too.
def test_the_turn_of_the_year_is_provisional_until_the_notice_is_out(world: World) -> None:
    matter = issued(world, "2026-12-14")
    run = reply(matter)
    assert (run.legal_due, run.provisional) == (date(2027, 1, 5), True)
    world.do(matter, "accept", by="asked.case_officer", at="2026-12-15T09:00")
    assert load() == (["reply"], 1)
    run.refresh_from_db()
    assert (run.legal_due, run.safe_due, run.provisional) == (date(2027, 1, 6), date(2027, 1, 6), False)
    matter.refresh_from_db()
    assert matter.next_due == date(2027, 1, 6)
    ((name, said),) = told()
    assert name == "asked.case_officer"
    assert said == f"期限已按 2027 年放假通知重算：协查完成期限 2027年1月5日 → 2027年1月6日 — {matter.title}"
    notice = Notice.objects.get(kind=holidays.KIND)
    assert notice.en.startswith("Counted again by the holidays of 2027: Time to complete 5 Jan 2027 → 6 Jan 2027 — ")
    assert notice.matter_uid == matter.uid


def test_where_nobody_works_on_it_yet_everybody_of_the_owner_is_told(world: World) -> None:
    issued(world, "2026-12-14")
    _, count = load()
    readers = {name for name, _ in told()}
    assert count == len(readers)
    assert {"asked.case_officer", "asked.leader"} <= readers
    assert {name.partition(".")[0] for name in readers} == {"asked"}


def test_loading_it_again_changes_nothing_and_tells_nobody(world: World) -> None:
    issued(world, "2026-12-14")
    load()
    before = everything()
    assert load() == ([], 0)
    assert everything() == before


def test_dates_that_stay_are_told_to_nobody(world: World) -> None:
    matter = issued(world, "2026-12-07")
    assert (reply(matter).legal_due, reply(matter).provisional) == (date(2026, 12, 28), False)
    assert load() == ([], 0)
    assert told() == []


def test_each_matter_has_its_notice(world: World) -> None:
    for day in ("2026-12-14", "2026-12-15"):
        matter = issued(world, day)
        world.do(matter, "accept", by="asked.case_officer", at=f"{day}T10:00")
    assert load() == (["reply", "reply"], 2)
    assert len({said for _, said in told()}) <= 2
    assert Notice.objects.filter(kind=holidays.KIND).values("matter_uid").distinct().count() == 2


def test_a_faulty_notice_leaves_nothing_behind(world: World) -> None:
    issued(world, "2026-12-14")
    before = everything()
    with pytest.raises(DefinitionError):
        holidays.load_notice(text=MADE_UP_2027.replace("year = 2027", "year = soon"), file="2027.toml", at=TOLD_ON)
    assert everything() == before


def test_the_operators_command_says_what_it_did(world: World, tmp_path: Path) -> None:
    issued(world, "2026-12-14")
    file = tmp_path / "2027.toml"
    file.write_text(MADE_UP_2027, encoding="utf-8")
    with time_machine.travel(TOLD_ON, tick=False):
        said = operating.load_notice(file)
    enter(SYSTEM)
    assert said.startswith("测试〔2026〕1号: 2027; 1 clocks counted again, ")
    assert HolidayText.objects.count() == 1
