"""Evidence: list, look at, register, describe, add files, seal."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from concord.capabilities.evidence import items, lists
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.policy import COLLECT, READ
from concord.capabilities.evidence.queries import item_for
from concord.casework.desk import receipts
from concord.casework.desk.lists import Cursor
from concord.entrypoints.rest import evidence_shapes, shapes
from concord.entrypoints.rest.answering import (
    KEY_HEADER,
    TAKING,
    VERSION_HEADER,
    answers,
    key_of,
    page_of,
    version_named,
)
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.journal import commands as journal
from concord.rules.errors import NotFound

router = Router(tags=["evidence"])
ENTROPY = 32


@router.get("/evidence", auth=Token(READ), response=answers(200, shapes.Page[evidence_shapes.ItemRow]))
def list_evidence(
    request: ApiRequest, asked: Query[evidence_shapes.ItemsAsked]
) -> shapes.Page[evidence_shapes.ItemRow]:
    """The items that the token's side may see, newest first."""
    wanted = lists.ItemsWanted(text=asked.q, kind=asked.kind, state=asked.state)
    cursor = Cursor.parse(asked.after) if asked.after else None
    before = (cursor.key, cursor.id) if cursor else None
    found = lists.page_of_items(request.auth, wanted, limit=asked.limit + 1, before=before)
    rows, following = page_of(request, found, limit=asked.limit, mark=lambda row: Cursor(row.sort_key, row.id))
    return shapes.Page(items=[evidence_shapes.row(row) for row in rows], next=following)


@router.post(
    "/evidence",
    auth=Token(COLLECT),
    response=answers(201, evidence_shapes.ItemShape, *TAKING, 404),
    openapi_extra={"parameters": [KEY_HEADER]},
)
def register_evidence(
    request: ApiRequest, response: HttpResponse, body: evidence_shapes.Registration
) -> Status[evidence_shapes.ItemShape]:
    """Register an item that one's own organisation is about to collect; the same key again returns it."""
    item = items.register(
        kind=body.kind,
        title=body.title,
        handling=body.handling,
        cause=body.cause,
        case=body.case,
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(ENTROPY),
        key=key_of(request),
    )
    return Status(201, told(item, response, request.auth))


@router.get("/evidence/{str:number}", auth=Token(READ), response=answers(200, evidence_shapes.ItemShape, 404))
def get_evidence(request: ApiRequest, response: HttpResponse, number: str) -> evidence_shapes.ItemShape:
    """An item with its files, its chain of custody and what the cities think of it; stays on record."""
    item = shown_item(number, request.auth)
    journal.record_read(what="item", subject=item.number, by=request.auth, at=now())
    return told(item, response, request.auth)


@router.put(
    "/evidence/{str:number}",
    auth=Token(COLLECT),
    response=answers(200, evidence_shapes.ItemShape, *TAKING, 404, 409, 412, 428),
    openapi_extra={"parameters": [VERSION_HEADER]},
)
def describe_evidence(
    request: ApiRequest, response: HttpResponse, number: str, body: evidence_shapes.Collected
) -> evidence_shapes.ItemShape:
    """Put down who collected the item, where, when and how, in place of what stood there."""
    item = shown_item(number, request.auth)
    described = items.describe(
        item=item.uid,
        version=_version(request, item),
        record=body.record,
        officers=[(one.person, one.card_number) for one in body.officers],
        place=body.place,
        started_at=body.started_at,
        ended_at=body.ended_at,
        by=request.auth,
        at=now(),
    )
    return told(described, response, request.auth)


@router.post(
    "/evidence/{str:number}/files",
    auth=Token(COLLECT),
    response=answers(201, evidence_shapes.ItemShape, *TAKING, 404, 409),
)
def add_evidence_file(
    request: ApiRequest, response: HttpResponse, number: str, body: evidence_shapes.FileGiven
) -> Status[evidence_shapes.ItemShape]:
    """Add a file that was brought before; what was computed where it was collected must agree."""
    item = shown_item(number, request.auth)
    items.add_file(
        item=item.uid,
        file=body.file,
        claimed=body.claimed,
        original_location=body.original_location,
        by=request.auth,
        at=now(),
    )
    return Status(201, told(shown_item(number, request.auth), response, request.auth))


@router.post(
    "/evidence/{str:number}/seal",
    auth=Token(COLLECT),
    response=answers(200, evidence_shapes.ItemShape, 404, 409, 412, 428),
    openapi_extra={"parameters": [VERSION_HEADER]},
)
def seal_evidence(request: ApiRequest, response: HttpResponse, number: str) -> evidence_shapes.ItemShape:
    """Seal a complete item; the package is signed soon after, and nothing of it changes any more."""
    item = shown_item(number, request.auth)
    sealed = items.seal(item=item.uid, version=_version(request, item), by=request.auth, at=now())
    return told(sealed, response, request.auth)


def shown_item(number: str, by: Actor) -> Item:
    """An item that is shown to ``by``; asking for a hidden one stays on record."""
    try:
        return item_for(number=number, by=by)
    except NotFound:
        receipts.note_refusal(by=by, at=now(), what="item", number=number)
        raise


def _version(request: HttpRequest, item: Item) -> int:
    return version_named(request, present=item.version)


def told(item: Item, response: HttpResponse, by: Actor) -> evidence_shapes.ItemShape:
    """An item as ``by`` may see it, with its version as the ETag."""
    response.headers["ETag"] = f'"{item.version}"'
    return evidence_shapes.whole(item, by)
