"""Clocks that are suspended, resumed, extended, cut by excluded days, counted back, or run once for each of many."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from concord.casework import clocks, queries
from concord.casework.counting import explained
from concord.casework.desk import lists
from concord.casework.desk.lists import Wanted
from concord.casework.desk.warning import warn
from concord.casework.models import ClockRun, Matter
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.commands import keep_holiday_notice
from concord.foundation.organisations.queries import calendar_on
from concord.rules.errors import Conflict, InvalidInput
from tests.support.shipped_calendar import MADE_UP_2027
from tests.support.worlds import JOINT, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
# By hand, for 2026: 14 and 28 February worked, 15 to 23 off; 4 to 6 April off; 1 to 5 May off.
SENT, SIGNED = "2026-02-03T09:00", "2026-02-04T09:00"


def joint(world: World, **answers: Any) -> Matter:
    matter = world.begin(
        procedure="joint",
        act="plan",
        at="2026-02-02T09:00",
        parties={"partner": [world.places[place].code for place in ("asked", "third")]},
        **{**JOINT, **answers},
    )
    world.do(matter, "send_round", by="asking.leader", at=SENT)
    return matter


def signed(world: World) -> Matter:
    matter = joint(world)
    for place in ("asked", "third"):
        world.do(matter, "sign", by=f"{place}.leader", at=SIGNED)
    return matter


def host(world: World, matter: Matter, act: str, at: str, **answers: Any) -> Matter:
    world.do(matter, act, by="asking.leader", at=at, **answers)
    matter.refresh_from_db()
    return matter


def run_of(matter: Matter, clock: str, **wanted: Any) -> ClockRun:
    return ClockRun.objects.filter(matter=matter, clock=clock, **wanted).latest("id")


def dates(run: ClockRun) -> tuple[str, str, str]:
    return (run.nominal.isoformat(), run.legal_due.isoformat(), run.safe_due.isoformat())


def counted_again(run: ClockRun) -> bool:
    found = explained(run, calendar_on(date(2026, 2, 6)))
    return (found.legal_due, found.safe_due) == (run.legal_due, run.safe_due)


def test_a_clock_runs_from_the_day_that_a_field_names(toys: World) -> None:
    run = run_of(joint(toys), "whole")
    assert (run.start_date, dates(run)) == (date(2026, 2, 1), ("2026-04-01", "2026-04-01", "2026-04-01"))
    assert counted_again(run)


def test_a_clock_is_counted_back_from_a_day(toys: World) -> None:
    matter = joint(toys)
    run = run_of(matter, "notice")
    assert (run.start_date, run.counts_back) == (date(2026, 3, 10), True)
    assert dates(run) == ("2026-03-05", "2026-03-05", "2026-03-04")
    assert counted_again(run)
    before = everything()
    with pytest.raises(Conflict, match=r"casework\.too_late"):
        host(toys, matter, "give_notice", "2026-03-06T00:00")
    assert everything() == before
    host(toys, matter, "give_notice", "2026-03-05T23:59")
    with pytest.raises(Conflict, match=r"casework\.clock_not_running"):
        host(toys, matter, "give_notice", "2026-03-05T23:59")


def test_a_clock_of_many_runs_for_each_and_ends_for_each(toys: World) -> None:
    matter = joint(toys)
    runs = ClockRun.objects.filter(matter=matter, clock="signing")
    assert {(run.owner, run.legal_due) for run in runs} == {
        (toys.places[place], date(2026, 2, 10)) for place in ("asked", "third")
    }
    toys.do(matter, "sign", by="asked.leader", at=SIGNED)
    running = ClockRun.objects.filter(matter=matter, running=True)
    assert set(running.filter(clock="signing").values_list("owner", flat=True)) == {toys.places["third"].pk}
    assert set(running.filter(clock="telling").values_list("owner", flat=True)) == {toys.places["asked"].pk}
    toys.do(matter, "stand_aside", by="third.leader", at="2026-02-06T09:00", why="人手不足")
    running = ClockRun.objects.filter(matter=matter, running=True)
    assert not running.filter(clock="signing").exists()
    assert set(running.filter(clock="telling").values_list("owner", flat=True)) == {toys.places["asked"].pk}


def test_an_act_of_another_side_ends_the_clock_of_all(toys: World) -> None:
    matter = joint(toys)
    toys.do(matter, "sign", by="asked.leader", at=SIGNED)
    host(toys, matter, "replan", "2026-02-05T09:00", why="目标有变")
    assert not ClockRun.objects.filter(matter=matter, running=True).exists()
    host(toys, matter, "send_round", "2026-02-06T09:00")
    assert ClockRun.objects.filter(matter=matter, clock="signing", running=True).count() == 2


def test_a_suspended_clock_loses_no_day(toys: World) -> None:
    matter = host(toys, signed(toys), "pause", "2026-02-10T09:00")
    for run in (run_of(matter, "whole"), run_of(matter, "telling", owner=toys.places["third"])):
        assert (run.suspended_on, run.running, run.exclusions) == (date(2026, 2, 10), True, [])
    host(toys, matter, "go_on", "2026-02-13T09:00")
    run = run_of(matter, "whole")
    assert (run.suspended_on, run.exclusions) == (None, [["2026-02-10", "2026-02-12"]])
    assert dates(run) == ("2026-04-04", "2026-04-07", "2026-04-03")
    telling = ClockRun.objects.filter(matter=matter, clock="telling")
    assert {run.legal_due for run in telling} == {date(2026, 2, 28)}
    assert all(counted_again(run) for run in (run, *telling))


def test_suspended_and_resumed_on_one_day_changes_nothing(toys: World) -> None:
    matter = host(toys, signed(toys), "pause", "2026-02-10T09:00")
    host(toys, matter, "go_on", "2026-02-10T16:00")
    run = run_of(matter, "whole")
    assert (run.exclusions, run.legal_due) == ([], date(2026, 4, 1))


def test_a_suspended_clock_presses_nobody(toys: World) -> None:
    matter = signed(toys)
    host(toys, matter, "give_notice", "2026-02-09T09:00")
    assert matter.next_due == date(2026, 2, 25)
    paused = host(toys, matter, "pause", "2026-02-10T09:00").next_due
    assert paused is None
    actor = toys.actor("asking.leader")
    with speaking_as(actor):
        late = Wanted(overdue_on=date(2026, 6, 1))
        assert lists.count_of_matters(actor, late, most=5) == 0
        assert queries.pressing([matter]) == {}
    Notice.objects.all().delete()
    warn(payload={}, at=time("2026-06-01T09:00"))
    assert not Notice.objects.exists()
    host(toys, matter, "go_on", "2026-06-01T10:00")
    assert matter.next_due == run_of(matter, "telling").safe_due
    with speaking_as(actor):
        assert lists.count_of_matters(actor, Wanted(overdue_on=date(2026, 12, 1)), most=5) == 1
    warn(payload={}, at=time("2026-12-01T09:00"))
    assert Notice.objects.filter(kind="casework.warn").exists()


def test_what_counts_only_while_a_clock_runs_waits_for_it(toys: World) -> None:
    matter = host(toys, signed(toys), "pause", "2026-02-10T09:00")
    before = everything()
    for act, answers in (("insist", {}), ("lengthen", {"months": 1})):
        with pytest.raises(Conflict, match=r"casework\.clock_suspended"):
            host(toys, matter, act, "2026-02-11T09:00", **answers)
    assert everything() == before


def test_a_clock_that_ran_out_is_not_suspended_with_those_that_run(toys: World) -> None:
    matter = host(toys, signed(toys), "pause", "2026-03-02T09:00")
    assert run_of(matter, "telling").suspended_on is None
    assert run_of(matter, "whole").suspended_on == date(2026, 3, 2)


def test_when_all_have_run_out_none_is_suspended_or_extended(toys: World) -> None:
    matter = signed(toys)
    before = everything()
    for act, answers in (("pause", {}), ("lengthen", {"months": 1})):
        with pytest.raises(Conflict, match=r"casework\.too_late"):
            host(toys, matter, act, "2026-04-02T09:00", **answers)
    assert everything() == before


def test_extensions_are_given_in_order_and_from_the_nominal_end(toys: World) -> None:
    matter = host(toys, signed(toys), "lengthen", "2026-03-20T09:00", months=2)
    run = run_of(matter, "whole")
    assert (run.extensions, dates(run)) == (["10WD"], ("2026-04-16", "2026-04-16", "2026-04-16"))
    host(toys, matter, "lengthen", "2026-04-10T09:00", months=1)
    run = run_of(matter, "whole")
    assert (run.extensions, dates(run)) == (["10WD", "1M"], ("2026-05-16", "2026-05-18", "2026-05-15"))
    assert counted_again(run)
    before = everything()
    with pytest.raises(Conflict, match=r"casework\.no_extension_left"):
        host(toys, matter, "lengthen", "2026-05-10T09:00", months=1)
    assert everything() == before


def test_excluded_days_are_taken_out_whole(toys: World) -> None:
    matter = signed(toys)
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        host(toys, matter, "test", "2026-02-20T09:00", test_from="2026-02-19", test_to="2026-02-10")
    assert [(one.field, one.code) for one in refused.value.problems] == [("test_to", "clock.bad_exclusion")]
    assert everything() == before
    host(toys, matter, "test", "2026-02-20T09:00", test_from="2026-02-10", test_to="2026-02-19")
    run = run_of(matter, "whole")
    assert (run.exclusions, dates(run)) == ([["2026-02-10", "2026-02-19"]], ("2026-04-11", "2026-04-13", "2026-04-10"))
    assert counted_again(run)


def test_days_may_be_taken_out_of_a_clock_that_seems_over(toys: World) -> None:
    matter = host(toys, signed(toys), "test", "2026-04-20T09:00", test_from="2026-03-02", test_to="2026-03-31")
    assert dates(run_of(matter, "whole")) == ("2026-05-01", "2026-05-06", "2026-04-30")


def test_warnings_begin_anew_with_new_dates(toys: World) -> None:
    matter = signed(toys)
    warn(payload={}, at=time("2026-03-31T09:00"))
    assert run_of(matter, "whole").warned == ["5WD"]
    host(toys, matter, "lengthen", "2026-03-31T10:00", months=1)
    assert run_of(matter, "whole").warned == []
    warn(payload={}, at=time("2026-03-31T11:00"))
    assert run_of(matter, "whole").warned == []


def test_the_journal_tells_what_became_of_each_clock(toys: World) -> None:
    matter = host(toys, signed(toys), "pause", "2026-02-10T09:00")
    host(toys, matter, "go_on", "2026-02-13T09:00")
    told = {entry.event: entry.details for entry in Entry.objects.filter(matter_uid=matter.uid)}
    assert told["joint.pause"]["clock.whole"] == "suspended"
    assert told["joint.go_on"]["clock.whole"] == "2026-04-07"
    assert told["joint.send_round"]["clock.notice"] == "2026-03-05"


def bulletin(world: World) -> Matter:
    answers: dict[str, Any] = {"words": "本月无事", "reader": "990200", "file_by": "2026-02-27"}
    return world.begin(procedure="bulletin", act="write", by="centre.leader", at=SENT, parties={}, **answers)


def test_an_agreed_day_is_put_off_by_the_days_of_suspension(toys: World) -> None:
    matter = bulletin(toys)
    toys.do(matter, "hold", by="centre.leader", at="2026-02-10T09:00")
    with pytest.raises(Conflict, match=r"casework\.clock_suspended"):
        toys.do(matter, "hold", by="centre.leader", at="2026-02-11T09:00")
    toys.do(matter, "release", by="centre.leader", at="2026-02-12T09:00")
    assert dates(run_of(matter, "filing")) == ("2026-02-27", "2026-03-02", "2026-02-28")
    with pytest.raises(Conflict, match=r"casework\.clock_not_suspended"):
        toys.do(matter, "release", by="centre.leader", at="2026-02-13T09:00")
    with pytest.raises(Conflict, match=r"casework\.too_late"):
        toys.do(matter, "hold", by="centre.leader", at="2026-03-03T09:00")


def test_the_end_of_a_matter_ends_a_suspended_clock_too(toys: World) -> None:
    matter = bulletin(toys)
    toys.do(matter, "hold", by="centre.leader", at="2026-02-10T09:00")
    toys.do(matter, "file", by="centre.leader", at="2026-02-11T09:00")
    assert not ClockRun.objects.filter(matter=matter, running=True).exists()


def test_a_notice_of_holidays_moves_clocks_and_says_which(toys: World) -> None:
    moved, paused = joint(toys, opening="2026-11-04"), joint(toys, opening="2026-11-04")
    for matter in (moved, paused):
        for place in ("asked", "third"):
            toys.do(matter, "stand_aside", by=f"{place}.leader", at=SIGNED, why="人手不足")
        host(toys, matter, "give_notice", "2026-02-09T09:00")
    host(toys, paused, "pause", "2026-12-01T09:00")
    assert dates(run_of(moved, "whole")) == ("2027-01-04", "2027-01-04", "2027-01-04")
    at = time("2026-12-02T09:00")
    keep_holiday_notice(text=MADE_UP_2027, file="2027.toml", at=at)
    changed = clocks.recount(at=at)
    assert {(one.matter.pk, one.clock, one.owner) for one in changed} == {
        (matter.pk, "whole", toys.places["asking"]) for matter in (moved, paused)
    }
    first = changed[0]
    assert (first.old_legal_due, first.old_safe_due) == (date(2027, 1, 4), date(2027, 1, 4))
    assert (first.new_legal_due, first.new_safe_due) == (date(2027, 1, 5), date(2026, 12, 31))
    assert not run_of(moved, "whole").provisional
    moved.refresh_from_db()
    paused.refresh_from_db()
    assert (moved.next_due, paused.next_due) == (date(2026, 12, 31), None)
    assert clocks.recount(at=at) == []
