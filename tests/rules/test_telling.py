"""Rules of procedures in words: how long, from when, on which condition, to whom."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from concord.rules.errors import Said
from concord.rules.procedure import Act, ClockRule, ExcludedTime, Field, FieldType, PaperRule, Procedure, telling
from tests.support.toy_charter import toy_charter

ROLES = {"asking": Said("委托方", "Asking side"), "asked": Said("受托方", "Asked side")}


def errand(**changed: Any) -> Procedure:
    """An assistance procedure with fields to count from."""
    base = toy_charter().procedures["assistance"][-1]
    fields = (
        Field("hearing_date", FieldType.DATE, "听证日期", "Day of the hearing"),
        Field("granted_months", FieldType.INTEGER, "延长月数", "Months granted", min=1, max=3),
        Field("first_day", FieldType.DATE, "起始日", "First day"),
        Field("last_day", FieldType.DATE, "终止日", "Last day"),
        Field("holder", FieldType.TEXT, "权利人", "Right holder"),
    )
    return dataclasses.replace(base, fields=(*base.fields, *fields), **changed)


def rule(**given: Any) -> ClockRule:
    return ClockRule("one", "某期限", "A clock", "requested", None, **given)


@pytest.mark.parametrize(
    ("given", "length", "beginning"),
    [
        ({"limit": "15WD", "from_instant": "delivered_at"}, "15个工作日", "自文书送达之日起"),
        ({"limit": "24h", "from_instant": "acted_at"}, "24小时", "自该行为作出时起"),
        ({"limit": "3M", "from_instant": "hearing_date"}, "3个月", "自“听证日期”起"),
        ({"limit": "3WD", "before": "hearing_date"}, "不少于3个工作日", "“听证日期”之前"),
        ({"until": "hearing_date"}, "至“听证日期”当日", "自启动该期限的行为起"),
    ],
)
def test_a_clock_says_how_long_and_from_when(given: dict[str, str], length: str, beginning: str) -> None:
    clock = rule(**given)
    assert telling.length(errand(), clock).zh == length
    assert telling.beginning(errand(), clock).zh == beginning


def test_a_clock_is_told_in_english_too() -> None:
    clock = rule(limit="24h", from_instant="delivered_at")
    assert telling.length(errand(), clock).en == "24 hours"
    assert telling.beginning(errand(), clock).en == "from the time of delivery"


def test_extensions_and_warnings_are_told_one_by_one() -> None:
    clock = rule(limit="3M", extensions=("15WD", "granted_months:M"), warn=("5WD", "2WD"))
    told = telling.extensions(errand(), clock)
    assert [said.zh for said in told] == ["15个工作日", "按“延长月数”，1个月以上3个月以下"]
    assert told[1].en == "as “Months granted” says, from 1 month to 3 months"
    assert telling.warnings(clock) == Said("5个工作日、2个工作日", "5 working days, 2 working days")


def test_an_act_says_what_it_does_to_clocks_and_what_must_hold() -> None:
    clocks = (rule(limit="15WD", from_instant="acted_at"),)
    act = Act(
        "ask",
        "委托",
        "Ask",
        "asking",
        "x:y",
        suspends=("one",),
        extends=("one",),
        excludes=(ExcludedTime("one", "first_day", "last_day"),),
        while_running=("one",),
        guards=("casework.signer_is_not_drafter", "of.another"),
    )
    procedure = errand(clocks=clocks)
    effects = [said.zh for said in telling.clock_effects(procedure, act)]
    assert effects == ["中止“某期限”", "延长“某期限”", "“某期限”扣除“起始日”至“终止日”"]
    assert [said.zh for said in telling.conditions(procedure, act)] == [
        "签发人不是起草人",
        "of.another",
        "“某期限”尚未届满",
    ]
    assert telling.started_by(procedure, clocks[0]) == ()


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("draft", "开始：起草 → 草拟（requester）"),
        ("send_back", "从 待签发：退回修改 → 草拟（requester）"),
        ("escalate", "从 已送达、办理中、不予协助：提请协调 （状态不变）（requester）"),
    ],
)
def test_an_act_is_one_line_of_the_diagram_in_words(act: str, said: str) -> None:
    procedure = toy_charter().procedures["assistance"][-1]
    assert telling.step(procedure, procedure.act(act), {}).zh == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"type": FieldType.TEXT, "max": 120}, ["单行文字", "不超过120字"]),
        ({"type": FieldType.ITEMS, "min": 1, "max": 20}, ["分项列举", "1至20项"]),
        ({"type": FieldType.ITEMS, "min": 2}, ["分项列举", "不少于2项"]),
        ({"type": FieldType.INTEGER, "max": 9}, ["整数", "不超过9"]),
        ({"type": FieldType.DATE, "optional": True}, ["日期", "选填"]),
        (
            {"type": FieldType.LONGTEXT, "personal": True, "act_only": True},
            ["文字", "可能含个人信息", "随该行为保存，不作为事项内容"],
        ),
    ],
)
def test_a_field_says_what_binds_its_answer(given: dict[str, Any], said: list[str]) -> None:
    assert [one.zh for one in telling.field_rules(Field(id="it", zh="某", en="It", **given))] == said


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (None, "对方机关"),
        ("requested", "协助机关"),
        ("holder", "“权利人”所填"),
        ("common_superior", "共同的上一级机关"),
    ],
)
def test_a_paper_says_whom_it_is_addressed_to(to: str | None, said: str) -> None:
    paper = PaperRule("letter", "函", "{mark}〔{year}〕{n}号", to=to, copies=("holder",))
    roles = {"requested": Said("协助机关", "Requested authority")}
    assert telling.addressee(errand(), paper, roles).zh == said
    assert [one.zh for one in telling.copies(errand(), paper, roles)] == ["“权利人”所填"]


def test_every_type_of_field_has_its_word() -> None:
    assert set(telling.FIELD_TYPES) == set(FieldType)
