"""Another date for an agreed clock: offered, taken, declined, taken back; never for a limit of the law."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from concord.casework.counting import explained
from concord.casework.desk.dates import (
    AGREED,
    answer_date,
    begun_by_agreement,
    is_negotiable,
    offer_date,
    offers_of,
    open_to_offers,
    withdraw_date,
)
from concord.casework.models import Audience, ClockRun, DateOffer, Matter
from concord.casework.queries import clocks_of
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.worlds import World, everything, speaking_as, time

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY = "2026-02-09T10:00", "2026-02-10T10:00"
THURSDAY = date(2026, 2, 12)


def offers(
    world: World,
    matter: Matter,
    *,
    by: str = "asked.case_officer",
    at: str = MONDAY,
    clock: str = "receipt",
    day: date | None = THURSDAY,
    reason: str = "经办人出差",
) -> DateOffer:
    actor = world.actor(by, at=at)
    with speaking_as(actor):
        return offer_date(matter=matter.uid, clock=clock, day=day, reason=reason, by=actor, at=time(at))


def answers(
    world: World, offer: DateOffer, *, take: bool, by: str = "asking.case_officer", at: str = TUESDAY, text: str = ""
) -> DateOffer:
    actor = world.actor(by, at=at)
    with speaking_as(actor):
        return answer_date(matter=offer.matter.uid, offer=offer.pk, take=take, text=text, by=actor, at=time(at))


def withdraws(world: World, offer: DateOffer, *, by: str = "asked.leader", at: str = TUESDAY) -> DateOffer:
    actor = world.actor(by, at=at)
    with speaking_as(actor):
        return withdraw_date(matter=offer.matter.uid, offer=offer.pk, by=actor, at=time(at))


def runs(matter: Matter, clock: str = "receipt") -> list[ClockRun]:
    return list(ClockRun.objects.filter(matter=matter, clock=clock).order_by("id"))


def told(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("person__username", flat=True))


def test_a_date_taken_ends_the_clock_and_begins_one_to_that_day(world: World) -> None:
    matter = world.matter_in("delivered")
    offer = offers(world, matter)
    assert told("matter.offer_date") == {"asking.case_officer", "asking.leader"}
    (before,) = runs(matter)
    assert (before.running, before.legal_due) == (True, date(2026, 2, 10))
    answers(world, offer, take=True)
    old, new = runs(matter)
    assert (old.running, old.ended_by, old.ended_at) == (False, AGREED, time(TUESDAY))
    assert (new.running, new.limit, new.nominal, new.legal_due) == (True, "", THURSDAY, THURSDAY)
    assert (new.owner, new.rule_digest, new.start_date) == (old.owner, old.rule_digest, date(2026, 2, 10))
    assert explained(new, calendar_on(THURSDAY)).legal_due == THURSDAY
    assert begun_by_agreement([old, new]) == {new.pk}
    matter.refresh_from_db()
    assert matter.next_due == THURSDAY
    assert set(Audience.objects.filter(matter=matter).values_list("due", "late_after")) == {(THURSDAY, THURSDAY)}
    entry = Entry.objects.get(event="matter.take_date")
    assert entry.details == {
        "clock": "receipt",
        "owner": world.places["asked"].code,
        "date.before": "2026-02-10",
        "date.offered": "2026-02-12",
        "date.agreed": "2026-02-12",
    }
    assert told("matter.answer_date")


def test_the_procedure_goes_on_with_the_agreed_clock(world: World) -> None:
    matter = world.matter_in("delivered")
    answers(world, offers(world, matter), take=True)
    world.do(matter, "accept", by="asked.case_officer", at="2026-02-11T09:00")
    assert [(run.running, run.ended_by) for run in runs(matter)] == [(False, AGREED), (False, "accept")]


def test_an_overdue_clock_stays_on_record_as_late(world: World) -> None:
    matter = world.matter_in("delivered")
    offer = offers(world, matter, at="2026-02-11T09:00")
    answers(world, offer, take=True, at="2026-02-11T10:00")
    old, new = runs(matter)
    assert old.ended_at is not None
    assert old.ended_at.date() > old.legal_due
    assert new.legal_due == THURSDAY


def test_a_date_declined_leaves_the_clock_and_another_may_be_offered(world: World) -> None:
    matter = world.matter_in("delivered")
    offer = offers(world, matter)
    answers(world, offer, take=False, text="开庭在即")
    offer.refresh_from_db()
    assert (offer.taken, offer.answer) == (False, "开庭在即")
    assert [run.legal_due for run in runs(matter)] == [date(2026, 2, 10)]
    assert Entry.objects.get(event="matter.decline_date").details["date.before"] == "2026-02-10"
    assert offers(world, matter, at=TUESDAY, day=date(2026, 2, 11)).pk != offer.pk


def test_an_offer_may_be_taken_back(world: World) -> None:
    matter = world.matter_in("delivered")
    offer = withdraws(world, offers(world, matter))
    assert offer.taken is None
    assert offer.answered_at == time(TUESDAY)
    assert Entry.objects.filter(event="matter.withdraw_date").exists()
    with pytest.raises(Conflict, match="offer_over"):
        answers(world, offer, take=True)


def test_both_sides_see_the_waiting_offer_and_what_each_may_do(world: World) -> None:
    matter = world.matter_in("delivered")
    offers(world, matter)
    seen = {}
    for by in ("asked.case_officer", "asking.case_officer", "asking.clerk"):
        actor, known = world.actor(by), world.look(matter, by=by)
        with speaking_as(actor):
            (shown,) = offers_of(known, actor, on=date(2026, 2, 9))
            seen[by] = (shown.waiting, shown.answerable, shown.withdrawable)
            assert open_to_offers(clocks_of(known), [shown], actor) == []
    assert seen == {
        "asked.case_officer": (True, False, True),
        "asking.case_officer": (True, True, False),
        "asking.clerk": (True, False, False),
    }


def test_the_owner_is_offered_its_agreed_clocks_alone(world: World) -> None:
    matter = world.matter_in("delivered")
    open_for = {}
    for by in ("asked.case_officer", "asked.clerk", "asking.case_officer"):
        actor, known = world.actor(by), world.look(matter, by=by)
        with speaking_as(actor):
            open_for[by] = [run.clock for run in open_to_offers(clocks_of(known), [], actor)]
    assert open_for == {"asked.case_officer": ["receipt"], "asked.clerk": [], "asking.case_officer": []}


def test_a_limit_of_the_law_is_refused_with_its_article(world: World) -> None:
    matter = world.matter_in("delivered")
    before = everything()
    with pytest.raises(NotAllowed) as refused:
        offers(world, matter, clock="reply", day=date(2026, 3, 12))
    assert refused.value.code == "casework.clock_is_law"
    assert "第四十五条" in refused.value.said.zh
    assert everything() == before


BAD: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"day": None}, InvalidInput, "missing"),
    ({"day": date(2026, 2, 9)}, InvalidInput, "not_ahead"),
    ({"day": date(2026, 2, 6)}, InvalidInput, "not_ahead"),
    ({"day": date(9999, 12, 31)}, InvalidInput, "not_ahead"),
    ({"day": date(2026, 2, 17)}, InvalidInput, "day_off"),
    ({"day": date(2026, 2, 10)}, InvalidInput, "same"),
    ({"reason": " "}, InvalidInput, "missing"),
    ({"reason": "长" * 501}, InvalidInput, "too_long"),
    ({"clock": "close"}, Conflict, "casework.clock_not_ours"),
    ({"clock": "nonsense"}, Conflict, "casework.clock_not_ours"),
    ({"by": "asking.case_officer"}, Conflict, "casework.clock_not_ours"),
    ({"by": "asked.clerk"}, NotAllowed, "casework.may_not_speak"),
    ({"by": "third.leader"}, NotFound, "casework.no_matter"),
]


@pytest.mark.parametrize(("given", "error", "code"), BAD)
def test_a_refused_offer_changes_nothing(given: dict[str, Any], error: type[Any], code: str, world: World) -> None:
    matter = world.matter_in("delivered")
    before = everything()
    with pytest.raises(error) as refused:
        offers(world, matter, **given)
    problems = [problem.code for problem in refused.value.problems]
    assert code in {refused.value.code, *problems}
    assert everything() == before


def test_a_clock_has_one_open_offer(world: World) -> None:
    matter = world.matter_in("delivered")
    offers(world, matter)
    with pytest.raises(Conflict, match="offer_open"):
        offers(world, matter, day=date(2026, 2, 13))


def test_a_worked_saturday_is_a_working_day(world: World) -> None:
    assert offers(world, world.matter_in("delivered"), day=date(2026, 2, 14)).offered_date == date(2026, 2, 14)


@pytest.mark.parametrize(
    ("by", "error", "code"),
    [
        ("asked.case_officer", NotAllowed, "casework.not_asked"),
        ("asking.clerk", NotAllowed, "casework.may_not_speak"),
        ("third.leader", NotFound, "casework.no_matter"),
    ],
)
def test_nobody_else_answers(by: str, error: type[Any], code: str, world: World) -> None:
    offer = offers(world, world.matter_in("delivered"))
    before = everything()
    with pytest.raises(error) as refused:
        answers(world, offer, take=True, by=by)
    assert refused.value.code == code
    assert everything() == before


def test_the_other_side_takes_nothing_back(world: World) -> None:
    offer = offers(world, world.matter_in("delivered"))
    with pytest.raises(NotAllowed, match="not_your_offer"):
        withdraws(world, offer, by="asking.leader")


def test_the_centre_that_only_looks_on_is_no_side(world: World) -> None:
    matter = world.matter_in("delivered")
    world.do(matter, "escalate", by="asking.leader", at=MONDAY, note="请协调")
    offer = offers(world, matter, at="2026-02-09T11:00")
    with pytest.raises(NotAllowed, match="not_asked"):
        answers(world, offer, take=True, by="centre.secondee")


def test_an_offer_ends_with_its_clock_and_with_its_day(world: World) -> None:
    matter = world.matter_in("delivered")
    offer = offers(world, matter)
    with pytest.raises(Conflict, match="offer_over"):
        answers(world, offer, take=True, at="2026-02-13T09:00")
    assert offers(world, matter, at="2026-02-13T10:00", day=date(2026, 2, 24)).offered_date == date(2026, 2, 24)
    offer.refresh_from_db()
    assert (offer.answered_by, offer.taken) == (None, None)
    second = world.matter_in("delivered")
    offer = offers(world, second)
    world.do(second, "accept", by="asked.case_officer", at="2026-02-09T12:00")
    with pytest.raises(Conflict, match="offer_over"):
        answers(world, offer, take=True)


def test_an_offer_of_another_matter_is_not_found(world: World) -> None:
    offer = offers(world, world.matter_in("delivered"))
    other = world.matter_in("delivered", case_ref="另案")
    actor = world.actor("asking.leader")
    with speaking_as(actor), pytest.raises(NotFound, match="no_offer"):
        answer_date(matter=other.uid, offer=offer.pk, take=True, by=actor, at=time(TUESDAY))


def test_which_clocks_may_be_agreed_on(world: World) -> None:
    matter = world.matter_in("answered")
    assert {run.clock: is_negotiable(run) for run in ClockRun.objects.filter(matter=matter)} == {
        "reply": False,
        "receipt": True,
        "close": True,
    }


def test_a_clock_that_the_procedure_extends_itself_is_left_to_it(world: World) -> None:
    matter = world.matter_in("delivered")
    mediation = charter_on(THURSDAY).procedure("mediation", on=THURSDAY)
    run = ClockRun.objects.get(matter=matter, clock="receipt")
    run.pk, run.clock, run.rule_digest = None, "mediation_term", mediation.digest
    run.save()
    assert not is_negotiable(run)
    with pytest.raises(Conflict, match="clock_has_extensions"):
        offers(world, matter, clock="mediation_term")


def test_nobody_is_asked_while_no_other_side_takes_part(world: World) -> None:
    matter = world.begin()
    receipt = ClockRun.objects.get(matter=world.matter_in("delivered"), clock="receipt")
    receipt.pk, receipt.matter, receipt.owner = None, matter, world.places["asking"]
    receipt.save()
    with pytest.raises(Conflict, match="nobody_to_ask"):
        offers(world, matter, by="asking.case_officer")
