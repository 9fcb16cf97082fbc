"""Numbers of matters and papers, and the letters that carry them."""

from __future__ import annotations

import pytest

from concord.casework import letters, queries
from concord.casework.models import Matter, Paper
from concord.foundation.files.queries import read_verified
from concord.rules.errors import NotFound
from tests.support.pdf_text import text_of_pages
from tests.support.worlds import REFUSAL, World, speaking_as, toy_world

pytestmark = pytest.mark.django_db


def issue(world: World, at: str, *, home: str = "asking", other: str = "asked") -> Paper:
    day = at.partition("T")[0]
    matter = world.begin(by=f"{home}.case_officer", asked=other, at=f"{day}T00:10")
    world.do(matter, "submit", by=f"{home}.case_officer", at=f"{day}T00:20")
    world.do(matter, "issue", by=f"{home}.leader", at=at)
    return Paper.objects.select_related("file").get(matter=matter)


def test_matters_are_numbered_without_gaps_through_the_alliance(world: World) -> None:
    begun = [world.begin(by=f"{place}.case_officer", asked="third") for place in ("asking", "asked", "asking")]
    assert [matter.number for matter in begun] == ["G60-2026-00001", "G60-2026-00002", "G60-2026-00003"]


def test_each_organisation_numbers_each_kind_of_paper_for_itself(world: World) -> None:
    numbers = [issue(world, f"2026-03-0{day}T09:00", home=home).number for day, home in ((2, "asking"), (3, "third"))]
    numbers.append(issue(world, "2026-03-04T09:00").number)
    reply = world.matter_in("answered").papers.get(kind="reply_letter").number
    assert numbers == ["松市监协查〔2026〕1号", "杭市监协查〔2026〕1号", "松市监协查〔2026〕2号"]
    assert reply == "嘉市监协查复〔2026〕1号"


def test_the_year_of_a_number_is_the_legal_one(world: World) -> None:
    issued = [issue(world, at) for at in ("2026-12-31T23:59", "2026-12-31T16:30:00+00:00", "2027-01-04T09:00")]
    assert [paper.number for paper in issued] == [
        "松市监协查〔2026〕1号",
        "松市监协查〔2027〕1号",
        "松市监协查〔2027〕2号",
    ]
    assert issued[1].letter["issued_date"] == "2027-01-01"
    begun = [world.begin(at=at) for at in ("2026-12-31T23:59", "2026-12-31T16:30:00+00:00")]
    assert [matter.number[:8] for matter in begun] == ["G60-2026", "G60-2027"]


def test_a_letter_says_what_was_asked_and_when_it_is_due(world: World) -> None:
    paper = issue(world, "2026-02-06T09:00")
    text = text_of_pages(read_verified(paper.file))[0]
    for said in (
        "松市监协查〔2026〕1号",
        "嘉兴市市场监督管理局",
        "十五个工作日内",
        "2026年3月5日",
        "核实库存",
        "仅限本案",
    ):
        assert said in text
    assert (paper.letter["contact"]["person"], paper.letter["signed_by"]) == ("松江case_officer", "松江leader")
    assert (paper.organisation, paper.file.organisation) == (world.places["asking"], world.places["asking"])
    assert letters.letter_of(paper).number == paper.number
    assert letters.word_copy(paper)[:2] == b"PK"


def test_a_reply_names_the_letter_it_answers(world: World) -> None:
    matter = world.matter_in("answered")
    request, reply = Paper.objects.filter(matter=matter)
    assert (reply.letter["reference"], reply.letter["addressee"]) == (request.number, request.letter["sender"])
    assert reply.letter["limit_days"] is None


def test_only_the_acts_with_a_paper_issue_one(world: World) -> None:
    assert world.matter_in("refused").papers.count() == 1
    assert world.matter_in("withdrawn").papers.count() == 1
    assert world.matter_in("submitted").papers.count() == 0
    assert world.matter_in("closed").papers.count() == 2


def test_papers_and_their_files_open_for_those_who_see_the_matter(world: World) -> None:
    matter = world.matter_in("delivered")
    paper = matter.papers.get()
    for by, sees in (("asking.clerk", True), ("asked.leader", True), ("third.leader", False), ("centre.leader", False)):
        actor = world.actor(by)
        with speaking_as(actor):
            if sees:
                assert queries.paper_for(uid=paper.uid, by=actor) == paper
                assert queries.file_for(uid=paper.file.uid, by=actor) == paper.file
                continue
            with pytest.raises(NotFound, match=r"casework\.no_paper"):
                queries.paper_for(uid=paper.uid, by=actor)
            with pytest.raises(NotFound, match=r"casework\.no_file"):
                queries.file_for(uid=paper.file.uid, by=actor)


def test_the_alliances_own_template_makes_its_own_papers() -> None:
    toys = toy_world()
    matter = toys.begin(
        procedure="errand",
        act="ask",
        parties={"doer": toys.places["asked"].code},
        subject="取一份档案",
        urgency="normal",
        handling="case_only",
        tasks=["到馆", "取件"],
    )
    paper = Paper.objects.select_related("file").get(matter=matter)
    assert paper.number == "云市监差〔2026〕1号"
    assert paper.letter["sender"] == "云泽市知识产权局"  # the errand runs in the patent line
    assert "请办理下列事项" in text_of_pages(read_verified(paper.file))[0]
    assert letters.word_copy(paper)[:2] == b"PK"


def row(matter: Matter) -> tuple[str, str, str]:
    matter.refresh_from_db()
    return (matter.state, matter.holder.zh if matter.holder else "", matter.outcome)


def test_the_row_says_whose_turn_it_is_and_what_came_of_it(world: World) -> None:
    asking, asked = world.places["asking"].zh, world.places["asked"].zh
    found = {state: row(world.matter_in(state))[1:] for state in ("drafted", "delivered", "answer_submitted")}
    assert found == {"drafted": (asking, ""), "delivered": (asked, ""), "answer_submitted": (asked, "")}
    assert row(world.matter_in("answered")) == ("answered", asking, "")
    assert row(world.matter_in("closed")) == ("closed", "", "answered")
    assert row(world.matter_in("withdrawn")) == ("withdrawn", "", "withdrawn")
    refused = world.matter_in("delivered")
    world.do(refused, "refuse", by="asked.leader", at="2026-02-09T09:00", **REFUSAL)
    world.do(refused, "close", by="asking.liaison", at="2026-02-10T09:00")
    assert row(refused) == ("closed", "", "refused")


def test_the_row_carries_title_sides_and_handling(world: World) -> None:
    matter = world.matter_in("delivered")
    assert (matter.title, matter.handling, matter.procedure) == (matter.facts["case_ref"], "case_only", "assistance")
    assert (matter.origin, matter.target) == (world.places["asking"], world.places["asked"])
    assert (matter.begun_at < matter.acted_at, matter.version) == (True, 3)
