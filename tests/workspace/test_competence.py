"""The page on competence: the facts of each kind of case, the proposal with its articles, and what cannot be right."""

from __future__ import annotations

import pytest
import time_machine

from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import form_of, missing, text_of

PAGE = "/competence/"


def test_each_kind_asks_for_its_own_facts(sit: Sit) -> None:
    desk = sit("asking.case_officer")
    own = {
        "other": ("违法行为发生地",),
        "platform_operator": ("当事人住所地",),
        "own_site": ("当事人住所地",),
        "in_platform_merchant": ("实际经营地", "平台住所地", "最先发现线索或者收到投诉举报的机关"),
        "live_room": ("实际经营地", "直播间运营者是否办理登记", "平台住所地"),
        "patent": ("侵权行为地", "被请求人住所地", "各地是否同一被请求人"),
    }
    for kind, labels in own.items():
        page = desk.get(PAGE, {"kind": kind})
        assert missing(page, [*labels, "线索来源", "提出建议"]) == [], kind
        assert ("案由" in text_of(page)) == (kind != "patent")


def test_an_unknown_kind_is_an_ordinary_case(sit: Sit) -> None:
    assert "违法行为发生地" in text_of(sit("asking.clerk").get(PAGE, {"kind": "shop"}))


def test_the_form_offers_ones_own_authority_as_the_holder_until_something_is_asked(world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    code = world.places["asking"].code
    assert form_of(desk.get(PAGE))["holder"] == [code]
    asked = form_of(desk.get(PAGE, {"kind": "other", "asked": "1"}))
    assert code not in asked.get("holder", [])


def test_the_proposal_stands_on_articles(world: World, sit: Sit, morning: time_machine.Traveller) -> None:
    place = {name: world.places[name].code for name in ("asking", "asked", "third")}
    morning.move_to(time("2026-11-20T09:30"))
    facts = {
        "kind": "in_platform_merchant",
        "asked": "1",
        "business_place": place["asked"],
        "platform_domicile": place["third"],
        "first_received": place["third"],
        "holder": place["asking"],
        "arrival": "report",
    }
    page = sit("asking.case_officer").get(PAGE, facts)
    said = [
        "平台内经营者实际经营地",
        "也可以管辖的机关",
        "没有转送的义务",
        "市场监督管理投诉举报处理办法第三十四条、第四十一条",
        "法定",
        "哪些事实会改变结论",
        "由谁办理尚不能确定",
    ]
    assert missing(page, said) == []
    assert form_of(page)["business_place"] == [place["asked"]]
    english = sit("asking.case_officer", language="en").get(PAGE, facts)
    assert missing(english, ["May act too", "there is no duty to forward", "Statutory"]) == []


def test_the_first_to_file_handles_it(world: World, sit: Sit) -> None:
    first, second = world.places["asking"].code, world.places["asked"].code
    desk = sit("asking.leader")
    facts = {"kind": "patent", "asked": "1", "same_party": "yes", "first_filed": second, "also_filed": first}
    page = desk.client.get(PAGE, {**facts, "violation_places": [first, second]})
    assert missing(page, [f"建议由{world.places['asked'].zh}办理", "撤销案件并移送线索"]) == []  # type: ignore[arg-type]  # the client's response is one


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"domicile": "110000"}, "没有代码为“110000”的机关"),
        ({"cause": "theft"}, "没有案由“theft”"),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field(sit: Sit, facts: dict[str, str], said: str) -> None:
    page = sit("asking.case_officer").get(PAGE, {"kind": "own_site", "asked": "1", **facts})
    assert page.status_code == 422
    assert missing(page, [said, "管辖条件有误"]) == []


def test_words_that_are_no_choice_are_left_out(sit: Sit) -> None:
    page = sit("asking.case_officer").get(PAGE, {"asked": "1", "arrival": "rumour", "same_party": "perhaps"})
    assert page.status_code == 200


def test_the_menu_leads_there(sit: Sit) -> None:
    assert 'href="/competence/"' in text_of(sit("asking.auditor").get("/directory/"))
