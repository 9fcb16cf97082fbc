"""What guards refuse at the first act of publication, of credit repair, and of patent and crime procedures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from concord.casework.models import Matter
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import InvalidInput
from tests.support.worlds import World

pytestmark = pytest.mark.django_db
DECISION: Mapping[str, Any] = {
    "decision_number": "松市监罚〔2026〕8号",
    "decision_date": "2026-02-05",
    "party": "某某商贸有限公司",
    "party_address": "某某路9号",
}
PENALTY = {**DECISION, "penalty_tier": "ordinary", "penalty_abstract": "没收侵权商品，罚款三万元。"}
REPAIR = {**DECISION, "received_date": "2026-03-02", "repair_grounds": "已缴清罚款。"}
OBJECTION: Mapping[str, Any] = {
    "case_ref": "专利侵权纠纷案",
    "patent_number": "ZL202110000001.2",
    "requesting_party": "某某科技有限公司",
    "opposing_party": "某某阀门有限公司",
    "own_accepted_date": "2026-02-02",
    "objecting_party": "某某阀门有限公司",
    "defence_end_date": "2026-02-28",
    "objection_received_date": "2026-02-27",
    "jurisdiction_grounds": "住所地在嘉兴。",
}
RULING: Mapping[str, Any] = {
    "patent_number": "ZL202110000001.2",
    "patent_name": "一种节水阀门",
    "patent_kind": "invention",
    "party": "某某阀门有限公司",
    "party_address": "某某路8号",
    "act_kind": "selling",
    "infringing_products": "节水阀门",
    "ruling_kind": "ruling",
    "decision_number": "松知裁〔2026〕3号",
    "decision_date": "2026-01-12",
    "effective_date": "2026-02-03",
    "ruling_summary": "停止销售。",
    "handling": "case_only",
}
BEGINNINGS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "publication_push": ("register_decision", "publishing", PENALTY),
    "credit_repair_push": ("register_repair", "publishing", REPAIR),
    "patent_jurisdiction": ("register_objection", "competent", OBJECTION),
    "repeat_infringement": ("draft", "noticed", RULING),
}


def begin(world: World, procedure: str, *, other: Organisation | None = None, **changed: Any) -> Matter:
    act, role, answers = BEGINNINGS[procedure]
    return world.begin(
        procedure=procedure,
        act=act,
        at="2026-03-02T10:00",
        parties={role: (other or world.places["asked"]).code},
        **{**answers, **changed},
    )


@pytest.mark.parametrize("procedure", BEGINNINGS)
def test_each_begins_when_nothing_is_wrong(world: World, procedure: str) -> None:
    assert begin(world, procedure).procedure == procedure


@pytest.mark.parametrize(
    ("procedure", "changed", "code", "field"),
    [
        ("publication_push", {"penalty_tier": "warning_only"}, "answers.invalid", "penalty_tier"),
        ("publication_push", {"decision_date": "2026-03-03"}, "recording.day_ahead", "decision_date"),
        ("credit_repair_push", {"received_date": "2026-03-03"}, "recording.day_ahead", "received_date"),
        (
            "patent_jurisdiction",
            {"objection_received_date": "2026-03-01"},
            "patent.objection_late",
            "objection_received_date",
        ),
        (
            "patent_jurisdiction",
            {"objection_received_date": "2026-03-03", "defence_end_date": "2026-03-20"},
            "patent.objection_late",
            "objection_received_date",
        ),
        ("repeat_infringement", {"effective_date": "2026-03-03"}, "patent.not_effective", "effective_date"),
        ("repeat_infringement", {"effective_date": "2026-01-11"}, "patent.not_effective", "effective_date"),
    ],
)
def test_what_is_told_wrongly_is_refused_at_its_field(
    world: World, procedure: str, changed: Mapping[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        begin(world, procedure, **changed)
    assert (refused.value.code, refused.value.problems[0].field) == (code, field)
    assert not Matter.objects.exists()


@pytest.mark.parametrize("procedure", ["publication_push", "credit_repair_push"])
def test_a_penalty_is_pushed_to_a_member_of_another_province_only(world: World, procedure: str) -> None:
    with pytest.raises(InvalidInput, match=r"publication\.same_province"):
        begin(world, procedure, other=world.places["centre"])
    act, role, answers = BEGINNINGS[procedure]
    jiaxing, hangzhou = world.places["asked"], world.places["third"]  # both in Zhejiang
    with pytest.raises(InvalidInput, match=r"publication\.same_province") as refused:
        world.begin(
            procedure=procedure,
            act=act,
            by="asked.case_officer",
            at="2026-03-02T10:00",
            parties={role: hangzhou.code},
            **answers,
        )
    assert "二十个工作日" in refused.value.said.zh
    assert jiaxing != hangzhou


@pytest.mark.parametrize("procedure", ["patent_jurisdiction", "repeat_infringement"])
def test_the_centre_is_no_side_of_a_patent_procedure(world: World, procedure: str) -> None:
    with pytest.raises(InvalidInput, match=r"transfer\.not_an_authority|casework\.bad_parties"):
        begin(world, procedure, other=world.places["centre"])


def test_a_time_of_day_that_lies_ahead_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"recording\.day_ahead"):
        world.begin(
            procedure="crime_transfer",
            act="report_crime",
            at="2026-03-02T10:00",
            parties={},
            case_ref="某某案",
            party="某某公司",
            party_address="某某路1号",
            suspected_crime="假冒注册商标罪",
            suspicion="threshold_met",
            crime_facts="查获成品二千件。",
            team=["甲", "乙"],
            case_materials=["调查报告"],
            reported_at="2026-03-02T10:01:00+08:00",
        )
