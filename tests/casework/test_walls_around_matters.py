"""The second wall around what is done beside procedures: reminders, dates, ladders, views, sheets, in plain SQL."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from django.db import connection

from concord.casework.models import ClockRun, DateOffer, Escalation, Reminder, SavedView
from concord.foundation.database.scope import NOBODY, SYSTEM, enter
from concord.foundation.sheets.models import Sheet, SheetRow
from tests.support.worlds import World, time

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
AT = time("2026-03-01T09:00")
OF_THE_MATTER = {"casework_reminder", "casework_dateoffer", "casework_escalation"}
OF_ONE_SIDE = {"casework_savedview", "sheets_sheet", "sheets_sheetrow"}


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608  a name from the lists above
        return int(cursor.fetchone()[0])


@pytest.fixture
def filled(world: World) -> World:
    """A matter between two bureaus with one row of everything; the view and the sheet are the asking bureau's."""
    matter = world.matter_in("accepted")
    by = world.actor("asking.case_officer")
    run = ClockRun.objects.filter(matter=matter, running=True).latest("id")
    asked = world.places["asked"]
    Reminder.objects.create(matter=matter, sender=by.organisation, receiver=asked, person=by.person, at=AT)
    DateOffer.objects.create(
        matter=matter,
        run=run,
        organisation=asked,
        person=by.person,
        offered_date=date(2026, 3, 20),
        reason="在外地",
        at=AT,
    )
    Escalation.objects.create(run=run, matter=matter, after="0WD", to="requested.leader", at=AT)
    SavedView.objects.create(
        organisation=by.organisation, person=by.person, page="matters", name="本周", query="", at=AT
    )
    sheet = Sheet.objects.create(
        uid=UUID(int=9), organisation=by.organisation, person=by.person, kind="leads", name="线索", made_at=AT
    )
    SheetRow.objects.create(sheet=sheet, number=2, cells={})
    return world


@pytest.mark.parametrize(
    ("place", "seen"),
    [("asking", OF_THE_MATTER | OF_ONE_SIDE), ("asked", OF_THE_MATTER), ("third", set())],
)
def test_each_scope_sees_what_is_its_own(filled: World, place: str, seen: set[str]) -> None:
    enter(str(filled.places[place].scope.pk))
    try:
        assert {table for table in OF_THE_MATTER | OF_ONE_SIDE if count(table)} == seen
    finally:
        enter(SYSTEM)


@pytest.mark.usefixtures("filled")
def test_nobody_sees_nothing() -> None:
    enter(NOBODY)
    try:
        assert {table: count(table) for table in OF_THE_MATTER | OF_ONE_SIDE} == dict.fromkeys(
            OF_THE_MATTER | OF_ONE_SIDE, 0
        )
    finally:
        enter(SYSTEM)
