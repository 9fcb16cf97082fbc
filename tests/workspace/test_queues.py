"""Queues of the groups and the list's filters; a secondee's desk over all posts."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.models import Audience, Matter
from concord.foundation.organisations.models import Organisation, Person, Post
from tests.support.worlds import BEGINNING, World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

QUEUE, LIST, DESK = "/queues/enforcement/", "/matters/", "/desk/"


def numbers(desk: Desk, path: str, **asked: str) -> list[str]:
    """The numbers of the rows of a list, in its order."""
    body = text_of(desk.get(path, asked)).partition("<tbody>")[2].partition("</tbody>")[0]
    return [part.partition("<")[0] for part in body.split('<span class="number">')[1:]]


@pytest.fixture
def three(world: World) -> tuple[Matter, Matter, Matter]:
    """A request just begun, one handed over and one answered, all of the same city."""
    return world.begin(case_ref="起草甲"), world.matter_in("delivered"), world.matter_in("closed")


def test_the_queue_of_a_group_holds_its_open_matters_in_order_of_due(
    three: tuple[Matter, Matter, Matter], sit: Sit
) -> None:
    drafted, delivered, _closed = three
    desk = sit("asking.case_officer")
    assert numbers(desk, QUEUE) == [delivered.number, drafted.number]
    assert numbers(desk, "/queues/mediation/") == []
    assert missing(desk.get(QUEUE), ["执法协作组", "纠纷调解组", 'id="bulk"', 'name="matter"']) == []


def test_a_post_without_a_group_begins_with_the_first_queue_and_one_with_a_group_with_its_own(
    world: World, sit: Sit
) -> None:
    assert sit("asking.case_officer").get("/queues/").headers["Location"] == "/queues/office/"
    Post.objects.filter(person=world.person("centre.secondee")).update(group="mediation")
    assert sit("centre.secondee").get("/queues/").headers["Location"] == "/queues/mediation/"


def test_a_post_without_a_group_begins_where_anything_is_open_and_asks_once(world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    desk.get("/queues/")
    with CaptureQueriesContext(connection) as idle:
        assert desk.get("/queues/").headers["Location"] == "/queues/office/"
    world.begin()
    with CaptureQueriesContext(connection) as busy:
        assert desk.get("/queues/").headers["Location"] == QUEUE
    assert len(busy) == len(idle)
    assert sum("casework_audience" in one["sql"] for one in busy.captured_queries) == 1
    world.matter_in("closed")
    assert sit("third.case_officer").get("/queues/").headers["Location"] == "/queues/office/"


def test_a_group_that_the_charter_does_not_know_is_not_found(sit: Sit) -> None:
    response = sit("asking.case_officer").get("/queues/nowhere/")
    assert response.status_code == 404
    assert missing(response, ["workspace.no_group"]) == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, {0, 1, 2}),
        ({"open": "1"}, {0, 1}),
        ({"state": "delivered"}, {1}),
        ({"procedure": "assistance"}, {0, 1, 2}),
        ({"procedure": "lead"}, set()),
        ({"direction": "out"}, {0, 1, 2}),
        ({"direction": "in"}, set()),
        ({"turn": "theirs"}, {1}),
        ({"turn": "ours"}, {0}),
        ({"turn": "work"}, {0}),
        ({"turn": "sign"}, set()),
        ({"handler": "me"}, {0, 1, 2}),
        ({"handler": "none"}, set()),
        ({"q": "起草甲"}, {0}),
        ({"since": "2026-02-06"}, {1, 2}),
        ({"until": "2026-02-05"}, {0}),
        ({"due_from": "2026-02-06"}, {1}),
        ({"due_until": "2026-02-06"}, set()),
        ({"overdue": "1"}, set()),
        ({"since": "0001-01-01", "until": "9999-12-31", "due_until": "10000-01-01"}, {0, 1, 2}),
        ({"since": "nonsense", "handler": "nobody", "other": "000000"}, set()),
    ],
)
def test_every_filter_leaves_what_it_says(
    asked: dict[str, str], found: set[int], three: tuple[Matter, Matter, Matter], sit: Sit
) -> None:
    desk = sit("asking.case_officer")
    assert set(numbers(desk, LIST, **asked)) == {three[n].number for n in found}


def test_a_counterpart_and_a_pair_are_filters(world: World, sit: Sit) -> None:
    one, other = world.matter_in("delivered"), world.matter_in("delivered", asked="third")
    desk = sit("asking.case_officer")
    asking, asked, third = (world.places[name].code for name in ("asking", "asked", "third"))
    assert numbers(desk, LIST, other=asked) == [one.number]
    assert numbers(desk, LIST, **{"from": asking, "to": third}) == [other.number]
    assert numbers(desk, LIST, **{"from": third, "to": asking}) == []


def test_a_question_of_one_character_is_answered_with_advice(world: World, sit: Sit) -> None:
    world.begin()
    response = sit("asking.case_officer").get(LIST, {"q": "某"})
    assert response.status_code == 200
    assert missing(response, ["没有符合条件的事项", "请至少输入两个字"]) == []


def test_a_row_says_who_handles_it_and_where_it_answers(world: World, sit: Sit) -> None:
    matter = world.matter_in("drafted", reason="需要核实库存来源。")
    page = text_of(sit("asking.case_officer").get(LIST, {"q": "库存来源"}))
    row = page.partition("<tbody>")[2].partition("</tr>")[0]
    assert matter.number in row
    assert "<mark>库存来源</mark>" in row
    assert world.person("asking.case_officer").zh in row


def test_a_title_that_answers_is_marked_where_it_stands(world: World, sit: Sit) -> None:
    matter = world.matter_in("drafted", case_ref="云帆电水壶线索")
    page = text_of(sit("asking.case_officer").get(LIST, {"q": "电水"}))
    row = page.partition("<tbody>")[2].partition("</tr>")[0]
    assert f'href="/matters/{matter.number}/">云帆<mark>电水</mark>壶线索</a>' in row
    assert "row-hit" not in row


def test_an_order_by_due_puts_the_most_pressing_first_and_turns_its_pages(world: World, sit: Sit) -> None:
    first = world.matter_in("delivered")
    for n in range(28):
        world.begin(at=f"2026-02-05T10:{n:02d}", case_ref=f"第{n}件")
    desk = sit("asking.case_officer")
    assert numbers(desk, LIST, order="due")[0] == first.number
    page = text_of(desk.get(LIST, {"order": "due"}))
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "order=due" in older
    assert len(numbers(desk, LIST, order="due")) == 25
    assert len(numbers(desk, LIST + older)) == 4


@pytest.fixture
def seconded(world: World) -> Person:
    """The officer of the asked city, who also holds a post at the centre."""
    person = world.person("asked.case_officer")
    Post.objects.create(person=person, organisation=world.places["centre"], kind="secondee", held_from=BEGINNING)
    return person


def test_a_secondee_sees_the_citys_open_matters_of_every_post_on_one_page(
    world: World, seconded: Person, sit: Sit
) -> None:
    asked = world.matter_in("delivered")
    gone = world.matter_in("closed")
    elsewhere = world.matter_in("delivered", asked="third")
    desk = sit(seconded.username)
    page = desk.get(DESK)
    assert missing(page, [asked.number, f"轮到{world.places['asked'].zh}", "执法协作组", "发展促进组"]) == []
    assert missing(page, [gone.number, elsewhere.number]) == [gone.number, elsewhere.number]
    assert 'aria-current="page"' in text_of(page).partition(f'href="{DESK}"')[2].partition(">")[0]


def test_what_another_post_can_do_is_one_step_away(world: World, seconded: Person, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit(seconded.username)
    at_centre = Post.objects.get(person=seconded, organisation=world.places["centre"])
    own = Post.objects.get(person=seconded, organisation=world.places["asked"])
    desk.post("/post/", {"post": str(at_centre.id)})
    page = text_of(desk.get(DESK))
    assert f'name="post" value="{own.id}"' in page
    target = page.partition(f'name="post" value="{own.id}"')[2].partition('name="next" value="')[2].partition('"')[0]
    response = desk.post("/post/", {"post": str(own.id), "next": target})
    assert response.headers["Location"] == target
    assert matter.number in target
    assert desk.get(target).status_code == 200


def test_the_page_speaks_for_the_present_post_again_afterwards(world: World, seconded: Person, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    desk = sit(seconded.username)
    assert desk.get(DESK).status_code == 200
    assert matter.number in numbers(desk, LIST)


def test_a_post_that_names_its_home_needs_no_second_post(world: World, sit: Sit) -> None:
    home = world.places["asked"]
    Post.objects.filter(person=world.person("centre.secondee")).update(home=home)
    page = sit("centre.secondee").get(DESK)
    seen_from = f"您的{world.places['centre'].zh}·派驻干部所见的未结事项"
    assert missing(page, [f"{home.zh}：四组在办", "没有未结事项", seen_from]) == []


@pytest.mark.parametrize("person", ["asking.case_officer", "centre.secondee"])
def test_who_is_not_seconded_has_no_such_desk(person: str, world: World, sit: Sit) -> None:
    assert world.places
    desk = sit(person)
    assert missing(desk.get(DESK), ["workspace.not_seconded"]) == []
    assert f'href="{DESK}"' not in text_of(desk.get("/directory/"))


def test_a_post_that_ended_no_longer_makes_a_secondee(world: World, seconded: Person, sit: Sit) -> None:
    Post.objects.filter(person=seconded, organisation=world.places["centre"]).update(held_until=date(2026, 2, 1))
    assert sit(seconded.username).get(DESK).status_code == 404


def test_the_desk_costs_the_same_with_many_matters(world: World, seconded: Person, sit: Sit) -> None:
    for n in range(2):
        world.matter_in("delivered", case_ref=f"第{n}件")
    desk = sit(seconded.username)
    desk.get(DESK)
    with CaptureQueriesContext(connection) as few:
        desk.get(DESK)
    for n in range(2, 8):
        world.matter_in("delivered", case_ref=f"第{n}件")
    with CaptureQueriesContext(connection) as many:
        assert desk.get(DESK).status_code == 200
    assert len(many) == len(few)
    assert Audience.objects.count() > Organisation.objects.count()
