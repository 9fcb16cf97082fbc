"""Who acts, who is told, and the receipts between the sides."""

from __future__ import annotations

from datetime import date

import pytest

from concord.casework.desk import receipts
from concord.casework.models import Act, Matter, Message
from concord.foundation.access.queries import actor_for
from concord.foundation.journal.models import Read
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import NotAllowed
from tests.support.worlds import REFUSAL, WORLDS, World, speaking_as, time

pytestmark = pytest.mark.django_db
NOON = time("2026-02-05T12:00")


def told(matter: Matter, kind: str) -> set[str]:
    rows = Notice.objects.filter(matter_uid=matter.uid, kind=f"assistance.{kind}")
    return set(rows.values_list("person__username", flat=True))


@pytest.mark.parametrize(
    ("held_from", "held_until", "in_post"),
    [
        (date(2026, 2, 5), None, True),
        (date(2026, 2, 6), None, False),
        (date(2025, 1, 1), date(2026, 2, 6), True),
        (date(2025, 1, 1), date(2026, 2, 5), False),
    ],
)
def test_a_post_acts_from_its_first_to_its_last_day(
    world: World,
    held_from: date,
    held_until: date | None,
    in_post: bool,  # noqa: FBT001  a column of the table
) -> None:
    stranger = world.person("stranger")
    assert actor_for(stranger, post_id=None, at=NOON) is None
    Post.objects.create(
        person=stranger,
        organisation=world.places["asking"],
        kind="leader",
        held_from=held_from,
        held_until=held_until,
    )
    actor = actor_for(stranger, post_id=None, at=NOON)
    assert (actor is not None) is in_post
    assert actor is None or actor.may("assistance:sign")


def test_a_term_ends_at_midnight_in_shanghai(world: World) -> None:
    leader = world.person("asking.leader")
    Post.objects.filter(person=leader).update(held_until=date(2026, 2, 6))
    assert actor_for(leader, post_id=None, at=time("2026-02-05T23:59")) is not None
    assert actor_for(leader, post_id=None, at=time("2026-02-06T00:00")) is None
    told_before = world.matter_in("submitted")
    assert told(told_before, "submit") == {"asking.leader"}


def test_nobody_is_told_after_the_end_of_the_term(world: World) -> None:
    Post.objects.filter(person=world.person("asked.leader")).update(held_until=date(2026, 2, 6))
    matter = world.matter_in("delivered")
    assert told(matter, "issue") == {"asking.case_officer", "asked.case_officer", "asked.liaison"}


def test_a_person_with_two_posts_acts_in_the_chosen_one(world: World) -> None:
    officer = world.person("asking.case_officer")
    second = Post.objects.create(
        person=officer, organisation=world.places["centre"], kind="secondee", held_from=date(2026, 1, 1)
    )
    chosen = actor_for(officer, post_id=second.pk, at=NOON)
    usual = actor_for(officer, post_id=None, at=NOON)
    assert chosen is not None
    assert usual is not None
    assert (chosen.organisation.zh, usual.organisation.zh) == ("协作中心", "松江")
    assert chosen.scope_id != usual.scope_id


def test_a_person_who_left_does_not_act(world: World) -> None:
    leader = world.person("asking.leader")
    leader.is_active = False
    leader.save()
    assert actor_for(leader, post_id=None, at=NOON) is None


@pytest.mark.parametrize("charter", WORLDS)
@pytest.mark.parametrize("day", [date(2019, 1, 1), date(2026, 2, 5), date(2030, 1, 1)])
def test_no_hired_or_contracted_post_holds_a_power(db: None, charter: str, day: date) -> None:  # noqa: ARG001  fixture
    WORLDS[charter]()
    rules = charter_on(day)
    powerless = {post.id for post in rules.posts if not post.powers}
    assert {"clerk", "service_provider"} <= powerless
    powers = {permission.id for permission in rules.permissions if permission.power}
    assert {"assistance:sign", "assistance:draft", "assistance:handle", "case:open"} <= powers
    for post in powerless:
        assert not rules.permissions_of(post) & powers, post
    for procedure in rules.procedures["assistance"]:
        assert {act.permission for act in procedure.acts} <= powers


def test_a_leader_demoted_to_clerk_cannot_sign(world: World) -> None:
    matter = world.matter_in("submitted")
    Post.objects.filter(person=world.person("asking.leader")).update(kind="clerk")
    with pytest.raises(NotAllowed, match=r"casework\.may_not"):
        world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")


def test_the_right_people_are_told(world: World) -> None:
    matter = world.matter_in("accepted")
    world.do(matter, "escalate", by="asking.leader", at="2026-02-10T09:00", note="请协调")
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", answers=["一", "二"])
    world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")
    assert told(matter, "draft") == set()
    assert told(matter, "submit") == {"asking.leader"}  # the one who may sign
    assert told(matter, "issue") == {"asking.case_officer", "asked.case_officer", "asked.leader", "asked.liaison"}
    assert told(matter, "accept") == {"asking.case_officer", "asking.leader"}  # those at work
    centre = {f"centre.{kind}" for kind in ("case_officer", "leader", "liaison", "secondee", "legal_officer", "clerk")}
    assert told(matter, "escalate") == {*centre, "centre.auditor", "asking.case_officer", "asked.case_officer"}
    assert told(matter, "submit_answer") == {"asked.leader"}
    assert told(matter, "answer") >= {"asking.case_officer", "asking.leader", "asked.case_officer"}
    places = {name.split(".")[0] for name in told(matter, "answer")}
    assert places == {"asking", "asked", "centre"}
    assert not Notice.objects.filter(organisation=world.places["third"]).exists()


def test_a_letter_sent_back_is_told_to_its_author(world: World) -> None:
    matter = world.matter_in("submitted")
    world.do(matter, "send_back", by="asking.leader", at="2026-02-05T12:00", note="请补充")
    assert told(matter, "send_back") == {"asking.case_officer"}
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T13:00")
    assert told(matter, "submit") == {"asking.leader"}


def test_a_notice_names_the_matter_and_nothing_of_what_was_said(world: World) -> None:
    matter = world.matter_in("refused")
    notice = Notice.objects.filter(kind="assistance.refuse").first()
    assert notice is not None
    assert matter.title in notice.zh
    assert "Jiaxing" in notice.en
    assert REFUSAL["note"] not in notice.zh + notice.en


def test_receipts(world: World) -> None:
    matter = world.matter_in("delivered")
    sent = Message.objects.get(matter=matter)
    assert (sent.sender, sent.receiver) == (world.places["asking"], world.places["asked"])
    assert sent.submitted_at == sent.delivered_at == time("2026-02-06T09:00")
    assert (sent.read_at, sent.answered_at) == (None, None)

    for by, at in (("asking.leader", "2026-02-06T10:00"), ("asked.clerk", "2026-02-06T11:00")):
        actor = world.actor(by)
        with speaking_as(actor):
            receipts.acknowledge(matter=matter, by=actor, at=time(at))
    sent.refresh_from_db()
    assert (sent.read_at, sent.read_by) == (time("2026-02-06T11:00"), world.person("asked.clerk"))
    later = world.actor("asked.leader")
    with speaking_as(later):
        receipts.acknowledge(matter=matter, by=later, at=time("2026-02-07T11:00"))
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-09T09:00")
    sent.refresh_from_db()
    assert (sent.read_at, sent.answered_at) == (time("2026-02-06T11:00"), time("2026-02-09T09:00"))
    world.do(matter, "offer_date", by="asked.liaison", at="2026-02-10T09:00", promised_date="2026-03-02", note="调取中")
    sent.refresh_from_db()
    assert sent.answered_at == time("2026-02-09T09:00")
    back = Message.objects.get(act__act="accept")
    assert (back.sender, back.receiver) == (world.places["asked"], world.places["asking"])


def test_an_act_reads_what_it_answers(world: World) -> None:
    matter = world.matter_in("accepted")
    issued = Message.objects.get(act__act="issue")
    assert (issued.read_at, issued.read_by) == (issued.answered_at, world.person("asked.case_officer"))
    assert Message.objects.filter(matter=matter).count() == 2


def test_internal_acts_send_nothing(world: World) -> None:
    matter = world.matter_in("submitted")
    assert not Message.objects.filter(matter=matter).exists()


def test_the_centre_receives_from_its_calling_in_on(world: World) -> None:
    matter = world.matter_in("delivered")
    world.do(matter, "escalate", by="asking.leader", at="2026-02-10T09:00", note="请协调")
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-10T10:00")
    received = Message.objects.filter(matter=matter, receiver=world.places["centre"])
    assert [message.act.act for message in received] == ["escalate", "accept"]


@pytest.mark.parametrize("by", ["third.leader", "centre.leader"])
def test_asking_for_a_hidden_matter_is_recorded_and_for_none_is_not(committed_world: World, by: str) -> None:
    world = committed_world
    matter = world.begin()
    actor = world.actor(by)
    with speaking_as(actor):
        receipts.note_refusal(uid=matter.uid, by=actor, at=NOON)
        receipts.note_refusal(uid=world.person("stranger").uid, by=actor, at=NOON)
    read = Read.objects.get()
    assert (read.person, read.subject, read.refused) == (actor.person, matter.number, True)


def test_an_act_names_person_post_and_organisation(world: World) -> None:
    matter = world.matter_in("delivered")
    act = Act.objects.get(matter=matter, act="issue")
    assert (act.person, act.post.kind, act.organisation) == (
        world.person("asking.leader"),
        "leader",
        world.places["asking"],
    )
