"""A new version of a procedure and the matters that already run: they stay, or go over with their next act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from concord.casework import queries
from concord.casework.definitions import adopt, clock_rule
from concord.casework.models import ClockRun, Matter
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.queries import charter_on, texts_of
from concord.rules.errors import Conflict, InvalidInput, NotFound
from tests.support.worlds import ERRAND, World, speaking_as, time

pytestmark = pytest.mark.django_db
NEW_DAY = date(2026, 3, 2)
OLD = "toy/procedures/errand/2026-01-01.toml"
NEW = "toy/procedures/errand/2026-03-02.toml"
BEFORE, AFTER = "2026-02-27T09:00", "2026-03-03T09:00"
TEN_DAYS, TWENTY_DAYS = 'limit = "10CD"', 'limit = "20CD"'
ANSWER: dict[str, Any] = {"remark": "不再需要"}


def bring_into_force(*changes: tuple[str, str]) -> None:
    """A charter from 2 March with a new version of the errand that differs by ``changes``."""
    texts: Mapping[str, str] = texts_of(charter_on(date(2026, 2, 1)).digest)
    errand = texts[OLD].replace("in_force_from = 2026-01-01", f"in_force_from = {NEW_DAY}")
    for old, new in changes:
        assert old in errand, old
        errand = errand.replace(old, new)
    charter = texts["toy/charter.toml"].replace("errand = 2026-01-01", f"errand = {NEW_DAY}")
    adopt(
        texts={**texts, NEW: errand, "toy/charter.toml": charter},
        charter_id="toy",
        resolution="一号",
        effective_from=NEW_DAY,
        at=time("2026-02-20T09:00"),
    )


def asked(world: World, at: str = "2026-02-25T10:00") -> Matter:
    return world.begin(procedure="errand", act="ask", at=at, parties={"doer": world.places["asked"].code}, **ERRAND)


def take(world: World, matter: Matter, at: str) -> Matter:
    worker = str(world.person("asked.liaison").uid)
    world.do(matter, "take", by="asked.liaison", at=at, worker=worker, visit_at="2026-03-04T09:00:00+08:00")
    matter.refresh_from_db()
    return matter


def version_of(matter: Matter) -> date:
    matter.refresh_from_db()
    return matter.procedure_version.in_force_from


def test_a_running_matter_goes_over_with_its_next_act(toys: World) -> None:
    matter = asked(toys)
    bring_into_force((TEN_DAYS, TWENTY_DAYS), ('limit = "48h"', 'limit = "72h"'))
    assert version_of(matter) == date(2026, 1, 1)
    take(toys, matter, AFTER)
    assert version_of(matter) == NEW_DAY
    runs = {run.clock: run for run in ClockRun.objects.filter(matter=matter)}
    assert runs["errand_time"].legal_due == date(2026, 3, 9)  # still ten days from 25 February, 7 March being Saturday
    assert clock_rule(runs["errand_time"]).limit == "10CD"
    assert runs["visit_time"].due_at == time("2026-03-06T09:00")
    assert clock_rule(runs["visit_time"]).limit == "72h"
    told = {entry.event: entry.details for entry in Entry.objects.filter(matter_uid=matter.uid)}
    assert told["errand.take"]["procedure"] == matter.procedure_version.digest
    assert "procedure" not in told["errand.ask"]


def test_before_its_day_the_new_version_holds_for_nothing(toys: World) -> None:
    matter = asked(toys)
    bring_into_force((TEN_DAYS, TWENTY_DAYS))
    take(toys, matter, BEFORE)
    assert version_of(matter) == date(2026, 1, 1)


def test_a_version_that_lets_running_matters_stay_changes_none(toys: World) -> None:
    matter = asked(toys)
    bring_into_force(('running_matters = "next_act"', 'running_matters = "stay"'), ('limit = "48h"', 'limit = "72h"'))
    take(toys, matter, AFTER)
    assert version_of(matter) == date(2026, 1, 1)
    assert ClockRun.objects.get(matter=matter, clock="visit_time").due_at == time("2026-03-05T09:00")
    assert version_of(asked(toys, at=AFTER)) == NEW_DAY


def test_the_form_asks_what_the_new_version_asks(toys: World) -> None:
    matter = asked(toys)
    bring_into_force(('"worker", "visit_at"]', '"worker", "visit_at", "remark"]'))
    assert "remark" not in toys.look(matter, by="asked.liaison", at=BEFORE).procedure.act("take").asks
    assert "remark" in toys.look(matter, by="asked.liaison", at=AFTER).procedure.act("take").asks
    actor = toys.actor("asked.liaison", at=AFTER)
    with speaking_as(actor):
        assert "remark" not in queries.matter_for(uid=matter.uid, by=actor).procedure.act("take").asks
    with pytest.raises(InvalidInput, match=r"answers\.invalid"):
        take(toys, matter, AFTER)
    assert version_of(matter) == date(2026, 1, 1)


@pytest.mark.parametrize(
    "changes",
    [
        [('id = "asked"', 'id = "wanted"'), ('to = "asked"', 'to = "wanted"'), ('["asked"', '["wanted"')],
        [('id = "urgency"', 'id = "hurry"'), ('"urgency", "handling"', '"hurry", "handling"')],
        [('id = "ask"', 'id = "request"')],
        [('id = "errand_time"', 'id = "whole"'), ('["errand_time"', '["whole"')],
        [('id = "errand_note"', 'id = "errand_slip"'), ('paper = "errand_note"', 'paper = "errand_slip"')],
        [('"doer", "centre"]', '"doer", "centre", "requester"]')],
    ],
    ids=["state", "field", "act", "clock", "paper", "role"],
)
def test_a_version_that_does_not_know_the_matter_leaves_it_alone(toys: World, changes: list[tuple[str, str]]) -> None:
    matter = asked(toys)
    bring_into_force(*changes)
    take(toys, matter, AFTER)
    assert version_of(matter) == date(2026, 1, 1)


def test_an_ended_matter_stays_where_it_ended(toys: World) -> None:
    matter = asked(toys)
    toys.do(matter, "drop", by="asking.leader", at=BEFORE, **ANSWER)
    bring_into_force((TEN_DAYS, TWENTY_DAYS))
    assert toys.look(matter, by="asking.leader", at=AFTER).procedure.in_force_from == date(2026, 1, 1)


def test_an_act_the_new_version_dropped_is_no_longer_possible(toys: World) -> None:
    matter = asked(toys)
    bring_into_force(
        ('from = ["asked", "taken"], to = "dropped"', 'from = ["taken"], to = "dropped"'),
        ('id = "remark", by', 'id = "jotting", by'),
    )
    with pytest.raises(Conflict, match=r"casework\.not_in_state"):
        toys.do(matter, "drop", by="asking.leader", at=AFTER, **ANSWER)
    with pytest.raises(NotFound, match=r"casework\.no_act"):
        toys.do(matter, "remark", by="asked.leader", at=AFTER, **ANSWER)
    assert version_of(matter) == date(2026, 1, 1)
