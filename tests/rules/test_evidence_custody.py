"""Custody never has two holders, whatever people do; lots balance; gaps are found and explained."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import InvalidInput
from concord.rules.evidence import custody, lots
from concord.rules.evidence.custody import Move, gaps, holder
from concord.rules.evidence.lots import LotMove, account, balance

CITIES = ("310117", "330700", "320500")
BEGUN = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
ACTS = tuple(custody.ACTS)


def move(seq: int, act: str, organisation: str = CITIES[0], **said: object) -> Move:
    """A move an hour after the one before."""
    return Move(seq=seq, act=act, at=BEGUN + timedelta(hours=seq), organisation=organisation, **said)  # type: ignore[arg-type]  # the rest by name


def handed_over() -> list[Move]:
    """Collected and sealed by Songjiang, received by Jinhua."""
    return [
        move(1, "collect", place="松江库房"),
        move(2, "seal", place="松江库房"),
        move(3, "hand_over", counterparty=CITIES[1], place="松江库房"),
        move(4, "receive", CITIES[1], counterparty=CITIES[0], place="金华库房"),
    ]


@st.composite
def chains(draw: st.DrawFn) -> list[Move]:
    """Moves as people might note them, in any order, by anybody."""
    return [
        move(
            seq,
            draw(st.sampled_from(ACTS)),
            draw(st.sampled_from(CITIES)),
            counterparty=draw(st.sampled_from((None, *CITIES))),
            place=draw(st.sampled_from(("", "甲库", "乙库"))),
        )
        for seq in range(1, draw(st.integers(1, 12)))
    ]


@given(chains())
def test_there_is_one_holder_or_none(moves: list[Move]) -> None:
    """Whoever holds it took part in a move, and it only changes hands by a receipt of what was handed over to them."""
    before = None
    for end in range(1, len(moves) + 1):
        now, last = holder(moves[:end]), moves[end - 1]
        if before is not None and now not in {before, None}:
            assert (last.act, last.organisation, last.counterparty) == ("receive", now, before)
            offers = [one for one in moves[: end - 1] if one.act == "hand_over" and one.organisation == before]
            assert any(one.counterparty == now for one in offers)
        if before is not None and now is None:
            assert last.act in {"dispose", "erase"}
            break
        before = now


def test_handing_over_leaves_it_with_the_giver() -> None:
    moves = handed_over()
    assert [holder(moves[:end]) for end in range(5)] == [None, *[CITIES[0]] * 3, CITIES[1]]


def test_a_third_city_cannot_receive_it() -> None:
    moves = [*handed_over()[:3], move(4, "receive", CITIES[2], counterparty=CITIES[0])]
    assert holder(moves) == CITIES[0]
    assert [gap.kind for gap in gaps(moves)] == ["not_handed_over"]


def test_a_declined_handover_can_go_to_another() -> None:
    moves = [
        *handed_over()[:3],
        move(4, "decline", CITIES[1], counterparty=CITIES[0]),
        move(5, "hand_over", counterparty=CITIES[2]),
        move(6, "receive", CITIES[2], counterparty=CITIES[0]),
    ]
    assert holder(moves) == CITIES[2]
    assert gaps(moves) == ()


@pytest.mark.parametrize(
    ("moves", "kinds"),
    [
        (handed_over(), []),
        ([move(2, "collect"), move(1, "seal")], ["backwards"]),
        ([move(1, "collect", place="甲库"), move(2, "seal", place="乙库")], []),
        ([move(1, "seal", place="甲库"), move(2, "inspect", place="乙库")], ["place"]),
        ([move(1, "collect"), move(2, "copy", CITIES[1])], ["not_holder"]),
    ],
)
def test_gaps_are_found(moves: list[Move], kinds: list[str]) -> None:
    assert [gap.kind for gap in gaps(moves)] == kinds


def test_a_slow_receipt_is_a_gap_and_so_is_a_missing_one() -> None:
    moves = handed_over()
    moves[3] = Move(4, "receive", BEGUN + timedelta(days=9), CITIES[1], counterparty=CITIES[0])
    assert [(gap.after, gap.kind) for gap in gaps(moves, days=5)] == [(3, "slow")]
    assert gaps(moves, days=9) == ()
    assert [gap.kind for gap in gaps(moves[:3], days=5, until=date(2026, 3, 20))] == ["slow"]


def test_a_gap_is_explained_once_somebody_says_why() -> None:
    moves = [move(1, "seal", place="甲库"), move(2, "inspect", place="乙库")]
    assert [gap.explained for gap in gaps(moves)] == [False]
    moves.append(move(3, "explain", explains=1))
    assert [(gap.after, gap.explained) for gap in gaps(moves)] == [(1, True)]


@st.composite
def lot_moves(draw: st.DrawFn) -> list[LotMove]:
    """Moves of things between four lots, many of them impossible."""
    lot = st.sampled_from((1, 2, 3, 4))
    moves = []
    for _ in range(draw(st.integers(1, 15))):
        kind = draw(st.sampled_from(lots.KINDS))
        comes, goes = lots.ENDS[kind]
        source, destination = (draw(lot) if comes else None), (draw(lot) if goes else None)
        moves.append(LotMove(kind, source, destination, draw(st.integers(1, 9))))
    return moves


@given(lot_moves())
def test_lots_balance_or_are_refused(moves: list[LotMove]) -> None:
    """Of what is taken, everything is left, used up, returned or destroyed, and no lot ever holds less than nothing."""
    taken: list[LotMove] = []
    for one in moves:
        try:
            left = balance([*taken, one])
        except InvalidInput:
            continue
        taken.append(one)
        assert all(held >= 0 for held in left.values())
    assert account(taken).settled


@pytest.mark.parametrize(
    "wrong",
    [
        LotMove("in", 1, 2, 1),
        LotMove("in", None, None, 1),
        LotMove("split", 1, 1, 1),
        LotMove("in", None, 1, 0),
        LotMove("lost", None, 1, 1),
        LotMove("destroy", 1, None, 8),
    ],
)
def test_a_move_that_is_not_whole_is_refused(wrong: LotMove) -> None:
    with pytest.raises(InvalidInput):
        balance([LotMove("in", None, 1, 7), wrong])
