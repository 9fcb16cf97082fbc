"""Files looked at inside the browser: a closed list of kinds, in a sandbox that runs nothing and loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Final

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from concord.foundation.files import previews
from concord.foundation.files.models import File
from concord.foundation.files.queries import open_bytes

POLICY: Final = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
PORTION: Final = 256 * 1024


def preview_of(file: File, request: HttpRequest) -> HttpResponseBase:
    """The file inline, or the range of it that was asked for; a text only its beginning.

    Raises InvalidInput ``files.not_shown`` or ``files.picture_too_large``, Unavailable ``files.missing``.
    """
    content = open_bytes(file)
    try:
        previews.check_shown(file.media_type, content)
        if file.media_type == "text/plain":
            text = previews.text_of(content)
            content.close()
            return _walled(HttpResponse(text, content_type="text/plain; charset=utf-8"))
    except BaseException:
        content.close()
        raise
    content.seek(0)
    return _walled(_ranged(file, content, request.headers.get("Range", "")))


def _ranged(file: File, content: IO[bytes], header: str) -> HttpResponseBase:
    """One range as RFC 9110 has it; several, or none that can be read, are answered with the whole."""
    response: HttpResponseBase
    asked = RANGE.fullmatch(header)
    if asked is None or asked.groups() == ("", ""):
        response = FileResponse(content, content_type=file.media_type)
        response.headers["Content-Length"] = str(file.size)
        response.headers["Accept-Ranges"] = "bytes"
        return response
    first, last = asked.groups()
    start = int(first) if first else max(0, file.size - int(last))
    end = min(int(last), file.size - 1) if first and last else file.size - 1
    if start > end:
        content.close()
        response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        response.headers["Content-Range"] = f"bytes */{file.size}"
        return response
    part = _portions(content, start, end - start + 1)
    response = StreamingHttpResponse(part, status=HTTPStatus.PARTIAL_CONTENT, content_type=file.media_type)
    response.headers["Content-Range"] = f"bytes {start}-{end}/{file.size}"
    response.headers["Content-Length"] = str(end - start + 1)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _portions(content: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    with content:
        content.seek(start)
        while length > 0 and (portion := content.read(min(PORTION, length))):
            length -= len(portion)
            yield portion


def _walled(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
