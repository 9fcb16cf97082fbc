"""Batch hand-over: leads become matters with one city or several, all or none, and nothing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from concord.casework.desk import batch
from concord.casework.desk.batch import Item, Way
from concord.casework.desk.bulk import Outcome
from concord.casework.models import Act, Case, Matter
from concord.foundation.database.scope import writing
from concord.rules.errors import InvalidInput, NotFound
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
TODAY = date(2026, 4, 20)
AT = "2026-04-20T10:00"
KNOWN: Mapping[str, Any] = {
    "source": "inspection",
    "found_date": date(2026, 4, 15),
    "party": "某某日用品商行",
    "party_address": "某路8号",
    "cause": "trademark_infringement",
    "content": "检查中发现标有近似商标的毛巾。",
}
SHARED: Mapping[str, Any] = {
    "competence_article": "place_of_violation",
    "transfer_reason": "违法行为发生地在贵地。",
    "handling": "case_only",
}
OFFICER = "asking.case_officer"


def leads(world: World, n: int, **changed: Any) -> list[Case]:
    """Leads of the asking organisation with everything that handing over asks of them."""
    made = [world.open_case(by=OFFICER, number=f"线索〔2026〕{k}号", stage="verification") for k in range(1, n + 1)]
    with writing():
        Case.objects.filter(id__in=[case.id for case in made]).update(**{**KNOWN, **changed})
    return list(Case.objects.filter(id__in=[case.id for case in made]).order_by("id"))


def way_of(world: World, name: str = "lead.draft", by: str = OFFICER) -> Way:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        return batch.way_named(name, by=actor, on=TODAY)


def items_of(world: World, way: Way, cases: Sequence[Case], *places: str) -> list[Item]:
    """Each case with each of the places."""
    return [
        Item(case, (world.places[place].code,), {**SHARED, **batch.offered_from(case, way.rule)})
        for case in cases
        for place in places
    ]


def begin(world: World, way: Way, items: Sequence[Item], *, by: str = OFFICER, **wanted: bool) -> dict[str, Outcome]:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        found = batch.begin_each(way=way, items=items, by=actor, at=time(AT), key="k", entropy=b"\1" * 32, **wanted)
    return {one.name: one for one in found}


def faults(world: World, way: Way, items: Sequence[Item]) -> dict[str, list[str]]:
    actor = world.actor(OFFICER, at=AT)
    with speaking_as(actor):
        found = batch.faults(way, items, by=actor, at=time(AT))
    return {name: [problem.field for problem in problems] for name, problems in found.items()}


def test_a_case_tells_what_handing_over_asks(world: World) -> None:
    (case,) = leads(world, 1, party_code="91330000000000000X")
    assert batch.offered_from(case, way_of(world).rule) == {
        "case_ref": "某某案（线索〔2026〕1号）",
        "lead_source": "inspection",
        "lead_found_date": "2026-04-15",
        "party": "某某日用品商行",
        "party_code": "91330000000000000X",
        "party_address": "某路8号",
        "cause": "trademark_infringement",
        "lead_content": "检查中发现标有近似商标的毛巾。",
    }


def test_a_filed_case_tells_its_number_and_its_right(world: World) -> None:
    (case,) = leads(world, 1, mark="某某牌", right_number="1234567", stage="filed")
    assert batch.offered_from(case, way_of(world, "case_transfer.draft").rule)["case_number"] == case.number
    told = batch.offered_from(case, way_of(world, "identification.draft").rule)
    assert told["right_concerned"] == "某某牌 1234567"


def test_ways_lead_out_of_a_case_to_one_other_side(world: World) -> None:
    actor = world.actor(OFFICER, at=AT)
    with speaking_as(actor):
        found = {way.id: way for way in batch.ways(actor, on=TODAY)}
    assert {"lead.draft", "assistance.draft"} <= set(found)
    assert not any(name.startswith(("operation.", "resolution.", "mediation.")) for name in found)
    lead = found["lead.draft"]
    assert [field.id for field in lead.shared] == [
        "act_ended_date",
        "competence_article",
        "transfer_reason",
        "handling",
    ]
    assert lead.submission is not None
    assert lead.submission.id == "submit"


@pytest.mark.parametrize("by", ["centre.secondee", "asking.clerk"])
def test_who_begins_nothing_has_no_way(world: World, by: str) -> None:
    with pytest.raises(NotFound, match=r"casework\.no_way"):
        way_of(world, by=by)


def test_cases_are_ones_own(world: World) -> None:
    cases = leads(world, 3)
    uids = [case.uid for case in reversed(cases)]
    own, other = world.actor(OFFICER), world.actor("asked.case_officer")
    with speaking_as(own):
        assert [case.uid for case in batch.cases_named(uids, by=own)] == uids
    with speaking_as(other), pytest.raises(NotFound, match=r"casework\.no_case"):
        batch.cases_named(uids, by=other)
    with speaking_as(own), pytest.raises(InvalidInput, match=r"casework\.too_many_rows"):
        batch.cases_named([UUID(int=n) for n in range(51)], by=own)


def test_twelve_leads_go_to_three_cities_in_one_go(world: World) -> None:
    cases, way = leads(world, 12), way_of(world)
    places = [place for place in ("asked", "third") for _ in range(6)]
    items = [item for case, place in zip(cases, places, strict=True) for item in items_of(world, way, [case], place)]
    items += items_of(world, way, cases[:2], "third")
    assert faults(world, way, items) == {}
    found = begin(world, way, items, submit=True)
    assert [one.error for one in found.values()] == [None] * 14
    assert set(Matter.objects.values_list("procedure", "state")) == {("lead", "submitted")}
    assert {matter.case for matter in Matter.objects.select_related("case")} == set(cases)
    assert Act.objects.filter(act="submit").count() == 14


def test_the_same_batch_again_begins_nothing_twice(world: World) -> None:
    cases, way = leads(world, 2), way_of(world)
    items = items_of(world, way, cases, "asked")
    first = begin(world, way, items, submit=True)
    before = everything()
    again = begin(world, way, items, submit=True)
    assert {name: one.matter for name, one in again.items()} == {name: one.matter for name, one in first.items()}
    assert everything() == before


def test_faults_are_told_before_anything_is_begun(world: World) -> None:
    (good,), way = leads(world, 1), way_of(world)
    bad = world.open_case(by=OFFICER, number="线索〔2026〕99号")
    ahead = items_of(world, way, [good], "asked")[0]
    items = [
        *items_of(world, way, [good], "third"),
        *items_of(world, way, [bad], "asked"),
        Item(good, (), ahead.answers),
        Item(good, ahead.codes, {**ahead.answers, "lead_found_date": "2026-05-01"}),
    ]
    assert faults(world, way, items) == {
        items[1].name: ["lead_source", "lead_found_date", "party", "party_address", "cause", "lead_content"],
        items[2].name: ["receiver"],
        items[3].name: ["lead_found_date"],
    }
    assert not Matter.objects.exists()


def test_one_bad_row_leaves_the_others_alone(world: World) -> None:
    cases, way = leads(world, 2), way_of(world)
    items = items_of(world, way, cases, "asked")
    items[0] = Item(items[0].case, items[0].codes, SHARED)
    found = begin(world, way, items, submit=True)
    assert [one.error.code if one.error else "" for one in found.values()] == ["answers.invalid", ""]
    assert Matter.objects.count() == 1


def test_together_one_bad_row_begins_none(world: World) -> None:
    cases, way = leads(world, 2), way_of(world)
    items = items_of(world, way, cases, "asked")
    items[1] = Item(items[1].case, items[1].codes, SHARED)
    found = begin(world, way, items, together=True)
    assert [one.error.code if one.error else "" for one in found.values()] == ["", "answers.invalid"]
    assert [one.matter for one in found.values()] == [None, None]
    assert not Matter.objects.exists()


def test_what_was_handed_over_before_is_known(world: World) -> None:
    cases, way = leads(world, 2), way_of(world)
    begin(world, way, items_of(world, way, cases[:1], "asked"))
    actor = world.actor(OFFICER)
    with speaking_as(actor):
        found = batch.begun_before(cases, way, by=actor)
    assert {case: [matter.target for matter in rows] for case, rows in found.items()} == {
        cases[0].id: [world.places["asked"]]
    }


def test_more_than_a_hundred_at_once_are_refused(world: World) -> None:
    (case,), way = leads(world, 1), way_of(world)
    items = [Item(case, (str(n),), {}) for n in range(101)]
    with pytest.raises(InvalidInput, match=r"casework\.too_many_rows"):
        begin(world, way, items)
