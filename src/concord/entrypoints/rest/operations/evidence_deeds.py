"""What is done with an item besides its record: lots, custody, derivatives, partial packages, erasing, overriding."""

from __future__ import annotations

import secrets
import tempfile
from typing import BinaryIO, cast
from urllib.parse import quote

from django.http import FileResponse, HttpResponse
from ninja import Router, Status

from concord.capabilities.evidence import custody_log, derivatives, erasing, items, lots
from concord.capabilities.evidence.derivatives import MadeFile
from concord.capabilities.evidence.lots import NewLot
from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.packing import package_of
from concord.capabilities.evidence.policy import COLLECT, DISPOSE, HANDLE, READ, SIGN
from concord.entrypoints.rest import evidence_deed_shapes as given
from concord.entrypoints.rest import evidence_shapes
from concord.entrypoints.rest.answering import KEY_HEADER, TAKING, VERSION_HEADER, answers, key_of, version_named
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.operations.evidence import shown_item, told
from concord.entrypoints.workspace.ledger_sheet import PACKAGE_TYPE, SPOOLED
from concord.foundation.database.clock import now
from concord.foundation.journal import commands as journal
from concord.foundation.ledger import sealing
from concord.rules.errors import InvalidInput, Problem, Said

router = Router(tags=["evidence"])
ENTROPY = 32
ITEM = evidence_shapes.ItemShape
PACKAGE = {"content": {PACKAGE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}


@router.post(
    "/evidence/{str:number}/lots",
    auth=Token(COLLECT),
    response=answers(201, ITEM, *TAKING, 404, 409, 412, 428),
    openapi_extra={"parameters": [VERSION_HEADER]},
)
def add_evidence_lots(
    request: ApiRequest, response: HttpResponse, number: str, body: given.LotsGiven
) -> Status[evidence_shapes.ItemShape]:
    """Enter the lots of a sample that is being collected."""
    item = shown_item(number, request.auth)
    version = version_named(request, present=item.version)
    new = [NewLot(name=one.name, unit=one.unit, seal=one.seal, quantity=one.quantity) for one in body.lots]
    lots.add_lots(item=item.uid, lots=new, place=body.place, by=request.auth, at=now(), version=version)
    return Status(201, told(shown_item(number, request.auth), response, request.auth))


@router.post(
    "/evidence/{str:number}/lots/moves",
    auth=Token(HANDLE),
    response=answers(201, ITEM, *TAKING, 404, 409, 412),
)
def move_evidence_lot(
    request: ApiRequest, response: HttpResponse, number: str, body: given.LotMoveGiven
) -> Status[evidence_shapes.ItemShape]:
    """Part things from a lot, or let them leave it; to destroy takes evidence:dispose."""
    item = shown_item(number, request.auth)
    lots.move_lot(**body.model_dump(), item=item.uid, by=request.auth, at=now())
    return Status(201, told(shown_item(number, request.auth), response, request.auth))


@router.post("/evidence/{str:number}/custody", auth=Token(HANDLE), response=answers(201, ITEM, *TAKING, 404, 409))
def note_evidence_custody(
    request: ApiRequest, response: HttpResponse, number: str, body: given.MoveNoted
) -> Status[evidence_shapes.ItemShape]:
    """Note a move in the chain of custody of an item that one's organisation holds."""
    item = shown_item(number, request.auth)
    custody_log.note(**body.model_dump(), item=item.uid, by=request.auth, at=now())
    return Status(201, told(shown_item(number, request.auth), response, request.auth))


@router.post(
    "/evidence/{str:number}/derivatives",
    auth=Token(COLLECT),
    response=answers(201, ITEM, *TAKING, 404, 409),
    openapi_extra={"parameters": [KEY_HEADER]},
)
def derive_evidence(
    request: ApiRequest, response: HttpResponse, number: str, body: given.DerivativeGiven
) -> Status[evidence_shapes.ItemShape]:
    """Begin a copy, redaction, translation or extract of a sealed item; the same key again returns it."""
    item = shown_item(number, request.auth)
    made = derivatives.derive(
        item=item.uid,
        kind=body.kind,
        title=body.title,
        card=body.card,
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(ENTROPY),
        removed=body.removed,
        files=_made(item, body),
        key=key_of(request),
    )
    return Status(201, told(shown_item(made.number, request.auth), response, request.auth))


@router.post(
    "/evidence/{str:number}/package",
    auth=Token(READ),
    response=answers(200, None, *TAKING, 404, 409),
    openapi_extra={"responses": {200: PACKAGE}},
)
def write_evidence_package(request: ApiRequest, number: str, body: given.Closed) -> FileResponse:
    """The package of an item with some of its disclosed fields closed; stays on record."""
    item = shown_item(number, request.auth)
    out = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115  the response closes it
    closed = frozenset(body.closed)
    try:
        derivatives.write_without(item=item.uid, closed=closed, out=cast("BinaryIO", out), by=request.auth, at=now())
    except BaseException:
        out.close()
        raise
    out.seek(0)
    package = package_of(item)
    assert package is not None  # noqa: S101  it was just written
    journal.record_read(what="item", subject=item.number, by=request.auth, at=now())
    response = FileResponse(out, content_type=PACKAGE_TYPE)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(sealing.file_name(package))}"
    return response


@router.post("/evidence/{str:number}/erasure", auth=Token(DISPOSE), response=answers(200, ITEM, *TAKING, 404, 409))
def erase_evidence(
    request: ApiRequest, response: HttpResponse, number: str, body: given.Erasure
) -> evidence_shapes.ItemShape:
    """Erase an item by duty: content, record and names go, digests and proofs stay; it cannot be undone."""
    item = shown_item(number, request.auth)
    erasing.erase(item=item.uid, reason=body.reason, by=request.auth, at=now())
    return told(shown_item(number, request.auth), response, request.auth)


@router.post(
    "/evidence/{str:number}/seal-without-stamp",
    auth=Token(SIGN),
    response=answers(200, ITEM, 404, 409, 412, 428),
    openapi_extra={"parameters": [VERSION_HEADER]},
)
def seal_evidence_without_stamp(request: ApiRequest, response: HttpResponse, number: str) -> evidence_shapes.ItemShape:
    """Seal though no time-stamper has answered for longer than agreed; the decision stays on record."""
    item = shown_item(number, request.auth)
    version = version_named(request, present=item.version)
    sealed = items.seal(item=item.uid, version=version, by=request.auth, at=now(), without_stamp=True)
    return told(sealed, response, request.auth)


def _made(item: Item, body: given.DerivativeGiven) -> list[MadeFile]:
    """The files as the command takes them, the originals by their paths."""
    known = dict(item.files.values_list("path", "pk"))
    wrong = [one for one in body.files if one.redacts is not None and one.redacts not in known]
    if wrong:
        said = Said("原件没有这个文件。", "The original has no such file.")
        raise InvalidInput("evidence.bad_item", said, problems=(Problem("files", "unknown", said),))
    return [
        MadeFile(file=one.file, claimed=one.claimed, redaction_of=known[one.redacts] if one.redacts else None)
        for one in body.files
    ]
