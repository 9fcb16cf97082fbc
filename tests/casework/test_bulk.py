"""Bulk acts: what is offered for many matters, what each row comes to, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.desk import bulk
from concord.casework.desk.bulk import Outcome, Row
from concord.casework.models import Act, Audience, Matter
from concord.casework.queries import Seen, matter_for
from concord.foundation.database.memory import remembering
from concord.rules.errors import InvalidInput
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
TODAY = date(2026, 2, 6)
AT = "2026-02-06T10:00"


def look(world: World, numbers: Sequence[str], *, by: str) -> dict[str, Seen]:
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        return bulk.looked_at(numbers, by=actor, on=TODAY)


def do(
    world: World,
    matters: Sequence[Matter],
    act: str,
    *,
    by: str,
    versions: Sequence[int] | None = None,
    together: bool = False,
    key: str = "k",
    **answers: Any,
) -> dict[str, Outcome]:
    """Do the act in every matter as it is seen now; the outcome of each by number."""
    actor = world.actor(by, at=AT)
    with speaking_as(actor):
        seen = bulk.looked_at([one.number for one in matters], by=actor, on=TODAY)
        rows = [
            Row(
                number=one.number,
                version=versions[place] if versions else (seen[one.number].version if one.number in seen else 0),
                key=f"{key}-{one.number}",
            )
            for place, one in enumerate(matters)
        ]
        found = bulk.perform_each(
            act=act, rows=rows, answers=answers, by=actor, at=time(AT), entropy=b"\0" * 32, together=together
        )
    return {one.name: one for one in found}


def code(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else ""


def test_many_are_seen_as_each_is_alone(world: World) -> None:
    matters = [world.matter_in(state) for state in ("drafted", "submitted", "delivered", "accepted", "withdrawn")]
    for by in ("asking.case_officer", "asked.leader", "third.leader"):
        actor = world.actor(by)
        found = look(world, [one.number for one in matters], by=by)
        with speaking_as(actor):
            shown = [one for one in matters if Audience.objects.filter(matter=one, scope_id=actor.scope_id).exists()]
            assert found == {one.number: matter_for(number=one.number, by=actor, on=TODAY) for one in shown}


def test_what_many_organisations_do_each_is_known(toys: World) -> None:
    parties = {"partner": [toys.places["asked"].code, toys.places["third"].code]}
    matter = toys.begin(
        procedure="joint", act="plan", parties=parties, aim="清理", opening="2026-02-10", hearing="2026-03-10",
        outsider="东泽商会",
    )  # fmt: skip
    toys.do(matter, "send_round", by="asking.leader", at="2026-02-05T11:00")
    toys.do(matter, "sign", by="asked.leader", at="2026-02-05T12:00")
    for by in ("asking.leader", "asked.leader", "third.leader"):
        actor = toys.actor(by)
        found = look(toys, [matter.number], by=by)
        with speaking_as(actor):
            assert found == {matter.number: matter_for(number=matter.number, by=actor, on=TODAY)}
    assert found[matter.number].done == frozenset()
    assert look(toys, [matter.number], by="asked.leader")[matter.number].done == {"sign", "stand_aside"}


@pytest.mark.slow
def test_looking_costs_the_same_for_2_and_for_20(world: World) -> None:
    numbers = [world.matter_in("delivered").number for _ in range(20)]
    actor = world.actor("asked.leader", at=AT)
    costs = []
    for some in (numbers[:2], numbers):
        with speaking_as(actor), remembering(), CaptureQueriesContext(connection) as caught:
            seen = list(bulk.looked_at(some, by=actor, on=TODAY).values())
            offers = bulk.offers(seen, actor)
            bulk.lines(seen, offers[0], actor)
        costs.append(len(caught))
    assert costs[0] == costs[1]


def test_more_than_a_hundred_are_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"casework\.too_many_rows"):
        look(world, [f"G60-2026-{n:05d}" for n in range(101)], by="asked.leader")


def test_what_is_possible_in_some_is_offered_with_its_matters(world: World) -> None:
    waiting, running = world.matter_in("submitted"), world.matter_in("accepted")
    actor = world.actor("asking.leader")
    seen = look(world, [waiting.number, running.number], by="asking.leader")
    found = bulk.offers(seen.values(), actor)
    assert (found[0].rule.id, found[-1].rule.id) == ("issue", "withdraw")
    offered = {offer.rule.id: offer for offer in found}
    assert offered["issue"].numbers == (waiting.number,)
    assert [field.id for field in offered["send_back"].fields] == ["note"]
    assert "revise" not in offered


def test_an_act_that_asks_each_something_of_its_own_is_not_offered(world: World) -> None:
    matter = world.matter_in("accepted")
    actor = world.actor("asked.case_officer")
    seen = look(world, [matter.number], by="asked.case_officer")
    offered = {offer.rule.id for offer in bulk.offers(seen.values(), actor)}
    assert "submit_answer" not in offered
    assert "offer_date" in offered


def test_every_row_says_what_would_happen_or_why_not(world: World) -> None:
    ready, early, done = world.matter_in("submitted"), world.matter_in("drafted"), world.matter_in("withdrawn")
    own = world.begin(by="asking.leader")
    world.do(own, "submit", by="asking.leader", at="2026-02-05T11:00")
    actor = world.actor("asking.leader")
    seen = list(look(world, [one.number for one in (ready, early, done, own)], by="asking.leader").values())
    (issue,) = [offer for offer in bulk.offers(seen, actor) if offer.rule.id == "issue"]
    with speaking_as(actor):
        told = {line.known.matter.number: line for line in bulk.lines(seen, issue, actor)}
    codes = {number: line.refusal.code if line.refusal else "" for number, line in told.items()}
    assert codes == {
        ready.number: "",
        early.number: "casework.not_in_state",
        done.number: "casework.not_in_state",
        own.number: "casework.signer_drafted",
    }


def test_somebody_elses_act_and_an_act_of_another_procedure_are_told_apart(world: World) -> None:
    matter = world.matter_in("submitted")
    leader, clerk = world.actor("asking.leader"), world.actor("asking.clerk")
    seen = list(look(world, [matter.number], by="asking.leader").values())
    (issue,) = [offer for offer in bulk.offers(seen, leader) if offer.rule.id == "issue"]
    with speaking_as(clerk):
        (line,) = bulk.lines(seen, issue, clerk)
    assert line.refusal is not None
    assert line.refusal.code == "casework.may_not"


def test_every_row_is_an_act_of_its_own(world: World) -> None:
    matters = [world.matter_in("submitted") for _ in range(3)]
    found = do(world, matters, "issue", by="asking.leader")
    assert {code(one) for one in found.values()} == {""}
    acts = Act.objects.filter(act="issue")
    assert set(acts.values_list("key", flat=True)) == {f"k-{one.number}" for one in matters}
    assert len(set(acts.values_list("paper__number", flat=True))) == 3


def test_the_same_submission_again_does_nothing_twice(world: World) -> None:
    matters = [world.matter_in("submitted") for _ in range(2)]
    do(world, matters, "issue", by="asking.leader")
    before = everything()
    again = do(world, matters, "issue", by="asking.leader", versions=[2, 2])
    assert {code(one) for one in again.values()} == {""}
    assert everything() == before


def test_a_stale_row_is_told_and_the_others_are_done(world: World) -> None:
    ready, moved = world.matter_in("submitted"), world.matter_in("submitted")
    found = do(world, [ready, moved], "send_back", by="asking.leader", versions=[2, 1], note="请补充")
    assert (code(found[ready.number]), code(found[moved.number])) == ("", "casework.stale")
    assert [act.matter_id for act in Act.objects.filter(act="send_back")] == [ready.id]


def test_together_one_that_cannot_undoes_all(world: World) -> None:
    ready, early = world.matter_in("submitted"), world.matter_in("drafted")
    before = everything()
    found = do(world, [ready, early], "issue", by="asking.leader", together=True)
    assert (found[ready.number].matter, code(found[ready.number])) == (None, "")
    assert code(found[early.number]) == "casework.not_in_state"
    changed = {name for name, rows in everything().items() if rows != before[name]}
    assert changed <= {"sqlite_sequence"}


def test_together_all_are_done(world: World) -> None:
    matters = [world.matter_in("submitted") for _ in range(2)]
    found = do(world, matters, "issue", by="asking.leader", together=True)
    assert [one.matter is not None for one in found.values()] == [True, True]
    assert Act.objects.filter(act="issue").count() == 2


def test_what_is_not_shown_is_a_row_of_its_own(world: World) -> None:
    hidden, shown = world.matter_in("submitted"), world.matter_in("delivered")
    found = do(world, [hidden, shown], "accept", by="asked.case_officer")
    assert (code(found[hidden.number]), code(found[shown.number])) == ("casework.no_matter", "")


@pytest.mark.parametrize("together", [False, True])
def test_many_are_given_to_one(world: World, *, together: bool) -> None:
    matters = [world.matter_in("delivered") for _ in range(3)]
    leader, officer = world.actor("asked.leader", at=AT), world.actor("asked.case_officer", at=AT)
    numbers = [one.number for one in matters]
    with speaking_as(leader):
        found = bulk.assign_each(
            numbers=numbers, handler=officer.post.id, department=None, by=leader, at=time(AT), together=together
        )
    assert {code(one) for one in found} == {""}
    handled = Audience.objects.filter(handler=officer.post).values_list("matter__number", flat=True)
    assert sorted(handled) == sorted(numbers)


def test_together_one_that_cannot_be_given_keeps_all_as_they_were(world: World) -> None:
    shown, hidden = world.matter_in("delivered"), world.matter_in("drafted")
    leader, officer = world.actor("asked.leader", at=AT), world.actor("asked.case_officer", at=AT)
    with speaking_as(leader):
        found = bulk.assign_each(
            numbers=[shown.number, hidden.number],
            handler=officer.post.id,
            department=None,
            by=leader,
            at=time(AT),
            together=True,
        )
    assert {one.name: code(one) for one in found} == {shown.number: "", hidden.number: "casework.no_matter"}
    assert not Audience.objects.filter(handler=officer.post).exists()
