"""Large files in pieces: announce, send in any order and again after a cut, complete."""

from __future__ import annotations

import secrets
from typing import IO, Any, cast
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Status

from concord.casework.queries import READ
from concord.entrypoints.rest import presenting, upload_shapes
from concord.entrypoints.rest.answering import TAKING, answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.foundation.database.clock import now
from concord.foundation.files import uploads
from concord.foundation.files.models import Upload
from concord.rules.identifiers import uuid7

router = Router(tags=["files"])
DIGEST_HEADER: dict[str, Any] = {
    "name": "Content-Digest",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "maxLength": 200, "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
    "description": "SHA-256 of the piece (RFC 9530).",
}
PIECE: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@router.post("/uploads", auth=Token(READ), response=answers(201, upload_shapes.UploadShape, *TAKING, 409, 503))
def begin_upload(
    request: ApiRequest, response: HttpResponse, body: upload_shapes.Announcement
) -> Status[upload_shapes.UploadShape]:
    """Announce a large file; its pieces follow, each of ``chunk_size`` bytes but the last.

    Files of up to 50 MiB may also be brought at once.
    """
    at = now()
    uid = uuid7(at, secrets.token_bytes(10))
    begun = uploads.begin(name=body.name, size=body.size, sha256=body.sha256, by=request.auth, at=at, uid=uid)
    response.headers["Location"] = f"{request.path}/{begun.uid}"
    return Status(201, _shape(begun))


@router.get("/uploads/{uuid:uid}", auth=Token(READ), response=answers(200, upload_shapes.UploadShape, 404))
def get_upload(request: ApiRequest, uid: UUID) -> upload_shapes.UploadShape:
    """How far an upload has come: which pieces are missing, and the file once it is complete."""
    return _shape(uploads.upload_for(uid, request.auth))


@router.put(
    "/uploads/{uuid:uid}/chunks/{int:index}",
    auth=Token(READ),
    response=answers(200, upload_shapes.Received, 404, 409, 413, 503),
    openapi_extra={"parameters": [DIGEST_HEADER], "requestBody": PIECE},
)
def put_chunk(request: ApiRequest, uid: UUID, index: int) -> upload_shapes.Received:
    """Send piece ``index``, counted from 0; the same piece again changes nothing."""
    sha256 = uploads.sha256_in(request.headers.get("Content-Digest", ""))
    content = cast("IO[bytes]", request)
    found = uploads.put_chunk(upload=uid, index=index, content=content, sha256=sha256, by=request.auth, at=now())
    return upload_shapes.Received(received=found.received, chunks=found.chunks)


@router.post(
    "/uploads/{uuid:uid}/complete", auth=Token(READ), response=answers(200, upload_shapes.UploadShape, 404, 409)
)
def complete_upload(request: ApiRequest, uid: UUID) -> upload_shapes.UploadShape:
    """Make the whole a file, to be named by its uid; once completed, the same file again."""
    at = now()
    uploads.complete(upload=uid, by=request.auth, at=at, uid=uuid7(at, secrets.token_bytes(10)))
    return _shape(uploads.upload_for(uid, request.auth))


def _shape(upload: Upload) -> upload_shapes.UploadShape:
    return upload_shapes.UploadShape(
        uid=upload.uid,
        name=upload.name,
        size=upload.size,
        state=upload.state,
        chunk_size=upload.chunk_size,
        chunks=upload.chunks,
        missing=uploads.missing(upload),
        file=None if upload.file is None else presenting.file(upload.file),
    )
