"""What one side works out for itself the other side does not learn before it is let out."""

from __future__ import annotations

from contextlib import suppress

import pytest

from concord.casework import queries
from concord.casework.desk import lists
from concord.casework.desk.cases import page_of_cases
from concord.casework.desk.lists import Wanted
from concord.casework.models import Act, Attachment, Matter, Paper
from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.rules.errors import NotFound
from tests.support.worlds import REQUEST, World, speaking_as

pytestmark = pytest.mark.django_db


def timeline(world: World, matter: Matter, by: str) -> list[str]:
    actor = world.actor(by)
    with speaking_as(actor):
        return [act.act for act in queries.timeline_of(queries.matter_for(uid=matter.uid, by=actor), by=actor)]


def may_open(world: World, file: File, by: str) -> bool:
    actor = world.actor(by)
    with speaking_as(actor), suppress(NotFound):
        return queries.file_for(uid=file.uid, by=actor) == file
    return False


def test_a_draft_is_known_to_its_authors_organisation_alone(world: World) -> None:
    matter = world.begin()
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    assert world.look(matter, by="asking.leader").facts == REQUEST
    assert timeline(world, matter, "asking.clerk") == ["draft", "submit"]
    for by in ("asked.leader", "third.leader", "centre.leader"):
        with pytest.raises(NotFound, match=r"casework\.no_matter"):
            world.look(matter, by=by)
        assert not Notice.objects.filter(person=world.person(by)).exists()


def test_the_issued_request_tells_its_facts_and_not_its_making(world: World) -> None:
    matter = world.begin()
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    world.do(matter, "send_back", by="asking.leader", at="2026-02-05T12:00", note="写明数量")
    revised = {**REQUEST, "questions": ["核实主体", "核实库存数量"], "wanted_date": "2026-02-27"}
    world.do(matter, "revise", by="asking.case_officer", at="2026-02-05T13:00", **revised)
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T14:00")
    world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")

    seen = world.look(matter, by="asked.case_officer")
    assert (seen.state, seen.facts) == ("delivered", revised)
    assert timeline(world, matter, "asked.case_officer") == ["issue"]
    assert timeline(world, matter, "asking.auditor") == ["draft", "submit", "send_back", "revise", "submit", "issue"]
    assert "写明数量" not in repr(seen.facts)


def test_an_answer_in_the_making_is_known_to_its_own_side_alone(world: World) -> None:
    matter = world.matter_in("accepted")
    before = {by: world.look(matter, by=by) for by in ("asking.leader", "asked.leader")}
    told = Notice.objects.filter(organisation=world.places["asking"]).count()
    evidence = world.upload("笔录.txt", by="asked.case_officer")
    world.do(
        matter,
        "submit_answer",
        by="asked.case_officer",
        at="2026-03-02T09:00",
        answers=["属实", "三十件"],
        results=[str(evidence.uid)],
    )
    asking, asked = world.look(matter, by="asking.leader"), world.look(matter, by="asked.leader")
    assert (asking.state, asking.facts, asking.version) == (
        "accepted",
        before["asking.leader"].facts,
        before["asking.leader"].version,
    )
    assert (asked.state, asked.facts["answers"]) == ("answer_submitted", ["属实", "三十件"])
    assert timeline(world, matter, "asking.leader")[-1] == "accept"
    assert Notice.objects.filter(organisation=world.places["asking"]).count() == told
    assert [may_open(world, evidence, by) for by in ("asked.clerk", "asking.leader", "third.leader")] == [
        True,
        False,
        False,
    ]
    assert Entry.objects.get(event="assistance.submit_answer").internal


def test_the_list_shows_each_side_the_state_it_knows(world: World) -> None:
    matter = world.matter_in("answer_submitted")
    shown = {}
    for by in ("asking.leader", "asked.leader"):
        actor = world.actor(by)
        with speaking_as(actor):
            [row] = lists.page_of_matters(actor, Wanted(), limit=5).rows
            shown[by] = (row.number, row.shown_state)
            hits = [
                lists.count_of_matters(actor, Wanted(state=state), most=9) for state in ("accepted", "answer_submitted")
            ]
        assert hits == ([1, 0] if by == "asking.leader" else [0, 1])
    assert shown == {
        "asking.leader": (matter.number, "accepted"),
        "asked.leader": (matter.number, "answer_submitted"),
    }


def test_an_internal_act_does_not_lift_the_matter_in_the_other_sides_list(world: World) -> None:
    first, second = world.matter_in("accepted"), world.matter_in("accepted", case_ref="第二案")
    world.do(first, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", answers=["一", "二"])
    order = {}
    for by in ("asking.leader", "asked.leader"):
        actor = world.actor(by)
        with speaking_as(actor):
            order[by] = [row.pk for row in lists.page_of_matters(actor, Wanted(), limit=5).rows]
    assert order == {"asking.leader": [second.pk, first.pk], "asked.leader": [first.pk, second.pk]}


@pytest.mark.parametrize("act", ["withdraw", "escalate"])
def test_an_act_during_the_others_inner_work_does_not_betray_it(world: World, act: str) -> None:
    matter = world.matter_in("answer_submitted")
    done = world.do(matter, act, by="asking.leader", at="2026-03-02T10:00", note="请协调")
    entry = Entry.objects.get(event=f"assistance.{act}")
    told = (done.from_state, done.to_state, entry.details["from"], entry.details["to"])
    after = "withdrawn" if act == "withdraw" else "accepted"
    assert told == ("accepted", after, "accepted", after)
    assert world.look(matter, by="asked.leader").state == ("withdrawn" if act == "withdraw" else "answer_submitted")
    assert "answers" not in world.look(matter, by="asking.leader").facts


def test_an_answer_sent_back_stays_hidden_and_the_better_one_is_what_goes_out(world: World) -> None:
    matter = world.matter_in("accepted")
    poor, good = (world.upload(name, by="asked.case_officer") for name in ("初稿.txt", "定稿.txt"))
    for file, at in ((poor, "2026-03-02T09:00"), (good, "2026-03-02T11:00")):
        answers = ["属实", file.name]
        world.do(matter, "submit_answer", by="asked.case_officer", at=at, answers=answers, results=[str(file.uid)])
        if file is poor:
            world.do(matter, "send_answer_back", by="asked.leader", at="2026-03-02T10:00", note="请附定稿")
            assert world.look(matter, by="asking.leader").state == "accepted"
    answered = world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")

    seen = world.look(matter, by="asking.case_officer")
    assert (seen.state, seen.facts["answers"]) == ("answered", ["属实", "定稿.txt"])
    assert seen.facts["results"] == [str(good.uid)]
    assert list(Attachment.objects.filter(act=answered).values_list("file", flat=True)) == [good.pk]
    assert (may_open(world, good, "asking.clerk"), may_open(world, poor, "asking.clerk")) == (True, False)
    assert may_open(world, poor, "asked.auditor")
    assert not may_open(world, good, "third.leader")
    assert "请附定稿" not in repr(seen.facts)
    assert Paper.objects.get(act=answered).letter["attachments"][0].startswith("定稿.txt")


def test_facts_fold_and_an_optional_one_left_blank_is_taken_away(world: World) -> None:
    matter = world.begin(wanted_date="2026-02-27")
    assert world.look(matter, by="asking.leader").facts["wanted_date"] == "2026-02-27"
    world.do(matter, "revise", by="asking.case_officer", at="2026-02-05T11:00", **{**REQUEST, "reason": "改后"})
    assert world.look(matter, by="asking.leader").facts == {**REQUEST, "reason": "改后"}
    first, second = Act.objects.filter(matter=matter)
    assert (first.answers["wanted_date"], "wanted_date" in second.answers) == ("2026-02-27", False)


def test_a_note_stays_with_its_act(world: World) -> None:
    matter = world.matter_in("refused")
    assert {"note", "ground"}.isdisjoint(world.look(matter, by="asking.leader").facts)
    assert Act.objects.get(matter=matter, act="refuse").answers["ground"] == "outside_competence"


def test_a_draft_withdrawn_was_never_known_to_the_other_side(world: World) -> None:
    matter = world.matter_in("submitted")
    world.do(matter, "withdraw", by="asking.leader", at="2026-02-05T12:00", note="不再需要")
    assert world.look(matter, by="asking.leader").state == "withdrawn"
    with pytest.raises(NotFound):
        world.look(matter, by="asked.leader")


def test_a_case_belongs_to_its_own_organisation(world: World) -> None:
    case = world.open_case(by="asking.case_officer")
    matter = world.matter_in("delivered", case=case)
    assert matter.case == case
    for by, found in (("asking.clerk", True), ("asked.leader", False), ("centre.leader", False)):
        actor = world.actor(by)
        with speaking_as(actor):
            assert [*queries.cases_of(actor)] == ([case] if found else [])
            assert [row.matter_count for row in page_of_cases(actor, limit=5)] == ([1] if found else [])
            if not found:
                with pytest.raises(NotFound, match=r"casework\.no_case"):
                    queries.case_for(uid=case.uid, by=actor)
    with pytest.raises(NotFound, match=r"casework\.no_case"):
        world.begin(by="asked.case_officer", parties={"requested": world.places["third"].code}, case=case)
