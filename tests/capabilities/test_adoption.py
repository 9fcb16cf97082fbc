"""A version of the charter comes into force by resolution, on its day, whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from concord.capabilities.governance import commands, queries
from concord.casework.models import ClockRun, ProcedureVersion
from concord.foundation.access.models import Scope
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import CharterVersion, Organisation
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import Conflict, DefinitionError, InvalidInput, NotAllowed, NotFound
from tests.capabilities.charter_texts import ASSISTANCE, CHARTER, edited, next_assistance, renamed
from tests.support.toy_charter import toy_files
from tests.support.worlds import TOY_PAPERS, World, everything, time

pytestmark = pytest.mark.django_db
NOW = "2026-02-06T09:00"
NUMBER = "东泽协调决〔2026〕1号"
IN_FORCE = {**toy_files(), **TOY_PAPERS}
SHORTER = ('id = "receipt", limit = "2WD"', 'id = "receipt", limit = "1WD"')


def adopt(world: World, texts: Mapping[str, str], **given: Any) -> CharterVersion:
    """As the leader of the centre on the morning of 6 February, from 1 March, where nothing else is said."""
    by = given.pop("by", "centre.leader")
    return commands.adopt(
        **{
            "texts": texts,
            "charter_id": "toy",
            "resolution": NUMBER,
            "effective_from": date(2026, 3, 1),
            "by": world.actor(by, at=NOW) if by else None,
            "at": time(NOW),
            **given,
        }
    )


def test_a_version_is_kept_by_digest_and_comes_into_force_on_its_day(toys: World) -> None:
    before = charter_on(date(2026, 2, 28)).digest
    version = adopt(toys, renamed(IN_FORCE))
    assert (version.charter, version.resolution, version.effective_from) == ("toy", NUMBER, date(2026, 3, 1))
    assert charter_on(date(2026, 2, 28)).digest == before
    assert charter_on(date(2026, 3, 1)).digest == version.digest
    assert charter_on(date(2026, 3, 1)).en == "Alliance of the four lakes"
    assert queries.version_on(date(2026, 3, 1)) == version
    assert queries.version_with(version.digest[:8]) == version


def test_the_journal_tells_who_adopted_what(toys: World) -> None:
    before = charter_on(date(2026, 2, 6)).digest
    version = adopt(toys, next_assistance("2026-03-01", SHORTER, texts=IN_FORCE))
    (entry,) = Entry.objects.filter(event="charter.adopt")
    assert (entry.subject, entry.person, entry.organisation) == (
        NUMBER,
        toys.person("centre.leader"),
        toys.places["centre"],
    )
    assert entry.details == {
        "charter": "toy",
        "digest": version.digest,
        "replaces": before,
        "effective_from": "2026-03-01",
        "procedures": ["assistance@2026-03-01"],
    }


def test_the_operator_adopts_for_the_system(toys: World) -> None:
    adopt(toys, renamed(IN_FORCE), by=None)
    (entry,) = Entry.objects.filter(event="charter.adopt")
    assert (entry.person, entry.organisation) == (None, None)


def test_every_procedure_version_is_stored(toys: World) -> None:
    texts = next_assistance("2026-03-01", SHORTER, texts=IN_FORCE)
    adopt(toys, texts)
    kept = ProcedureVersion.objects.get(procedure="assistance", in_force_from=date(2026, 3, 1))
    assert kept.text == texts[ASSISTANCE.replace("2026-01-01", "2026-03-01")]
    assert ProcedureVersion.objects.filter(procedure="assistance").count() == 2


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"resolution": "  "}, InvalidInput, "charter.no_resolution"),
    ({"resolution": "x" * 81}, InvalidInput, "charter.bad_resolution"),
    ({"resolution": "一号\n二号"}, InvalidInput, "charter.bad_resolution"),
    ({"effective_from": date(2026, 2, 5)}, InvalidInput, "charter.date_past"),
    ({"effective_from": date(2018, 12, 31)}, InvalidInput, "charter.date_past"),
    ({"texts": IN_FORCE}, Conflict, "charter.already_adopted"),
    ({"by": "asking.leader"}, NotAllowed, "charter.may_not_adopt"),
    ({"by": "centre.legal_officer"}, NotAllowed, "charter.may_not_adopt"),
    ({"by": "centre.clerk"}, NotAllowed, "charter.may_not_adopt"),
]


@pytest.mark.parametrize(("given", "kind", "code"), REFUSED, ids=[code for _, _, code in REFUSED])
def test_a_refusal_leaves_nothing_behind(toys: World, given: dict[str, Any], kind: type[Exception], code: str) -> None:
    toys.actor("centre.leader")
    before = everything()
    with pytest.raises(kind) as refused:
        adopt(toys, **{"texts": renamed(IN_FORCE), **given})
    assert getattr(refused.value, "code", "") == code
    assert everything() == before


def test_another_alliances_charter_is_refused(toys: World) -> None:
    other = {path.replace("toy/", "lakes/", 1): text for path, text in IN_FORCE.items()}
    other = edited(other, "lakes/charter.toml", ('id = "toy"', 'id = "lakes"'))
    before = everything()
    with pytest.raises(Conflict) as refused:
        adopt(toys, other, charter_id="lakes")
    assert refused.value.code == "charter.other_charter"
    assert everything() == before


def test_every_fault_of_every_file_is_listed(toys: World) -> None:
    texts = edited(IN_FORCE, CHARTER, ('seat = "990100"', 'seat = "990109"'), ('term = "12M"\n', 'term = "soon"\n'))
    before = everything()
    with pytest.raises(DefinitionError) as refused:
        adopt(toys, texts)
    assert [fault.code for fault in refused.value.faults] == ["charter.unknown_member", "procedure.bad_limit"]
    assert everything() == before


def test_a_published_procedure_stays_as_it_is(toys: World) -> None:
    texts = edited(IN_FORCE, ASSISTANCE, SHORTER)
    with pytest.raises(DefinitionError) as refused:
        adopt(toys, texts)
    (fault,) = refused.value.faults
    line = texts[ASSISTANCE].splitlines().index(next(x for x in texts[ASSISTANCE].splitlines() if SHORTER[1] in x)) + 1
    assert (fault.file, fault.line, fault.rule, fault.code) == (
        ASSISTANCE,
        line,
        "clocks.receipt",
        "charter.version_changed",
    )
    assert "新施行日期" in fault.advice.zh


@pytest.mark.usefixtures("toys")
def test_a_change_of_what_is_published_is_listed_beside_other_faults() -> None:
    texts = edited(edited(IN_FORCE, ASSISTANCE, SHORTER), CHARTER, ('seat = "990100"', 'seat = "990109"'))
    codes = [fault.code for fault in queries.faults_of(texts, "toy")]
    assert codes == ["charter.unknown_member", "charter.version_changed"]


def test_a_version_that_is_adopted_and_not_yet_in_force_is_closed_too(toys: World) -> None:
    texts = next_assistance("2026-03-01", SHORTER, texts=IN_FORCE)
    adopt(toys, texts)
    path = ASSISTANCE.replace("2026-01-01", "2026-03-01")
    faults = queries.faults_of(edited(texts, path, ('limit = "1WD"', 'limit = "3WD"')), "toy")
    assert [(fault.file, fault.code) for fault in faults] == [(path, "charter.version_changed")]


def test_a_published_version_may_leave_the_folder_and_stays_stored(toys: World) -> None:
    texts = next_assistance("2026-03-01", SHORTER, texts=IN_FORCE)
    del texts[ASSISTANCE]
    adopt(toys, texts)
    assert ProcedureVersion.objects.filter(procedure="assistance", in_force_from=date(2026, 1, 1)).exists()


def test_versions_follow_one_another_by_their_days(toys: World) -> None:
    first = adopt(toys, renamed(IN_FORCE))
    for day in (date(2026, 2, 20), date(2026, 3, 1)):
        with pytest.raises(InvalidInput, match=r"charter\.date_not_after"):
            adopt(toys, renamed(IN_FORCE, "Another"), effective_from=day)
    second = adopt(toys, renamed(IN_FORCE, "Another"), effective_from=date(2026, 3, 2))
    assert queries.versions()[:2] == [second, first]
    assert charter_on(date(2026, 3, 1)).digest == first.digest


def test_today_is_the_earliest_day(toys: World) -> None:
    adopt(toys, renamed(IN_FORCE), effective_from=date(2026, 2, 6))
    assert charter_on(date(2026, 2, 6)).en == "Alliance of the four lakes"


@pytest.mark.django_db
def test_the_first_version_of_an_installation_may_lie_in_the_past(db: None) -> None:  # noqa: ARG001  an empty database
    assert queries.version_on(date(2026, 2, 6)) is None
    commands.adopt(
        texts=toy_files(),
        charter_id="toy",
        resolution=NUMBER,
        effective_from=date(2025, 6, 1),
        by=None,
        at=time(NOW),
    )
    assert charter_on(date(2025, 6, 1)).id == "toy"
    assert Scope.objects.count() == Organisation.objects.count() == 4


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize("digest", ["", "abc", "0" * 64])
def test_a_digest_that_names_no_version(digest: str) -> None:
    with pytest.raises(NotFound, match=r"charter\.no_such_version"):
        queries.version_with(digest)


def limits_of(matter: Any) -> dict[str, str]:
    return {run.clock: run.limit for run in ClockRun.objects.filter(matter=matter)}


def test_a_running_clock_keeps_its_rule_and_what_begins_later_follows_the_new_one(toys: World) -> None:
    running = toys.matter_in("delivered")
    adopt(toys, next_assistance("2026-03-01", SHORTER, texts=IN_FORCE))
    before = toys.begin(at="2026-02-28T10:00")
    after = toys.begin(at="2026-03-01T10:00")
    for matter, day in ((before, "2026-02-28"), (after, "2026-03-01")):
        toys.do(matter, "submit", by="asking.case_officer", at=f"{day}T11:00")
        toys.do(matter, "issue", by="asking.leader", at="2026-03-02T09:00")
    assert [limits_of(matter)["receipt"] for matter in (running, before, after)] == ["2WD", "2WD", "1WD"]
    due = ClockRun.objects.get(matter=running, clock="receipt").legal_due
    toys.do(running, "accept", by="asked.case_officer", at="2026-03-03T09:00")
    assert ClockRun.objects.get(matter=running, clock="receipt").legal_due == due
    assert str(running.procedure_version) == "assistance@2026-01-01"
    assert str(after.procedure_version) == "assistance@2026-03-01"


@pytest.mark.parametrize(("policy", "version"), [("stay", "2026-01-01"), ("next_act", "2026-03-01")])
def test_a_running_matter_stays_or_goes_over_with_its_next_act(toys: World, policy: str, version: str) -> None:
    running = toys.matter_in("delivered")
    due = limits_of(running)
    takes_over = ('running_matters = "stay"', f'running_matters = "{policy}"')
    adopt(toys, next_assistance("2026-03-01", SHORTER, takes_over, texts=IN_FORCE))
    toys.do(running, "offer_date", by="asked.liaison", at="2026-02-27T09:00", promised_date="2026-03-04", note="调取中")
    running.refresh_from_db()
    assert str(running.procedure_version) == "assistance@2026-01-01"
    toys.do(running, "accept", by="asked.case_officer", at="2026-03-02T09:00")
    running.refresh_from_db()
    assert str(running.procedure_version) == f"assistance@{version}"
    assert limits_of(running)["receipt"] == due["receipt"] == "2WD"


@pytest.mark.usefixtures("toys")
@pytest.mark.parametrize(
    "deed",
    [
        lambda: CharterVersion.objects.update(resolution="另一号"),
        lambda: CharterVersion.objects.all().delete(),
    ],
    ids=["update", "delete"],
)
def test_an_adopted_version_is_never_changed(deed: Callable[[], object]) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        deed()
    assert CharterVersion.objects.get().resolution == ""
