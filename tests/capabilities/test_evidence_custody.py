"""The chain of custody: who may note what, and that nothing in it changes or is skipped."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from concord.capabilities.evidence import audience, custody_log
from concord.capabilities.evidence.models import Custody, Item
from concord.foundation.database.scope import writing
from concord.foundation.journal.models import Entry
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from concord.rules.evidence.custody import gaps, holder
from tests.support.collecting import Collecting
from tests.support.worlds import speaking_as


@pytest.fixture
def item(desk: Collecting) -> Item:
    made = desk.closed()
    desk.sign()
    return desk.fresh(made)


def noted(desk: Collecting, item: Item, *, by: str = "asking.case_officer", **changed: Any) -> Custody:
    actor = desk.actor(by)
    told: dict[str, Any] = {
        "act": "inspect",
        "purpose": "核对封条",
        "medium": "封存袋",
        "result": "封条完好",
        "place": "证据室",
        **changed,
    }
    with speaking_as(actor):
        return custody_log.note(item=item.uid, by=actor, at=desk.home.at, **told)


def test_a_move_is_numbered_and_on_record(desk: Collecting, item: Item) -> None:
    move = noted(desk, item, counterparty=desk.place("asked").code)
    assert (move.seq, move.act, move.counterparty, move.person) == (
        3,
        "inspect",
        desk.place("asked"),
        desk.world.person("asking.case_officer"),
    )
    with writing():
        entry = Entry.objects.get(event="evidence.note")
    assert (entry.subject, entry.details) == (item.number, {"act": "inspect", "seq": 3})


@pytest.mark.parametrize("field", ["purpose", "medium", "result", "place"])
@pytest.mark.parametrize("value", ["", "  ", "长" * 301])
def test_every_question_is_answered(desk: Collecting, item: Item, field: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        noted(desk, item, **{field: value})
    assert (refused.value.code, [one.field for one in refused.value.problems]) == ("evidence.bad_note", [field])


@pytest.mark.parametrize("act", ["seal", "hand_over", "receive", "erase", "redact", "nonsense"])
def test_what_an_act_of_its_own_does_is_not_noted_by_hand(desk: Collecting, item: Item, act: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        noted(desk, item, act=act)
    assert [one.field for one in refused.value.problems] == ["act"]


def test_a_gap_is_explained_by_the_move_before_it(desk: Collecting, item: Item) -> None:
    noted(desk, item)
    move = noted(desk, item, place="另一间证据室")  # how it came there nobody has said
    assert [(gap.after, gap.kind, gap.explained) for gap in gaps(custody_log.moves_of(item))] == [
        (3, "place", False),
    ]
    told = noted(desk, item, act="explain", explains=3, place="另一间证据室")
    with writing():
        assert Custody.objects.get(pk=told.pk).explains == Custody.objects.get(item=item, seq=3)
    assert [gap.explained for gap in gaps(custody_log.moves_of(item))] == [True]
    assert move.seq == 4


def test_only_a_gap_is_explained(desk: Collecting, item: Item) -> None:
    for seq in (1, 9):
        with pytest.raises(NotFound) as refused:
            noted(desk, item, act="explain", explains=seq)
        assert refused.value.code == "evidence.no_gap"
    for act, explains in (("explain", None), ("inspect", 2)):
        with pytest.raises(InvalidInput) as wrong:
            noted(desk, item, act=act, explains=explains)
        assert [one.field for one in wrong.value.problems] == ["explains"]


def test_an_organisation_that_does_not_exist_is_refused(desk: Collecting, item: Item) -> None:
    with pytest.raises(InvalidInput) as refused:
        noted(desk, item, counterparty="999999")
    assert [one.field for one in refused.value.problems] == ["counterparty"]


def test_only_the_holder_notes(desk: Collecting, item: Item) -> None:
    with pytest.raises(NotFound):
        noted(desk, item, by="asked.case_officer")
    with transaction.atomic():
        audience.show(item, desk.place("asked"), granted_by=None, at=desk.home.at)
    with pytest.raises(NotAllowed) as refused:
        noted(desk, item, by="asked.case_officer")
    assert refused.value.code == "evidence.not_holder"


def test_who_holds_no_powers_notes_nothing(desk: Collecting, item: Item) -> None:
    with pytest.raises(NotAllowed) as refused:
        noted(desk, item, by="asking.auditor")
    assert refused.value.code == "evidence.may_not"


def test_nothing_is_noted_before_it_is_closed(desk: Collecting) -> None:
    with pytest.raises(Conflict) as refused:
        noted(desk, desk.registered())
    assert refused.value.code == "evidence.state"


def test_a_move_is_neither_changed_nor_taken_back(item: Item) -> None:
    rows = Custody.objects.filter(item=item)
    for change in (lambda: rows.update(result="无"), rows.delete):
        with pytest.raises(DatabaseError), writing():
            change()


def test_the_chain_and_the_item_name_one_holder(desk: Collecting, item: Item) -> None:
    noted(desk, item)
    assert holder(custody_log.moves_of(item)) == item.holder.code
