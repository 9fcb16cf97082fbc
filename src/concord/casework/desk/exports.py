"""Tables that go out: what is small at once, what is large by a job that says how far it is; every one on record.

A large one is a sheet on its way out: its row 0 says what was asked and how far the writing is, and names the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database.scope import writing
from concord.foundation.files.commands import store_made
from concord.foundation.files.models import File
from concord.foundation.files.sweeping import discard, discard_bytes
from concord.foundation.jobs.commands import enqueue
from concord.foundation.journal import commands as journal
from concord.foundation.notices import commands as notices
from concord.foundation.sheets.models import Sheet, SheetRow
from concord.foundation.sheets.queries import HEAD
from concord.foundation.sheets.workbook import MEDIA_TYPES
from concord.rules.errors import InvalidInput, NotFound, Said
from concord.rules.identifiers import uuid7

AT_ONCE: Final = 2_000
MOST: Final = 100_000
KEPT: Final = timedelta(days=7)
JOB: Final = "exports.write"
OUT: Final = "out:"
ASKED, READY, FAILED, TOO_MANY = "asked", "ready", "failed", "too_many"


@dataclass(frozen=True, slots=True)
class Export:
    """Something large on its way out, or written: what was asked, how far it is, the file once it is there.

    What is sealed has no file: ``package`` is the uid of the sealed row that it is written from.
    """

    sheet: Sheet
    kind: str
    query: str
    form: str
    language: str
    post: int
    state: str
    done: int
    of: int
    kept_until: datetime
    file: File | None
    package: str = ""


def note_export(*, kind: str, count: int, by: Actor, at: datetime) -> None:
    """Put on record that a table of so many rows went out."""
    with writing():
        journal.record(
            event="sheet.export", at=at, by=by, subject=kind, internal=True, details={"kind": kind, "count": count}
        )


def ask_for(
    *,
    kind: str,
    name: str,
    query: str,
    form: str,
    language: str,
    of: int,
    by: Actor,
    at: datetime,
    entropy: bytes,
    job: str = JOB,
) -> Sheet:
    """Let a job write a large table of ``of`` rows under the file name ``name``; another ``job``, something else.

    Raises InvalidInput ``sheets.too_many_to_export`` beyond ``MOST`` rows.
    """
    if of > MOST:
        raise InvalidInput(
            "sheets.too_many_to_export",
            Said(
                f"超过 {MOST:,} 行，一次导不出来。请先按日期等条件筛选，再分次导出。",
                f"There are more than {MOST:,} rows; narrow the list by days or other filters and take it in parts.",
            ),
        )
    asked = {"query": query, "form": form, "language": language, "post": by.post.id}
    with writing():
        sheet = Sheet.objects.create(
            uid=uuid7(at, entropy[:10]),
            organisation=by.organisation,
            person=by.person,
            kind=f"{OUT}{kind}",
            name=name,
            made_at=at,
        )
        SheetRow.objects.create(sheet=sheet, number=HEAD, cells={**asked, "state": ASKED, "done": 0, "of": of})
        enqueue(job, payload={"uid": str(sheet.uid)})
    return sheet


def exports_of(by: Actor, *, limit: int, before: int | None = None) -> list[Export]:
    """What the actor asked for in this organisation and what is still kept, newest first."""
    rows = SheetRow.objects.filter(
        number=HEAD,
        sheet__organisation=by.organisation,
        sheet__person=by.person,
        sheet__kind__startswith=OUT,
        sheet__dropped_at__isnull=True,
    )
    if before is not None:
        rows = rows.filter(sheet_id__lt=before)
    found = list(rows.select_related("sheet").order_by("-sheet_id")[:limit])
    files = {str(file.uid): file for file in File.objects.filter(uid__in=[row.made for row in found if row.made])}
    return [_export(row, files.get(row.made)) for row in found]


def export_for(*, uid: UUID, by: Actor) -> Export:
    """One export that the actor asked for; NotFound ``sheets.no_export``."""
    found = next((one for one in exports_of(by, limit=200) if one.sheet.uid == uid), None)
    if found is None:
        raise NotFound(
            "sheets.no_export",
            Said("没有找到该导出文件，可能已过保存期。", "No such export; its time may have run out."),
        )
    return found


def waiting_export(uid: UUID) -> Export | None:
    """The export that a job is to write; None when it was written or swept."""
    row = SheetRow.objects.select_related("sheet__person", "sheet__organisation").filter(sheet__uid=uid, number=HEAD)
    found = row.filter(sheet__taken_at__isnull=True, sheet__dropped_at__isnull=True).first()
    return _export(found, None) if found else None


def asker_of(export: Export, *, at: datetime) -> Actor | None:
    """Who asked, in the same post; None when it is no longer held."""
    actor = actor_for(export.sheet.person, post_id=export.post, at=at)
    return actor if actor is not None and actor.post.id == export.post else None


def tell_progress(export: Export, *, done: int) -> None:
    """Say how many rows are written."""
    _say(export, {"done": done})


def finish(export: Export, *, content: bytes, count: int, by: Actor, at: datetime, entropy: bytes) -> None:
    """Keep the file, put it on record and tell whoever asked."""
    uid = uuid7(at, entropy[:10])
    store_made(
        content=content,
        name=export.sheet.name,
        media_type=MEDIA_TYPES[export.form],
        organisation=by.organisation,
        at=at,
        uid=uid,
    )
    with writing():
        tell_ready(export, {"done": count, "of": count}, made=str(uid), by=by, at=at)
        note_export(kind=export.kind, count=count, by=by, at=at)


def tell_ready(export: Export, told: Mapping[str, Any], *, by: Actor, at: datetime, made: str = "") -> None:
    """Say that it is written and tell whoever asked, in the caller's transaction; ``made`` is the uid of its file."""
    with writing():
        _say(export, {**told, "state": READY}, made=made)
        Sheet.objects.filter(id=export.sheet.id).update(taken_at=at)
        said = Said(
            f"导出文件“{export.sheet.name}”已生成，请在七天内到“导出”页下载。",
            f"The export “{export.sheet.name}” is ready; fetch it on the page Export within seven days.",
        )
        notices.tell(posts=[by.post], kind="sheet.export", said=said, matter_uid=None, at=at)


def give_up(export: Export, *, state: str, at: datetime) -> None:
    """Say that it was not written: who asked may see it no longer (``FAILED``), or it is too large (``TOO_MANY``)."""
    with writing():
        _say(export, {"state": state})
        Sheet.objects.filter(id=export.sheet.id).update(taken_at=at)


def sweep(*, at: datetime) -> int:
    """Let go of the exports whose time has run out, with their files; returns how many."""
    swept = 0
    for row in _past(at):
        with writing():
            file = File.objects.filter(uid=row.made).first() if row.made else None
            Sheet.objects.filter(id=row.sheet_id).update(dropped_at=at)
            SheetRow.objects.filter(id=row.id).update(made="")
            gone = discard([file.id], before=at) if file is not None else []
        discard_bytes([one.digest for one in gone])
        swept += 1
    return swept


def _past(at: datetime) -> Iterator[SheetRow]:
    rows = SheetRow.objects.filter(number=HEAD, sheet__kind__startswith=OUT, sheet__dropped_at__isnull=True)
    yield from list(rows.filter(sheet__made_at__lt=at - KEPT).order_by("id"))


def _say(export: Export, told: Mapping[str, Any], *, made: str = "") -> None:
    with writing():
        row = SheetRow.objects.get(sheet=export.sheet, number=HEAD)
        row.cells, row.made = {**row.cells, **told}, made
        row.save(update_fields=["cells", "made"])


def _export(row: SheetRow, file: File | None) -> Export:
    asked = row.cells
    return Export(
        sheet=row.sheet,
        kind=row.sheet.kind.removeprefix(OUT),
        query=asked["query"],
        form=asked["form"],
        language=asked["language"],
        post=asked["post"],
        state=asked["state"],
        done=asked["done"],
        of=asked["of"],
        kept_until=row.sheet.made_at + KEPT,
        file=file,
        package=asked.get("package", ""),
    )
