"""Writes: taking a file that somebody brought, and keeping one that the system made."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings

from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import writing
from concord.foundation.files import storage
from concord.foundation.files.models import File
from concord.foundation.files.policy import Kind, check_claim, clean_name, kind_of
from concord.foundation.organisations.models import Organisation


def store(
    *, content: bytes | IO[bytes], name: str, by: Actor, at: datetime, uid: UUID, media_type: str | None = None
) -> File:
    """Take a file from ``by``: the bytes once under their digest, the row with name, kind and who brought it.

    ``media_type`` is what the caller is sure of; leave it out for what a browser merely guesses. Raises InvalidInput
    ``files.empty``, ``files.too_large``, ``files.name_missing``, ``files.executable``, ``files.kind_not_taken`` or
    ``files.kind_mismatch``; then nothing is kept.
    """
    cleaned = clean_name(name)
    found: list[Kind] = []

    def check(arrived: IO[bytes]) -> None:
        kind = kind_of(cleaned, arrived)
        check_claim(media_type, kind)
        found.append(kind)

    kept = storage.put(Path(settings.FILES_ROOT), _stream(content), check=check)
    with writing():
        return File.objects.create(
            uid=uid,
            digest=kept.digest,
            size=kept.size,
            media_type=found[0].media_type,
            name=cleaned,
            organisation=by.organisation,
            person=by.person,
            stored_at=at,
        )


def store_made(
    *, content: bytes, name: str, media_type: str, organisation: Organisation, at: datetime, uid: UUID
) -> File:
    """Keep a file that the system itself made for ``organisation``; no person brought it, its kind is known.

    Raises InvalidInput ``files.empty``, ``files.too_large`` or ``files.name_missing``.
    """
    cleaned = clean_name(name)

    def take(_arrived: IO[bytes]) -> None:
        """Nobody doubts what we made ourselves."""

    kept = storage.put(Path(settings.FILES_ROOT), _stream(content), check=take)
    with writing():
        return File.objects.create(
            uid=uid,
            digest=kept.digest,
            size=kept.size,
            media_type=media_type,
            name=cleaned,
            organisation=organisation,
            person=None,
            stored_at=at,
        )


def write_made(
    *,
    fill: Callable[[IO[bytes]], None],
    name: str,
    media_type: str,
    organisation: Organisation,
    at: datetime,
    uid: UUID,
) -> File:
    """Keep what ``fill`` writes, of any size, as ``store_made`` keeps bytes. Raises what ``fill`` raises."""
    cleaned = clean_name(name)
    kept = storage.write(Path(settings.FILES_ROOT), fill)
    with writing():
        return File.objects.create(
            uid=uid,
            digest=kept.digest,
            size=kept.size,
            media_type=media_type,
            name=cleaned,
            organisation=organisation,
            person=None,
            stored_at=at,
        )


def _stream(content: bytes | IO[bytes]) -> IO[bytes]:
    return io.BytesIO(content) if isinstance(content, bytes) else content
