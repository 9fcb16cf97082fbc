"""Words of an older edition are written anew by a job, a bit at a time, and never twice."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.casework.desk import rewording, search
from concord.casework.desk.lists import Wanted, page_of_matters
from concord.casework.models import Words
from concord.casework.models.desk import WordsEdition
from concord.foundation.jobs.registry import scheduled
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
AT = time("2026-02-06T09:00")


def found(world: World) -> int:
    """How many matters somebody finds by their word."""
    by = world.actor("asking.case_officer")
    with speaking_as(by):
        return len(page_of_matters(by, Wanted(text="红豆"), limit=25).rows)


@pytest.fixture
def forgotten(world: World) -> World:
    """Five matters whose words were never kept, as after an upgrade from a version without them."""
    for n in range(5):
        world.begin(case_ref=f"红豆第{n}案")
    Words.objects.all().delete()
    assert found(world) == 0
    return world


def run() -> None:
    rewording.refill_older(payload={}, at=AT)


def test_the_job_writes_the_words_that_are_missing_and_then_rests(forgotten: World) -> None:
    run()
    assert found(forgotten) == 5
    assert WordsEdition.objects.get().done
    Words.objects.all().delete()
    with CaptureQueriesContext(connection) as asked:
        run()
    assert len(asked) == 1
    assert found(forgotten) == 0


def test_another_edition_is_written_over_the_one_before(forgotten: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    Words.objects.all().delete()
    monkeypatch.setattr(search, "EDITION", search.EDITION + 1)
    run()
    assert found(forgotten) == 5
    assert WordsEdition.objects.get().edition == search.EDITION


def test_a_run_takes_so_many_and_the_next_goes_on(forgotten: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewording, "AT_ONCE", 2)
    monkeypatch.setattr(rewording, "A_RUN", 3)
    run()
    assert (found(forgotten), WordsEdition.objects.get().done) == (4, False)
    run()
    assert (found(forgotten), WordsEdition.objects.get().done) == (5, True)


def test_an_upgrade_in_the_middle_begins_anew(forgotten: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewording, "AT_ONCE", 2)
    monkeypatch.setattr(rewording, "A_RUN", 2)
    run()
    Words.objects.all().delete()
    monkeypatch.setattr(search, "EDITION", search.EDITION + 1)
    run()
    assert (found(forgotten), WordsEdition.objects.get().done) == (2, False)


def test_the_operator_writes_them_at_once_whatever_the_edition(forgotten: World) -> None:
    run()
    Words.objects.all().delete()
    assert rewording.refill() == 5
    assert found(forgotten) == 5
    assert WordsEdition.objects.get().done


def test_a_new_installation_has_nothing_to_write(world: World) -> None:
    assert world.places
    run()
    assert WordsEdition.objects.get().done


def test_the_job_runs_by_itself() -> None:
    assert "words.refill" in scheduled()
