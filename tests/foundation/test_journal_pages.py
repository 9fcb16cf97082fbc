"""The journal's pages under every filter say what a slow look says; unread notices are counted up to a hundred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.foundation.database import scope
from concord.foundation.database.clock import legal_date
from concord.foundation.journal.models import Entry
from concord.foundation.journal.queries import entries_for
from concord.foundation.notices.models import Notice
from concord.foundation.notices.queries import MOST_COUNTED, unread_count
from tests.foundation.people import AT, officer, organisation

pytestmark = pytest.mark.django_db
EVENTS = ("matter.begun", "matter.closed")
SUBJECTS = ("G60-2026-00001", "G60-2026-00012", "松市监协查〔2026〕1号", "")
DAYS = tuple(legal_date(AT) + timedelta(days=n) for n in range(-2, 3))
written = st.tuples(st.sampled_from(EVENTS), st.sampled_from(SUBJECTS), st.integers(-40, 40), st.booleans())


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(written, max_size=12),
    event=st.none() | st.sampled_from(EVENTS),
    subject=st.sampled_from(["", "G60-2026-0000", "G60-2026-00012", "松市", "2026", "%"]),
    since=st.none() | st.sampled_from(DAYS),
    until=st.none() | st.sampled_from(DAYS),
)
def test_pages_under_filters_lose_and_repeat_nothing(
    rows: list[tuple[str, str, int, bool]], event: str | None, subject: str, since: date | None, until: date | None
) -> None:
    by = officer("alpha", "journal:read", kind="auditor")
    others = organisation("beta")
    with scope.writing():
        made = Entry.objects.bulk_create(
            Entry(at=moved(hours), event=name, subject=number, organisation=by.organisation if own else others)
            for name, number, hours, own in rows
        )
    fresh = {entry.id for entry in made}
    asked: tuple[tuple[object, Callable[[Entry], bool]], ...] = (
        (event, lambda entry: entry.event == event),
        (subject, lambda entry: entry.subject.startswith(subject)),
        (since, lambda entry: since is not None and legal_date(entry.at) >= since),
        (until, lambda entry: until is not None and legal_date(entry.at) <= until),
    )
    own = [entry for entry in made if entry.organisation_id == by.organisation.id]
    kept = [entry for entry in own if all(holds(entry) for question, holds in asked if question)]
    wanted = [entry.id for entry in sorted(kept, key=lambda entry: (entry.at, entry.id), reverse=True)]
    scope.enter(str(by.scope_id))
    found: list[int] = []
    before: int | None = None
    while page := entries_for(by, limit=2, before=before, event=event, subject=subject, since=since, until=until):
        found += [entry.id for entry in page if entry.id in fresh]
        before = page[-1].id
    assert found == wanted


def moved(hours: int) -> datetime:
    return AT + timedelta(hours=hours)


def test_unread_notices_are_counted_up_to_a_hundred() -> None:
    by = officer("alpha")
    with scope.writing():
        Notice.objects.bulk_create(
            Notice(person=by.person, organisation=by.organisation, kind="k", zh=str(n), en=str(n), made_at=AT)
            for n in range(MOST_COUNTED + 20)
        )
    scope.enter(str(by.scope_id))
    assert unread_count(by) == MOST_COUNTED
