"""Reminding: who may remind whom, once a working day, and what stays out of the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from concord.casework.desk.reminding import remind, reminders_of
from concord.casework.models import Matter, Reminder
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import JOINT, World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
MONDAY = "2026-02-09T10:00"


def reminds(world: World, matter: Matter, *, by: str, at: str = MONDAY, **given: Any) -> list[Reminder]:
    actor = world.actor(by, at=at)
    with speaking_as(actor):
        return remind(matter=matter.uid, by=actor, at=time(at), **given)


def test_the_side_that_waits_reminds_the_other(world: World) -> None:
    matter = world.matter_in("delivered")
    (made,) = reminds(world, matter, by="asking.case_officer", text="  当事人下周开庭，请尽快。 ")
    assert (made.sender, made.receiver) == (world.places["asking"], world.places["asked"])
    assert made.text == "当事人下周开庭，请尽快。"
    told = Notice.objects.filter(kind="matter.remind", matter_uid=matter.uid)
    assert set(told.values_list("organisation", flat=True)) == {world.places["asked"].pk}
    assert "当事人" not in repr(list(told.values_list("zh", "en")))
    entry = Entry.objects.get(event="matter.remind")
    assert (entry.details, entry.matter_uid) == ({"receiver": world.places["asked"].code}, matter.uid)
    for by in ("asking.clerk", "asked.case_officer"):
        known = world.look(matter, by=by)
        with speaking_as(world.actor(by)):
            assert reminders_of(known) == [made]


def test_whoever_works_on_the_matter_is_told_and_nobody_beside(world: World) -> None:
    matter = world.matter_in("accepted")
    reminds(world, matter, by="asking.leader")
    told = Notice.objects.filter(kind="matter.remind").values_list("person__username", flat=True)
    assert list(told) == ["asked.case_officer"]


# 14 February is worked, the 15th to the 23rd are off: these count to the 24th.
@pytest.mark.parametrize(
    ("first", "second", "again"),
    [
        ("2026-02-09T00:01", "2026-02-09T23:59", False),
        ("2026-02-09T23:59", "2026-02-10T00:01", True),
        ("2026-02-14T09:00", "2026-02-15T09:00", True),
        ("2026-02-15T09:00", "2026-02-20T09:00", False),
        ("2026-02-20T09:00", "2026-02-24T18:00", False),
        ("2026-02-24T18:00", "2026-02-25T09:00", True),
    ],
)
def test_once_a_working_day_is_enough(first: str, second: str, *, again: bool, world: World) -> None:
    matter = world.matter_in("delivered")
    reminds(world, matter, by="asking.case_officer", at=first)
    if again:
        assert len(reminds(world, matter, by="asking.leader", at=second)) == 1
        return
    before = everything()
    with pytest.raises(Conflict) as refused:
        reminds(world, matter, by="asking.leader", at=second)
    assert refused.value.code == "casework.reminded_already"
    assert everything() == before


def test_another_matter_is_another_reminder(world: World) -> None:
    for name in ("甲", "乙"):
        assert len(reminds(world, world.matter_in("delivered", case_ref=name), by="asking.leader")) == 1


def late_signers(world: World) -> Matter:
    """Joint work in which one partner has signed and the other has not."""
    partners = [world.places[place].code for place in ("asked", "third")]
    matter = world.begin(procedure="joint", act="plan", at="2026-02-02T09:00", parties={"partner": partners}, **JOINT)
    world.do(matter, "send_round", by="asking.leader", at="2026-02-03T09:00")
    return matter


def test_of_several_each_that_is_awaited_is_reminded_or_those_named(toys: World) -> None:
    matter = late_signers(toys)
    (one,) = reminds(toys, matter, by="asking.leader", receivers=[toys.places["third"].code])
    (other,) = reminds(toys, matter, by="asking.leader")
    assert [one.receiver, other.receiver] == [toys.places["third"], toys.places["asked"]]


def test_whoever_is_awaited_too_reminds_nobody_and_whoever_is_done_may(toys: World) -> None:
    matter = late_signers(toys)
    with pytest.raises(Conflict, match="nobody_to_remind"):
        reminds(toys, matter, by="asked.leader")
    toys.do(matter, "sign", by="asked.leader", at="2026-02-04T09:00")
    (made,) = reminds(toys, matter, by="asked.leader")
    assert made.receiver == toys.places["third"]


REFUSED: list[tuple[str, str, dict[str, Any], type[Exception], str]] = [
    ("delivered", "asked.case_officer", {}, Conflict, "casework.nobody_to_remind"),
    ("submitted", "asking.case_officer", {}, Conflict, "casework.nobody_to_remind"),
    ("closed", "asking.case_officer", {}, Conflict, "casework.nobody_to_remind"),
    ("delivered", "asking.clerk", {}, NotAllowed, "casework.may_not_speak"),
    ("delivered", "third.leader", {}, NotFound, "casework.no_matter"),
    ("delivered", "asking.administrator", {}, NotFound, "casework.no_matter"),
    ("delivered", "asking.leader", {"text": "长" * 501}, InvalidInput, "casework.bad_reminder"),
    ("delivered", "asking.leader", {"receivers": ["330700"]}, InvalidInput, "casework.bad_reminder"),
]


@pytest.mark.parametrize(("state", "by", "given", "error", "code"), REFUSED)
def test_a_refusal_changes_nothing(
    state: str, by: str, given: dict[str, Any], *, error: type[Any], code: str, world: World
) -> None:
    matter = world.matter_in(state)
    before = everything()
    with pytest.raises(error) as refused:
        reminds(world, matter, by=by, at="2026-03-10T10:00", **given)
    assert refused.value.code == code
    assert everything() == before


@pytest.mark.parametrize(("length", "kept"), [(500, 500), (0, 0)])
def test_words_are_optional_and_short(length: int, kept: int, world: World) -> None:
    (made,) = reminds(world, world.matter_in("delivered"), by="asking.leader", text="好" * length)
    assert len(made.text) == kept


def test_the_words_are_not_in_the_journal(world: World, django_assert_max_num_queries: Callable[..., Any]) -> None:
    matter = world.matter_in("delivered")
    with django_assert_max_num_queries(40):
        reminds(world, matter, by="asking.leader", text="涉及张三的住址")
    assert "张三" not in repr(list(Entry.objects.values()))
