"""What the database itself refuses, and the one journal entry of every act."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, connection, transaction

from concord.casework.models import Act, ClockRun, Paper
from concord.foundation.journal.models import Entry
from concord.foundation.journal.queries import entries_for
from tests.support.worlds import WAYS, World, everything, speaking_as

pytestmark = pytest.mark.django_db
APPEND_ONLY = [
    "casework_act",
    "casework_attachment",
    "casework_paper",
    "casework_procedureversion",
    "journal_entry",
    "journal_read",
]


@pytest.mark.parametrize(
    "verb", ["UPDATE {table} SET id = id + 1000", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_tables_refuse_change(world: World, table: str, verb: str) -> None:
    matter = world.matter_in("accepted")
    file = world.upload("笔录.txt", by="asked.case_officer")
    world.do(
        matter,
        "submit_answer",
        by="asked.case_officer",
        at="2026-03-02T09:00",
        answers=["一", "二"],
        results=[str(file.uid)],
    )
    actor = world.actor("asked.leader")
    if table == "journal_read":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO journal_read (at, person_id, organisation_id, what, subject, refused) "
                "VALUES ('2026-02-05 00:00:00+00:00', %s, %s, 'matter', 'x', %s)",
                [actor.person.pk, actor.organisation.pk, False],
            )
    before = everything()
    assert before[table][0] > 0
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(verb.format(table=table))
    assert everything() == before


def test_every_act_has_exactly_one_entry(world: World) -> None:
    for state in WAYS:
        world.matter_in(state)
    acts = Act.objects.select_related("matter", "person", "post", "organisation").order_by("id")
    entries = list(Entry.objects.filter(matter_uid__isnull=False).order_by("id"))
    assert len(entries) == len(acts)
    for act, entry in zip(acts, entries, strict=True):
        assert (entry.event, entry.subject, entry.matter_uid) == (
            f"assistance.{act.act}",
            act.matter.number,
            act.matter.uid,
        )
        assert (entry.at, entry.person, entry.post, entry.organisation) == (
            act.at,
            act.person,
            act.post,
            act.organisation,
        )
        assert entry.internal == act.internal
        assert {name: entry.details[name] for name in ("seq", "from", "to", "answers")} == {
            "seq": act.seq,
            "from": act.from_state,
            "to": act.to_state,
            "answers": act.answers_digest,
        }


def test_the_entry_of_an_issued_letter_names_number_digests_and_days(world: World) -> None:
    matter = world.matter_in("delivered")
    paper = Paper.objects.select_related("file").get(matter=matter)
    entry = Entry.objects.get(event="assistance.issue")
    act = Act.objects.get(matter=matter, act="issue")
    assert entry.details == {
        "seq": 3,
        "from": "submitted",
        "to": "delivered",
        "answers": act.answers_digest,
        "clock.reply": "2026-03-05",
        "clock.receipt": "2026-02-10",
        "paper": paper.number,
        "paper.digest": paper.file.digest,
        "letter.digest": paper.letter_digest,
    }


def test_the_journal_holds_nothing_of_what_was_said(world: World) -> None:
    world.matter_in("refused", reason="当事人张三的住址是东街一号")
    kept = repr(list(Entry.objects.values()))
    assert "refuse" in kept
    for said in ("东街", "核实主体", "不属于本机关职权"):
        assert said not in kept


def test_each_side_reads_its_own_entries(world: World) -> None:
    matter = world.matter_in("answer_submitted")
    events = {}
    for by in ("asking.auditor", "asked.auditor", "third.auditor", "centre.auditor"):
        actor = world.actor(by)
        with speaking_as(actor):
            events[by] = {entry.event.partition(".")[2] for entry in entries_for(actor, limit=50)}
            found = {entry.event for entry in entries_for(actor, limit=50, matter_uid=matter.uid)}
            assert found == {f"assistance.{event}" for event in events[by]}
    assert events == {
        "asking.auditor": {"draft", "submit", "issue"},
        "asked.auditor": {"accept", "submit_answer"},
        "third.auditor": set(),
        "centre.auditor": set(),
    }


def test_a_case_is_journalled_inside(world: World) -> None:
    world.open_case(by="asking.case_officer")
    entry = Entry.objects.get(event="case.open")
    assert (entry.internal, entry.matter_uid, entry.details) == (True, None, {"stage": "filed"})


def test_one_clock_of_a_kind_runs(world: World) -> None:
    matter = world.matter_in("delivered")
    run = ClockRun.objects.get(matter=matter, clock="reply")
    run.pk = None
    with (
        pytest.raises(DatabaseError, match=re.compile("unique|one_running_clock", re.IGNORECASE)),
        transaction.atomic(),
    ):
        run.save()
