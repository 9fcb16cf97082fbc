"""Files and papers: bring, fetch."""

from __future__ import annotations

import secrets
from urllib.parse import quote
from uuid import UUID

from django.http import FileResponse, HttpResponse
from ninja import File, Router, Status, UploadedFile

from concord.casework import letters, queries
from concord.casework.models import Paper
from concord.casework.queries import READ
from concord.entrypoints.rest import presenting, shapes
from concord.entrypoints.rest.answering import answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.database.scope import writing
from concord.foundation.files import commands
from concord.foundation.files import queries as stored
from concord.foundation.files.models import File as FileRow
from concord.foundation.journal import commands as journal
from concord.rules.errors import NotFound
from concord.rules.identifiers import uuid7

router = Router(tags=["files"])
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OCTETS = "application/octet-stream"


def _gives(media_type: str) -> dict[str, object]:
    return {"responses": {200: {"content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}}}


@router.post("/files", auth=Token(READ), response=answers(201, shapes.FileShape, 413))
def store_file(request: ApiRequest, response: HttpResponse, file: File[UploadedFile]) -> Status[shapes.FileShape]:
    """Bring a file, to be named by its uid in the answers of an act; until then one's own organisation sees it."""
    at = now()
    uid = uuid7(at, secrets.token_bytes(10))
    kept = commands.store(content=file, name=file.name or "", by=request.auth, at=at, uid=uid)
    response.headers["Location"] = f"{request.path}/{kept.uid}"
    return Status(201, presenting.file(kept))


@router.get("/files/{uuid:uid}", auth=Token(READ), response=answers(200, None, 404, 503), openapi_extra=_gives(OCTETS))
def get_file(request: ApiRequest, uid: UUID) -> FileResponse:
    """A file as it was brought."""
    by = request.auth
    try:
        found = queries.file_for(uid=uid, by=by)
    except NotFound:
        with writing():
            hidden = FileRow.objects.filter(uid=uid).exists()
        if hidden:
            journal.record_read(what="file", subject=str(uid), by=by, at=now(), refused=True)
        raise
    response = FileResponse(stored.open_bytes(found), content_type=OCTETS)
    journal.record_read(what="file", subject=str(uid), by=by, at=now())
    response.headers["Content-Disposition"] = _attachment(found.name)
    response.headers["Content-Length"] = str(found.size)
    return response


@router.get(
    "/papers/{uuid:uid}.pdf", auth=Token(READ), response=answers(200, None, 404, 503), openapi_extra=_gives(PDF)
)
def get_paper_pdf(request: ApiRequest, uid: UUID) -> HttpResponse:
    """The PDF/A original of a paper."""
    found = _paper_shown(uid, request.auth)
    return _paper(found, stored.read_verified(found.file), "pdf", PDF, request.auth)


@router.get(
    "/papers/{uuid:uid}.docx", auth=Token(READ), response=answers(200, None, 404, 503), openapi_extra=_gives(DOCX)
)
def get_paper_docx(request: ApiRequest, uid: UUID) -> HttpResponse:
    """A Word copy of a paper, made from the same facts; the PDF is the original."""
    found = _paper_shown(uid, request.auth)
    return _paper(found, letters.word_copy(found), "docx", DOCX, request.auth)


def _paper_shown(uid: UUID, by: Actor) -> Paper:
    """A paper that is shown to ``by``; asking for a hidden one stays on record."""
    try:
        return queries.paper_for(uid=uid, by=by)
    except NotFound:
        with writing():
            number = Paper.objects.filter(uid=uid).values_list("number", flat=True).first()
        if number is not None:
            journal.record_read(what="paper", subject=number, by=by, at=now(), refused=True)
        raise


def _paper(found: Paper, content: bytes, extension: str, media_type: str, by: Actor) -> HttpResponse:
    journal.record_read(what="paper", subject=found.number, by=by, at=now())
    response = HttpResponse(content, content_type=media_type)
    response.headers["Content-Disposition"] = _attachment(f"{found.number}.{extension}")
    return response


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name)}"
