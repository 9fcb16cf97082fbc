"""The ladder: each overdue clock climbs each rung once, whoever should know is told, the centre is let in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection

from concord.casework.desk import escalating
from concord.casework.desk.escalating import agenda, escalate, ladder_of_matter
from concord.casework.desk.lists import Cursor
from concord.casework.models import Audience, ClockRun, Escalation, Matter, Participant
from concord.casework.queries import clocks_of
from concord.foundation.access.actor import Actor
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.rules.errors import NotAllowed, NotFound
from tests.support.toy_charter import toy_files
from tests.support.worlds import NATIONAL_REQUEST, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
# A request delivered on 6 February is to be completed by Thursday 5 March 2026.
DUE, LATE, THREE, TEN = "2026-03-05T23:59", "2026-03-06T00:01", "2026-03-10T00:01", "2026-03-19T00:01"


def climbed(matter: Matter) -> list[tuple[str, str]]:
    return list(Escalation.objects.filter(matter=matter).order_by("id").values_list("after", "to"))


def told(to: str = "") -> set[str]:
    rows = Notice.objects.filter(kind="matter.escalate", zh__contains=to)
    return set(rows.values_list("person__username", flat=True))


def run_at(*moments: str) -> None:
    for moment in moments:
        escalate(payload={}, at=time(moment))


@pytest.mark.parametrize(
    ("moment", "rungs"),
    [
        (DUE, []),
        (LATE, [("0WD", "requested.leader")]),
        ("2026-03-09T23:59", [("0WD", "requested.leader")]),
        (THREE, [("0WD", "requested.leader"), ("3WD", "centre.enforcement")]),
        ("2026-03-18T23:59", [("0WD", "requested.leader"), ("3WD", "centre.enforcement")]),
        (TEN, [("0WD", "requested.leader"), ("3WD", "centre.enforcement"), ("10WD", "agenda")]),
    ],
)
def test_each_rung_is_climbed_on_its_day(moment: str, rungs: list[tuple[str, str]], world: World) -> None:
    matter = world.matter_in("accepted")
    run_at(moment)
    assert climbed(matter) == rungs


def test_running_again_changes_nothing(world: World) -> None:
    world.matter_in("accepted")
    run_at(LATE, THREE, TEN)
    before = everything()
    run_at(TEN, "2026-03-19T09:00")
    assert everything() == before


def test_the_leaders_of_the_side_that_is_late_are_told(world: World) -> None:
    matter = world.matter_in("accepted")
    run_at(LATE)
    assert told() == {"asked.leader"}
    entry = Entry.objects.get(event="matter.escalate")
    assert (entry.person, entry.subject, entry.matter_uid) == (None, matter.number, matter.uid)
    assert entry.details == {
        "clock": "reply",
        "owner": world.places["asked"].code,
        "after": "0WD",
        "to": "requested.leader",
    }


def test_the_centre_is_let_in_and_its_group_told(world: World) -> None:
    matter = world.matter_in("accepted")
    secondee = world.actor("centre.secondee")
    Post.objects.filter(pk=secondee.post.pk).update(group="enforcement")
    with pytest.raises(NotFound):
        world.look(matter, by="centre.secondee")
    run_at(LATE, THREE)
    assert told() == {"asked.leader", "centre.secondee"}
    known = world.look(matter, by="centre.secondee")
    assert (known.role, known.state) == ("centre", "accepted")
    row = Audience.objects.get(matter=matter, scope=world.places["centre"].scope)
    assert (row.state, row.open, row.ours, row.late_after) == ("accepted", True, False, date(2026, 3, 5))
    assert row.due == date(2026, 3, 5)
    assert Participant.objects.get(matter=matter, role="centre").joined_at == time(THREE)
    # From then on it is kept up to date like every other side, also when the last rung lets it in again.
    run_at(TEN)
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-19T10:00", answers=["是", "否"])
    world.do(matter, "answer", by="asked.leader", at="2026-03-19T11:00")
    row.refresh_from_db()
    assert (row.state, row.late_after) == ("answered", date(2026, 4, 2))


def test_the_centre_knows_no_more_than_the_others_of_what_goes_on_inside(world: World) -> None:
    matter = world.matter_in("answer_submitted")
    run_at(THREE)
    row = Audience.objects.get(matter=matter, scope=world.places["centre"].scope)
    assert row.state == "accepted"


def test_while_nobody_is_in_the_group_the_whole_centre_is_told(world: World) -> None:
    world.matter_in("accepted")
    run_at(THREE)
    assert {"centre.secondee", "centre.leader"} <= told()
    assert "centre.administrator" not in told()


def test_where_the_procedure_knows_no_centre_it_is_told_the_number_alone() -> None:
    texts = {path: text for path, text in toy_files().items() if "/toy/procedures/assistance/" not in f"/{path}"}
    texts["toy/charter.toml"] = (
        texts["toy/charter.toml"]
        .replace("assistance = 2026-01-01", "assistance = 2022-11-01")
        .replace('clock = "errand.errand_time", after = "3WD"', 'clock = "assistance.reply", after = "3WD"')
    )
    world = World("toy", texts, NATIONAL_REQUEST)
    matter = world.begin()
    world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")
    run_at(THREE)
    assert climbed(matter) == [("0WD", "requested.leader"), ("3WD", "centre.enforcement")]
    notice = Notice.objects.get(person=world.person("centre.secondee"))
    assert (matter.number in notice.zh, matter.title in notice.zh, notice.matter_uid) == (True, False, None)
    with pytest.raises(NotFound):
        world.look(matter, by="centre.secondee")


def test_a_clock_that_stands_still_or_has_ended_climbs_nothing(world: World) -> None:
    still, ended = world.matter_in("accepted"), world.matter_in("answered", case_ref="另案")
    ClockRun.objects.filter(matter=still, clock="reply").update(suspended_on=date(2026, 3, 2))
    run_at(TEN)
    assert climbed(still) == climbed(ended) == []


def test_the_agenda_tells_every_side_and_lists_the_matter_while_it_is_late(world: World) -> None:
    matter = world.matter_in("accepted")
    run_at(LATE, THREE, TEN)
    assert {"asking.case_officer", "asking.leader", "asked.case_officer", "centre.leader"} <= told("协调小组")
    for by in ("centre.secondee", "asking.leader", "asked.leader"):
        (item,) = listed(world.actor(by))
        assert (item.matter.pk, item.run.clock, item.escalation.at) == (matter.pk, "reply", time(TEN))
    assert listed(world.actor("third.leader")) == []
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-19T10:00", answers=["是", "否"])
    world.do(matter, "answer", by="asked.leader", at="2026-03-19T11:00")
    assert listed(world.actor("centre.secondee")) == []


def listed(actor: Actor, after: Cursor | None = None) -> list[escalating.AgendaItem]:
    with speaking_as(actor):
        return agenda(actor, limit=50, after=after).items


@pytest.mark.parametrize("by", ["asking.case_officer", "asking.clerk", "centre.auditor"])
def test_the_agenda_is_for_leaders_and_the_centre(by: str, world: World) -> None:
    with pytest.raises(NotAllowed, match="no_agenda"):
        listed(world.actor(by))


def test_the_agenda_comes_in_pages_the_longest_overdue_first(world: World) -> None:
    matters = [world.matter_in("accepted", case_ref=name) for name in ("甲", "乙", "丙")]
    for days, matter in enumerate(matters):
        ClockRun.objects.filter(matter=matter, clock="reply").update(legal_due=date(2026, 3, 5 - days))
    run_at(TEN)
    actor = world.actor("centre.leader")
    with speaking_as(actor):
        first = agenda(actor, limit=2)
        assert [item.matter.pk for item in first.items] == [matters[2].pk, matters[1].pk]
        assert first.following is not None
        second = agenda(actor, limit=2, after=Cursor.parse(str(first.following)))
        assert [item.matter.pk for item in second.items] == [matters[0].pk]
        assert second.following is None
        assert agenda(actor, limit=2, after=Cursor(0, 0)).items == first.items


def steps(world: World, matter: Matter, at: str) -> list[tuple[str, date, datetime | None]]:
    known = world.look(matter, by="asking.leader", at=at)
    day = time(at).date()
    shown = ladder_of_matter(clocks_of(known), charter=charter_on(day), calendar=calendar_on(day))
    return [(step.to, step.day, step.reached_at) for step in shown]


def test_the_ladder_shows_what_was_reached_and_what_comes(world: World) -> None:
    matter = world.matter_in("accepted")
    run_at(LATE)
    assert steps(world, matter, LATE) == [
        ("requested.leader", date(2026, 3, 6), time(LATE)),
        ("centre.enforcement", date(2026, 3, 10), None),
        ("agenda", date(2026, 3, 19), None),
    ]
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-06T10:00", answers=["是", "否"])
    world.do(matter, "answer", by="asked.leader", at="2026-03-06T11:00")
    assert steps(world, matter, "2026-03-06T12:00") == [("requested.leader", date(2026, 3, 6), time(LATE))]


def test_a_rung_of_a_former_charter_stays_told(world: World) -> None:
    matter = world.matter_in("accepted")
    run = ClockRun.objects.get(matter=matter, clock="reply")
    Escalation.objects.create(run=run, matter=matter, after="1WD", to="agenda", at=time("2026-03-06T09:00"))
    shown = steps(world, matter, "2026-03-09T09:00")
    assert ("agenda", date(2026, 3, 6), time("2026-03-06T09:00")) in shown
    assert len(shown) == 4


def test_interrupted_between_two_clocks_it_goes_on_where_it_stood(world: World) -> None:
    matters = [world.matter_in("accepted", case_ref=name) for name in ("甲", "乙")]
    told: list[str] = []

    def stop_at_the_second(
        execute: Callable[..., object], sql: str, params: object, many: object, context: object
    ) -> object:
        if 'INTO "notices_notice"' in sql:
            told.append(sql)
            if len(told) > 1:
                raise RuntimeError("killed")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(stop_at_the_second), pytest.raises(RuntimeError, match="killed"):
        run_at(LATE)
    assert [len(climbed(matter)) for matter in matters] == [1, 0]
    run_at(LATE)
    assert [len(climbed(matter)) for matter in matters] == [1, 1]
    assert Entry.objects.filter(event="matter.escalate").count() == 2
