"""The ledger: its state, the proof of an entry, proofs of silence, verification of a package."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from ninja import File, Query, Router, UploadedFile

from concord.casework.desk import proofs, silence
from concord.casework.models.desk import SilenceStatement
from concord.entrypoints.rest import ledger_shapes as shapes
from concord.entrypoints.rest import presenting
from concord.entrypoints.rest.answering import Slice, answers, page_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.shapes import Page
from concord.entrypoints.rest.wire import JSON_TYPE
from concord.entrypoints.workspace import ledger_sheet
from concord.foundation.database.clock import now
from concord.foundation.journal import commands as journal
from concord.foundation.ledger.models import Sealed
from concord.foundation.ledger.policy import READ

router = Router(tags=["ledger"])
REPORT = {"responses": {200: {"content": {JSON_TYPE: {"schema": {"type": "object"}}}}}}
PACKAGE = {
    "responses": {200: {"content": {ledger_sheet.PACKAGE_TYPE: {"schema": {"type": "string", "format": "binary"}}}}}
}


@router.get("/ledger/checkpoint", auth=Token(READ), response=answers(200, shapes.LedgerShape, 404))
def get_ledger(request: ApiRequest) -> shapes.LedgerShape:
    """How the ledger stands: its newest published checkpoint, who co-signed it, what waits, what is wrong."""
    _ = request
    standing = ledger_sheet.standing()
    published = standing.checkpoint
    checkpoint = None
    if published is not None and published.published_at is not None:
        checkpoint = shapes.CheckpointShape(
            size=published.size,
            root=b64encode(bytes(published.root)).decode(),
            published_at=published.published_at,
            note=published.note,
            cosignatures=[
                shapes.CosignatureShape(witness=one.name, organisation=one.organisation, at=one.signed_at)
                for one in standing.witnesses
            ],
        )
    return shapes.LedgerShape(
        origin=standing.installation.origin,
        quorum=standing.installation.policy.quorum_size(),
        policy=standing.installation.policy_text,
        checkpoint=checkpoint,
        waiting=standing.waiting.count,
        waiting_since=standing.waiting.oldest,
        incidents=[one.kind for one in standing.incidents],
    )


@router.get("/ledger/entries/{int:number}/proof", auth=Token(READ), response=answers(200, shapes.EntryProofShape, 404))
def get_entry_proof(request: ApiRequest, number: int) -> shapes.EntryProofShape:
    """The proof that an entry of the journal is in the log, and what opens its leaf."""
    by = request.auth
    found = proofs.proof_for(entry=number, by=by)
    journal.record_read(what="proof", subject=str(number), by=by, at=now())
    proof = found.proof
    opening = proof.opening if proof is not None else None
    return shapes.EntryProofShape(
        entry=number,
        state=found.state,
        leaf=proof.leaf.decode() if proof else None,
        index=proof.index if proof else None,
        tlog_proof=proof.tlog_proof.decode() if proof else None,
        opening=shapes.OpeningShape(salt=opening.salt.hex(), entry=opening.entry.decode()) if opening else None,
    )


@router.get("/ledger/silence", auth=Token(READ), response=answers(200, Page[shapes.SilenceShape]))
def list_silence(request: ApiRequest, part: Query[Slice]) -> Page[shapes.SilenceShape]:
    """The proofs of silence that tell of one's organisation, newest first."""
    found = silence.statements_of(request.auth, before=part.before, limit=part.limit + 1)
    rows, following = page_of(request, found, limit=part.limit, mark=lambda row: row.id)
    packages = silence.packages_of(rows)
    return Page(items=[_silence(row, packages[row.id]) for row in rows], next=following)


@router.get(
    "/ledger/silence/{uuid:uid}/package",
    auth=Token(READ),
    response=answers(200, None, 404, 503),
    openapi_extra=PACKAGE,
)
def get_silence_package(request: ApiRequest, uid: UUID) -> HttpResponseBase:
    """The evidence package of a proof of silence; before its seal is in the log, without that proof."""
    by = request.auth
    sealed = silence.package_of(silence.statement_for(uid=uid, by=by))
    response = ledger_sheet.attached(sealed)
    journal.record_read(what="package", subject=sealed.package, by=by, at=now())
    return response


@router.post("/ledger/verify", auth=Token(READ), response=answers(200, dict[str, Any], 404, 413), openapi_extra=REPORT)
def verify_package(request: ApiRequest, file: File[UploadedFile]) -> HttpResponse:
    """Verify an evidence package with this installation's trust file; gives the report of the format's section 11."""
    _ = request
    report = ledger_sheet.verified(file, at=now())
    return HttpResponse(json.dumps(json.loads(report.as_json()), ensure_ascii=False), content_type=JSON_TYPE)


def _silence(row: SilenceStatement, sealed: Sealed) -> shapes.SilenceShape:
    return shapes.SilenceShape(
        uid=row.uid,
        date=row.date,
        asking=presenting.organisation_name(row.asking),
        asked=presenting.organisation_name(row.asked) if row.asked else None,
        count=row.count,
        stated_at=row.stated_at,
        package=sealed.package,
        state="proven" if sealed.state == Sealed.State.PROVEN else "queued",
        proven_at=sealed.proven_at,
    )
