"""An old matter is found by two characters of anything a side knows of it, and by nothing it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.casework.desk import lists, rewording, search
from concord.casework.desk.lists import Wanted
from concord.casework.models import Matter, Words
from concord.foundation.access.actor import Actor
from concord.foundation.database import search as words
from concord.foundation.database.scope import writing
from concord.rules.bigrams import Phrase, phrases, tokens
from concord.rules.errors import InvalidInput
from tests.casework.wandering import Way, drive, ways
from tests.support.worlds import World, speaking_as

pytestmark = pytest.mark.django_db
RARE = 2
BOUNDED = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def found(by: Actor, question: str) -> list[str]:
    """The numbers that a search gives; the count says the same."""
    with speaking_as(by):
        rows = lists.page_of_matters(by, Wanted(text=question), limit=50).rows
        assert lists.count_of_matters(by, Wanted(text=question), most=50) == len(rows)
        assert set(search.hits(by, rows, question)) == {row.id for row in rows}
        return [row.number for row in rows]


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("红豆", "Title"),
        ("豆 衬衫", "Title"),
        ("00001", "Number"),
        ("g60-2026", "Number"),
        ("库存", "What to find out, item by item"),
        ("查清来", "Why"),
        ("协查〔2026〕1", "Paper"),
        ("照片.t", "File"),
        ("属实", "Answers, item by item"),
        ("嘉兴", "Organisation"),
        ("ＪＩＡＸＩＮＧ", "Organisation"),  # noqa: RUF001  as an input method writes it
    ],
)
def test_a_matter_is_found_by_a_part_of_what_both_sides_know(world: World, question: str, where: str) -> None:
    matter = world.matter_in("accepted", case_ref="红豆衬衫案")
    world.begin(by="third.case_officer", asked="asking", case_ref="另一案", questions=["别的"], reason="别的")
    file = world.upload("照片.txt", by="asked.case_officer")
    answers: dict[str, Any] = {"answers": ["属实", "三十件"], "results": [str(file.uid)]}
    world.do(matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", **answers)
    world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")
    for by in ("asking.clerk", "asked.case_officer"):
        assert found(world.actor(by), question) == [matter.number]
    by_clerk = world.actor("asked.clerk")
    with speaking_as(by_clerk):
        rows = lists.page_of_matters(by_clerk, Wanted(text=question), limit=5).rows
        hit = search.hits(by_clerk, rows, question)[matter.pk]
    assert hit.said.en == where
    assert any(marked for _, marked in hit.pieces)
    assert matter.number not in found(world.actor("third.leader"), question)


def test_what_one_side_alone_knows_is_found_by_that_side_alone(world: World) -> None:
    case = world.open_case(by="asking.leader", number="案字〔2026〕77号", name="密云假酒案")
    matter = world.matter_in("accepted", case=case)
    world.do(
        matter, "submit_answer", by="asked.case_officer", at="2026-03-02T09:00", answers=["未公布的答复", "未公布"]
    )
    for question, knowing in (("密云", "asking"), ("〔2026〕77", "asking"), ("未公布", "asked")):
        for place in world.places:
            wanted = [matter.number] if place == knowing else []
            assert found(world.actor(f"{place}.leader"), question) == wanted, (question, place)
    assert found(world.actor("asking.leader"), f"密云 {matter.number}") == [matter.number]
    world.do(matter, "answer", by="asked.leader", at="2026-03-03T09:00")
    assert found(world.actor("asking.leader"), "未公布") == [matter.number]


def test_a_draft_is_not_found_by_whom_it_is_meant_for(world: World) -> None:
    matter = world.matter_in("submitted", reason="尚未签发的缘由")
    assert found(world.actor("asked.leader"), "缘由") == []
    world.do(matter, "issue", by="asking.leader", at="2026-02-06T09:00")
    assert found(world.actor("asked.leader"), "缘由") == [matter.number]


def test_what_was_replaced_is_found_no_more(world: World) -> None:
    matter = world.begin(reason="从前的缘由")
    assert found(world.actor("asking.clerk"), "从前") == [matter.number]
    world.do(matter, "revise", by="asking.case_officer", at="2026-02-05T12:00", **{**world.request, "reason": "后来的"})
    assert found(world.actor("asking.clerk"), "从前") == []
    assert found(world.actor("asking.clerk"), "后来") == [matter.number]


def test_one_character_is_refused(world: World) -> None:
    by = world.actor("asking.clerk")
    with speaking_as(by), pytest.raises(InvalidInput, match=r"casework\.question_too_short") as refused:
        lists.page_of_matters(by, Wanted(text="红"), limit=5)
    assert [problem.field for problem in refused.value.problems] == ["q"]


def test_who_may_not_read_matters_finds_none(world: World) -> None:
    world.begin()
    assert found(world.actor("asking.service_provider"), "核实") == []


def everything_kept() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT matter_id, scope_id, tokens::text FROM casework_words ORDER BY 1, 2")
        else:
            cursor.execute(
                "SELECT matter_id, scope_id, i.tokens FROM casework_words w "
                "JOIN casework_words_index i ON i.rowid = w.id ORDER BY 1, 2"
            )
        return list(cursor.fetchall())


@pytest.mark.slow
@BOUNDED
@given(plans=st.lists(ways, min_size=1, max_size=3))
def test_all_words_written_anew_are_those_that_the_acts_had_written(world: World, plans: list[Way]) -> None:
    with transaction.atomic():
        for n, way in enumerate(plans):
            drive(world, way, n)
        kept = everything_kept()
        Words.objects.all().delete()
        assert rewording.refill() == len(plans)
        again = everything_kept()
        assert [row for row in again if row[1] is None] == [row for row in kept if row[1] is None]
        assert {row for row in again if row[1] is not None} <= set(kept)
        assert rewording.refill() == len(plans)
        assert everything_kept() == again
        transaction.set_rollback(True)


letters = st.text(alphabet="红豆案12a〔 ", max_size=12)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=letters, question=letters, mark=st.integers(1, 2))
def test_the_database_finds_what_the_rule_finds(world: World, text: str, question: str, mark: int) -> None:
    asked = phrases(question)
    if not asked:
        return
    with transaction.atomic():
        matter = Matter.objects.first() or world.begin()
        row, _ = Words.objects.get_or_create(matter=matter, scope=None)
        words.keep("casework_words", [words.Kept(row.id, tokens([text], most=words.MOST_TOKENS), [1, 30])])
        expected = mark == 1 and all(stands(phrase, tokens([text], most=99)) for phrase in asked)
        for ask, table in ((words.found, "casework_words"), (words.found_among, "these")):
            condition, parameters = ask("casework_words", asked, mark=mark)
            statement = (
                "WITH these AS MATERIALIZED (SELECT * FROM casework_words) "  # noqa: S608  the index's own condition
                f"SELECT id FROM {table} WHERE id = %s AND {condition}"
            )
            with connection.cursor() as cursor:
                cursor.execute(statement, [row.id, *parameters])
                assert bool(cursor.fetchall()) == expected
        transaction.set_rollback(True)


def stands(phrase: Phrase, kept: list[str]) -> bool:
    """Whether the tokens of a text hold those of a phrase next to each other."""
    long = len(phrase.tokens)
    for at in range(len(kept) - long + 1):
        *firm, last = kept[at : at + long]
        *wanted, end = phrase.tokens
        if firm == wanted and (last.startswith(end) if phrase.open else last == end):
            return True
    return False


def test_a_frequent_word_is_found_by_walking_the_list(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        world.begin(case_ref=f"{'稀少' if n < 2 else '常见'}第{n}案", at=f"2026-02-05T10:{n:02}").number
        for n in range(12)
    ]
    by = world.actor("asking.clerk")

    def pages(question: str) -> list[str]:
        seen: list[str] = []
        after = None
        while True:
            page = lists.page_of_matters(by, Wanted(text=question), limit=3, after=after)
            seen += [row.number for row in page.rows]
            after = page.older
            if after is None:
                return seen

    wanted = {question: pages_of(made, question) for question in ("常见", "稀少", "核实")}
    with speaking_as(by):
        assert {question: pages(question) for question in wanted} == wanted
    monkeypatch.setattr(search, "MOST_GATHERED", 1)
    for steps in ((500,), (2, 5), (1,)):
        monkeypatch.setattr(lists, "STEPS", steps)
        with speaking_as(by):
            assert {question: pages(question) for question in wanted} == wanted
            assert lists.count_of_matters(by, Wanted(text="常见", state="drafted"), most=50) == 10
            assert lists.count_of_matters(by, Wanted(text="常见"), most=1) == 2


def pages_of(made: list[str], question: str) -> list[str]:
    chosen = {"常见": made[RARE:], "稀少": made[:RARE], "核实": made}
    return chosen[question][::-1]


def test_words_are_written_for_a_great_many_tokens(world: World) -> None:
    matter = world.begin()
    row = Words.objects.get(matter=matter, scope=None)
    text = "甲乙丙丁" * 6_000 + "末尾"
    with writing():
        words.keep("casework_words", [words.Kept(row.id, tokens([text], most=words.MOST_TOKENS), [7])])
    condition, parameters = words.found("casework_words", phrases("丙丁"), mark=7)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM casework_words WHERE {condition}", parameters)  # noqa: S608  as above
        assert cursor.fetchall() == [(row.id,)]
