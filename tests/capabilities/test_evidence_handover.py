"""A handover: rows, custody and audience follow the acts, and nothing is handed over twice or by another."""

from __future__ import annotations

from typing import Any

import pytest

from concord.capabilities.evidence.models import Custody, Handover, Item, ItemAudience, Presentation
from concord.capabilities.evidence.queries import item_for, visible_to
from concord.casework.models import Matter, Paper
from concord.foundation.journal.models import Entry
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from concord.rules.evidence.custody import Move, gaps, holder
from tests.support.evidence_items import drafted, handed_over, received, sealed_item
from tests.support.worlds import World, everything, speaking_as

pytestmark = pytest.mark.django_db


def sees(world: World, place: str, item: Item) -> bool:
    actor = world.actor(f"{place}.leader")
    with speaking_as(actor):
        return visible_to(actor).filter(pk=item.pk).exists()


def moves_of(item: Item) -> list[Move]:
    rows = Custody.objects.filter(item=item).select_related("organisation", "counterparty").order_by("seq")
    return [
        Move(
            seq=row.seq,
            act=row.act,
            at=row.at,
            organisation=row.organisation.code,
            place=row.place,
            counterparty=row.counterparty.code if row.counterparty else None,
        )
        for row in rows
    ]


def custody(item: Item) -> list[tuple[str, str]]:
    rows = Custody.objects.filter(item=item).order_by("seq")
    return [(row.act, row.organisation.code) for row in rows.select_related("organisation")]


def test_a_draft_shows_the_items_to_nobody_and_the_signature_to_the_receiver(world: World) -> None:
    item = sealed_item(world)
    matter = drafted(world, [item])
    assert [sees(world, place, item) for place in ("asking", "asked", "third", "centre")] == [True, False, False, False]
    world.do(matter, "issue", by="asking.leader", at="2026-03-06T09:00")
    assert [sees(world, place, item) for place in ("asking", "asked", "third", "centre")] == [True, True, False, False]
    told = Presentation.objects.get(item=item)
    assert (told.matter, told.field, told.own) == (matter, "evidence", True)
    assert ItemAudience.objects.get(item=item, scope__organisation=world.places["asked"]).granted_by == matter


def test_custody_changes_hands_when_the_item_is_received(world: World) -> None:
    item = sealed_item(world)
    matter = handed_over(world, [item])
    giver, receiver = world.places["asking"], world.places["asked"]
    item.refresh_from_db()
    assert item.holder == giver
    world.do(matter, "receive", by="asked.case_officer", at="2026-03-09T09:00", received_date="2026-03-09")
    item.refresh_from_db()
    assert (item.holder, item.organisation) == (receiver, giver)
    assert custody(item)[2:] == [("hand_over", giver.code), ("receive", receiver.code)]
    assert holder(moves_of(item)) == receiver.code
    handover = Handover.objects.get(item=item)
    assert (handover.giver, handover.receiver, handover.given_act.act) == (giver, receiver, "issue")
    assert handover.received_act is not None
    assert (handover.received_act.act, handover.received, handover.digests_agree) == ("receive", None, None)
    events = Entry.objects.filter(subject=item.number).values_list("event", flat=True)
    assert {"evidence.hand_over", "evidence.receive", "evidence.presume"} <= set(events)


def test_what_is_declined_stays_with_the_giver_and_may_be_handed_over_again(world: World) -> None:
    item = sealed_item(world)
    matter = handed_over(world, [item])
    world.do(
        matter,
        "decline_receipt",
        by="asked.leader",
        at="2026-03-09T09:00",
        decline_ground="incomplete",
        note="缺第三页",
    )
    item.refresh_from_db()
    assert item.holder == world.places["asking"]
    assert custody(item)[2:] == [("hand_over", item.holder.code), ("decline", world.places["asked"].code)]
    received(world, [item], receiver="third")
    item.refresh_from_db()
    assert item.holder == world.places["third"]


def test_an_item_is_on_its_way_to_one_receiver_at_most(world: World) -> None:
    item = sealed_item(world)
    first, second = drafted(world, [item]), drafted(world, [item], receiver="third")
    world.do(first, "issue", by="asking.leader", at="2026-03-06T09:00")
    before = everything()
    with pytest.raises(Conflict) as refused:
        world.do(second, "issue", by="asking.leader", at="2026-03-06T10:00")
    assert refused.value.code == "evidence.under_way"
    assert everything() == before


def test_a_thing_is_handed_over_by_its_holder_and_a_copy_by_the_collector(world: World) -> None:
    thing, pages = sealed_item(world, kind="sample", title="样品"), sealed_item(world, title="台账")
    received(world, [thing, pages])
    matter = drafted(world, [thing], receiver="third")
    with pytest.raises(NotAllowed) as refused:
        world.do(matter, "issue", by="asking.leader", at="2026-03-10T09:00")
    assert refused.value.code == "evidence.not_holder"
    copied = drafted(world, [pages], receiver="third")
    world.do(copied, "issue", by="asking.leader", at="2026-03-10T09:00")
    world.do(copied, "receive", by="third.case_officer", at="2026-03-11T09:00", received_date="2026-03-11")
    pages.refresh_from_db()
    assert pages.holder == world.places["asked"]
    assert [act for act, _ in custody(pages)] == ["collect", "seal", "hand_over", "receive"]
    assert not gaps(moves_of(pages))


@pytest.mark.parametrize("state", [Item.State.COLLECTING, Item.State.SEALING, Item.State.DISPOSED, Item.State.ERASED])
def test_only_what_is_sealed_is_named(world: World, state: Item.State) -> None:
    item = sealed_item(world)
    Item.objects.filter(pk=item.pk).update(state=state)
    with pytest.raises(InvalidInput) as refused:
        drafted(world, [item])
    assert [problem.field for problem in refused.value.problems] == ["evidence.0"]


def test_what_was_disposed_of_after_the_draft_is_not_handed_over(world: World) -> None:
    item = sealed_item(world)
    matter = drafted(world, [item])
    Item.objects.filter(pk=item.pk).update(state=Item.State.DISPOSED)
    with pytest.raises(Conflict) as refused:
        world.do(matter, "issue", by="asking.leader", at="2026-03-06T09:00")
    assert refused.value.code == "evidence.state"


def test_an_item_that_is_not_shown_cannot_be_named(world: World) -> None:
    item = sealed_item(world, by="third.case_officer")
    with pytest.raises(InvalidInput) as refused:
        drafted(world, [item])
    assert refused.value.code == "casework.unknown_reference"
    actor = world.actor("asking.leader")
    with speaking_as(actor), pytest.raises(NotFound):
        item_for(number=item.number, by=actor)


def test_only_the_collector_consents_and_once(world: World) -> None:
    item = sealed_item(world, handling="ask_before_use")
    matter = received(world, [item], handling="ask_before_use")
    wider: dict[str, Any] = {"wider_items": [item.number], "wider_use": "onward", "note": "同意"}
    world.do(matter, "consent", by="asking.leader", at="2026-03-10T09:00", **wider)
    world.do(matter, "consent", by="asking.leader", at="2026-03-10T10:00", **wider)
    assert list(item.consents.values_list("organisation__code", "use")) == [(world.places["asked"].code, "onward")]


def test_an_onward_receiver_may_not_widen_the_use(world: World) -> None:
    item = sealed_item(world, handling="ask_before_use")
    matter = received(world, [item], handling="ask_before_use")
    for use in ("onward", "other_case"):
        wider: dict[str, Any] = {"wider_items": [item.number], "wider_use": use, "note": "同意"}
        world.do(matter, "consent", by="asking.leader", at="2026-03-10T09:00", **wider)
    onward = drafted(world, [item], giver="asked", receiver="third", handling="ask_before_use")
    world.do(onward, "issue", by="asked.leader", at="2026-03-11T09:00")
    world.do(onward, "receive", by="third.case_officer", at="2026-03-12T09:00", received_date="2026-03-12")
    assert sees(world, "third", item)
    with pytest.raises(NotAllowed) as refused:
        world.do(
            onward,
            "consent",
            by="asked.leader",
            at="2026-03-13T09:00",
            wider_items=[item.number],
            wider_use="onward",
            note="同意",
        )
    assert refused.value.code == "evidence.not_ours"


def test_what_may_not_go_on_is_refused_and_the_refusal_is_on_record(world: World) -> None:
    item = sealed_item(world, handling="no_onward")
    received(world, [item], handling="no_onward")
    onward = drafted(world, [item], giver="asked", receiver="third", handling="no_onward")
    with pytest.raises(NotAllowed) as refused:
        world.do(onward, "issue", by="asked.leader", at="2026-03-11T09:00")
    assert refused.value.code == "evidence.use_not_allowed"
    assert not sees(world, "third", item)
    kept = Entry.objects.get(event="evidence.use_refused")
    assert (kept.subject, kept.organisation, kept.person) == (
        item.number,
        world.places["asked"],
        world.person("asked.leader"),
    )
    assert kept.details["act"] == "issue"


def answered_with(world: World, item: Item) -> Matter:
    """A request for assistance whose answer, submitted and not yet signed, names the item."""
    matter = world.matter_in("accepted", handling=item.handling)
    answers: dict[str, Any] = {"answers": ["属实", "三十件"], "evidence": [item.number]}
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", **answers)
    return matter


def test_an_answer_shows_its_items_once_it_is_signed(world: World) -> None:
    item = sealed_item(world, by="asked.case_officer")
    matter = answered_with(world, item)
    assert not sees(world, "asking", item)
    world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")
    assert sees(world, "asking", item)
    told = Presentation.objects.get(item=item)
    assert (told.matter, told.organisation, told.act.act) == (matter, world.places["asked"], "answer")
    letter = Paper.objects.get(kind="reply_letter").letter
    assert [line.split("|")[0] for line in letter["facts"]["evidence"]] == [item.number]


@pytest.mark.parametrize("consented", [False, True])
def test_who_joins_by_anothers_act_sees_only_what_may_go_on(world: World, consented: bool) -> None:  # noqa: FBT001  parametrised
    item = sealed_item(world, kind="sample")
    given = received(world, [item])
    if consented:
        wider: dict[str, Any] = {"wider_items": [item.number], "wider_use": "onward", "note": "同意"}
        world.do(given, "consent", by="asking.leader", at="2026-03-10T09:00", **wider)
    back = received(world, [item], giver="asked", receiver="asking")
    item.refresh_from_db()
    assert item.holder == world.places["asking"]
    world.do(back, "escalate", by="asked.leader", at="2026-03-12T09:00", note="请协调")
    assert sees(world, "centre", item) is consented
    assert Entry.objects.filter(event="evidence.withhold", subject=item.number).exists() is not consented


def test_who_joins_by_the_collectors_act_sees_what_was_told_before(world: World) -> None:
    item = sealed_item(world)
    matter = received(world, [item])
    world.do(matter, "escalate", by="asking.leader", at="2026-03-10T09:00", note="请协调")
    assert sees(world, "centre", item)
