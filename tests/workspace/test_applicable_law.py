"""The matter page says which law applies, where the facts name a cause, and the letter cites it."""

from __future__ import annotations

from typing import Any

import time_machine

from concord.casework.letters import letter_of
from concord.casework.models import Matter, Paper
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

LEAD: dict[str, Any] = {
    "case_ref": "某商行涉嫌销售侵犯注册商标专用权商品线索",
    "lead_source": "report",
    "lead_found_date": "2026-12-22",
    "provider": "权利人代理人王某",
    "provider_contact": "021-5555 0000",
    "party": "某商行",
    "party_address": "某路1号",
    "cause": "trademark_infringement",
    "lead_content": "网店销售标注“某牌”商标的水杯，经权利人比对涉嫌侵权。",
    "competence_article": "place_of_violation",
    "transfer_reason": "违法行为发生地在你局辖区。",
    "handling": "no_onward",
}


def lead(world: World, **answers: Any) -> Matter:
    return world.begin(
        at="2027-02-01T10:00",
        procedure="lead",
        parties={"receiver": [world.places["asked"].code]},
        **{**LEAD, **answers},
    )


def test_old_substance_new_powers_and_what_may_be_milder(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = lead(world, act_ended_date="2026-12-20")
    morning.move_to(time("2027-02-03T09:30"))
    said = [
        "适用的法律",
        "《商标法》（2019年修正）第五十七条",
        "《商标法》（2026年修订）第七十六条",
        "《商标法》（2026年修订）第七十五条",
        "《行政处罚法》（2021年修订）第三十七条",
        "须比较新法是否处罚较轻",
        "法定",
    ]
    assert missing(sit("asking.case_officer").get(f"/matters/{matter.number}/"), said) == []
    english = sit("asking.case_officer", language="en").get(f"/matters/{matter.number}/")
    assert missing(english, ["Applicable law", "Statutory", "must ask whether it is milder"]) == []


def test_without_the_end_of_the_act_it_counts_as_continuing(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = lead(world)
    morning.move_to(time("2027-02-03T09:30"))
    page = sit("asking.case_officer").get(f"/matters/{matter.number}/")
    assert missing(page, ["《商标法》（2026年修订）第七十二条", "按仍在继续处理"]) == []


def test_a_matter_without_a_cause_shows_no_law(world: World, sit: Sit) -> None:
    matter = world.begin()
    assert "适用的法律" not in text_of(sit("asking.case_officer").get(f"/matters/{matter.number}/"))


def test_the_letter_holds_the_substantive_articles(world: World) -> None:
    matter = lead(world, act_ended_date="2026-12-20")
    world.do(matter, "submit", by="asking.case_officer", at="2027-02-01T11:00")
    world.do(matter, "issue", by="asking.leader", at="2027-02-02T09:00")
    letter = letter_of(Paper.objects.get(matter=matter))
    assert letter.law == ("《商标法》（2019年修正）第五十七条", "《商标法》（2019年修正）第六十条第二款")
    assert letter_of(_assistance(world)).law == ()


def _assistance(world: World) -> Paper:
    return Paper.objects.filter(matter=world.matter_in("delivered")).latest("id")
