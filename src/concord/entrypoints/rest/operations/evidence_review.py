"""Evidence after it is sealed: its custody, what cities ask for and think of it, who has looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ninja import Query, Router

from concord.capabilities.evidence import custody_log, lists, prechecking, recognition, refusals
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.policy import READ
from concord.casework.desk.lists import Cursor
from concord.entrypoints.rest import evidence_review_shapes as shapes
from concord.entrypoints.rest import evidence_shapes, presenting
from concord.entrypoints.rest.answering import TAKING, answers, page_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.operations.evidence import shown_item
from concord.entrypoints.rest.problems import bad_value
from concord.entrypoints.rest.shapes import Listed, Page
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import charter_on, members
from concord.rules.errors import Said
from concord.rules.evidence.custody import gaps
from concord.rules.evidence.requirements import REQUIRED

router = Router(tags=["evidence"])
READERS = 100


@router.get("/evidence/grid", auth=Token(READ), response=answers(200, Page[shapes.GridRow]))
def list_recognition(request: ApiRequest, asked: Query[evidence_shapes.ItemsAsked]) -> Page[shapes.GridRow]:
    """The items that the token's side may see, newest first, each with what the cities think of it now."""
    wanted = lists.ItemsWanted(text=asked.q, kind=asked.kind, state=asked.state)
    cursor = Cursor.parse(asked.after) if asked.after else None
    before = (cursor.key, cursor.id) if cursor else None
    found = lists.page_of_items(request.auth, wanted, limit=asked.limit + 1, before=before)
    rows, following = page_of(request, found, limit=asked.limit, mark=lambda row: Cursor(row.sort_key, row.id))
    said: dict[int, list[evidence_shapes.RecognitionShape]] = {}
    for (item, _city), one in recognition.grid(rows, request.auth).items():
        said.setdefault(item, []).append(evidence_shapes.recognition(one))
    listed = [shapes.GridRow(**evidence_shapes.row(row).model_dump(), recognition=said.get(row.id, [])) for row in rows]
    return Page(items=listed, next=following)


@router.get("/evidence/precedents", auth=Token(READ), response=answers(200, Page[shapes.PrecedentShape]))
def list_precedents(request: ApiRequest, asked: Query[shapes.PrecedentsAsked]) -> Page[shapes.PrecedentShape]:
    """How cities have judged the items that the token's side may see, newest first; presumptions are not among them."""
    found = recognition.precedents(
        by=request.auth,
        kind=asked.kind,
        cause=asked.cause,
        ground=asked.ground,
        limit=asked.limit + 1,
        before=asked.before,
    )
    rows, following = page_of(request, found, limit=asked.limit, mark=lambda row: row.id)
    return Page(items=[shapes.precedent(row) for row in rows], next=following)


@router.post("/evidence/precheck", auth=Token(READ), response=answers(200, Listed[shapes.WantedShape], 404, *TAKING))
def precheck_evidence(request: ApiRequest, asked: shapes.PrecheckAsked) -> Listed[shapes.WantedShape]:  # noqa: ARG001  Ninja passes it
    """What each city will want of each kind of evidence, before any is collected; nothing is kept."""
    on = _day(asked.on)
    cities = {city.code: city for city in members()}
    _require_known("members", asked.members, cities)
    lists_of_codes = charter_on(on).code_lists
    _require_known("kinds", asked.kinds, lists_of_codes.get("evidence_kinds", {}))
    if asked.cause and asked.cause not in lists_of_codes.get("causes", {}):
        raise bad_value("cause", "unknown", Said("没有这个代码", "no such code"))
    found = prechecking.precheck(members=asked.members, cause=asked.cause, kinds=asked.kinds, on=on)
    return Listed(
        items=[
            shapes.WantedShape(
                member=presenting.organisation_name(cities[member]),
                kind=kind,
                wanted=[shapes.requirement(one) for one in wants],
            )
            for member, kinds in found.items()
            for kind, wants in kinds.items()
        ]
    )


@router.get("/evidence/{str:number}/precheck", auth=Token(READ), response=answers(200, shapes.MissingShape, 404))
def precheck_evidence_item(request: ApiRequest, number: str, asked: Query[shapes.MissingAsked]) -> shapes.MissingShape:
    """What a city would miss in the item as it is now."""
    item = _read(number, request.auth)
    city = _member(asked.member)
    on = _day(asked.on)
    found = prechecking.precheck_item(item, city.code, on)
    asks = bool(charter_on(on).evidence.requirements)
    return shapes.MissingShape(
        member=presenting.organisation_name(city),
        presumed=asks and not any(one.level == REQUIRED for one in found),
        missing=[shapes.requirement(one) for one in found],
    )


@router.get("/evidence/{str:number}/chain", auth=Token(READ), response=answers(200, shapes.ChainShape, 404))
def get_chain(request: ApiRequest, number: str) -> shapes.ChainShape:
    """The chain of custody of an item, with its gaps, explained or open; stays on record."""
    item = _read(number, request.auth)
    today = legal_date(now())
    found = gaps(custody_log.moves_of(item), days=charter_on(today).evidence.receipt_days, until=today)
    return shapes.ChainShape(
        holder=presenting.organisation_name(item.holder),
        moves=[evidence_shapes.move(row) for row in item.custody.select_related("organisation", "counterparty")],
        gaps=[shapes.gap(one) for one in found],
    )


@router.get(
    "/evidence/{str:number}/recognition", auth=Token(READ), response=answers(200, Listed[shapes.OpinionShape], 404)
)
def list_opinions(request: ApiRequest, number: str) -> Listed[shapes.OpinionShape]:
    """Everything cities have thought of an item, newest first, and on what it rests in law; stays on record."""
    item = _read(number, request.auth)
    return Listed(items=[shapes.opinion(one) for one in recognition.opinions_of(item, request.auth)])


@router.get("/evidence/{str:number}/readers", auth=Token(READ), response=answers(200, Listed[shapes.ReaderShape], 404))
def list_readers(request: ApiRequest, number: str) -> Listed[shapes.ReaderShape]:
    """Who of other organisations looked at an item, newest first; told to the organisation that collected it."""
    item = shown_item(number, request.auth)
    if item.organisation_id != request.auth.organisation.id:
        raise refusals.not_ours()
    return Listed(items=[shapes.reader(row) for row in lists.readers_of(item, by=request.auth, limit=READERS)])


def _read(number: str, by: Actor) -> Item:
    """An item that is shown to ``by``; the reading stands on record."""
    item = shown_item(number, by)
    journal.record_read(what="item", subject=item.number, by=by, at=now())
    return item


def _day(asked: date | None) -> date:
    return asked or legal_date(now())


def _member(code: str) -> Organisation:
    found = next((city for city in members() if city.code == code), None)
    if found is None:
        raise bad_value("member", "unknown", Said("没有这个成员", "no such member"))
    return found


def _require_known(field: str, codes: Iterable[str], known: Iterable[str]) -> None:
    listed = set(known)
    for at, code in enumerate(codes):
        if code not in listed:
            raise bad_value(f"{field}.{at}", "unknown", Said("没有这个代码", "no such code"))
