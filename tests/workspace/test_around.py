"""The cards beside a matter, their forms, the agenda: who is offered what, what is kept, what it costs."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.desk.escalating import escalate
from concord.casework.desk.linking import link
from concord.casework.models import ClockRun, DateOffer, Link, Matter, Rating, Reminder
from tests.support.worlds import World, speaking_as, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday(morning: time_machine.Traveller) -> time_machine.Traveller:
    """Ten o'clock on 9 February 2026."""
    morning.move_to(time("2026-02-09T10:00"), tick=False)
    return morning


def here(matter: Matter, rest: str = "") -> str:
    return f"/matters/{matter.number}/{rest}"


def test_a_reminder_is_sent_from_the_page_and_seen_by_both(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    asking, asked = sit("asking.case_officer"), sit("asked.case_officer")
    assert missing(asking.get(here(matter)), [here(matter, "remind/")]) == []
    response = asking.fill(here(matter, "remind/"), text="请在周四前签收")
    assert (response.status_code, response.headers["Location"]) == (302, here(matter))
    assert Reminder.objects.get().text == "请在周四前签收"
    assert missing(asking.get(here(matter)), ["请在周四前签收", "这个工作日已经催办过"]) == []
    assert missing(asked.get(here(matter)), ["请在周四前签收"]) == []
    again = asking.post(here(matter, "remind/"), {"text": ""})
    assert again.status_code == 409
    assert missing(again, ["casework.reminded_already"]) == []


def test_what_was_typed_is_kept_when_it_is_too_long(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    long = "急" * 501
    response = sit("asking.leader").fill(here(matter, "remind/"), text=long)
    assert response.status_code == 422
    assert missing(response, [long, "最多 500 字", "有 1 处需要更正"]) == []


def test_only_who_waits_is_offered_to_remind(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    for by in ("asked.case_officer", "asking.clerk"):
        assert here(matter, "remind/") not in text_of(sit(by).get(here(matter)))
    assert sit("asking.clerk").get(here(matter, "remind/")).status_code == 403
    assert sit("third.leader").get(here(matter, "remind/")).status_code == 404


def test_a_date_is_asked_for_and_taken(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    asked, asking = sit("asked.case_officer"), sit("asking.case_officer")
    form = here(matter, "clocks/receipt/date/")
    assert missing(asked.get(here(matter)), [form]) == []
    assert asked.fill(form, date="2026-02-12", reason="经办人出差").status_code == 302
    offer = DateOffer.objects.get()
    answer = here(matter, f"dates/{offer.pk}/")
    assert missing(asked.get(here(matter)), ["等待答复", "撤回商请", "经办人出差"]) == []
    assert missing(asking.get(here(matter)), ["同意", answer, "经办人出差"]) == []
    assert missing(asking.get(answer), ["答复商请", "经办人出差"]) == []
    assert asking.fill(answer, decision="take", text="同意").status_code == 302
    assert missing(asking.get(here(matter)), ["双方商定改期", "已同意", "2026年2月12日"]) == []
    assert ClockRun.objects.get(matter=matter, clock="receipt", running=True).legal_due == date(2026, 2, 12)


def test_a_date_is_declined_with_words_or_taken_back(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    asked, asking = sit("asked.case_officer"), sit("asking.case_officer")
    for day in ("2026-02-12", "2026-02-13"):
        asked.fill(here(matter, "clocks/receipt/date/"), date=day, reason="出差")
    first = DateOffer.objects.get()
    long = asking.post(here(matter, f"dates/{first.pk}/"), {"decision": "decline", "text": "长" * 501})
    assert long.status_code == 422
    assert missing(long, ["长" * 501]) == []
    asking.post(here(matter, f"dates/{first.pk}/"), {"decision": "decline", "text": "开庭在即"})
    assert missing(asked.get(here(matter)), ["未同意", "开庭在即"]) == []
    asked.fill(here(matter, "clocks/receipt/date/"), date="2026-02-13", reason="出差")
    second = DateOffer.objects.latest("id")
    assert asked.post(here(matter, f"dates/{second.pk}/"), {"decision": "withdraw"}).status_code == 302
    assert missing(asked.get(here(matter)), ["已撤回"]) == []
    assert asking.get(here(matter, f"dates/{second.pk}/")).status_code == 302
    assert asking.post(here(matter, f"dates/{second.pk}/"), {"decision": "take"}).status_code == 409


def test_a_bad_date_is_told_at_its_field_and_kept(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    response = sit("asked.case_officer").fill(here(matter, "clocks/receipt/date/"), date="2026-02-17", reason="出差")
    assert response.status_code == 422
    assert missing(response, ["这一天不上班", 'value="2026-02-17"', "出差", "f-date-problem"]) == []


def test_the_law_is_named_where_a_date_cannot_be_agreed(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit("asked.case_officer")
    assert here(matter, "clocks/reply/date/") not in text_of(desk.get(here(matter)))
    response = desk.post(here(matter, "clocks/reply/date/"), {"date": "2026-03-12", "reason": "忙"})
    assert response.status_code == 403
    assert missing(response, ["第四十五条", "casework.clock_is_law"]) == []
    assert desk.get(here(matter, "clocks/nonsense/date/")).status_code == 404


def test_the_ladder_and_the_agenda(world: World, sit: Sit, monday: time_machine.Traveller) -> None:
    matter = world.matter_in("accepted")
    assert missing(sit("asking.leader").get(here(matter)), ["升级督办", "下一级：2026年3月6日（周五）"]) == []
    for moment in ("2026-03-06T08:00", "2026-03-10T08:00", "2026-03-19T08:00"):
        monday.move_to(time(moment), tick=False)
        escalate(payload={}, at=time(moment))
    centre = sit("centre.secondee")
    shown = centre.get(here(matter))
    assert missing(shown, ["已于2026年3月10日（周二）提请", "协作中心·执法协作组", "协助机关·负责人"]) == []
    page = centre.get("/agenda/")
    assert missing(page, [matter.number, "已超期 10 个工作日", "2026年3月19日（周四）", "第四十五条"]) == []
    assert missing(centre.get("/"), ["/agenda/"]) == []
    assert sit("asking.case_officer").get("/agenda/").status_code == 403
    assert matter.number not in text_of(sit("third.leader").get("/agenda/"))
    assert centre.get("/agenda/", {"after": "x"}).status_code == 422


@pytest.mark.slow
def test_the_agenda_costs_the_same_with_3_and_with_30_matters(
    world: World, sit: Sit, monday: time_machine.Traveller
) -> None:
    costs = []
    for names in (range(3), range(3, 30)):
        for n in names:
            world.matter_in("accepted", case_ref=f"第{n}件")
        monday.move_to(time("2026-03-19T08:00"), tick=False)
        escalate(payload={}, at=time("2026-03-19T08:00"))
        desk = sit("centre.leader")
        desk.get("/agenda/")
        with CaptureQueriesContext(connection) as cost:
            page = desk.get("/agenda/")
        costs.append(len(cost))
    assert text_of(page).count('class="row-title"') == 25
    assert missing(page, ["?after="]) == []
    assert costs[0] == costs[1] <= 16


def test_the_sides_rate_one_another_and_see_it_together(world: World, sit: Sit) -> None:
    matter = world.matter_in("closed")
    asking, asked = sit("asking.leader"), sit("asked.leader")
    code = {place: world.places[place].code for place in ("asking", "asked")}
    form = here(matter, f"rate/{code['asked']}/")
    assert missing(asking.get(here(matter)), ["互评", form]) == []
    bad = asking.fill(form, timeliness="", effort="9", comment="三次催办")
    assert bad.status_code == 422
    assert missing(bad, ["请选 1 至 5 分", "三次催办"]) == []
    assert asking.fill(form, timeliness="2", effort="4", comment="三次催办才回复").status_code == 302
    own, other = text_of(asking.get(here(matter))), text_of(asked.get(here(matter)))
    assert "三次催办才回复" in own
    assert "负面" in own
    assert "三次催办才回复" not in other
    assert "负面" not in other
    assert asked.fill(here(matter, f"rate/{code['asking']}/"), timeliness="5", effort="5").status_code == 302
    assert missing(asked.get(here(matter)), ["三次催办才回复", "负面"]) == []
    assert Rating.objects.filter(opened=True).count() == 2
    assert sit("asking.case_officer").fill(form, timeliness="5", effort="5").status_code == 409


def test_no_rating_is_offered_before_the_end(world: World, sit: Sit) -> None:
    matter = world.matter_in("answered")
    assert "互评" not in text_of(sit("asking.leader").get(here(matter)))


def test_matters_are_linked_and_the_link_undone(world: World, sit: Sit) -> None:
    first, second = world.matter_in("delivered"), world.matter_in("delivered", case_ref="另案")
    desk = sit("asking.case_officer")
    bad = desk.fill(here(first, "links/"), other="G60-2026-09999", kind="")
    assert bad.status_code == 422
    assert missing(bad, ["没有找到这个编号的事项", "请选择关联的种类", "G60-2026-09999"]) == []
    assert desk.fill(here(first, "links/"), other=second.number, kind="same_party").status_code == 302
    made = Link.objects.get()
    undo = here(first, f"links/{made.pk}/undo/")
    assert missing(desk.get(here(first)), [second.number, "同一当事人", undo]) == []
    other = sit("asked.leader")
    assert missing(other.get(here(first)), [second.number]) == []
    assert undo not in text_of(other.get(here(first)))
    assert other.post(undo).status_code == 403
    assert desk.get(undo).status_code == 302
    assert desk.post(undo).status_code == 302
    assert second.number not in text_of(desk.get(here(first)))


def test_a_link_to_what_is_hidden_shows_neither_row_nor_count(world: World, sit: Sit) -> None:
    first, own = world.matter_in("delivered"), world.begin(asked="third", case_ref="另案")
    actor = world.actor("asking.leader")
    with speaking_as(actor):
        link(matter=first.uid, other=own.number, kind="related", by=actor, at=time("2026-02-09T10:00"))
    page = text_of(sit("asked.leader").get(here(first)))
    assert own.number not in page
    assert '<span class="count">1</span></h2></div>\n  <ul class="plain-list">' not in page.split('id="links"')[1]


def test_what_stands_beside_a_matter_costs_the_same_however_much_it_is(world: World, sit: Sit) -> None:
    matter = world.matter_in("closed")
    actor = world.actor("asking.leader")
    desk = sit("asking.leader")
    costs = []
    for count in (1, 12):
        for n in range(count):
            other = world.begin(case_ref=f"另案{count}-{n}")
            with speaking_as(actor):
                link(matter=matter.uid, other=other.number, kind="related", by=actor, at=time("2026-02-09T10:00"))
            Reminder.objects.create(
                matter=matter,
                sender=actor.organisation,
                receiver=world.places["asked"],
                person=actor.person,
                at=time("2026-02-09T10:00"),
            )
        desk.get(here(matter))
        with CaptureQueriesContext(connection) as cost:
            desk.get(here(matter))
        costs.append(len(cost))
    assert costs[0] == costs[1]


@pytest.mark.parametrize(
    "rest", ["remind/", "clocks/receipt/date/", "dates/1/", "rate/330700/", "links/", "links/1/undo/"]
)
def test_a_hidden_matter_is_not_found_and_a_reader_may_not_speak(rest: str, world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    assert sit("third.leader").get(here(matter, rest)).status_code == 404
    assert sit("third.leader").post(here(matter, rest)).status_code == 404
    assert sit("asking.auditor").get(here(matter, rest)).status_code == 403
    assert sit().get(here(matter, rest)).status_code == 302


def test_today_names_what_waits_to_be_rated(world: World, sit: Sit) -> None:
    matter = world.matter_in("closed", case_ref="待评的案件")
    desk = sit("asking.leader")
    assert missing(desk.get("/"), ["待互评", here(matter)]) == []
    desk.fill(here(matter, f"rate/{world.places['asked'].code}/"), timeliness="5", effort="5")
    assert "待互评" not in text_of(desk.get("/"))
    assert "待互评" not in text_of(sit("asking.clerk").get("/"))
