"""Uploads that came to nothing: a refused act, a page that was left, an export past its time leave files behind.

Files told in acts and papers are referred to by their rows; an export names its file in its sheet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from django.conf import settings

from concord.foundation.database.scope import writing
from concord.foundation.files import uploads
from concord.foundation.files.models import File
from concord.foundation.files.sweeping import discard, discard_bytes, left_behind
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.foundation.sheets.models import SheetRow

AT_ONCE = 500


@job("files.sweep", schedule=Daily(time(4, 0)), lease=timedelta(minutes=30))
def sweep_uploads(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Delete the files that nothing refers to after so many days; each organisation's journal says how many.

    Uploads in pieces that nobody has gone on with for as long go too.
    """
    before = at - timedelta(days=settings.ENVIRONMENT.uploads_kept)
    for batch in _batches(before):
        with writing():
            gone = discard(batch, before=before)
            owners = Organisation.objects.in_bulk({file.organisation_id for file in gone})
            for owner, count in sorted(Counter(file.organisation_id for file in gone).items()):
                journal.record(
                    event="files.sweep",
                    at=at,
                    by=None,
                    organisation=owners[owner],
                    internal=True,
                    details={"count": count},
                )
        discard_bytes([file.digest for file in gone])
    uploads.sweep(before=before)


def _batches(before: datetime) -> Iterator[list[int]]:
    last = 0
    while True:
        files: list[File] = list(left_behind(before=before).filter(id__gt=last)[:AT_ONCE])
        if not files:
            return
        last = files[-1].id
        exported = set(
            SheetRow.objects.filter(made__in=[str(file.uid) for file in files]).values_list("made", flat=True)
        )
        yield [file.id for file in files if str(file.uid) not in exported]
