"""Lots of physical samples: what came in is left, returned, used up or destroyed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.capabilities.evidence import audience, erasing, lots
from concord.capabilities.evidence.lots import NewLot
from concord.capabilities.evidence.models import Custody, Item, Lot, LotMove
from concord.foundation.database.scope import writing
from concord.proofs.statements import read_event
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.collecting import SECRET, Collecting
from tests.support.two_verifiers import failing
from tests.support.worlds import speaking_as

SHOES = NewLot(f"{SECRET}的鞋", "双", "封001", 100)
BOXES = NewLot("鞋盒", "个", "", 20)
LEAVING = ("test", "return", "destroy")


@pytest.fixture
def item(desk: Collecting) -> Item:
    """A sample of two lots, sealed."""
    made = desk.described(desk.registered(kind="sample"))
    enter(desk, made)
    desk.close(made)
    desk.sign()
    desk.publish()
    return desk.fresh(made)


def enter(desk: Collecting, item: Item, *rows: NewLot) -> list[Lot]:
    actor = desk.actor()
    with speaking_as(actor):
        return lots.add_lots(item=item.uid, lots=rows or [SHOES, BOXES], place="证据室", by=actor, at=desk.home.at)


def move(desk: Collecting, item: Item, kind: str, *, by: str = "asking.leader", **changed: Any) -> LotMove:
    actor = desk.actor(by)
    told: dict[str, Any] = {"lot": 1, "quantity": 10, "place": "证据室", "reason": "送检", "name": "样品", **changed}
    with speaking_as(actor):
        return lots.move_lot(item=item.uid, kind=kind, by=actor, at=desk.home.at, **told)


def test_what_is_taken_in_is_left(desk: Collecting, item: Item) -> None:
    assert lots.balances(item) == {1: 100, 2: 20}
    assert failing(desk.said(item)) == []


@pytest.mark.parametrize("kind", ["split", "sample"])
def test_what_is_parted_is_a_lot_of_its_own(desk: Collecting, item: Item, kind: str) -> None:
    move(desk, item, kind)
    assert lots.balances(item) == {1: 90, 2: 20, 3: 10}
    with writing():
        assert item.lots.get(number=3).unit == "双"


@pytest.mark.parametrize(("kind", "act"), [("test", "test"), ("return", "return"), ("destroy", "seal")])
def test_what_leaves_stands_in_the_chain_of_custody(desk: Collecting, item: Item, kind: str, act: str) -> None:
    move(desk, item, kind)
    assert lots.balances(item) == {1: 90, 2: 20}
    with writing():
        last = Custody.objects.filter(item=item).order_by("-seq")[0]
    assert last.act == act
    if kind != "destroy":  # as long as something is left, that ends no chain
        assert (last.medium, last.result) == ("批次 1", "10 双")


@pytest.mark.parametrize("kind", ["split", *LEAVING])
def test_more_than_there_is_never_leaves(desk: Collecting, item: Item, kind: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        move(desk, item, kind, quantity=101)
    assert refused.value.code == "evidence.lot_move"
    assert lots.balances(item) == {1: 100, 2: 20}


def test_a_sample_of_which_nothing_is_left_is_disposed_of_and_its_package_says_so(desk: Collecting, item: Item) -> None:
    move(desk, item, "destroy", quantity=100)
    assert desk.fresh(item).state == "sealed"
    move(desk, item, "return", lot=2, quantity=20)
    assert desk.fresh(item).state == "disposed"
    with writing():
        assert [row.state for row in item.audience.all()] == ["disposed"]
    assert erasing.sign_disposals(equipment=desk.home.equipment(), at=desk.home.at) == 1
    desk.publish()
    assert read_event(desk.package(item).events[-1].encode()).action == "dispose"
    assert failing(desk.said(item)) == []
    with pytest.raises(Conflict) as refused:
        move(desk, item, "split", quantity=1)
    assert refused.value.code == "evidence.state"


def test_names_of_lots_go_when_the_item_is_erased(desk: Collecting, item: Item) -> None:
    actor = desk.actor("asking.leader")
    with speaking_as(actor):
        erasing.erase(item=item.uid, reason="order", by=actor, at=desk.home.at)
    with writing():
        assert {(lot.name, lot.seal) for lot in item.lots.all()} == {(erasing.GONE, "")}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 10**13}, "quantity"),
        ({"place": ""}, "place"),
        ({"reason": ""}, "reason"),
        ({"name": ""}, "name"),
        ({"lot": 9}, "lot"),
        ({"kind": "vanish"}, "kind"),
    ],
)
def test_what_is_wrong_is_named(desk: Collecting, item: Item, changed: dict[str, Any], field: str) -> None:
    told = {"kind": "split", **changed}
    with pytest.raises(InvalidInput) as refused:
        move(desk, item, **told)
    assert (refused.value.code, [one.field for one in refused.value.problems]) == ("evidence.bad_lot", [field])


@pytest.mark.parametrize(
    ("lot", "field"),
    [
        (NewLot("", "双", "", 1), "lots.0.name"),
        (NewLot("鞋", "", "", 1), "lots.0.unit"),
        (NewLot("鞋", "双", "长" * 81, 1), "lots.0.seal"),
        (NewLot("鞋", "双", "", -1), "lots.0.quantity"),
    ],
)
def test_a_lot_is_entered_whole(desk: Collecting, lot: NewLot, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        enter(desk, desk.registered(kind="sample"), lot)
    assert [one.field for one in refused.value.problems] == [field]


def test_there_is_an_end_to_lots(desk: Collecting) -> None:
    with pytest.raises(InvalidInput) as refused:
        enter(desk, desk.registered(kind="sample"), *[BOXES] * (lots.MOST_LOTS + 1))
    assert [one.field for one in refused.value.problems] == ["lots"]


def test_lots_are_entered_while_collecting_and_moved_once_sealed(desk: Collecting, item: Item) -> None:
    with pytest.raises(Conflict) as late:
        enter(desk, item)
    begun = desk.registered(kind="sample")
    enter(desk, begun)
    with pytest.raises(Conflict) as early:
        move(desk, begun, "split")
    assert late.value.code == early.value.code == "evidence.state"


def test_who_may_move_what(desk: Collecting, item: Item) -> None:
    with pytest.raises(NotAllowed) as refused:
        move(desk, item, "destroy", by="asking.case_officer")
    assert refused.value.code == "evidence.may_not"
    move(desk, item, "test", by="asking.case_officer")
    with pytest.raises(NotFound):
        move(desk, item, "test", by="asked.leader")
    with transaction.atomic():
        audience.show(item, desk.place("asked"), granted_by=None, at=desk.home.at)
    with pytest.raises(NotAllowed) as theirs:
        move(desk, item, "test", by="asked.leader")
    assert theirs.value.code == "evidence.not_holder"


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["split", "sample", *LEAVING]), st.integers(1, 4), st.integers(1, 60)), max_size=12
    )
)
def test_numbers_always_balance(desk: Collecting, item: Item, moves: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        left: dict[int, int] = {1: 100, 2: 20}
        gone = 0
        for kind, lot, quantity in moves:
            try:
                move(desk, item, kind, lot=lot, quantity=quantity)
            except ConcordError:
                continue
            left[lot] -= quantity
            if kind in LEAVING:
                gone += quantity
            else:
                left[len(left) + 1] = quantity
        assert lots.balances(item) == left
        assert min(left.values()) >= 0
        assert sum(left.values()) + gone == 120
        transaction.set_rollback(True)
