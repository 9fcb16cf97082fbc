"""Large files in pieces, as the page's script sends them; every answer is JSON."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, Concatenate, ParamSpec, cast
from uuid import UUID

from django.http import HttpResponseBase, JsonResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.database.clock import now
from concord.foundation.files import uploads
from concord.foundation.files.models import Upload
from concord.rules.errors import ConcordError, InvalidInput, Said
from concord.rules.identifiers import uuid7

P = ParamSpec("P")
LARGEST_ANNOUNCEMENT = 4096
AGAIN = {"files.chunks_missing", "files.chunks_damaged"}


def _in_json(
    view: Callable[Concatenate[Handled, P], HttpResponseBase],
) -> Callable[Concatenate[Handled, P], HttpResponseBase]:
    """Tell errors as JSON: ``code``, and ``detail`` in the reader's language."""

    @wraps(view)
    def told(request: Handled, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except ConcordError as error:
            said = error.said.in_language(get_language() or "zh")
            return JsonResponse({"code": error.code, "detail": said}, status=error.status)

    return told


@require_POST
@page("matter:read")
@_in_json
def begin(request: Handled) -> JsonResponse:
    """Announce a file: its name and size, and its SHA-256 when that is known."""
    name, size, sha256 = _announced(request)
    at = now()
    uid = uuid7(at, secrets.token_bytes(10))
    upload = uploads.begin(name=name, size=size, sha256=sha256, by=request.actor, at=at, uid=uid)
    return JsonResponse(_told(upload), status=201)


@require_GET
@page("matter:read")
@_in_json
def upload(request: Handled, uid: UUID) -> JsonResponse:
    """How far an upload has come, to go on with it."""
    return JsonResponse(_told(uploads.upload_for(uid, request.actor)))


@require_http_methods(["PUT"])
@page("matter:read")
@_in_json
def chunk(request: Handled, uid: UUID, index: int) -> JsonResponse:
    """One piece as the body, its SHA-256 in Content-Digest."""
    sha256 = uploads.sha256_in(request.headers.get("Content-Digest", ""))
    body = cast("IO[bytes]", request)
    found = uploads.put_chunk(upload=uid, index=index, content=body, sha256=sha256, by=request.actor, at=now())
    return JsonResponse({"received": found.received})


@require_POST
@page("matter:read")
@_in_json
def complete(request: Handled, uid: UUID) -> JsonResponse:
    """Make the whole a file; where pieces are wanted again, the refusal says which."""
    at = now()
    try:
        uploads.complete(upload=uid, by=request.actor, at=at, uid=uuid7(at, secrets.token_bytes(10)))
    except ConcordError as error:
        if error.code not in AGAIN:
            raise
        said = error.said.in_language(get_language() or "zh")
        wanted = _told(uploads.upload_for(uid, request.actor))
        return JsonResponse({"code": error.code, "detail": said, "upload": wanted}, status=error.status)
    return JsonResponse(_told(uploads.upload_for(uid, request.actor)))


def _announced(request: Handled) -> tuple[str, int, str]:
    try:
        typed = json.loads(request.read(LARGEST_ANNOUNCEMENT))
        name, size, sha256 = typed["name"], typed["size"], typed.get("sha256", "")
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise _unreadable() from None
    texts = isinstance(name, str) and isinstance(sha256, str) and "\0" not in name
    if not texts or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise _unreadable()
    return name, size, sha256


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "files.bad_announcement",
        Said("请给出文件的名称和字节数。", "Give the name of the file and its size in bytes."),
    )


def _told(upload: Upload) -> dict[str, Any]:
    file = upload.file
    return {
        "uid": str(upload.uid),
        "state": upload.state,
        "chunk_size": upload.chunk_size,
        "missing": uploads.missing(upload),
        "file": None if file is None else {"uid": str(file.uid), "name": file.name, "digest": file.digest},
    }
