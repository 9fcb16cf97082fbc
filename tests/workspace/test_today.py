"""Today: everything stands where it belongs and says why, leads to its list, and can be taken from here."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.desk.reminding import remind
from concord.casework.models import Audience
from tests.support.worlds import World, speaking_as, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

TODAY = "/"


def part(desk: Desk, name: str) -> str:
    """One card of the page."""
    page = text_of(desk.get(TODAY))
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def test_what_comes_in_belongs_to_nobody_until_somebody_takes_it(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit("asked.case_officer")
    assert matter.number in part(desk, "unclaimed")
    assert "轮到本机关，尚无人承办" in part(desk, "unclaimed")
    assert matter.number not in part(desk, "mine")
    response = desk.post(f"/matters/{matter.number}/handler/", {"handler": "me", "next": TODAY})
    assert (response.status_code, response.headers["Location"]) == (302, TODAY)
    assert matter.number in part(desk, "mine")
    assert "由您承办" in part(desk, "mine")
    assert matter.number not in part(desk, "unclaimed")
    assert matter.number not in part(sit("asked.liaison"), "mine")


def test_who_assigns_hands_it_to_a_colleague_from_here(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    leader, officer = sit("asked.leader"), world.actor("asked.case_officer")
    assert f'value="{officer.post.id}">' in part(leader, "unclaimed")
    assert f'value="{officer.post.id}">' not in part(sit("asked.case_officer"), "unclaimed")
    leader.post(f"/matters/{matter.number}/handler/", {"handler": str(officer.post.id), "next": TODAY})
    assert matter.number in part(sit("asked.case_officer"), "mine")
    row = Audience.objects.get(matter=matter, scope_id=officer.scope_id)
    assert row.handler_id == officer.post.id


def test_a_leader_sees_what_waits_for_a_signature_and_an_officer_does_not(world: World, sit: Sit) -> None:
    matter = world.matter_in("submitted")
    signing = part(sit("asking.leader"), "signing")
    assert matter.number in signing
    assert "您的岗位可以签发：签发" in signing
    assert matter.number not in part(sit("asking.case_officer"), "signing")
    assert matter.number not in text_of(sit("asked.leader").get(TODAY))


def test_what_waits_for_others_says_for_how_long(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    waiting = part(sit("asking.case_officer"), "waiting")
    assert matter.number in waiting
    assert "已等待 0 个工作日" in waiting


@pytest.mark.parametrize(("after", "said"), [(0, "今天到期"), (3, "已超期")])
def test_what_is_due_or_late_is_counted_and_named_with_its_article(
    after: int, said: str, world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = world.matter_in("delivered")
    row = Audience.objects.get(matter=matter, scope_id=world.actor("asked.leader").scope_id)
    assert "本周没有到期的事项" in part(sit("asked.leader"), "soon")
    morning.move_to(time(f"{row.late_after + timedelta(days=after)}T09:00"))
    page = text_of(sit("asked.leader").get(TODAY))
    soon = page.partition('aria-labelledby="soon"')[2].partition("</section>")[0]
    assert said in soon
    assert f'datetime="{row.late_after}"' in soon
    assert 'class="tag tag-law"' in soon
    assert page.partition(f'">{said}</span>')[0].rpartition('figure-value">')[2].startswith("1<")


def test_who_was_reminded_sees_by_whom_until_the_answer_is_out(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = world.matter_in("delivered")
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    sit("asking.case_officer").fill(f"/matters/{matter.number}/remind/", text="请在周四前签收")
    said = (
        f"{world.places['asking'].zh}{world.person('asking.case_officer').zh}于2026年2月9日 10:00催办：请在周四前签收"
    )
    desk = sit("asked.case_officer")
    assert said in part(desk, "unclaimed")
    assert said not in part(desk, "asked")
    assert said not in text_of(sit("asking.case_officer").get(TODAY))
    assert said not in text_of(sit("third.case_officer").get(TODAY))
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-09T11:00")
    assert said not in text_of(desk.get(TODAY))


def test_a_reminder_of_what_a_colleague_handles_is_shown_to_who_assigns_alone(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = world.matter_in("delivered")
    sit("asked.case_officer").post(f"/matters/{matter.number}/handler/", {"handler": "me"})
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    sit("asking.case_officer").fill(f"/matters/{matter.number}/remind/", text="请回电")
    assert "请回电" in part(sit("asked.case_officer"), "mine")
    assert "请回电" in part(sit("asked.leader"), "asked")
    assert "请回电" not in text_of(sit("asked.clerk").get(TODAY))


def test_an_offered_date_waits_on_today_of_who_may_answer_it(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = world.matter_in("delivered")
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    form = f"/matters/{matter.number}/clocks/receipt/date/"
    assert sit("asked.case_officer").fill(form, date="2026-02-12", reason="经办人出差").status_code == 302
    desk = sit("asking.case_officer")
    asked = part(desk, "asked")
    assert "商请改期，待答复" in asked
    assert "2026年2月12日" in asked
    answer = asked.partition('btn-primary" href="')[2].partition('"')[0]
    assert answer.startswith(f"/matters/{matter.number}/dates/")
    assert answer not in text_of(sit("asked.case_officer").get(TODAY))
    assert answer not in text_of(sit("asking.clerk").get(TODAY))
    assert desk.fill(answer, decision="take").status_code == 302
    assert "商请改期" not in part(desk, "asked")


def test_today_costs_the_same_however_many_ask(world: World, sit: Sit, morning: time_machine.Traveller) -> None:
    """Half of what came in is handled by a colleague, so that the reminders of it stand by themselves."""
    asking = world.actor("asking.case_officer")
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    leader = sit("asked.leader")

    def ask(many: int) -> int:
        for n in range(many):
            matter = world.matter_in("delivered", case_ref=f"第{n}件")
            if n % 2:
                leader.post(
                    f"/matters/{matter.number}/handler/", {"handler": world.actor("asked.case_officer").post.pk}
                )
            with speaking_as(asking):
                remind(matter=matter.uid, text="请回电", by=asking, at=time("2026-02-09T10:00"))
        with CaptureQueriesContext(connection) as queries:
            assert "请回电" in part(leader, "asked")
        return len(queries)

    assert ask(2) == ask(8)


def test_who_stands_in_is_told_so_and_changes_posts_from_here(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    absent, standing = world.actor("asked.case_officer").post, world.actor("asked.leader").post
    leave = {
        "reason": "leave",
        "post": absent.pk,
        "first": "2026-02-09",
        "last": "2026-02-13",
        "substitute": standing.pk,
    }
    assert sit("asked.case_officer").post("/leave/", leave).status_code == 302
    desk = sit("asked.leader")
    assert "您正在代理" not in text_of(desk.get(TODAY))
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    said = f"您正在代理{absent.person.zh}，至2026年2月13日（周五）。"
    desk = sit("asked.leader")
    assert missing(desk.get(TODAY), [said, "以该岗位办理", f'value="{absent.pk}"']) == []
    desk.post("/post/", {"post": str(absent.pk), "next": TODAY})
    assert missing(desk.get(TODAY), [said, "换回本人岗位", f'value="{standing.pk}"']) == []
    assert "您正在代理" not in text_of(sit("asked.case_officer").get(TODAY))


def test_every_figure_leads_to_a_list_of_as_many(world: World, sit: Sit) -> None:
    for n in range(3):
        world.matter_in("delivered", case_ref=f"第{n}件")
    desk = sit("asked.liaison")
    page = text_of(desk.get(TODAY))
    cards = page.partition('class="figures"')[2].partition('class="columns"')[0].split("<a ")[1:]
    assert len(cards) == 6
    for card in cards:
        address = card.partition('href="')[2].partition('"')[0].replace("&amp;", "&")
        value = card.partition('figure-value">')[2].partition("<")[0]
        listed = text_of(desk.get(address)).partition("<tbody>")[2].count("<tr>")
        assert listed == int(value), card


@pytest.mark.parametrize("person", ["asking.case_officer", "centre.secondee"])
def test_the_map_shows_who_asks_whom_and_leads_to_those_matters(person: str, world: World, sit: Sit) -> None:
    one = world.matter_in("delivered")
    other = world.matter_in("delivered", asked="third") if person.startswith("asking") else None
    if person.startswith("centre"):
        assert "各地往来" not in text_of(sit(person).get(TODAY))
        return
    desk = sit(person)
    between = part(desk, "between")
    asking, asked = world.places["asking"], world.places["asked"]
    assert f"{asking.zh} → {asked.zh}：未结 1 件，超期 0 件" in between
    assert between.count('<path class="map-stroke"') == 2
    listed = text_of(desk.get("/matters/", {"from": asking.code, "to": asked.code, "open": "1"}))
    assert one.number in listed
    assert other is not None
    assert other.number not in listed


def test_nobody_is_shown_the_traffic_of_others(world: World, sit: Sit) -> None:
    world.matter_in("delivered")
    assert "各地往来" not in text_of(sit("third.leader").get(TODAY))


def test_today_can_be_printed_with_organisation_and_date(world: World, sit: Sit) -> None:
    page = sit("asking.leader").get(TODAY)
    assert missing(page, ["data-print", "print-head", world.places["asking"].zh, "2026年2月6日（周五）"]) == []
