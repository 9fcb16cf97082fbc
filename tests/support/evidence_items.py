"""Items of evidence as rows, for tests of what comes after sealing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from concord.capabilities.evidence import audience
from concord.capabilities.evidence.models import Custody, Item, Lot, LotMove, Officer
from concord.casework.models import Case, Matter
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.ledger.models import Kind, Sealed, Submission
from concord.foundation.organisations.models import Organisation, Person
from concord.proofs.package import disclosure
from concord.proofs.statements import MANIFEST, Disclosed
from concord.rules.identifiers import uuid7
from tests.support.worlds import World, time

CARDS = ("沪市监执001", "沪市监执002")


def sealed_item(
    world: World,
    *,
    by: str = "asking.case_officer",
    title: str = "现场笔录",
    kind: str = "document",
    cause: str = "trademark_infringement",
    handling: str = "case_only",
    record: dict[str, object] | None = None,
    officers: tuple[str, ...] = ("case_officer", "leader"),
    case: Case | None = None,
    at: str = "2026-02-05T08:00",
) -> Item:
    """An item that the person's organisation has sealed: two officers, each with a card, and how it was copied.

    ``officers`` are the kinds of post of those who collected it. Its package is a row that says it is proven; nothing
    can be read from it.
    """
    actor, moment = world.actor(by, at=at), time(at)
    place = by.partition(".")[0]
    with writing():
        count = Item.objects.filter(organisation=actor.organisation).count()
        item = Item.objects.create(
            uid=uuid7(moment, world.random_bytes()[:10]),
            number=f"{actor.organisation.mark}证〔{legal_date(moment).year}〕{count + 1}号",
            organisation=actor.organisation,
            holder=actor.organisation,
            case=case,
            kind=kind,
            cause=cause,
            title=title,
            state=Item.State.SEALED,
            handling=handling,
            place="某路1号",
            started_at=moment - timedelta(hours=1),
            ended_at=moment,
            record={"method": "复制，与原件核对一致"} if record is None else record,
            person=actor.person,
            post=actor.post,
            registered_at=moment,
            sealed_at=moment,
            sealed=_package(actor.organisation, world.random_bytes(), moment),
            version=1,
        )
        Officer.objects.bulk_create(
            Officer(item=item, person=world.person(f"{place}.{kind_of_post}"), card_number=card)
            for kind_of_post, card in zip(officers, CARDS, strict=False)
        )
        _begin_chain(item, moment)
        audience.show(item, actor.organisation, granted_by=None, at=moment)
    return item


def _begin_chain(item: Item, at: datetime) -> None:
    Custody.objects.bulk_create(
        Custody(
            item=item,
            seq=seq,
            act=act,
            at=at,
            organisation=item.organisation,
            person=item.person,
            post=item.post,
            purpose=said,
            medium="电子文件 1 个",
            result=f"已{said}",
            place=item.place,
        )
        for seq, (act, said) in enumerate((("collect", "采集"), ("seal", "封存")), start=1)
    )


def _package(organisation: Organisation, entropy: bytes, at: datetime) -> Sealed:
    package = f"ev1-{entropy.hex()[:52]}"
    submission = Submission.objects.create(
        kind=Kind.SEAL, subject=package, leaf=package.encode(), organisation=organisation, submitted_at=at
    )
    return Sealed.objects.create(
        uid=uuid7(at, entropy[:10]),
        package=package,
        kind="evidence",
        subject=package,
        organisation=organisation,
        manifest="{}",
        events=["{}", "{}"],
        disclosure=disclosure([Disclosed(MANIFEST, "title", bytes(32), "现场笔录")]).decode(),
        directory="",
        submission=submission,
        sealed_at=at,
        proven_at=at,
        state=Sealed.State.PROVEN,
        finished=True,
    )


def stored(item: Item, person: Person, *, quantity: int, at: datetime) -> Lot:
    """One more lot of a sample, as it was taken in by the item's collector."""
    with writing():
        n = item.lots.count() + 1
        lot = Lot.objects.create(item=item, number=n, name=f"运动鞋第{n}批", unit="双", seal=f"封{n:03}")
        LotMove.objects.create(
            item=item,
            seq=item.moves.count() + 1,
            kind="in",
            destination=lot,
            quantity=quantity,
            place="证据室",
            reason="采集",
            person=person,
            organisation=item.organisation,
            at=at,
        )
    return lot


def drafted(
    world: World,
    items: Sequence[Item],
    *,
    giver: str = "asking",
    receiver: str = "asked",
    handling: str = "case_only",
    **answers: Any,
) -> Matter:
    """A handover of the items as the giver's officer has drafted and submitted it."""
    told: dict[str, Any] = {
        "case_ref": "某某公司涉嫌销售侵犯注册商标专用权商品案",
        "cause": "trademark_infringement",
        "evidence": [item.number for item in items],
        "purpose": "证明销售的数量和金额。",
        "basis": "agreement",
        "handling": handling,
        **answers,
    }
    matter = world.begin(
        procedure="evidence_recognition",
        by=f"{giver}.case_officer",
        at="2026-03-05T09:00",
        parties={"receiver": [world.places[receiver].code]},
        **told,
    )
    world.do(matter, "submit", by=f"{giver}.case_officer", at="2026-03-05T10:00")
    return matter


def handed_over(world: World, items: Sequence[Item], *, giver: str = "asking", **drafting: Any) -> Matter:
    """The items on their way."""
    matter = drafted(world, items, giver=giver, **drafting)
    world.do(matter, "issue", by=f"{giver}.leader", at="2026-03-06T09:00")
    return matter


def received(world: World, items: Sequence[Item], *, receiver: str = "asked", **drafting: Any) -> Matter:
    """The items received."""
    matter = handed_over(world, items, receiver=receiver, **drafting)
    at = "2026-03-09T09:00"
    world.do(matter, "receive", by=f"{receiver}.case_officer", at=at, received_date="2026-03-09")
    return matter
