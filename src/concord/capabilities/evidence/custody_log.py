"""Writes: the chain of custody (保管链). Rows are only ever added, under the item's lock, and numbered without gaps."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Max

from concord.capabilities.evidence import recording, refusals
from concord.capabilities.evidence.models import Custody, Handover, Item
from concord.capabilities.evidence.policy import HANDLE, require
from concord.capabilities.evidence.queries import item_for
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import InvalidInput, NotFound, Problem, Said
from concord.rules.evidence.custody import COLLECT, COPY, EXPLAIN, INSPECT, RETURN, SEAL, TEST, Move, gaps

if TYPE_CHECKING:
    from concord.foundation.organisations.models import Person, Post

NOTED = (INSPECT, COPY, TEST, RETURN, EXPLAIN)
"""What people note by hand; every other move is written by the act that is one."""
LONGEST_PURPOSE, LONGEST_MEDIUM, LONGEST_RESULT, LONGEST_PLACE = 300, 200, 300, 200


def append(
    item: Item,
    *,
    act: str,
    organisation: Organisation,
    person: Person | None,
    post: Post | None,
    at: datetime,
    purpose: str = "",
    medium: str = "",
    result: str = "",
    place: str = "",
    counterparty: Organisation | None = None,
    handover: Handover | None = None,
    explains: Custody | None = None,
) -> Custody:
    """Add a move to the chain of a locked item, in the caller's transaction; ``act`` is of ``rules.evidence.custody``.

    The holder follows from the act: it changes with ``receive`` alone.
    """
    with writing():
        last = Custody.objects.filter(item=item).aggregate(last=Max("seq"))["last"] or 0
        return Custody.objects.create(
            item=item,
            seq=last + 1,
            act=act,
            at=at,
            organisation=organisation,
            person=person,
            post=post,
            counterparty=counterparty,
            purpose=purpose[:LONGEST_PURPOSE],
            medium=medium[:LONGEST_MEDIUM],
            result=result[:LONGEST_RESULT],
            place=place[:LONGEST_PLACE],
            handover=handover,
            explains=explains,
        )


def begin(item: Item, *, by: Actor, at: datetime) -> None:
    """Begin the chain of an item that is closed now: its collection and its sealing, by whom and when.

    Where stands with the item, since what is added here can never be emptied.
    """
    for act, moment, said in ((COLLECT, item.ended_at or at, "采集"), (SEAL, at, "封存")):
        append(
            item,
            act=act,
            organisation=by.organisation,
            person=by.person,
            post=by.post,
            at=moment,
            purpose=said,
            medium=medium_of(item),
            result=f"已{said}",
        )


def medium_of(item: Item) -> str:
    """What a move is done with: the item's files, its lots."""
    files, lots = item.files.count(), item.lots.count()
    parts = [f"电子文件 {files} 个"] if files else []
    return "，".join([*parts, f"实物批次 {lots} 个"] if lots else parts)


def moves_of(item: Item) -> list[Move]:
    """The chain of an item that may be seen, as the rules of custody read it; where it was collected says the item."""
    with writing():
        rows = Custody.objects.filter(item=item).select_related("organisation", "counterparty", "explains")
        return [
            Move(
                seq=row.seq,
                act=row.act,
                at=row.at,
                organisation=row.organisation.code,
                place=row.place or (item.place if row.act == COLLECT else ""),
                counterparty=row.counterparty.code if row.counterparty else None,
                explains=row.explains.seq if row.explains else None,
            )
            for row in rows.order_by("seq")
        ]


def note(
    *,
    item: UUID,
    act: str,
    purpose: str,
    medium: str,
    result: str,
    place: str,
    by: Actor,
    at: datetime,
    counterparty: str | None = None,
    explains: int | None = None,
) -> Custody:
    """Note a move that people make with an item in their custody: look at, copy, test, bring back, explain a gap.

    ``counterparty`` is the code of an organisation, ``explains`` the number (``seq``) of the move before the gap.
    Raises NotAllowed ``evidence.may_not`` or ``evidence.not_holder``, NotFound ``evidence.no_item`` or, where there is
    no gap to explain, ``evidence.no_gap``, Conflict ``evidence.state`` before it is sealed and after it is disposed of,
    InvalidInput ``evidence.bad_note``.
    """
    require(by, HANDLE)
    shown = item_for(uid=item, by=by)
    _check(act, purpose=purpose, medium=medium, result=result, place=place, explains=explains)
    with writing():
        kept = locked(Item.objects.filter(pk=shown.pk)).get()
        if kept.holder_id != by.organisation.id:
            raise refusals.not_holder()
        if kept.state not in {Item.State.SEALING, Item.State.SEALED}:
            raise refusals.other_state(kept)
        explained = None if explains is None else _gap_after(kept, explains, at=at)
        other = None if counterparty is None else _organisation(counterparty)
        made = append(
            kept,
            act=act,
            organisation=by.organisation,
            person=by.person,
            post=by.post,
            at=at,
            purpose=purpose.strip(),
            medium=medium.strip(),
            result=result.strip(),
            place=place.strip(),
            counterparty=other,
            explains=explained,
        )
        recording.record(event="evidence.note", item=kept, by=by, at=at, act=act, seq=made.seq)
    return made


def _check(act: str, *, purpose: str, medium: str, result: str, place: str, explains: int | None) -> None:
    """Six questions are asked of every move: who and when are known, the others must be answered."""
    problems = []
    if act not in NOTED:
        problems.append(Problem("act", "unknown", Said("不能这样登记", "this is not noted by hand")))
    for field, value, most in (
        ("purpose", purpose, LONGEST_PURPOSE),
        ("medium", medium, LONGEST_MEDIUM),
        ("result", result, LONGEST_RESULT),
        ("place", place, LONGEST_PLACE),
    ):
        if not 0 < len(value.strip()) <= most:
            said = Said(f"请填写，不超过 {most} 字", f"fill it in, with at most {most} characters")
            problems.append(Problem(field, "length", said))
    if (explains is not None) != (act == EXPLAIN):
        said = Said("说明应当对应一处缺口", "an explanation names the move before a gap, and nothing else does")
        problems.append(Problem("explains", "wanted", said))
    if problems:
        said = Said("保管情况没有登记，请更正标出的项目。", "The move was not noted; mend the marked fields.")
        raise InvalidInput("evidence.bad_note", said, problems=tuple(problems))


def _gap_after(item: Item, seq: int, *, at: datetime) -> Custody:
    """The move after which the machine finds a gap."""
    today = legal_date(at)
    found = gaps(moves_of(item), days=charter_on(today).evidence.receipt_days, until=today)
    if seq not in {gap.after for gap in found}:
        raise NotFound(
            "evidence.no_gap",
            Said(
                "这一条保管记录之后没有缺口，无须说明。", "There is no gap after that move, so nothing is to explain."
            ),
        )
    return Custody.objects.get(item=item, seq=seq)


def _organisation(code: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        said = Said("没有这个机关", "there is no such organisation")
        raise InvalidInput("evidence.bad_note", said, problems=(Problem("counterparty", "unknown", said),))
    return found
