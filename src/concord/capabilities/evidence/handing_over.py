"""Handing items over (移交): given by one organisation, received or declined by another, each with its own receipt.

The acts are done at once; a job signs both receipts into the item's package a moment after the second act, and the
handover is valid once both are in the ledger. What was declined leaves no receipt, and custody where it was.

Whoever has an item in custody hands over the item itself, a move in its chain; its collector may besides hand over a
copy of what is no thing, which moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max

from concord.capabilities.evidence import presenting, refusals
from concord.capabilities.evidence.models import Consent, Custody, Handover, Item
from concord.casework.definitions import procedure_of
from concord.casework.models import Act
from concord.foundation.access.actor import Actor
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.commands import enqueue
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import queries as ledger
from concord.foundation.ledger.models import Kind, Sealed, Submission
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, Problem, Said
from concord.rules.evidence.custody import DECLINE, HAND_OVER, RECEIVE

SIGN = "evidence.sign_receipts"
THINGS = frozenset({"sample"})
GIVEN = "evidence"


def give(act: Act, *, receiver: Organisation, by: Actor) -> list[Handover]:
    """Put the items that the matter names on their way to ``receiver``.

    Raises Conflict ``evidence.state`` for one that is not sealed, Conflict ``evidence.under_way`` for one that is on
    its way already, NotAllowed ``evidence.not_holder`` where another organisation keeps it.
    """
    items = _items(act)
    for item in items:
        _require_givable(item, act.organisation)
    under_way = Handover.objects.filter(item__in=items, received_at=None, declined_at=None)
    if on_their_way := list(under_way.values_list("item__number", flat=True)):
        raise Conflict(
            "evidence.under_way",
            Said(
                f"下列证据项正在移交，尚未接收：{'、'.join(on_their_way)}。请等接收机关接收或者不予接收后再移交。",
                f"Already on their way and not yet received: {', '.join(on_their_way)}. Wait for the receiver.",
            ),
        )
    handovers = Handover.objects.bulk_create(
        Handover(
            item=item,
            matter=act.matter,
            giver=act.organisation,
            receiver=receiver,
            given_act=act,
            given_at=act.at,
        )
        for item in items
    )
    moving = [one for one in handovers if one.item.holder_id == act.organisation_id]
    _note(moving, HAND_OVER, act, counterparty=receiver, result="已交付，待对方接收")
    record(handovers, act, by, event="evidence.hand_over", counterparty=receiver)
    return handovers


def receive(act: Act, *, by: Actor) -> list[Handover]:
    """Take the items of the matter over, and have both receipts signed; custody changes hands now."""
    handovers = _under_way(act)
    moving = _moving(handovers)
    for one in handovers:
        one.received_act, one.received_at = act, act.at
    for one in moving:
        one.item.holder = act.organisation
        one.item.version += 1
    Handover.objects.bulk_update(handovers, ["received_act", "received_at"])
    Item.objects.bulk_update([one.item for one in moving], ["holder", "version"])
    _note(moving, RECEIVE, act, counterparty=handovers[0].giver, result="已接收")
    record(handovers, act, by, event="evidence.receive", counterparty=handovers[0].giver)
    enqueue(SIGN, payload={"handovers": [one.id for one in handovers]})
    return handovers


def decline(act: Act, *, by: Actor) -> None:
    """Leave the items with the giver."""
    handovers = _under_way(act)
    Handover.objects.filter(id__in=[one.id for one in handovers]).update(declined_at=act.at)
    ground = str(act.answers["decline_ground"])
    said = "不予接收，仍由移交机关保管"
    _note(_moving(handovers), DECLINE, act, counterparty=handovers[0].giver, result=said)
    record(handovers, act, by, event="evidence.decline", counterparty=handovers[0].giver, ground=ground)


def consent(act: Act, *, to: Organisation, by: Actor) -> None:
    """Allow ``to`` a use of items beyond their handling code, which only their collector can do.

    Raises NotAllowed ``evidence.not_ours``, InvalidInput ``evidence.not_handed_over``.
    """
    use = str(act.answers["wider_use"])
    items = [one.item for one in named_handovers(act, "wider_items", received=True)]
    if any(item.organisation_id != act.organisation_id for item in items):
        raise refusals.not_ours()
    before = set(Consent.objects.filter(item__in=items, organisation=to, use=use).values_list("item_id", flat=True))
    new = [item for item in items if item.id not in before]
    Consent.objects.bulk_create(
        Consent(item=item, organisation=to, matter=act.matter, act=act, use=use, at=act.at) for item in new
    )
    for item in new:
        journal.record(
            event="evidence.consent",
            at=act.at,
            by=by,
            subject=item.number,
            matter_uid=act.matter.uid,
            details={"use": use, "to": to.code, "seq": act.seq},
        )


def valid(handover: Handover) -> bool:
    """Whether the handover counts: both receipts are signed, the digests agreed, and both stand in the ledger."""
    if handover.given is None or handover.received is None or not handover.digests_agree:
        return False
    with writing():
        package = Sealed.objects.filter(pk=handover.item.sealed_id or 0).values_list("package", flat=True).get()
        subjects = [f"{package}/{seq}" for seq in (handover.given, handover.received)]
        logged = Submission.objects.filter(
            kind=Kind.EVENT, subject__in=subjects, leaf_index__lt=ledger.published_until()
        )
        return logged.count() == len(subjects)


def named_handovers(act: Act, field: str, *, received: bool) -> list[Handover]:
    """The matter's handovers of the items that an answer names, in its order.

    Raises InvalidInput ``evidence.not_handed_over`` for an item that was not handed over in this matter.
    """
    rows = Handover.objects.filter(matter=act.matter, received_at__isnull=not received).select_related("item")
    known = {one.item.number: one for one in rows}
    named = [str(number) for number in presenting.named_list(act.answers.get(field))]
    said = Said("该证据项不是本事项移交的证据。", "This item was not handed over in this matter.")
    problems = tuple(
        Problem(f"{field}.{place}", "not_handed_over", said)
        for place, number in enumerate(named)
        if number not in known
    )
    if problems or not named:
        raise InvalidInput("evidence.not_handed_over", said, problems=problems or (Problem(field, "missing", said),))
    return [known[number] for number in named]


def _items(act: Act) -> list[Item]:
    """The sealed items that the matter hands over, locked."""
    numbers = presenting.named_list(act.matter.facts.get(GIVEN))
    rows = locked(Item.objects.filter(number__in=numbers)).order_by("id")
    return list(rows.select_related("sealed"))


def _require_givable(item: Item, giver: Organisation) -> None:
    if item.state != Item.State.SEALED:
        raise refusals.other_state(item)
    copied = item.organisation_id == giver.id and item.kind not in THINGS
    if item.holder_id != giver.id and not copied:
        raise NotAllowed(
            "evidence.not_holder",
            Said(
                f"证据项“{item.number}”现不在本机关保管，不能移交。请由保管机关移交。",
                f"The item {item.number} is not in your organisation's custody; its holder hands it over.",
            ),
        )


def _under_way(act: Act) -> list[Handover]:
    rows = Handover.objects.filter(matter=act.matter, received_at=None, declined_at=None)
    handovers = list(rows.select_related("item", "item__sealed", "giver").order_by("id"))
    locked_items = locked(Item.objects.filter(id__in=[one.item_id for one in handovers]))
    items = {item.id: item for item in locked_items.select_related("sealed")}
    for one in handovers:
        one.item = items[one.item_id]
    return handovers


def _moving(handovers: Sequence[Handover]) -> list[Handover]:
    """Those that hand over the item itself, and not a copy."""
    rows = Custody.objects.filter(handover__in=handovers, act=HAND_OVER)
    moving = set(rows.values_list("handover_id", flat=True))
    return [one for one in handovers if one.id in moving]


def _note(handovers: Sequence[Handover], move: str, act: Act, *, counterparty: Organisation, result: str) -> None:
    """A move in each item's chain of custody; the items are locked, so that numbers follow each other."""
    chains = Custody.objects.filter(item__in=[one.item_id for one in handovers]).values_list("item_id")
    last = dict(chains.annotate(last=Max("seq")).order_by("item_id"))
    purpose = f"{procedure_of(act.matter.procedure_version).zh}（{act.matter.number}）"
    Custody.objects.bulk_create(
        Custody(
            item_id=one.item_id,
            seq=last.get(one.item_id, 0) + 1,
            act=move,
            at=act.at,
            organisation=act.organisation,
            person=act.person,
            post=act.post,
            counterparty=counterparty,
            purpose=purpose,
            medium="实物" if one.item.kind in THINGS else "证据包",
            result=result,
            place="",
            handover=one,
        )
        for one in handovers
    )


def record(
    handovers: Sequence[Handover],
    act: Act,
    by: Actor,
    *,
    event: str,
    counterparty: Organisation,
    ground: str = "",
) -> None:
    """Write what the act did with each item into the journal."""
    details: dict[str, str | int | list[str]] = {"counterparty": counterparty.code, "seq": act.seq}
    if ground:
        details["ground"] = ground
    for one in handovers:
        journal.record(
            event=event,
            at=act.at,
            by=by,
            subject=one.item.number,
            matter_uid=act.matter.uid,
            details=details,
        )
