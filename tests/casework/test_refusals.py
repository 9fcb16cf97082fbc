"""What is refused, with its code and fields; nothing is changed and no number is used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from concord.casework.models import NumberSeries
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from tests.support.worlds import ERRAND, REQUEST, World, everything, national_world

pytestmark = pytest.mark.django_db
NOWHERE = str(UUID(int=7))
UNCLEAR = {"ground": "unclear", "note": "不明"}


def fields(refused: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"case_ref": " "}, [("case_ref", "answers.missing")]),
        (
            {"case_stage": "closed", "questions": []},
            [("case_stage", "answers.not_an_option"), ("questions", "answers.missing")],
        ),
        ({"questions": ["好", "坏\u0007"]}, [("questions.1", "answers.control_character")]),
        ({"wanted_date": "2026-02-30"}, [("wanted_date", "answers.not_a_date")]),
        ({"handling": "secret"}, [("handling", "answers.not_an_option")]),
        ({"unheard": "x"}, [("unheard", "answers.unknown_field")]),
    ],
)
def test_wrong_answers_name_every_field_and_begin_nothing(
    world: World, wrong: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.begin(**wrong)
    assert refused.value.code == "answers.invalid"
    assert sorted(fields(refused)) == sorted(problems)
    assert everything() == before


@pytest.mark.parametrize(
    ("parties", "problems"),
    [
        ({}, [("requested", "missing")]),
        ({"requested": "999999"}, [("requested", "missing")]),
        ({"requested": "310117"}, [("requested", "same")]),
        ({"requested": "330400", "centre": "330100"}, [("centre", "unknown")]),
    ],
)
def test_a_matter_needs_two_different_known_sides(
    world: World, parties: dict[str, str], problems: list[tuple[str, str]]
) -> None:
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.begin(parties=parties)
    assert (refused.value.code, fields(refused)) == ("casework.bad_parties", problems)
    assert everything() == before


def test_the_centre_takes_no_members_part(world: World) -> None:
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.begin(asked="centre")
    assert (refused.value.code, fields(refused)) == ("casework.bad_parties", [("requested", "same")])
    with pytest.raises(NotAllowed, match=r"casework\.not_the_initiator"):
        world.begin(by="centre.secondee")
    assert everything() == before


@pytest.mark.parametrize(("by", "asked", "role"), [("centre", "asked", "requester"), ("asking", "centre", "requested")])
def test_the_centre_neither_asks_for_assistance_nor_gives_it(db: None, by: str, asked: str, role: str) -> None:  # noqa: ARG001  the database is needed, not its value
    nation = national_world()  # its assistance knows no centre
    with pytest.raises(InvalidInput) as refused:
        nation.begin(by=f"{by}.case_officer" if by == "asking" else "centre.secondee", asked=asked)
    assert (refused.value.code, fields(refused)) == ("assistance.not_competent", [(role, "not_competent")])


@pytest.mark.parametrize("kind", ["legal_officer", "clerk", "service_provider", "auditor", "administrator"])
def test_posts_without_the_permission_begin_nothing(world: World, kind: str) -> None:
    before = everything()
    with pytest.raises(NotAllowed, match=r"casework\.may_not"):
        world.begin(by=f"asking.{kind}")
    assert everything() == before


def test_a_matter_begins_with_an_act_that_begins(world: World) -> None:
    with pytest.raises(Conflict, match=r"casework\.not_in_state"):
        world.begin(act="issue", by="asking.leader")
    with pytest.raises(NotFound, match=r"casework\.no_act"):
        world.begin(act="conjure")
    with pytest.raises(NotFound, match=r"charter\.no_procedure_in_force"):
        world.begin(procedure="alchemy")


def test_before_the_procedure_is_in_force_it_cannot_be_used(world: World) -> None:
    with pytest.raises(NotFound, match=r"charter\.no_procedure_in_force"):
        world.begin(at="2025-12-31T23:59")
    assert world.begin(at="2026-01-01T00:00").number.endswith("1")


def test_an_act_the_procedure_does_not_know(world: World) -> None:
    matter = world.begin()
    with pytest.raises(NotFound, match=r"casework\.no_act"):
        world.do(matter, "conjure", by="asking.leader", at="2026-02-05T11:00")


def test_a_page_older_than_the_last_act_is_stale(world: World) -> None:
    matter = world.begin()
    world.do(matter, "submit", by="asking.case_officer", at="2026-02-05T11:00")
    before = everything()
    for version in (0, 1, 3):
        with pytest.raises(Stale, match=r"casework\.stale"):
            world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00", version=version)
    assert everything() == before


def test_the_others_inner_work_makes_nobody_stale(world: World) -> None:
    matter = world.matter_in("accepted")
    known = world.look(matter, by="asking.leader").version
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", answers=["一", "二"])
    world.do(matter, "escalate", by="asking.leader", at="2026-03-02T10:00", version=known, note="请协调")


def test_the_same_request_again_is_the_same_matter(world: World) -> None:
    first = world.begin(key="page-1")
    before = everything()
    assert world.begin(key="page-1") == first
    with pytest.raises(Conflict, match=r"casework\.key_reused"):
        world.begin(key="page-1", reason="另一事由")
    with pytest.raises(Conflict, match=r"casework\.key_reused"):
        world.begin(key="page-1", asked="third")
    assert everything() == before
    other = world.begin(key="page-1", by="asked.case_officer", parties={"requested": world.places["third"].code})
    assert other != first


def test_a_double_click_is_one_act(world: World) -> None:
    matter = world.matter_in("delivered")
    version = world.look(matter, by="asked.leader").version
    first = world.do(matter, "accept", by="asked.case_officer", at="2026-02-09T09:00", version=version, key="page-2")
    again = world.do(matter, "accept", by="asked.case_officer", at="2026-02-09T09:01", version=version, key="page-2")
    assert again == first
    with pytest.raises(Conflict, match=r"casework\.key_reused"):
        world.do(
            matter, "refuse", by="asked.leader", at="2026-02-09T09:01", key="page-2", ground="unclear", note="不明"
        )
    other = world.matter_in("delivered", case_ref="第二案")
    with pytest.raises(Conflict, match=r"casework\.key_reused"):
        world.do(other, "accept", by="asked.case_officer", at="2026-02-09T09:02", key="page-2")
    assert (matter.acts.count(), other.acts.count()) == (4, 3)


@pytest.mark.parametrize("drafting", ["draft", "revise", "submit"])
def test_whoever_wrote_a_letter_does_not_sign_it(world: World, drafting: str) -> None:
    hands = dict.fromkeys(("draft", "revise", "submit"), "asking.case_officer") | {drafting: "asking.leader"}
    matter = world.begin(by=hands["draft"])
    world.do(matter, "revise", by=hands["revise"], at="2026-02-05T11:00", **REQUEST)
    world.do(matter, "submit", by=hands["submit"], at="2026-02-05T12:00")
    before = everything()
    with pytest.raises(Conflict, match=r"casework\.signer_drafted"):
        world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")
    assert everything() == before


def test_a_character_no_font_has_is_named_and_uses_no_number(world: World) -> None:
    matter = world.matter_in("submitted", case_ref="某\U00030edd\U00030edd面馆案")
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")
    assert refused.value.code == "paper.missing_glyph"
    assert {field for field, _ in fields(refused)} == {"case_ref"}
    assert everything() == before
    assert not NumberSeries.objects.filter(kind="request_letter").exists()
    good = world.matter_in("delivered")
    assert good.papers.get().n == 1


@pytest.mark.parametrize(
    ("wrong", "problems"),
    [
        ({"about": "999999"}, [("about", "unknown")]),
        ({"related": NOWHERE}, [("related", "unknown")]),
        ({"related": "TOY-2026-000009"}, [("related", "unknown")]),
    ],
)
def test_references_must_exist(toys: World, wrong: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidInput) as refused:
        toys.begin(procedure="errand", act="ask", parties={"doer": toys.places["asked"].code}, **{**ERRAND, **wrong})
    assert (refused.value.code, fields(refused)) == ("casework.unknown_reference", problems)


def test_a_matter_is_named_by_those_who_see_it(toys: World) -> None:
    hidden = toys.begin(by="third.case_officer")
    own = toys.begin()
    parties = {"doer": toys.places["asked"].code}
    for reference in (str(hidden.uid), hidden.number):
        with pytest.raises(InvalidInput, match=r"casework\.unknown_reference"), transaction.atomic():
            toys.begin(procedure="errand", act="ask", parties=parties, **{**ERRAND, "related": reference})
    for reference in (str(own.uid), own.number):
        toys.begin(procedure="errand", act="ask", parties=parties, **{**ERRAND, "related": reference})


def test_files_are_ones_own_or_told(world: World) -> None:
    matter = world.matter_in("accepted")
    foreign = world.upload("他方.txt", by="third.case_officer")
    own = world.upload("本方.txt", by="asked.leader")
    before = everything()
    for uid in (str(foreign.uid), NOWHERE):
        with pytest.raises(InvalidInput) as refused:
            world.do(
                matter,
                "submit_answer",
                by="asked.case_officer",
                at="2026-03-02T09:00",
                answers=["一", "二"],
                results=[str(own.uid), uid],
            )
        assert (refused.value.code, fields(refused)) == (
            "casework.unknown_reference",
            [("results.1", "unknown_file")],
        )
    assert everything() == before


@pytest.mark.parametrize(
    ("given", "field"), [({"number": " "}, "number"), ({"name": ""}, "name"), ({"stage": "won"}, "stage")]
)
def test_a_case_needs_number_name_and_stage(world: World, given: dict[str, str], field: str) -> None:
    before = everything()
    with pytest.raises(InvalidInput) as refused:
        world.open_case(by="asking.case_officer", **given)
    assert (refused.value.code, [name for name, _ in fields(refused)]) == ("casework.bad_case", [field])
    assert everything() == before


def test_a_case_number_is_taken_once_in_an_organisation(world: World) -> None:
    world.open_case(by="asking.case_officer")
    with pytest.raises(InvalidInput) as refused:
        world.open_case(by="asking.leader")
    assert fields(refused) == [("number", "taken")]
    world.open_case(by="asked.leader")


@pytest.mark.parametrize("kind", ["liaison", "secondee", "clerk", "administrator"])
def test_cases_are_opened_by_those_who_work_them(world: World, kind: str) -> None:
    with pytest.raises(NotAllowed, match=r"casework\.may_not_open"):
        world.open_case(by=f"asking.{kind}")
