"""What a city thinks of an item: presumed by rule alone, recognised, objected to; one opinion stands at a time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.capabilities.evidence import recognition
from concord.capabilities.evidence.models import Handover, Item, Recognition
from concord.capabilities.evidence.opinions import grid, opinions_of, precedents
from concord.casework.models import Matter, Paper
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import Conflict, InvalidInput, NotAllowed
from tests.support.evidence_items import received, sealed_item
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
ONE_OFFICER = ("case_officer",)


def standing(item: Item, city: Organisation) -> str | None:
    row = Recognition.objects.filter(item=item, organisation=city, current=True).first()
    return None if row is None else row.outcome


def decide(world: World, matter: Matter, items: list[Item], *, at: str = "2026-03-10T09:00", **said: Any) -> None:
    answers = {"recognition_basis": "decision", "recognition_reason": "经核对一致。", **said}
    world.do(matter, "recognise", by="asked.leader", at=at, recognised_items=[item.number for item in items], **answers)


def object_to(world: World, matter: Matter, item: Item, *, at: str = "2026-03-10T09:00") -> None:
    world.do(
        matter,
        "object",
        by="asked.leader",
        at=at,
        objected_items=[item.number],
        objection_ground="authenticity",
        objection_reason="来源不清。",
    )


def test_what_meets_the_requirements_is_presumed_on_receipt_and_nothing_else(world: World) -> None:
    whole, lacking = sealed_item(world), sealed_item(world, officers=ONE_OFFICER)
    received(world, [whole, lacking])
    city = world.places["asked"]
    assert (standing(whole, city), standing(lacking, city)) == ("presumed", None)
    row = Recognition.objects.get(item=whole)
    assert (row.kind, row.cause, len(row.charter)) == ("document", "trademark_infringement", 64)


def test_a_decision_needs_reasons_and_a_presumption_what_is_required(world: World) -> None:
    lacking = sealed_item(world, officers=ONE_OFFICER)
    matter = received(world, [lacking])
    with pytest.raises(Conflict) as presumed:
        decide(world, matter, [lacking], recognition_basis="presumption")
    assert presumed.value.code == "evidence.not_presumed"
    assert [problem.field for problem in presumed.value.problems] == ["recognised_items.0"]
    with pytest.raises(InvalidInput) as unreasoned:
        decide(world, matter, [lacking], recognition_reason="")
    assert unreasoned.value.code == "evidence.reason_missing"
    decide(world, matter, [lacking])
    assert standing(lacking, world.places["asked"]) == "recognised"
    row = Recognition.objects.get(item=lacking)
    assert row.findings
    assert row.reason == "经核对一致。"


def test_digests_that_differ_leave_no_presumption(world: World) -> None:
    item = sealed_item(world)
    matter = received(world, [item])
    Handover.objects.update(digests_agree=False)
    with pytest.raises(Conflict) as refused:
        decide(world, matter, [item], recognition_basis="presumption")
    assert [problem.code for problem in refused.value.problems] == ["digests_differ"]


def test_an_objection_takes_the_place_of_a_presumption_until_it_is_lifted(world: World) -> None:
    item = sealed_item(world)
    matter = received(world, [item])
    city = world.places["asked"]
    object_to(world, matter, item)
    assert standing(item, city) == "objected"
    world.do(matter, "lift_objection", by="asked.leader", at="2026-03-11T09:00", lifted_items=[item.number], note="是")
    assert standing(item, city) == "presumed"
    kept = Recognition.objects.filter(item=item).order_by("id").values_list("outcome", "current")
    assert list(kept) == [("presumed", False), ("objected", False), ("presumed", True)]
    with pytest.raises(Conflict) as refused:
        world.do(
            matter, "lift_objection", by="asked.leader", at="2026-03-12T09:00", lifted_items=[item.number], note="是"
        )
    assert refused.value.code == "evidence.no_objection"


def test_only_items_of_the_matter_are_judged_in_it(world: World) -> None:
    told, other = sealed_item(world), sealed_item(world, by="asked.case_officer")
    matter = received(world, [told])
    with pytest.raises(InvalidInput) as refused:
        decide(world, matter, [told, other])
    assert refused.value.code == "evidence.not_handed_over"
    assert [problem.field for problem in refused.value.problems] == ["recognised_items.1"]


def test_a_lead_is_no_evidence_without_consent(world: World) -> None:
    item = sealed_item(world, handling="lead_only")
    matter = received(world, [item], handling="lead_only")
    city = world.places["asked"]
    assert standing(item, city) is None
    with pytest.raises(NotAllowed) as refused:
        decide(world, matter, [item])
    assert refused.value.code == "evidence.use_not_allowed"
    assert Entry.objects.filter(event="evidence.use_refused", subject=item.number).count() == 1
    wider: dict[str, Any] = {"wider_items": [item.number], "wider_use": "as_evidence", "note": "同意"}
    world.do(matter, "consent", by="asking.leader", at="2026-03-11T09:00", **wider)
    decide(world, matter, [item], at="2026-03-12T09:00")
    assert standing(item, city) == "recognised"


def test_the_opinion_waits_for_every_item_and_tells_of_each(world: World) -> None:
    whole, lacking = sealed_item(world, title="台账"), sealed_item(world, title="笔录|一", officers=ONE_OFFICER)
    matter = received(world, [whole, lacking])
    with pytest.raises(Conflict) as refused:
        world.do(matter, "conclude", by="asked.leader", at="2026-03-11T09:00", note="办结")
    assert refused.value.code == "evidence.not_settled"
    object_to(world, matter, lacking)
    world.do(matter, "conclude", by="asked.leader", at="2026-03-11T09:00", note="办结")
    paper = Paper.objects.get(kind="recognition_letter")
    packages = [item.sealed.package[:16] for item in (whole, lacking) if item.sealed]
    assert paper.letter["facts"]["evidence"] == [
        f"{whole.number}|台账|书证|{packages[0]}|推定认可",
        f"{lacking.number}|笔录/一|书证|{packages[1]}|提出异议（真实性）",
    ]


def test_time_that_ends_without_an_objection_presumes_what_meets_the_requirements(world: World) -> None:
    whole, lacking = sealed_item(world), sealed_item(world, officers=ONE_OFFICER)
    received(world, [whole, lacking])
    Recognition.objects.update(current=False)
    assert recognition.lapse(time("2026-03-23T23:00")) == 0
    assert recognition.lapse(time("2026-03-24T00:20")) == 1
    city = world.places["asked"]
    assert (standing(whole, city), standing(lacking, city)) == ("lapsed", None)
    assert recognition.lapse(time("2026-03-25T00:20")) == 0
    kept = Entry.objects.get(event="evidence.lapse")
    assert (kept.subject, kept.organisation, kept.person) == (whole.number, city, None)


def test_what_another_city_thinks_keeps_no_time_from_ending(world: World) -> None:
    item = sealed_item(world)
    received(world, [item])
    received(world, [item], receiver="third")
    Recognition.objects.filter(organisation=world.places["asked"]).update(current=False)
    recognition.lapse_daily(payload={}, at=time("2026-03-24T00:20"))
    assert (standing(item, world.places["asked"]), standing(item, world.places["third"])) == ("lapsed", "presumed")


def test_the_grid_shows_each_city_and_costs_the_same_for_many(world: World) -> None:
    items = [sealed_item(world, title=f"台账{n}") for n in range(6)]
    matter = received(world, items[:5])
    object_to(world, matter, items[0])
    actor = world.actor("asking.leader")
    counts = []
    with speaking_as(actor):
        for wanted in (items[:1], items):
            with CaptureQueriesContext(connection) as queries:
                cells = grid(wanted, actor)
            counts.append(len(queries))
    assert counts[0] == counts[1]
    city = world.places["asked"]
    assert {item for item, _ in cells} == {item.id for item in items[:5]}
    assert {organisation for _, organisation in cells} == {city.id}
    assert [cells[item.id, city.id].outcome for item in items[:2]] == ["objected", "presumed"]


def test_opinions_tell_what_they_rest_on_and_reasons_only_to_those_in_the_matter(world: World) -> None:
    item = sealed_item(world, handling="ask_before_use")
    matter = received(world, [item], handling="ask_before_use")
    object_to(world, matter, item)
    other = received(world, [item], receiver="third", handling="ask_before_use")
    mine, third = world.actor("asking.leader"), world.actor("third.leader")
    with speaking_as(mine):
        told = opinions_of(item, mine)
        assert [(one.row.outcome, one.matter) for one in told] == [
            ("presumed", other),
            ("objected", matter),
            ("presumed", matter),
        ]
        assert all(one.position.zh for one in told)
        assert told[1].row.reason == "来源不清。"
    with speaking_as(third):
        seen = opinions_of(item, third)
        assert [(one.row.outcome, one.row.reason, one.matter) for one in seen] == [
            ("presumed", "", other),
            ("objected", "", None),
            ("presumed", "", None),
        ]
        assert [row.reason for row in precedents(by=third)] == [""]


def test_precedents_are_those_of_items_one_may_see(world: World) -> None:
    items = [sealed_item(world, title=f"台账{n}") for n in range(3)]
    matter = received(world, items)
    for item in items:
        object_to(world, matter, item)
    mine, stranger = world.actor("asking.leader"), world.actor("third.leader")
    with speaking_as(mine):
        found = precedents(ground="authenticity", by=mine, limit=2)
        assert [(row.item.title, row.reason) for row in found] == [("台账2", "来源不清。"), ("台账1", "来源不清。")]
        rest = precedents(ground="authenticity", by=mine, limit=2, before=found[-1].id)
        assert [row.item.title for row in rest] == ["台账0"]
        assert precedents(ground="form", by=mine) == []
        assert precedents(kind="sample", by=mine) == []
    with speaking_as(stranger):
        assert precedents(by=stranger) == []
        assert opinions_of(items[0], stranger) == []
        assert grid(items, stranger) == {}


def test_precedents_cost_the_same_for_many(world: World) -> None:
    items = [sealed_item(world, title=f"台账{n}") for n in range(4)]
    matter = received(world, items)
    actor = world.actor("asking.leader")
    counts = []
    for item in items:
        object_to(world, matter, item)
        with speaking_as(actor), CaptureQueriesContext(connection) as queries:
            precedents(by=actor)
        counts.append(len(queries))
    assert len(set(counts)) == 1
