"""The journal: entries commit with their act, reads on their own, and neither is ever changed."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import Error, connection, transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries

from concord.foundation.access.actor import Actor
from concord.foundation.database import scope
from concord.foundation.journal.commands import record, record_read
from concord.foundation.journal.models import Entry, Read
from concord.foundation.journal.queries import entries_for
from concord.rules.errors import NotAllowed
from tests.foundation.people import AT, officer

MATTER = UUID(int=7)


def write(
    by: Actor | None, *, times: int = 1, event: str = "matter.begun", matter_uid: UUID | None = None
) -> list[int]:
    with scope.writing():
        return [record(event=event, at=AT, by=by, matter_uid=matter_uid).id for _ in range(times)]


@pytest.mark.django_db
def test_an_entry_says_who_acted_in_which_post_and_what_happened() -> None:
    by = officer("alpha")
    with scope.writing():
        entry = record(
            event="paper.issued",
            at=AT,
            by=by,
            subject="甲市监协查〔2026〕12号",
            matter_uid=MATTER,
            internal=True,
            details={"state": "signed", "attempt": 2, "digests": ["ab12", "cd34"], "number": "甲市监协查〔2026〕12号"},
        )
        entry.refresh_from_db()
    assert (entry.person, entry.post, entry.organisation) == (by.person, by.post, by.organisation)
    assert (entry.event, entry.at, entry.matter_uid, entry.internal) == ("paper.issued", AT, MATTER, True)
    assert entry.details["digests"] == ["ab12", "cd34"]


@pytest.mark.django_db
def test_an_entry_of_the_system_names_nobody() -> None:
    with scope.writing():
        entry = record(event="clock.overdue", at=AT, by=None)
        entry.refresh_from_db()
    assert (entry.person, entry.post, entry.organisation, entry.details) == (None, None, None, {})


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(TransactionManagementError):
        record(event="matter.begun", at=AT, by=None)


@pytest.mark.django_db(transaction=True)
def test_an_entry_vanishes_with_the_act_that_is_undone() -> None:
    def undone() -> None:
        with scope.writing():
            record(event="matter.begun", at=AT, by=None)
            raise KeyError

    with pytest.raises(KeyError):
        undone()
    with scope.speaking_for(scope.SYSTEM):
        assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    ["王五，住某路3号", "Wang Wu", "a\nb", "x" * 129, ["fine", "not fine"]],
    ids=["zh", "en", "line", "long", "list"],
)
def test_details_refuse_free_text(value: str | list[str]) -> None:
    with scope.writing(), pytest.raises(ValueError, match="no free text: note"):
        record(event="matter.begun", at=AT, by=None, details={"note": value})


@pytest.mark.django_db
@pytest.mark.parametrize("value", [2**53, -(2**53)])
def test_details_refuse_numbers_that_no_canonical_text_can_hold(value: int) -> None:
    with scope.writing(), pytest.raises(ValueError, match=r"2\^53: n"):
        record(event="matter.begun", at=AT, by=None, details={"n": value})


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["journal_entry", "journal_read"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}"], ids=["update", "delete"])
def test_the_database_itself_refuses_to_change_what_is_written(table: str, statement: str) -> None:
    by = officer("alpha")
    write(by)
    record_read(what="file", subject="1", by=by, at=AT)
    with (
        scope.writing(),
        pytest.raises(Error, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    with scope.writing():
        assert (Entry.objects.count(), Read.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize("table", ["journal_entry", "journal_read"])
def test_the_application_cannot_empty_the_journal(table: str) -> None:
    with (
        pytest.raises(Error, match=r"permission denied|append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table}")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refused", [False, True])
def test_a_read_is_recorded_in_a_transaction_of_its_own(*, refused: bool) -> None:
    by = officer("alpha")
    record_read(what="evidence", subject="E-1", by=by, at=AT, refused=refused)
    with scope.speaking_for(str(by.scope_id)):
        read = Read.objects.get()
        assert (read.person, read.organisation, read.what, read.subject) == (
            by.person,
            by.organisation,
            "evidence",
            "E-1",
        )
        assert read.refused is refused


@pytest.mark.django_db(transaction=True)
def test_a_read_is_not_recorded_inside_a_transaction_that_may_be_undone() -> None:
    by = officer("alpha")
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        record_read(what="evidence", subject="E-1", by=by, at=AT)


@pytest.mark.django_db
def test_a_reader_sees_the_own_organisation_newest_first_page_by_page() -> None:
    by = officer("alpha", "journal:read", kind="auditor")
    mine = write(officer("alpha"), times=5)
    write(officer("beta"), times=3)
    scope.enter(str(by.scope_id))
    first = entries_for(by, limit=3)
    assert [entry.id for entry in first] == mine[:1:-1]
    second = entries_for(by, limit=3, before=first[-1].id)
    assert [entry.id for entry in second] == mine[1::-1]
    assert entries_for(by, limit=3, before=second[-1].id) == []


@pytest.mark.django_db
def test_a_reader_may_ask_for_one_event_or_one_matter() -> None:
    by = officer("alpha", "journal:read")
    write(by, times=2)
    [closed] = write(by, event="matter.closed")
    [about] = write(by, matter_uid=MATTER)
    scope.enter(str(by.scope_id))
    assert [entry.id for entry in entries_for(by, limit=9, event="matter.closed")] == [closed]
    assert [entry.id for entry in entries_for(by, limit=9, matter_uid=MATTER)] == [about]


@pytest.mark.django_db
def test_who_may_not_read_the_journal_is_told_so() -> None:
    with pytest.raises(NotAllowed) as refused:
        entries_for(officer("alpha", "matter:read"), limit=10)
    assert refused.value.code == "journal.not_a_reader"


@pytest.mark.django_db
@pytest.mark.parametrize("length", [1, 30])
def test_a_page_costs_one_query_whatever_its_length(
    length: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by = officer("alpha", "journal:read")
    write(by, times=length)
    scope.enter(str(by.scope_id))
    with django_assert_num_queries(1):
        page = entries_for(by, limit=50)
        assert {(str(entry.person), entry.post.kind, str(entry.organisation)) for entry in page if entry.post} == {
            (str(by.person), by.post.kind, str(by.organisation))
        }
    assert len(page) == length
