"""The reference load holds what the engine would have written."""

from __future__ import annotations

from datetime import date

import pytest
from bench.originals import nine_cities, standing_world
from bench.reference import load
from bench.spreading import FIRST_ID, Dialect
from django.db import connection
from django.db.models import Min

from concord.casework import queries
from concord.casework.desk import search
from concord.casework.models import NEVER, Audience, ClockRun, Matter
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.journal.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
TODAY = date(2026, 3, 20)
SIZE = 60


def test_copies_are_as_the_engine_would_have_written_them() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL is filled by the superuser, outside of the tests' transaction")
    world = nine_cities()
    for state in ("delivered", "accepted", "closed"):
        world.matter_in(state)
    load(connection.connection, Dialect(postgres=False), SIZE, today=TODAY, say=lambda _text: None)
    enter(SYSTEM)
    copies = list(Matter.objects.filter(id__gte=FIRST_ID).select_related("procedure_version"))
    assert len(copies) == SIZE - 3
    assert len({copy.number for copy in copies} | {copy.uid.hex for copy in copies}) == 2 * len(copies)
    for side in Audience.objects.filter(matter__in=copies).select_related("matter", "scope"):
        matter, counting = side.matter, ClockRun.objects.filter(matter=side.matter, running=True)
        ends = counting.aggregate(due=Min("safe_due"), late_after=Min("legal_due"))
        assert (side.due, side.late_after) == (ends["due"] or NEVER, ends["late_after"] or NEVER)
        assert (side.state, side.open, side.origin_id) == (matter.state, not matter.final, matter.origin_id)
        assert side.ours == (side.open and matter.holder_id == side.scope.organisation_id)
        assert side.handler is None or side.handler.organisation_id == side.scope.organisation_id
    kept = words_kept()
    search.keep_words(copies)
    assert words_kept() == kept
    assert Entry.objects.filter(matter_uid=copies[0].uid).count() == 10


def test_people_see_and_handle_copies() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("as above")
    world = nine_cities()
    for state in ("accepted", "closed"):
        world.matter_in(state)
    load(connection.connection, Dialect(postgres=False), SIZE, today=TODAY, say=lambda _text: None)
    again = standing_world()
    wide = again.actor("asking.case_officer", at="2026-03-20T09:00")
    assert queries.visible_to(wide).count() > SIZE * 0.7
    narrow = again.actor("tenth.case_officer", at="2026-03-20T09:00")
    shown = queries.visible_to(narrow)
    assert 1 <= shown.count() <= 3
    assert queries.matter_for(uid=shown[0].uid, by=narrow).facts["case_ref"] == shown[0].title


def words_kept() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowid, tokens FROM casework_words_index ORDER BY rowid")
        return list(cursor.fetchall())
