"""The pre-check: before collection by kind and cause, afterwards by what the item has."""

from __future__ import annotations

from datetime import date

import pytest

from concord.capabilities.evidence.recognition import precheck, precheck_item, traits_of
from tests.support.evidence_items import sealed_item
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 5)
SUZHOU, WUHU = "320500", "340200"


def test_before_collection_each_city_says_what_it_will_want(world: World) -> None:  # noqa: ARG001  the charter is needed
    found = precheck(members=[SUZHOU, WUHU], cause="trademark_infringement", kinds=["onsite_record", "photo"], on=DAY)
    asked = {member: {kind: {one.id for one in wants} for kind, wants in of.items()} for member, of in found.items()}
    assert "suzhou_video" in asked[SUZHOU]["onsite_record"]
    assert "suzhou_video" not in asked[SUZHOU]["photo"] | asked[WUHU]["onsite_record"]
    assert all("two_officers" in kinds[kind] for kinds in asked.values() for kind in kinds)


def test_afterwards_only_what_the_item_lacks_is_told(world: World) -> None:
    record: dict[str, object] = {"party_signed": True, "read_back": True}
    lacking = sealed_item(world, kind="onsite_record", record=record, officers=("case_officer",))
    assert (traits_of(lacking).officers, traits_of(lacking).party_signed) == (1, True)
    assert {one.id for one in precheck_item(lacking, WUHU, DAY)} == {"two_officers"}
    assert {"two_officers", "suzhou_video"} <= {one.id for one in precheck_item(lacking, SUZHOU, DAY)}
    whole = sealed_item(world, kind="onsite_record", record={**record, "continuous_video": True})
    assert precheck_item(whole, WUHU, DAY) == ()
    assert {one.id for one in precheck_item(whole, SUZHOU, DAY)} == {"suzhou_hash"}
