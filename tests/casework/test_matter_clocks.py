"""Clocks of matters: what starts, replaces and ends them, and what may only be done while they run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from concord.casework import counting, queries
from concord.casework.models import ClockRun, Matter
from concord.foundation.organisations.queries import calendar_on
from concord.rules.errors import Conflict, InvalidInput
from tests.support.worlds import ERRAND, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
LATER: dict[str, Any] = {"promised_date": "2026-03-20", "note": "正在调取"}


def runs(matter: Matter) -> dict[str, tuple[str, bool]]:
    """Clock → (last legal day, running), the latest run of each."""
    return {run.clock: (run.legal_due.isoformat(), run.running) for run in ClockRun.objects.filter(matter=matter)}


def issued(world: World, day: str) -> Matter:
    matter = world.begin(at=f"{day}T08:00")
    world.do(matter, "submit", by="asking.case_officer", at=f"{day}T08:10")
    world.do(matter, "issue", by="asking.leader", at=f"{day}T09:00")
    matter.refresh_from_db()
    return matter


# By hand: 15 working days from the day after. In 2026, Spring Festival 15 to 23 February off, 14 and 28 worked;
# Mid-Autumn 25 to 27 September off, 20 September worked; National Day 1 to 7 October off, 10 October worked.
@pytest.mark.parametrize(
    ("day", "reply", "receipt"),
    [
        ("2026-02-06", date(2026, 3, 5), date(2026, 2, 10)),
        ("2026-09-17", date(2026, 10, 14), date(2026, 9, 20)),
        ("2026-03-02", date(2026, 3, 23), date(2026, 3, 4)),
    ],
)
def test_the_laws_days(world: World, day: str, reply: date, receipt: date) -> None:
    matter = issued(world, day)
    due = {run.clock: (run.start_date.isoformat(), run.legal_due) for run in matter.clocks.all()}
    assert due == {"reply": (day, reply), "receipt": (day, receipt)}
    assert matter.next_due == receipt
    assert {run.owner for run in matter.clocks.all()} == {world.places["asked"]}


def test_a_day_begins_at_midnight_in_shanghai(world: World) -> None:
    matter = world.matter_in("submitted")
    world.do(matter, "issue", by="asking.leader", at="2026-02-05T16:30:00+00:00")
    assert ClockRun.objects.get(matter=matter, clock="reply").start_date == date(2026, 2, 6)
    assert runs(matter)["reply"] == ("2026-03-05", True)


def test_each_act_ends_its_clocks(world: World) -> None:
    matter = world.matter_in("delivered")
    assert runs(matter) == {"reply": ("2026-03-05", True), "receipt": ("2026-02-10", True)}
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-09T09:00")
    assert runs(matter)["receipt"] == ("2026-02-10", False)
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", answers=["一", "二"])
    assert runs(matter)["reply"] == ("2026-03-05", True)
    world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")
    assert (runs(matter)["reply"], runs(matter)["close"]) == (("2026-03-05", False), ("2026-03-17", True))
    world.do(matter, "close", by="asking.case_officer", at="2026-03-04T09:00")
    assert not any(running for _, running in runs(matter).values())
    ended = {run.clock: (run.ended_by, run.ended_at) for run in ClockRun.objects.filter(matter=matter)}
    assert ended["reply"] == ("answer", time("2026-03-03T09:00"))
    assert ended["close"][0] == "close"
    matter.refresh_from_db()
    assert (matter.final, matter.next_due, matter.holder) == (True, None, None)


@pytest.mark.parametrize("state", ["closed", "withdrawn"])
def test_no_clock_runs_in_an_ended_matter(world: World, state: str) -> None:
    matter = world.matter_in(state)
    assert (matter.final, matter.next_due) == (True, None)
    assert not matter.clocks.filter(running=True).exists()


def test_a_new_promise_replaces_the_old_one(world: World) -> None:
    matter = world.matter_in("delivered")
    for at, day in (("2026-02-09T09:00", "2026-02-25"), ("2026-02-10T09:00", "2026-03-04")):
        world.do(matter, "offer_date", by="asked.liaison", at=at, promised_date=day, note="调取中")
    promises = ClockRun.objects.filter(matter=matter, clock="promise")
    told = [(run.legal_due.isoformat(), run.running, run.ended_by) for run in promises]
    assert told == [("2026-02-25", False, "offer_date"), ("2026-03-04", True, "")]
    matter.refresh_from_db()
    assert matter.next_due == date(2026, 2, 10)  # the receipt still runs and presses first
    assert world.look(matter, by="asking.leader").facts["promised_date"] == "2026-03-04"


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-03-06", "assistance.beyond_limit"),
        ("2026-02-09", "casework.date_not_ahead"),
        ("2026-02-08", "casework.date_not_ahead"),
    ],
)
def test_another_date_lies_ahead_and_within_the_limit(world: World, day: str, code: str) -> None:
    matter = world.matter_in("delivered")
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.do(matter, "offer_date", by="asked.leader", at="2026-02-09T09:00", promised_date=day, note="调取中")
    assert (refused.value.code, refused.value.problems[0].field) == (code, "promised_date")
    assert everything() == before


def test_another_date_may_be_the_last_day(world: World) -> None:
    matter = world.matter_in("delivered")
    world.do(matter, "offer_date", by="asked.leader", at="2026-02-09T09:00", promised_date="2026-03-05", note="调取中")
    assert runs(matter)["promise"] == ("2026-03-05", True)


@pytest.mark.parametrize("at", ["2026-03-05T00:00", "2026-03-05T23:59"])
def test_delay_may_be_notified_on_the_last_day(world: World, at: str) -> None:
    matter = world.matter_in("accepted")
    world.do(matter, "notify_delay", by="asked.leader", at=at, **LATER)
    assert runs(matter) == {
        "reply": ("2026-03-05", False),
        "receipt": ("2026-02-10", False),
        "promise": ("2026-03-20", True),
    }


def test_on_the_day_after_it_is_too_late(world: World) -> None:
    matter = world.matter_in("accepted")
    before = everything()
    with pytest.raises(Conflict) as refused:
        world.do(matter, "notify_delay", by="asked.leader", at="2026-03-06T00:00", **LATER)
    assert (refused.value.code, refused.value.details) == ("casework.too_late", {"legal_due": "2026-03-05"})
    assert everything() == before


def test_delay_is_notified_once(world: World) -> None:
    matter = world.matter_in("accepted")
    world.do(matter, "notify_delay", by="asked.leader", at="2026-03-04T09:00", **LATER)
    with pytest.raises(Conflict, match=r"casework\.clock_not_running"):
        world.do(matter, "notify_delay", by="asked.leader", at="2026-03-05T09:00", **LATER)


def test_an_answer_after_the_limit_is_still_an_answer(world: World) -> None:
    matter = world.matter_in("answer_submitted")
    world.do(matter, "answer", by="asked.leader", at="2026-04-20T09:00")
    assert runs(matter)["reply"] == ("2026-03-05", False)


def test_a_clock_counts_itself_again_and_explains_each_day(world: World) -> None:
    matter = world.matter_in("delivered")
    run = ClockRun.objects.get(matter=matter, clock="reply")
    again = counting.explained(run, calendar_on(date(2026, 2, 6)))
    assert (again.nominal, again.legal_due, again.safe_due) == (run.nominal, run.legal_due, run.safe_due)
    actor = world.actor("asking.clerk")
    with speaking_as(actor):
        listed = queries.clocks_of(queries.matter_for(uid=matter.uid, by=actor))
    assert [row.clock for row in listed] == ["reply", "receipt"]


def errand_taken(toys: World, at: str) -> Matter:
    matter = toys.begin(
        procedure="errand", act="ask", at="2026-02-05T10:00", parties={"doer": toys.places["asked"].code}, **ERRAND
    )
    worker = toys.person("asked.liaison")
    toys.do(matter, "take", by="asked.liaison", at=at, worker=str(worker.uid), visit_at="2026-02-12T09:00:00+08:00")
    return matter


REPORT: dict[str, Any] = {"outcomes": ["到了", "取了"], "visits": 1, "cost": "12.50"}


def test_a_clock_of_hours_ends_at_its_instant(toys: World) -> None:
    matter = errand_taken(toys, "2026-03-02T09:00")
    run = ClockRun.objects.get(matter=matter, clock="visit_time")
    assert run.due_at == time("2026-03-04T09:00")
    assert isinstance(counting.explained(run, calendar_on(date(2026, 3, 2))).legal_due, datetime)
    before = everything()
    with pytest.raises(Conflict, match=r"casework\.too_late"):
        toys.do(matter, "report", by="asked.liaison", at="2026-03-04T09:01", **REPORT)
    assert everything() == before
    toys.do(matter, "report", by="asked.liaison", at="2026-03-04T09:00", **REPORT)
    assert not ClockRun.objects.filter(matter=matter, running=True).exists()


def test_calendar_days_count_the_days_of_rest(toys: World) -> None:
    matter = toys.begin(
        procedure="errand", act="ask", at="2026-03-02T10:00", parties={"doer": toys.places["asked"].code}, **ERRAND
    )
    assert ClockRun.objects.get(matter=matter, clock="errand_time").legal_due == date(2026, 3, 12)
