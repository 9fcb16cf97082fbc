"""Writes: physical samples in lots (批次), whose numbers balance.

What came in is left, returned, used up in a test or destroyed; nothing else ever happens to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from concord.capabilities.evidence import audience, custody_log, recording, refusals
from concord.capabilities.evidence.background import ERASING
from concord.capabilities.evidence.items import changing, save
from concord.capabilities.evidence.models import Item, Lot, LotMove
from concord.capabilities.evidence.policy import DISPOSE, HANDLE, require
from concord.capabilities.evidence.queries import item_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.commands import enqueue
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.evidence import custody
from concord.rules.evidence import lots as rules

MOST_LOTS, LARGEST_QUANTITY = 200, 10**12
LONGEST_NAME, LONGEST_UNIT, LONGEST_SEAL, LONGEST_PLACE, LONGEST_REASON = 160, 20, 80, 200, 300
PARTED = frozenset({rules.SPLIT, rules.SAMPLE})
"""What goes on as a lot of its own."""
LEAVING = frozenset({rules.TEST, rules.RETURN, rules.DESTROY})
"""What leaves its lot for good."""
CUSTODY: Mapping[str, str] = {rules.TEST: custody.TEST, rules.RETURN: custody.RETURN}
"""Which of them is a move of its own in the chain of custody; the last things destroyed end the chain."""


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot as somebody enters it; ``quantity`` counts its things in ``unit``."""

    name: str
    unit: str
    seal: str
    quantity: int


def add_lots(
    *, item: UUID, lots: Sequence[NewLot], place: str, by: Actor, at: datetime, version: int | None = None
) -> list[Lot]:
    """Enter the lots of a sample that is being collected, with what was taken in of each.

    ``version`` is the one that was looked at, if any was. Raises InvalidInput ``evidence.bad_lot``, and as
    ``items.changing`` does.
    """
    with changing(item, version=version, by=by) as kept:
        problems = [problem for at_place, lot in enumerate(lots) for problem in _problems(lot, f"lots.{at_place}")]
        problems += _too_long("place", place, LONGEST_PLACE)
        if not 0 < len(lots) <= MOST_LOTS - kept.lots.count():
            zh, en = f"一个证据项为 1 至 {MOST_LOTS} 个批次", f"an item has 1 to {MOST_LOTS} lots"
            problems.append(Problem("lots", "many", Said(zh, en)))
        _refuse(problems)
        added = []
        for lot in lots:
            row = _lot(kept, lot.name, lot.unit, lot.seal)
            _move(kept, rules.TAKE_IN, None, row, lot.quantity, place=place, reason="采集", by=by, at=at)
            added.append(row)
        save(kept)
        recording.record(event="evidence.add_lots", item=kept, by=by, at=at, lots=len(added))
    return added


def move_lot(
    *,
    item: UUID,
    kind: str,
    lot: int,
    quantity: int,
    place: str,
    reason: str,
    by: Actor,
    at: datetime,
    name: str = "",
    seal: str = "",
    seen: int | None = None,
) -> LotMove:
    """Part things from a lot (``split``, ``sample``), or let them leave it (``test``, ``return``, ``destroy``).

    ``lot`` is the number of the lot they come from; ``name`` and ``seal`` are those of the new lot. ``seen`` is the
    number of the last move that was looked at, if any was: Stale ``evidence.stale`` after another. A sample of which
    nothing is left is disposed of. Raises NotAllowed ``evidence.may_not`` or ``evidence.not_holder``, NotFound
    ``evidence.no_item``, Conflict ``evidence.state`` unless it is sealed, InvalidInput ``evidence.bad_lot``, and
    ``evidence.lot_move`` where there is not as much left.
    """
    require(by, DISPOSE if kind == rules.DESTROY else HANDLE)
    shown = item_for(uid=item, by=by)
    _refuse(_move_problems(kind, quantity=quantity, place=place, reason=reason, name=name, seal=seal))
    with writing():
        kept = locked(Item.objects.filter(pk=shown.pk)).get()
        if kept.holder_id != by.organisation.id:
            raise refusals.not_holder()
        if kept.state != Item.State.SEALED:
            raise refusals.other_state(kept)
        if seen is not None and seen != kept.moves.count():
            raise refusals.stale()
        source = kept.lots.filter(number=lot).first()
        if source is None:
            raise _bad_lot(Problem("lot", "unknown", Said("没有这个批次", "there is no such lot")))
        parted = _lot(kept, name.strip(), source.unit, seal.strip()) if kind in PARTED else None
        made = _move(kept, kind, source, parted, quantity, place=place, reason=reason, by=by, at=at)
        emptied = not any(balances(kept).values())
        recording.record(
            event="evidence.move_lot", item=kept, by=by, at=at, kind=kind, lot=lot, quantity=quantity, seq=made.seq
        )
        if kind in CUSTODY:
            _leave(kept, made, CUSTODY[kind], by=by, at=at)
        if emptied:
            _leave(kept, made, custody.DISPOSE, by=by, at=at)
            kept.state = Item.State.DISPOSED
            save(kept)
            audience.restate(kept)
            enqueue(ERASING, payload={})
    return made


def balances(item: Item) -> dict[int, int]:
    """How many things are left of each lot of an item that may be seen, by the lot's number.

    Raises InvalidInput ``evidence.lot_move`` where more would have left than came.
    """
    with writing():
        rows = LotMove.objects.filter(item=item).select_related("source", "destination").order_by("seq")
        moves = [
            rules.LotMove(
                kind=row.kind,
                source=row.source.number if row.source else None,
                destination=row.destination.number if row.destination else None,
                quantity=row.quantity,
            )
            for row in rows
        ]
    return {int(str(lot)): left for lot, left in rules.balance(moves).items()}


def _move(
    item: Item,
    kind: str,
    source: Lot | None,
    destination: Lot | None,
    quantity: int,
    *,
    place: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> LotMove:
    last = LotMove.objects.filter(item=item).aggregate(last=Max("seq"))["last"] or 0
    return LotMove.objects.create(
        item=item,
        seq=last + 1,
        kind=kind,
        source=source,
        destination=destination,
        quantity=quantity,
        place=place.strip(),
        reason=reason.strip(),
        person=by.person,
        organisation=by.organisation,
        at=at,
    )


def _lot(item: Item, name: str, unit: str, seal: str) -> Lot:
    last = item.lots.aggregate(last=Max("number"))["last"] or 0
    return Lot.objects.create(item=item, number=last + 1, name=name.strip(), unit=unit.strip(), seal=seal.strip())


def _leave(item: Item, move: LotMove, act: str, *, by: Actor, at: datetime) -> None:
    """Write into the chain of custody that things left for good."""
    source = move.source
    unit = "" if source is None else source.unit
    custody_log.append(
        item,
        act=act,
        organisation=by.organisation,
        person=by.person,
        post=by.post,
        at=at,
        purpose=move.reason,
        medium=f"批次 {'' if source is None else source.number}",
        result=f"{move.quantity} {unit}".strip(),
        place=move.place,
    )


def _problems(lot: NewLot, field: str) -> list[Problem]:
    problems = [
        *_too_long(f"{field}.name", lot.name, LONGEST_NAME),
        *_too_long(f"{field}.unit", lot.unit, LONGEST_UNIT),
        *_quantity(f"{field}.quantity", lot.quantity),
    ]
    return [*problems, *(_too_long(f"{field}.seal", lot.seal, LONGEST_SEAL) if lot.seal.strip() else ())]


def _move_problems(kind: str, *, quantity: int, place: str, reason: str, name: str, seal: str) -> list[Problem]:
    problems = _quantity("quantity", quantity)
    if kind not in PARTED and kind not in LEAVING:
        problems.append(Problem("kind", "unknown", Said("批次不能这样变动", "a lot is not moved in this way")))
    problems += _too_long("place", place, LONGEST_PLACE)
    problems += _too_long("reason", reason, LONGEST_REASON)
    if kind in PARTED:
        problems += _too_long("name", name, LONGEST_NAME)
        problems += _too_long("seal", seal, LONGEST_SEAL) if seal.strip() else []
    return problems


def _quantity(field: str, quantity: int) -> list[Problem]:
    if 0 < quantity <= LARGEST_QUANTITY:
        return []
    return [Problem(field, "number", Said("数量应为正整数", "a quantity is a whole number above 0"))]


def _too_long(field: str, value: str, most: int) -> list[Problem]:
    if 0 < len(value.strip()) <= most and value.isprintable():
        return []
    said = Said(f"请填写一行，不超过 {most} 字", f"one line of 1 to {most} characters is wanted")
    return [Problem(field, "length", said)]


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise _bad_lot(*problems)


def _bad_lot(*problems: Problem) -> InvalidInput:
    said = Said("批次没有登记，请更正标出的项目。", "The lots were not recorded; mend the marked fields.")
    return InvalidInput("evidence.bad_lot", said, problems=problems)
