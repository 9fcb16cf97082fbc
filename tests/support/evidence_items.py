"""Items of evidence as rows, for tests of what comes after sealing."""

from __future__ import annotations

from datetime import timedelta

from concord.capabilities.evidence import audience
from concord.capabilities.evidence.models import Custody, Item, Officer
from concord.casework.models import Case
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
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
    """An item that the person's organisation has sealed, without a package: two officers, each with a card.

    ``officers`` are the kinds of post of those who collected it.
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
            record=record or {},
            person=actor.person,
            post=actor.post,
            registered_at=moment,
            sealed_at=moment,
            version=1,
        )
        Officer.objects.bulk_create(
            Officer(item=item, person=world.person(f"{place}.{kind_of_post}"), card_number=card)
            for kind_of_post, card in zip(officers, CARDS, strict=False)
        )
        Custody.objects.bulk_create(
            Custody(
                item=item,
                seq=seq,
                act=act,
                at=moment,
                organisation=actor.organisation,
                person=actor.person,
                post=actor.post,
                purpose=said,
                medium="电子文件 1 个",
                result=f"已{said}",
                place=item.place,
            )
            for seq, (act, said) in enumerate((("collect", "采集"), ("seal", "封存")), start=1)
        )
        audience.show(item, actor.organisation, granted_by=None, at=moment)
    return item
