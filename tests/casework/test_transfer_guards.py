"""Guards of transfers: who may take part, and that nothing handed over is handed on."""

from typing import Any

import pytest

from concord.casework.models import Matter
from concord.rules.errors import Conflict, InvalidInput
from tests.support.worlds import World

LEAD: dict[str, Any] = {
    "case_ref": "某商行销售侵权水杯线索",
    "lead_source": "report",
    "lead_found_date": "2026-05-06",
    "party": "某商行",
    "party_code": "91330400MA2ABC1234",
    "party_address": "某市某路1号",
    "cause": "trademark_infringement",
    "lead_content": "网店销售。",
    "competence_article": "place_of_violation",
    "transfer_reason": "不在辖区。",
    "handling": "no_onward",
}
CASE: dict[str, Any] = {
    "case_ref": "某商行商标侵权案",
    "case_number": "立〔2026〕1号",
    "filed_at": "2026-05-20T09:00:00+08:00",
    "case_origin": "own",
    "party": "某商行",
    "party_code": "91330400MA2ABC1234",
    "party_address": "某市某路1号",
    "cause": "trademark_infringement",
    "transfer_ground": "no_jurisdiction",
    "competence_article": "article_14",
    "transfer_reason": "违法行为发生在他市。",
    "evidence_items": ["现场笔录"],
}
JURISDICTION: dict[str, Any] = {
    "case_ref": "某案",
    "party": "某商行",
    "cause": "trademark_infringement",
    "arose_date": "2026-05-06",
    "jurisdiction_facts": "两地均已立案。",
    "proposed_authority": "本机关",
    "proposal_reason": "最先立案。",
}


def begun(world: World, procedure: str, role: str, to: str, by: str, **answers: Any) -> Matter:
    """A matter of the procedure, drafted on 1 June 2026 by somebody at the place of ``by``."""
    parties = {role: [world.places[to].code]}
    return world.begin(procedure=procedure, act="draft", by=by, at="2026-06-01T09:00", parties=parties, **answers)


def received_lead(world: World, *, filed: bool) -> None:
    """A lead from ``asking`` that ``asked`` has decided upon."""
    matter = begun(world, "lead", "receiver", "asked", "asking.case_officer", **LEAD)
    world.do(matter, "submit", by="asking.case_officer", at="2026-06-01T10:00")
    world.do(matter, "issue", by="asking.leader", at="2026-06-01T11:00")
    world.do(matter, "accept", by="asked.case_officer", at="2026-06-02T09:00", received_date="2026-06-01")
    note: dict[str, Any] = {"verification_note": "现场核查。"}
    if filed:
        told: dict[str, Any] = {"case_number": "立〔2026〕1号", "filed_at": "2026-06-03T09:00:00+08:00"}
        world.do(matter, "file_case", by="asked.leader", at="2026-06-03T10:00", **note, **told)
    else:
        ground: dict[str, Any] = {"not_filed_ground": "conditions_not_met"}
        world.do(matter, "refuse_filing", by="asked.leader", at="2026-06-03T10:00", **note, **ground)


def test_a_case_filed_on_a_lead_from_another_authority_is_not_passed_on(world: World) -> None:
    received_lead(world, filed=True)
    with pytest.raises(Conflict) as refused:
        begun(world, "case_transfer", "receiver", "third", "asked.case_officer", **CASE)
    assert refused.value.code == "transfer.passed_on"
    assert "指定管辖" in refused.value.said.zh


def test_a_lead_without_a_case_stops_no_transfer(world: World) -> None:
    received_lead(world, filed=False)
    matter = begun(world, "case_transfer", "receiver", "third", "asked.case_officer", **CASE)
    assert matter.state == "drafted"


def test_whoever_handed_the_lead_over_may_transfer_a_case_of_its_own(world: World) -> None:
    received_lead(world, filed=True)
    matter = begun(world, "case_transfer", "receiver", "third", "asking.case_officer", **CASE)
    assert matter.state == "drafted"


def test_another_cause_of_the_same_party_is_another_case(world: World) -> None:
    received_lead(world, filed=True)
    other = {**CASE, "cause": "trade_secret"}
    matter = begun(world, "case_transfer", "receiver", "third", "asked.case_officer", **other)
    assert matter.state == "drafted"


@pytest.mark.parametrize(
    ("procedure", "role", "answers"),
    [("lead", "receiver", LEAD), ("case_transfer", "receiver", CASE), ("jurisdiction", "disputing", JURISDICTION)],
)
def test_the_centre_is_no_side(world: World, procedure: str, role: str, answers: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        begun(world, procedure, role, "centre", "asking.case_officer", **answers)
    assert {problem.field for problem in refused.value.problems} == {role}


def test_who_gave_the_lead_stays_with_the_sender(world: World) -> None:
    matter = begun(world, "lead", "receiver", "asked", "asking.case_officer", **LEAD, provider="举报人王某")
    world.do(matter, "submit", by="asking.case_officer", at="2026-06-01T10:00")
    issued = world.do(matter, "issue", by="asking.leader", at="2026-06-01T11:00")
    assert "王某" not in str(issued.paper.letter)
    assert "provider" not in world.look(matter, by="asked.leader", at="2026-06-01T12:00").facts
