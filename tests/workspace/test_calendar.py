"""The calendar of due dates and its feed: right days, switches, days off; the secret works only while it should."""

from __future__ import annotations

import re
from datetime import date, timedelta

import icalendar
import pytest
import time_machine

from concord.casework.models import Audience, Matter
from concord.foundation.access import commands
from concord.foundation.access.models import Feed
from concord.foundation.access.queries import actor_of_feed, feed_of
from concord.foundation.access.tokens import digest_of
from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Person, Post, Substitution
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

CALENDAR, FEED = "/calendar/", "/calendar/feed/"
ADDRESS = re.compile(r"http://testserver(/calendar/concord_[\w-]{43}\.ics)")


def due_on(world: World, matter: Matter, who: str) -> date:
    """The last legal day as the side of that person knows it."""
    return Audience.objects.get(matter=matter, scope_id=world.actor(who).scope_id).late_after


def cell(desk: Desk, on: date, **asked: str) -> str:
    """One day of the sheet."""
    page = text_of(desk.get(CALENDAR, {"on": on.isoformat(), **asked}))
    return next(part for part in page.split("<td")[1:] if f"{on.year}年{on.month}月{on.day}日" in part)


def made(desk: Desk) -> str:
    """The address that the page shows once."""
    found = ADDRESS.search(text_of(desk.post(FEED, {"do": "make"})))
    assert found is not None
    return found[1]


def test_a_matter_stands_on_its_last_legal_day_and_the_day_leads_to_its_list(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    on = due_on(world, matter, "asked.leader")
    desk = sit("asked.leader")
    day = cell(desk, on)
    assert matter.title in day
    assert "1 件到期" in day
    address = day.partition('data-day href="')[2].partition('"')[0].replace("&amp;", "&")
    assert matter.number in text_of(desk.get(address))
    assert matter.title in cell(desk, on, view="week")
    assert matter.title not in cell(desk, on + timedelta(days=1))


def test_what_waits_for_others_is_shown_when_all_is_asked_for(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    on = due_on(world, matter, "asking.leader")
    desk = sit("asking.leader")
    assert matter.title not in cell(desk, on)
    assert matter.title in cell(desk, on, whose="all")
    assert matter.title not in cell(sit("third.leader"), on, whose="all")


def test_more_than_a_day_can_name_are_counted(world: World, sit: Sit) -> None:
    for n in range(5):
        matter = world.matter_in("delivered", case_ref=f"第{n}件")
    assert "另有 2 件" in cell(sit("asked.leader"), due_on(world, matter, "asked.leader"))


def test_days_off_and_days_worked_in_exchange_say_so(sit: Sit) -> None:
    desk = sit("asked.leader")
    assert "春节" in cell(desk, date(2026, 2, 17))
    assert "调休上班" in cell(desk, date(2026, 2, 14))
    assert "这段时间没有到期的事项" in text_of(desk.get(CALENDAR))


def test_an_unreadable_day_shows_this_month(sit: Sit) -> None:
    assert "2026年2月</h2>" in text_of(sit("asked.leader").get(CALENDAR, {"on": "2026-13-01", "view": "year"}))


def test_the_feed_tells_number_procedure_state_and_day_and_nothing_else(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    address = made(sit("asked.case_officer"))
    response = sit().get(address)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert response.headers["Cache-Control"] == "private, no-store"
    [event] = icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    on = due_on(world, matter, "asked.leader")
    assert (on, on + timedelta(days=1)) == (event.decoded("DTSTART"), event.decoded("DTEND"))
    assert str(event["SUMMARY"]) == f"{matter.number} 协助调查 · 已送达"
    assert missing(response, [matter.title, world.person("asking.leader").zh, "涉嫌"]) == [
        matter.title,
        world.person("asking.leader").zh,
        "涉嫌",
    ]


def test_what_a_colleague_handles_stays_out_of_the_feed(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    address = made(sit("asked.case_officer"))
    sit("asked.liaison").post(f"/matters/{matter.number}/handler/", {"handler": "me"})
    assert matter.number not in text_of(sit().get(address))
    sit("asked.liaison").post(
        f"/matters/{matter.number}/handler/", {"handler": str(world.actor("asked.case_officer").post.id)}
    )
    assert matter.number in text_of(sit().get(address))


def test_the_secret_is_shown_once_and_only_its_digest_is_kept(world: World, sit: Sit) -> None:
    assert world.places
    desk = sit("asked.case_officer")
    address = made(desk)
    secret = address.rpartition("/")[2].removesuffix(".ics")
    assert Feed.objects.get().digest == digest_of(secret)
    assert secret not in text_of(desk.get(FEED))
    assert [entry.event for entry in Entry.objects.filter(event__startswith="feed.")] == ["feed.make"]
    assert not Entry.objects.filter(details__icontains=secret).exists()


def test_a_new_address_ends_the_old_one_and_ending_ends_it_at_once(world: World, sit: Sit) -> None:
    assert world.places
    desk = sit("asked.case_officer")
    first = made(desk)
    second = made(desk)
    assert [sit().get(address).status_code for address in (first, second)] == [404, 200]
    assert desk.post(FEED, {"do": "end"}).status_code == 302
    assert sit().get(second).status_code == 404
    assert desk.post(FEED, {"do": "end"}).status_code == 302
    assert Entry.objects.filter(event="feed.revoke").count() == 1
    assert missing(desk.get(FEED), ["尚未生成", f"<dd>{world.places['asked'].zh} · 办案人员</dd>"]) == []


@pytest.mark.parametrize("secret", ["concord_none", "x", "%00", "concord_" + "A" * 43])
def test_a_guessed_address_is_not_found(secret: str, world: World, sit: Sit) -> None:
    assert world.places
    assert sit().get(f"/calendar/{secret}.ics").status_code in {400, 404}


def test_the_address_dies_with_the_post_and_with_the_person(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    address = made(sit("asked.case_officer"))
    secret = address.rpartition("/")[2].removesuffix(".ics")
    person = world.person("asked.case_officer")
    assert actor_of_feed(secret, at=now()) is not None
    Person.objects.filter(pk=person.pk).update(is_active=False)
    assert sit().get(address).status_code == 404
    Person.objects.filter(pk=person.pk).update(is_active=True)
    Post.objects.filter(person=person).update(held_until=date(2026, 2, 10))
    assert sit().get(address).status_code == 200
    morning.move_to(time("2026-02-10T09:00"))
    assert sit().get(address).status_code == 404


def test_the_address_reads_and_does_nothing_else(world: World) -> None:
    actor = world.actor("asked.leader")
    _feed, secret = commands.make_feed(by=actor, random_bytes=world.random_bytes(), at=time("2026-02-06T09:00"))
    reader = actor_of_feed(secret, at=time("2026-02-06T09:00"))
    assert reader is not None
    assert reader.permissions == {"matter:read"}
    assert reader.organisation == actor.organisation
    assert feed_of(actor) is not None


def test_who_stands_in_for_somebody_makes_no_address_for_the_post(world: World, sit: Sit) -> None:
    absent, substitute = world.actor("asked.case_officer").post, world.actor("asked.liaison").post
    Substitution.objects.create(
        post=absent,
        substitute=substitute,
        reason="leave",
        held_from=date(2026, 2, 1),
        held_until=date(2026, 3, 1),
        arranged_by=absent.person,
        arranged_at=time("2026-01-30T09:00"),
    )
    desk = sit("asked.liaison")
    desk.post("/post/", {"post": str(absent.id)})
    response = desk.post(FEED, {"do": "make"})
    assert response.status_code == 403
    assert missing(response, ["access.not_own_post"]) == []
    assert not Feed.objects.exists()


def test_who_reads_no_matters_has_no_address(world: World, sit: Sit) -> None:
    assert world.places
    assert sit("asked.administrator").post(FEED, {"do": "make"}).status_code == 403
    assert not Feed.objects.exists()
