"""Assigning: who gives matters to whom inside an organisation, and who may take one."""

from __future__ import annotations

from datetime import date

import pytest

from concord.casework.desk import assigning
from concord.casework.models import Audience, Matter
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Department
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
AT = "2026-02-06T10:00"


def give(
    world: World, matter: Matter, to: str | None, *, by: str, department: int | None = None, at: str = AT
) -> Audience:
    """Somebody assigns the matter to somebody, or to nobody."""
    actor = world.actor(by, at=at)
    handler = world.actor(to, at=at).post.id if to else None
    with speaking_as(actor):
        return assigning.assign(matter=matter.uid, handler=handler, department=department, by=actor, at=time(at))


def handler_at(world: World, matter: Matter, place: str) -> str | None:
    row = Audience.objects.get(matter=matter, scope__organisation=world.places[place])
    return row.handler.person.username if row.handler else None


def department(world: World, place: str, *, until: date | None = None) -> Department:
    with writing():
        return Department.objects.create(
            organisation=world.places[place], zh="执法一科", valid_from=date(2020, 1, 1), valid_until=until
        )


def test_a_leader_gives_a_matter_to_an_officer_who_is_told(world: World) -> None:
    matter = world.matter_in("delivered")
    assert handler_at(world, matter, "asked") is None
    give(world, matter, "asked.case_officer", by="asked.leader")
    assert handler_at(world, matter, "asked") == "asked.case_officer"
    told = Notice.objects.get(kind="matter.assign")
    assert (told.person.username, told.matter_uid) == ("asked.case_officer", matter.uid)
    entry = Entry.objects.get(event="matter.assign")
    assert (entry.subject, entry.internal) == (matter.number, True)
    assert entry.details == {"handler": world.actor("asked.case_officer").post.id, "department": ""}


def test_the_other_side_keeps_its_own_handler(world: World) -> None:
    matter = world.matter_in("delivered")
    before = handler_at(world, matter, "asking")
    give(world, matter, "asked.case_officer", by="asked.leader")
    assert handler_at(world, matter, "asking") == before == "asking.case_officer"


def test_the_department_of_the_handler_comes_along_and_can_be_named(world: World) -> None:
    matter = world.matter_in("delivered")
    part = department(world, "asked")
    post = world.actor("asked.case_officer").post
    post.department = part
    with writing():
        post.save()
    assert give(world, matter, "asked.case_officer", by="asked.leader").department == part
    other = department(world, "asked")
    row = give(world, matter, None, by="asked.leader", department=other.id)
    assert (row.handler, row.department) == (None, other)


def test_the_same_again_changes_nothing(world: World) -> None:
    matter = world.matter_in("delivered")
    give(world, matter, "asked.case_officer", by="asked.leader")
    before = everything()
    give(world, matter, "asked.case_officer", by="asked.leader", at="2026-02-06T11:00")
    assert everything() == before


def test_nobody_is_told_of_what_they_took_themselves(world: World) -> None:
    matter = world.matter_in("delivered")
    give(world, matter, "asked.leader", by="asked.leader")
    assert not Notice.objects.filter(kind="matter.assign").exists()


def test_an_officer_takes_what_nobody_has(world: World) -> None:
    matter = world.matter_in("delivered")
    give(world, matter, "asked.case_officer", by="asked.case_officer")
    assert handler_at(world, matter, "asked") == "asked.case_officer"


@pytest.mark.parametrize("to", ["asked.leader", None])
def test_an_officer_gives_nothing_to_others_and_takes_nothing_back(world: World, to: str | None) -> None:
    matter = world.matter_in("delivered")
    with pytest.raises(NotAllowed, match=r"casework\.may_not_assign"):
        give(world, matter, to, by="asked.case_officer")


def test_an_officer_does_not_take_what_somebody_has(world: World) -> None:
    matter = world.matter_in("delivered")
    give(world, matter, "asked.leader", by="asked.leader")
    before = everything()
    with pytest.raises(NotAllowed, match=r"casework\.may_not_assign"):
        give(world, matter, "asked.case_officer", by="asked.case_officer")
    assert everything() == before


def test_who_can_do_nothing_in_a_matter_does_not_take_it(world: World) -> None:
    matter = world.matter_in("delivered")
    with pytest.raises(NotAllowed, match=r"casework\.may_not_assign"):
        give(world, matter, "asked.clerk", by="asked.clerk")


@pytest.mark.parametrize("to", ["asking.case_officer", "asked.administrator"])
def test_a_handler_is_of_the_own_organisation_and_reads_matters(world: World, to: str) -> None:
    matter = world.matter_in("delivered")
    with pytest.raises(InvalidInput, match=r"casework\.bad_handler") as refused:
        give(world, matter, to, by="asked.leader")
    assert [problem.field for problem in refused.value.problems] == ["handler"]


def test_a_department_that_is_over_or_anothers_is_refused(world: World) -> None:
    matter = world.matter_in("delivered")
    for part in (department(world, "asked", until=date(2026, 2, 6)), department(world, "asking")):
        with pytest.raises(InvalidInput, match=r"casework\.bad_handler") as refused:
            give(world, matter, None, by="asked.leader", department=part.id)
        assert [problem.field for problem in refused.value.problems] == ["department"]


def test_what_is_not_shown_is_not_assigned(world: World) -> None:
    matter = world.matter_in("delivered")
    with pytest.raises(NotFound, match=r"casework\.no_matter"):
        give(world, matter, "third.case_officer", by="third.leader")


def test_a_closed_matter_is_not_assigned(world: World) -> None:
    matter = world.matter_in("withdrawn")
    with pytest.raises(Conflict, match=r"casework\.not_open"):
        give(world, matter, "asking.case_officer", by="asking.leader", at="2026-02-10T09:00")


def test_everybody_who_reads_matters_today_can_be_chosen(world: World) -> None:
    by = world.actor("asked.leader")
    part = department(world, "asked")
    department(world, "asked", until=date(2021, 1, 1))
    with speaking_as(by):
        offered = assigning.choices_for(by, on=date(2026, 2, 6))
        assert [post.person.username for post in offered.posts] == [
            f"asked.{kind}"
            for kind in ("case_officer", "leader", "liaison", "secondee", "legal_officer", "clerk", "auditor")
        ]
        assert list(offered.departments) == [part]
