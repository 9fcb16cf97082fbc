"""The fixtures themselves: whom the tests are on the database, and that transactional tests leave nothing behind."""

import threading
from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import ProgrammingError, connection, transaction

EXPIRY = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_application_role_owns_nothing_and_bypasses_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("concord_application", False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_application_role_may_not_change_tables() -> None:
    with pytest.raises(ProgrammingError, match="must be owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_session ADD COLUMN more text")


@pytest.mark.parametrize("_round", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_commits_is_gone_in_the_next(_round: int) -> None:
    assert not Session.objects.exists()
    kinds = ContentType.objects.count()
    assert kinds > 0

    def work() -> None:
        Session.objects.create(session_key="made-in-a-thread", session_data="", expire_date=EXPIRY)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert Session.objects.filter(session_key="made-in-a-thread").exists()
