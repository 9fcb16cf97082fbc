"""Two-sided rating: once, after the end, and neither side sees the other's before both have rated."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from concord.casework.desk.rating import is_negative, rate, ratings_of, ratings_waiting
from concord.casework.models import Matter, Rating
from concord.foundation.database.scope import NOBODY, SYSTEM, enter
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import JOINT, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
AT = "2026-03-05T09:00"
SECRET = "对方三次催办才回复"


def rates(world: World, matter: Matter, *, by: str, of: str, **given: Any) -> Rating:
    actor = world.actor(by, at=AT)
    told = {"timeliness": 2, "effort": 4, "comment": SECRET, **given}
    with speaking_as(actor):
        return rate(matter=matter.uid, rated=world.places[of].code, by=actor, at=time(AT), **told)


def seen_by(world: World, matter: Matter, by: str) -> tuple[list[str], list[Rating], list[Rating]]:
    actor, known = world.actor(by, at=AT), world.look(matter, by=by, at=AT)
    with speaking_as(actor):
        shown = ratings_of(known, actor)
    return [one.code for one in shown.owed], list(shown.given), list(shown.received)


def test_each_sees_the_others_rating_once_both_have_rated(world: World) -> None:
    matter = world.matter_in("closed")
    codes = {place: world.places[place].code for place in ("asking", "asked")}
    assert seen_by(world, matter, "asking.leader") == ([codes["asked"]], [], [])
    first = rates(world, matter, by="asking.case_officer", of="asked")
    assert not first.opened
    assert seen_by(world, matter, "asking.leader") == ([], [first], [])
    assert seen_by(world, matter, "asked.leader") == ([codes["asking"]], [], [])
    second = rates(world, matter, by="asked.leader", of="asking", timeliness=5, effort=5, comment="")
    assert second.opened
    assert seen_by(world, matter, "asking.leader") == ([], [first], [second])
    assert seen_by(world, matter, "asked.clerk") == ([], [second], [first])


def test_neither_journal_nor_notices_say_what_was_rated(world: World) -> None:
    matter = world.matter_in("closed")
    rates(world, matter, by="asking.leader", of="asked")
    entry = Entry.objects.get(event="matter.rate")
    assert entry.details == {"rated": world.places["asked"].code}
    told = Notice.objects.filter(kind="matter.rate")
    assert set(told.values_list("organisation", flat=True)) == {world.places["asked"].pk}
    assert SECRET not in repr([*told.values(), *Entry.objects.values()])
    assert "双方同时可见" in told[0].zh
    rates(world, matter, by="asked.leader", of="asking")
    opened = Notice.objects.filter(kind="matter.rate", organisation=world.places["asking"])
    assert "现在可以查看" in opened[0].zh


@pytest.mark.postgres
def test_the_database_itself_keeps_a_rating_from_the_other_side(world: World) -> None:
    matter = world.matter_in("closed")
    first = rates(world, matter, by="asking.leader", of="asked")

    def visible(place: str) -> set[int]:
        enter(str(world.places[place].scope.pk))
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, timeliness, comment FROM casework_rating")
            found = {row[0] for row in cursor.fetchall()}
        enter(SYSTEM)
        return found

    places = ("asking", "asked", "third", "centre")
    assert {place: visible(place) for place in places} == {
        "asking": {first.pk},
        "asked": set(),
        "third": set(),
        "centre": set(),
    }
    second = rates(world, matter, by="asked.leader", of="asking")
    both = {first.pk, second.pk}
    assert {place: visible(place) for place in places} == {
        "asking": both,
        "asked": both,
        "third": set(),
        "centre": set(),
    }
    enter(NOBODY)
    assert not Rating.objects.exists()
    enter(SYSTEM)


def test_a_rating_is_not_changed(world: World) -> None:
    matter = world.matter_in("closed")
    rates(world, matter, by="asking.case_officer", of="asked")
    before = everything()
    with pytest.raises(Conflict, match="rated_already"):
        rates(world, matter, by="asking.leader", of="asked", timeliness=5)
    assert everything() == before


def test_whoever_let_the_request_lie_until_it_was_withdrawn_can_be_rated(world: World) -> None:
    matter = world.matter_in("withdrawn")
    assert rates(world, matter, by="asking.leader", of="asked", timeliness=1, effort=1).timeliness == 1


REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("answered", {}, Conflict, "casework.not_ended"),
    ("closed", {"by": "asking.clerk"}, NotAllowed, "casework.may_not_speak"),
    ("closed", {"by": "third.leader"}, NotFound, "casework.no_matter"),
    ("closed", {"of": "asking"}, Conflict, "casework.no_side"),
    ("closed", {"of": "third"}, Conflict, "casework.no_side"),
    ("closed", {"of": "centre"}, Conflict, "casework.no_side"),
    ("closed", {"timeliness": 0}, InvalidInput, "casework.bad_rating"),
    ("closed", {"effort": 6}, InvalidInput, "casework.bad_rating"),
    ("closed", {"comment": "长" * 501}, InvalidInput, "casework.bad_rating"),
]


@pytest.mark.parametrize(("state", "given", "error", "code"), REFUSED)
def test_a_refusal_changes_nothing(
    state: str, given: dict[str, Any], error: type[Any], code: str, world: World
) -> None:
    matter = world.matter_in(state)
    before = everything()
    with pytest.raises(error) as refused:
        rates(world, matter, **{"by": "asking.leader", "of": "asked", **given})
    assert refused.value.code == code
    assert everything() == before


def test_the_database_takes_no_other_score(world: World) -> None:
    rating = rates(world, world.matter_in("closed"), by="asking.leader", of="asked")
    rating.pk, rating.rated, rating.effort = None, world.places["third"], 6
    with pytest.raises(IntegrityError, match="ratings_from_one_to_five"), transaction.atomic():
        rating.save()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE casework_rating SET timeliness = 5",
        "UPDATE casework_rating SET opened = true, timeliness = 5",
        "UPDATE casework_rating SET opened = true, comment = 'x'",
        "UPDATE casework_rating SET opened = false",
        "UPDATE casework_rating SET id = id + 1000",
        "DELETE FROM casework_rating",
        "TRUNCATE casework_rating CASCADE",
    ],
)
@pytest.mark.parametrize("both", [False, True])
def test_the_database_lets_nobody_change_a_rating(world: World, change: str, *, both: bool) -> None:
    matter = world.matter_in("closed")
    rates(world, matter, by="asking.leader", of="asked")
    if both:
        rates(world, matter, by="asked.leader", of="asking")
    before = everything()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert everything() == before


def test_a_rating_is_opened_once_and_stays_open(world: World) -> None:
    rating = rates(world, world.matter_in("closed"), by="asking.leader", of="asked")
    rows = Rating.objects.filter(pk=rating.pk)
    assert rows.update(opened=True) == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(opened=True, comment="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(opened=False)
    assert rows.get().opened


def test_the_centre_that_stepped_in_rates_nobody(world: World) -> None:
    matter = world.matter_in("delivered")
    world.do(matter, "escalate", by="asking.leader", at="2026-02-09T09:00", note="请协调")
    world.do(matter, "withdraw", by="asking.leader", at="2026-02-10T09:00", note="不再需要")
    assert seen_by(world, matter, "centre.secondee") == ([], [], [])
    with pytest.raises(Conflict, match="no_side"):
        rates(world, matter, by="centre.secondee", of="asked")


def test_of_several_partners_each_rates_the_host_and_the_host_each(toys: World) -> None:
    partners = [toys.places[place].code for place in ("asked", "third")]
    matter = toys.begin(procedure="joint", act="plan", at="2026-02-02T09:00", parties={"partner": partners}, **JOINT)
    toys.do(matter, "send_round", by="asking.leader", at="2026-02-03T09:00")
    Matter.objects.filter(pk=matter.pk).update(final=True)
    host = toys.places["asking"].code
    assert [seen_by(toys, matter, f"{place}.leader")[0] for place in ("asking", "asked", "third")] == [
        partners,
        [host],
        [host],
    ]
    rates(toys, matter, by="asking.leader", of="asked")
    assert rates(toys, matter, by="asked.leader", of="asking").opened
    assert not rates(toys, matter, by="third.leader", of="asking").opened
    assert [len(rows) for rows in seen_by(toys, matter, "asking.leader")] == [1, 1, 1]


def waiting(world: World, by: str, limit: int = 5) -> list[int]:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        return [row.pk for row in ratings_waiting(actor, limit=limit)]


def test_what_waits_to_be_rated_is_what_ended_last(world: World) -> None:
    older = world.matter_in("closed", case_ref="甲")
    newer = world.matter_in("closed", case_ref="乙")
    world.matter_in("answered", case_ref="丙")
    assert waiting(world, "asking.leader") == [newer.pk, older.pk]
    assert waiting(world, "asking.leader", limit=1) == [newer.pk]
    assert waiting(world, "asking.clerk") == waiting(world, "third.leader") == waiting(world, "centre.secondee") == []
    rates(world, newer, by="asking.leader", of="asked")
    assert waiting(world, "asking.leader") == [older.pk]
    assert waiting(world, "asked.leader") == [newer.pk, older.pk]


@pytest.mark.parametrize(("score", "negative"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_one_and_two_are_negative(score: int, *, negative: bool) -> None:
    assert is_negative(score) == negative
