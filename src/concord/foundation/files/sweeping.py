"""Letting go of files that nothing refers to any more: the row, and the bytes unless another row shares them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet

from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.files import storage
from concord.foundation.files.models import File, Upload


def references() -> Iterator[tuple[type[Model], str]]:
    """Every table with a column that refers to a file, and the column: many-to-many tables have theirs too.

    The upload by which a file came keeps nothing alive; it goes with its file.
    """
    for relation in File._meta.get_fields(include_hidden=True):  # noqa: SLF001  Django documents it
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue
        if relation.related_model is not Upload:
            yield relation.related_model, relation.field.name


def left_behind(*, before: datetime) -> QuerySet[File]:
    """The files stored before then to which no row of any table refers, oldest first."""
    rows = File.objects.filter(stored_at__lt=before)
    for table, column in references():
        naming = table._base_manager.filter(**{column: OuterRef("pk")})  # noqa: SLF001  no row is left out by it
        rows = rows.filter(~Exists(naming))
    return rows.order_by("id")


def discard(files: Collection[int], *, before: datetime) -> list[File]:
    """Delete the rows of those files that are left behind still, in the caller's transaction; returns them.

    A file that an act takes up meanwhile stays. Their bytes go with ``discard_bytes``, after the commit.
    """
    with writing():
        list(locked(File.objects.filter(id__in=files).order_by("id")))
        gone = list(left_behind(before=before).filter(id__in=files))
        File.objects.filter(id__in=[file.id for file in gone]).delete()
        return gone


def discard_bytes(digests: Collection[str]) -> None:
    """Remove the bytes that no row names any more; bytes that somebody has just brought again stay."""
    shared = set(File.objects.filter(digest__in=digests).values_list("digest", flat=True))
    for digest in sorted(set(digests) - shared):
        storage.remove(Path(settings.FILES_ROOT), digest)
