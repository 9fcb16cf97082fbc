"""Files that come with a form: those that went up in pieces, by their uid, and those in the form itself."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile

from concord.entrypoints.workspace.fields import uuids
from concord.entrypoints.workspace.routing import Handled
from concord.foundation.database.clock import now
from concord.foundation.files import commands as files
from concord.rules.identifiers import uuid7


def brought(request: Handled) -> list[tuple[UUID, str]]:
    """The files of the field ``file``, each with the SHA-256 that the browser computed, empty where it did not.

    Files in the form itself are stored now. Raises as ``files.commands.store``.
    """
    claims = request.POST.getlist("file.sha256")
    known = uuids(request.POST.getlist("file"))
    found = [(uid, claims[n] if n < len(claims) else "") for n, uid in enumerate(known)]
    return [*found, *((_stored(request, upload), "") for upload in request.FILES.getlist("file"))]


def _stored(request: Handled, upload: UploadedFile[bytes]) -> UUID:
    made = uuid7(now(), secrets.token_bytes(10))
    return files.store(content=upload, name=upload.name or "", by=request.actor, at=now(), uid=made).uid
