"""The chain of custody (保管链): who holds an item, and where the chain has gaps that somebody must explain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from concord.rules.errors import Said

REGISTER, COLLECT, SEAL, HAND_OVER, RECEIVE, DECLINE = "register", "collect", "seal", "hand_over", "receive", "decline"
INSPECT, COPY, REDACT, TEST, RETURN = "inspect", "copy", "redact", "test", "return"
DISPOSE, ERASE, EXPLAIN = "dispose", "erase", "explain"
ACTS: Final[Mapping[str, Said]] = {
    REGISTER: Said("登记", "Registered"),
    COLLECT: Said("采集", "Collected"),
    SEAL: Said("封存", "Sealed"),
    HAND_OVER: Said("移交", "Handed over"),
    RECEIVE: Said("接收", "Received"),
    DECLINE: Said("拒收", "Receipt declined"),
    INSPECT: Said("查验", "Inspected"),
    COPY: Said("复制", "Copied"),
    REDACT: Said("遮盖", "Redacted"),
    TEST: Said("送检", "Tested"),
    RETURN: Said("归还", "Returned"),
    DISPOSE: Said("处置", "Disposed of"),
    ERASE: Said("删除", "Erased"),
    EXPLAIN: Said("说明", "Explained"),
}
# After these nothing is kept that could be held.
ENDS: Final = frozenset({DISPOSE, ERASE})


@dataclass(frozen=True, slots=True)
class Move:
    """One move: what was done, when, by whom, at which place, to or from whom; ``explains`` is the move it explains."""

    seq: int
    act: str
    at: datetime
    organisation: str
    place: str = ""
    counterparty: str | None = None
    explains: int | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the chain does not tell, after the move ``after``; ``kind`` is what the machine found."""

    after: int
    kind: str
    said: Said
    explained: bool = False


def holder(moves: Sequence[Move]) -> str | None:
    """Who holds the item after ``moves``, in order: one organisation, or none before the first and after the last.

    Handing over leaves the item with its giver until the other side has received it; declining changes nothing.
    Whatever else anybody does with it moves it to nobody.
    """
    held: str | None = None
    offered: tuple[str, str | None] | None = None
    for move in moves:
        if move.act in ENDS and move.organisation == held:
            return None
        if held is None:
            held = move.organisation
        elif move.act == HAND_OVER and move.organisation == held and offered is None:
            offered = (held, move.counterparty)
        elif move.act == RECEIVE and offered == (move.counterparty, move.organisation):
            held, offered = move.organisation, None
        elif move.act == DECLINE and offered == (move.counterparty, move.organisation):
            offered = None
    return held


def gaps(moves: Sequence[Move], *, days: int | None = None, until: date | None = None) -> tuple[Gap, ...]:
    """What the chain leaves untold, in the order of the moves.

    Found by machine: a clock that goes back, a move by somebody who does not hold the item, a receipt of what nobody
    handed over, another place without a move in between, and, with ``days`` (agreed in the charter), more calendar
    days than those between a handover and its receipt (``until`` stands for a receipt still missing). An ``explain``
    move that names a move explains every gap after that one.
    """
    explained = {move.explains for move in moves if move.act == EXPLAIN and move.explains is not None}
    told = [move for move in moves if move.act != EXPLAIN]
    found: list[Gap] = []
    for at, move in enumerate(told[1:], start=1):
        before = told[at - 1]
        found += [Gap(before.seq, kind, said, before.seq in explained) for kind, said in _between(told[:at], move)]
    if days is not None:
        found += _waits(told, days, until, explained)
    return tuple(sorted(found, key=lambda gap: gap.after))


def _between(before: Sequence[Move], move: Move) -> list[tuple[str, Said]]:
    last, held = before[-1], holder(before)
    found: list[tuple[str, Said]] = []
    if move.at < last.at:
        found.append(("backwards", Said("后一次记录的时间早于前一次。", "The later move bears the earlier time.")))
    if move.act == RECEIVE:
        if holder([*before, move]) != move.organisation:
            found.append(
                ("not_handed_over", Said("接收前没有对应的移交。", "Nobody had handed over what was received."))
            )
        return found
    if move.act != DECLINE and held is not None and move.organisation != held:
        found.append(
            ("not_holder", Said("经手机关当时并不保管该证据。", "Whoever acted did not hold the item at that time."))
        )
    if move.place and last.place and move.place != last.place and {move.act, last.act}.isdisjoint({HAND_OVER, COLLECT}):
        found.append(
            (
                "place",
                Said(
                    f"保管地点由“{last.place}”变为“{move.place}”，其间没有移交记录。",
                    f"The place changed from “{last.place}” to “{move.place}” without a move in between.",
                ),
            )
        )
    return found


def _waits(told: Sequence[Move], days: int, until: date | None, explained: set[int]) -> list[Gap]:
    found = []
    for at, move in enumerate(told):
        if move.act != HAND_OVER:
            continue
        answer = next((later for later in told[at + 1 :] if later.act in {RECEIVE, DECLINE}), None)
        end = answer.at.date() if answer is not None else until
        if end is not None and (waited := (end - move.at.date()).days) > days:
            said = Said(
                f"移交后 {waited} 天没有接收记录（约定不超过 {days} 天）。",
                f"{waited} days passed between handover and receipt; {days} are agreed.",
            )
            found.append(Gap(move.seq, "slow", said, move.seq in explained))
    return found
