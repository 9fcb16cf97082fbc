"""The log's files for mirrors: checkpoint and tiles at the paths of C2SP tlog-tiles, for bearers of a reader's token.

They stand beside the API and not in it: no session, no post, no scope; ``ledger.toml`` names the readers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from concord.foundation.ledger.log import installation_here
from concord.foundation.ledger.store import CHECKPOINT, opened
from concord.rules.errors import NotFound

PUBLIC = "public"
SCHEME = "Bearer "
LONGEST_TOKEN = 200
TILE = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/(x[0-9]{3}/){0,5}[0-9]{3}(\.p/[1-9][0-9]{0,2})?")
# A full tile never changes; a partial one does not either, but goes when the full one is there.
FOREVER = "private, max-age=31536000, immutable"
A_WHILE = "private, max-age=600"


def for_readers(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let in bearers of a reader's token only; 401 for everybody else, whether or not there is a ledger."""

    @csrf_exempt
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, path: str = CHECKPOINT) -> HttpResponse:
        if not _is_reader(request.headers.get("Authorization", "")):
            response = HttpResponse(status=HTTPStatus.UNAUTHORIZED, content_type="text/plain")
            response.headers["WWW-Authenticate"] = 'Bearer realm="ledger"'
            response.headers["Cache-Control"] = "no-store"
            return response
        return view(request, path)

    guarded.permission = PUBLIC  # type: ignore[attr-defined]  # read by the fitness test of routes
    return guarded


@for_readers
def checkpoint(_request: HttpRequest, path: str) -> HttpResponse:
    """The newest published checkpoint with its cosignatures; 404 before the first, as C2SP has it."""
    response = _answer(path, "text/plain; charset=utf-8", "no-cache, private")
    # A log begins without one and its witnesses ask each second: Django would write a warning for each answer.
    response._has_been_logged = response.status_code == HTTPStatus.NOT_FOUND  # type: ignore[attr-defined]  # noqa: SLF001  Django's own mark
    return response


@for_readers
def tile(_request: HttpRequest, path: str) -> HttpResponse:
    """A tile of hashes or of entries."""
    path = f"tile/{path}"
    if not TILE.fullmatch(path):
        return HttpResponse(status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    return _answer(path, "application/octet-stream", A_WHILE if ".p/" in path else FOREVER)


def _is_reader(authorization: str) -> bool:
    """Whether the header bears a reader's token; every digest is compared, in constant time."""
    try:
        readers = installation_here().readers
    except NotFound:
        return False
    if not authorization.startswith(SCHEME) or len(authorization) > LONGEST_TOKEN:
        return False
    digest = hashlib.sha256(authorization.removeprefix(SCHEME).strip().encode()).hexdigest()
    found = [hmac.compare_digest(digest, known) for known in readers.values()]
    return any(found)


def _answer(path: str, media_type: str, kept: str) -> HttpResponse:
    content = opened(installation_here().tiles).get(path)
    if content is None:
        return HttpResponse(status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    response = HttpResponse(content, content_type=media_type)
    response.headers["Cache-Control"] = kept
    return response
