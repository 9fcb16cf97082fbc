"""Lots of physical samples balance: what came in is what is still there and what went out, thing by thing."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Final

from concord.rules.errors import InvalidInput, Problem, Said

TAKE_IN, SPLIT, SAMPLE, TEST, RETURN, DESTROY = "in", "split", "sample", "test", "return", "destroy"
# Whether a move of a kind has a lot it comes from, and one it goes to.
ENDS: Final = {
    TAKE_IN: (False, True),
    SPLIT: (True, True),
    SAMPLE: (True, True),
    TEST: (True, False),
    RETURN: (True, False),
    DESTROY: (True, False),
}
KINDS: Final = tuple(ENDS)


@dataclass(frozen=True, slots=True)
class LotMove:
    """So many things moved from one lot to another; ``source`` None came from outside, ``destination`` None left."""

    kind: str
    source: Hashable | None
    destination: Hashable | None
    quantity: int


@dataclass(frozen=True, slots=True)
class Account:
    """What became of everything taken in: what is left, used up, returned, destroyed."""

    taken_in: int
    left: int
    used: int
    returned: int
    destroyed: int

    @property
    def settled(self) -> bool:
        """Whether everything that came in is accounted for."""
        return self.taken_in == self.left + self.used + self.returned + self.destroyed


def balance(moves: Iterable[LotMove]) -> dict[Hashable, int]:
    """How many things are left in each lot, in the order in which lots first appear.

    Raises InvalidInput ``evidence.lot_move`` for a move of an unknown kind, without its ends, of nothing or less, from
    a lot to itself, or of more than its lot holds.
    """
    left: dict[Hashable, int] = {}
    for at, move in enumerate(moves):
        _require_whole(move, at)
        for lot in (move.source, move.destination):
            if lot is not None:
                left.setdefault(lot, 0)
        if move.source is not None:
            held = left[move.source]
            if held < move.quantity:
                said = Said(
                    f"该批次只有 {held} 件，不能转出 {move.quantity} 件。",
                    f"The lot holds {held}; {move.quantity} cannot be taken from it.",
                )
                raise InvalidInput("evidence.lot_move", said, problems=(Problem("quantity", "too_many", said),))
            left[move.source] = held - move.quantity
        if move.destination is not None:
            left[move.destination] += move.quantity
    return left


def account(moves: Iterable[LotMove]) -> Account:
    """What became of everything, added up. Raises as ``balance``."""
    listed = list(moves)
    left = sum(balance(listed).values())
    sums = {kind: sum(move.quantity for move in listed if move.kind == kind) for kind in KINDS}
    return Account(sums[TAKE_IN], left, sums[TEST], sums[RETURN], sums[DESTROY])


def _require_whole(move: LotMove, at: int) -> None:
    ends = ENDS.get(move.kind)
    given = (move.source is not None, move.destination is not None)
    if ends == given and move.quantity > 0 and (move.source is None or move.source != move.destination):
        return
    said = Said(
        f"第 {at + 1} 次出入库填写不完整：请核对种类、转出批次、转入批次和数量。",
        f"Move {at + 1} is not whole: check its kind, the lots it goes from and to, and the quantity.",
    )
    raise InvalidInput("evidence.lot_move", said, problems=(Problem("kind", "not_whole", said),))
