"""The jobs of the workspace: writing large tables, and letting go of tables and sessions whose time has run out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import translation

from concord.casework.desk import exports
from concord.casework.desk.exports import Export
from concord.entrypoints.workspace.presenting import Glass
from concord.entrypoints.workspace.views import tables
from concord.entrypoints.workspace.views.tables import Row
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import SYSTEM, enter, speaking_for, writing
from concord.foundation.jobs.contracts import Daily, Payload
from concord.foundation.jobs.registry import job
from concord.foundation.organisations.queries import calendar_on, charter_on
from concord.foundation.sheets.workbook import write_table

TOLD_EVERY = 1_000
# A session that begins is noted a moment before it is written.
BEGINNING = timedelta(hours=1)


@job(exports.JOB, lease=timedelta(minutes=30), attempts=3)
def write_export(*, payload: Payload, at: datetime) -> None:
    """Write the table that was asked for, as whoever asked sees it in the post held then; written twice it is one."""
    export = exports.waiting_export(UUID(payload["uid"]))
    if export is None:
        return
    by = exports.asker_of(export, at=at)
    table = tables.find(export.kind)
    if by is None or not by.may(table.permission):
        exports.give_up(export, state=exports.FAILED, at=at)
        return
    try:
        with translation.override(export.language), speaking_for(str(by.scope_id)):
            content, count = _written(export, table, by, at)
    finally:
        enter(SYSTEM)
    if count > exports.MOST:
        exports.give_up(export, state=exports.TOO_MANY, at=at)
        return
    exports.finish(export, content=content, count=count, by=by, at=at, entropy=secrets.token_bytes(10))


def _written(export: Export, table: tables.Table, by: Actor, at: datetime) -> tuple[bytes, int]:
    today = legal_date(at)
    glass = Glass(by=by, today=today, charter=charter_on(today), calendar=calendar_on(today))
    count = 0

    def told() -> Iterator[Row]:
        nonlocal count
        for row in table.rows(glass, QueryDict(export.query).dict()):
            count += 1
            if count > exports.MOST:
                return
            if count % TOLD_EVERY == 0:
                exports.tell_progress(export, done=count)
            yield row

    content = write_table(table.title(), table.headings(today), told(), form=export.form)
    return content, count


@job("exports.sweep", schedule=Daily(time(3, 45)))
def sweep_exports(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Let go of the exports of a week ago."""
    exports.sweep(at=at)


@job("sessions.sweep", schedule=Daily(time(3, 50)))
def sweep_sessions(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Forget the sessions that have run out, and where they were opened; those that go on stay."""
    with writing():
        Session.objects.filter(expire_date__lt=at).delete()
        going_on = Exists(Session.objects.filter(session_key=OuterRef("session_key")))
        UserSession.objects.filter(~going_on, created_at__lt=at - BEGINNING).delete()
