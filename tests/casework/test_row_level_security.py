"""The second wall: PostgreSQL's own policies, asked in plain SQL as the application's role."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.casework.models import Act, Attachment, Paper
from concord.foundation.database.scope import NOBODY, SYSTEM, enter
from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry
from tests.casework.wandering import JointWay, Run, Way, drive, joint_ways, ways
from tests.support.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
BOUNDED = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole worlds takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

GUARDED = {
    "casework_act",
    "casework_attachment",
    "casework_audience",
    "casework_case",
    "casework_clockrun",
    "casework_matter",
    "casework_message",
    "casework_paper",
    "casework_participant",
    "files_file",
    "journal_entry",
    "journal_read",
    "notices_notice",
}
# Guarded by other rooms, whose tests look behind them.
BESIDE = {
    "casework_dateoffer",
    "casework_escalation",
    "casework_link",
    "casework_rating",
    "casework_reminder",
    "casework_savedview",
    "casework_silencestatement",
    "evidence_consent",
    "evidence_custody",
    "evidence_handover",
    "evidence_item",
    "evidence_itemaudience",
    "evidence_itemfile",
    "evidence_lot",
    "evidence_lotmove",
    "evidence_officer",
    "evidence_presentation",
    "evidence_recognition",
    "files_upload",
    "files_uploadchunk",
    "governance_charterdraft",
    "ledger_salt",
    "ledger_sealed",
    "ledger_sealedfile",
    "ledger_submission",
    "sheets_sheet",
    "sheets_sheetrow",
}
# Tables that say nothing of any matter, with what they hold.
OPEN = {
    "access_feed": "digests of calendar addresses, read before anybody has a scope",
    "access_scope": "one row per organisation",
    "access_token": "digests of tokens, read before anybody has a scope",
    "account_emailaddress": "addresses of people, read before anybody has a scope",
    "account_emailconfirmation": "as above",
    "auth_group": "empty, the framework's",
    "auth_group_permissions": "empty, the framework's",
    "auth_permission": "the framework's names of tables",
    "casework_numberseries": "how many numbers were given out",
    "casework_procedureversion": "the texts of procedures",
    "casework_wordsedition": "how far the words of all matters are written anew",
    "casework_words": "words by which a matter is found; a search in them yields ids, read through the audience",
    "concord_cache": "counters of attempts to sign in",
    "django_content_type": "names of tables",
    "django_migrations": "names of migrations",
    "django_session": "who is signed in",
    "django_tasks_database_dbtaskresult": "names of jobs and identifiers they work on",
    "jobs_schedule": "when jobs run next",
    "ledger_checkpoint": "signed states of the log, published to everyone",
    "ledger_closedlog": "the last published states of former logs",
    "ledger_cosigner": "how far each witness has co-signed",
    "ledger_incident": "when the ledger did not work",
    "ledger_standing": "how many leaves the log has",
    "mfa_authenticator": "sealed second factors, read before anybody has a scope",
    "notices_noticesetting": "when people want to be told",
    "organisations_charterversion": "the texts of charters",
    "organisations_competence": "which department is competent for what",
    "organisations_department": "names of departments",
    "organisations_hat": "names of organisations",
    "organisations_holidaytext": "holiday notices",
    "organisations_invitation": "digests of invitations, read before anybody has a scope",
    "organisations_organisation": "names of organisations",
    "organisations_person": "people who sign in",
    "organisations_post": "who holds which post",
    "organisations_proposal": "posts that wait to be confirmed",
    "organisations_substitution": "who stands in for whom",
    "socialaccount_socialaccount": "who signs in through which provider, read before anybody has a scope",
    "socialaccount_socialapp": "empty, providers come from the environment",
    "socialaccount_socialtoken": "empty, no token of a provider is kept",
    "usersessions_usersession": "where people are signed in",
}


def ids(table: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table}")  # noqa: S608  a name from the list above
        return {row[0] for row in cursor.fetchall()}


def column(table: str, name: str, rows: Iterable[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, {name} FROM {table}")  # noqa: S608  as above
        found = dict(cursor.fetchall())
    return {row: found[row] for row in rows}


def test_every_table_is_guarded_or_says_nothing_of_matters() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AND EXISTS "
            "(SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive) "
            "FROM pg_class c WHERE c.relkind IN ('r', 'p', 'm', 'v') AND c.relnamespace = 'public'::regnamespace"
        )
        tables = dict(cursor.fetchall())
    assert {table for table, guarded in tables.items() if guarded} == GUARDED | BESIDE
    assert {table for table, guarded in tables.items() if not guarded} == set(OPEN)


def test_the_application_owns_nothing_and_steps_around_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


def allowed(world: World, place: str, runs: list[Run]) -> dict[str, set[int]]:
    """What the scope of a place may see in every guarded table, worked out as the system."""
    own = world.places[place].pk
    shown = {run.matter.pk for run in runs if place in run.known_to()}
    uids = {run.matter.uid for run in runs if place in run.known_to()}
    acts = {act.pk for act in Act.objects.filter(matter__in=shown) if not act.internal or act.organisation_id == own}
    attached = Attachment.objects.filter(act__in=acts)
    papers = Paper.objects.filter(matter__in=shown)
    entries = {
        entry.pk
        for entry in Entry.objects.all()
        if entry.organisation_id == own or (not entry.internal and entry.matter_uid in uids)
    }
    told = {*attached.values_list("file_id", flat=True), *papers.values_list("file_id", flat=True)}
    files = set(File.objects.filter(organisation=own).values_list("pk", flat=True)) | told

    def of(table: str, name: str, values: set[int]) -> set[int]:
        return {row for row, value in column(table, name, ids(table)).items() if value in values}

    return {
        "casework_matter": shown,
        "casework_act": acts,
        "casework_attachment": set(attached.values_list("pk", flat=True)),
        "casework_audience": of("casework_audience", "scope_id", {world.places[place].scope.pk}),
        "casework_case": of("casework_case", "organisation_id", {own}),
        "casework_clockrun": of("casework_clockrun", "matter_id", shown),
        "casework_message": of("casework_message", "matter_id", shown),
        "casework_paper": set(papers.values_list("pk", flat=True)),
        "casework_participant": of("casework_participant", "matter_id", shown),
        "files_file": files,
        "journal_entry": entries,
        "journal_read": of("journal_read", "organisation_id", {own}),
        "notices_notice": of("notices_notice", "organisation_id", {own}),
    }


@BOUNDED
@given(plans=st.lists(st.one_of(ways, joint_ways), min_size=1, max_size=3))
def test_a_scope_sees_its_own_rows_in_every_table_and_nobody_sees_any(toys: World, plans: list[Way | JointWay]) -> None:
    with transaction.atomic():
        runs = [drive(toys, way, n) for n, way in enumerate(plans)]
        wanted = {place: allowed(toys, place, runs) for place in toys.places}
        assert set(wanted["asking"]) == GUARDED
        for place, organisation in toys.places.items():
            enter(str(organisation.scope.pk))
            assert {table: ids(table) for table in GUARDED} == wanted[place], place
        enter(NOBODY)
        assert {table: ids(table) for table in GUARDED} == {table: set() for table in GUARDED}
        enter("0")
        assert {table: ids(table) for table in GUARDED} == {table: set() for table in GUARDED}
        enter(SYSTEM)
        transaction.set_rollback(True)


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["casework_matter", "casework_clockrun", "casework_message", "casework_case"])
def test_nobody_changes_rows_that_are_not_shown(world: World, table: str, change: str) -> None:
    world.begin(by="third.case_officer", case=world.open_case(by="third.leader"))
    world.matter_in("delivered", case=world.open_case(by="asking.leader"))
    shown = ids(table)
    enter(str(world.places["third"].scope.pk))
    own = ids(table)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table) + " RETURNING id")
        changed = {row[0] for row in cursor.fetchall()}
        transaction.set_rollback(True)
    assert changed == own
    assert own < shown
    enter(SYSTEM)


def test_the_privilege_of_writing_ends_with_the_act(world: World) -> None:
    matter = world.begin()
    enter(NOBODY)
    actor_scope = str(world.places["asking"].scope.pk)
    enter(actor_scope)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('concord.scope')")
        assert cursor.fetchone() == (actor_scope,)
    assert ids("casework_matter") == {matter.pk}
