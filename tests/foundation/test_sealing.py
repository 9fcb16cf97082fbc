"""Sealing: what is kept with an act, what is completed later, and that the whole verifies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.db.transaction import TransactionManagementError

from concord.foundation.database import scope
from concord.foundation.files.commands import store_made
from concord.foundation.files.models import File
from concord.foundation.files.storage import path_of
from concord.foundation.ledger import incidents, sealing, tasks
from concord.foundation.ledger.models import Incident, Sealed, Submission
from concord.foundation.organisations.models import Organisation
from concord.proofs import container
from concord.proofs.verifying import verify
from concord.rules.errors import Conflict, NotFound, Unavailable
from concord.rules.identifiers import uuid7
from tests.support.sealing import Home, home_of, written
from tests.support.worlds import World, time

AT = time("2026-03-05T09:00")
PATH = "payload/声明.txt"


@pytest.fixture
def home(world: World, tmp_path: Path) -> Iterator[Home]:
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=AT).in_use() as made:
        yield made


@pytest.fixture
def city(world: World) -> Organisation:
    return world.places["asking"]


def brought(home: Home, city: Organisation, content: bytes = "声明".encode()) -> File:
    return store_made(
        content=content,
        name="声明.txt",
        media_type="text/plain",
        organisation=city,
        at=home.at,
        uid=uuid7(home.at, home.chance.randbytes(10)),
    )


def seal(home: Home, city: Organisation, subject: str = "一号", *, fields: Mapping[str, str] | None = None) -> Sealed:
    prepared = sealing.prepare(
        kind="evidence",
        organisation=city,
        files={PATH: brought(home, city)},
        collection=sealing.collected_now(home.at),
        equipment=home.equipment(),
        at=home.at,
        fields=fields,
    )
    with transaction.atomic():
        return sealing.keep(prepared, subject=subject, at=home.at, uid=uuid7(home.at, home.chance.randbytes(10)))


def complete(home: Home) -> int:
    return sealing.complete(at=home.at, stamping=home.stamping())


def fresh(row: Sealed) -> Sealed:
    with scope.writing():
        return Sealed.objects.get(pk=row.pk)


def report(home: Home, row: Sealed) -> tuple[str, str, dict[str, str]]:
    found = verify(written(fresh(row)), trust=home.trust, at=home.at)
    return found.verdict, found.level, {check.id: check.status for check in found.checks}


def test_what_is_sealed_is_proven_once_the_log_is_published(home: Home, city: Organisation) -> None:
    row = seal(home, city)
    assert (row.state, row.finished, row.owing) == ("queued", False, [])
    assert report(home, row)[1] == "L0T"
    assert complete(home) == 0
    home.later(seconds=3)
    home.round()
    assert complete(home) == 1
    assert (fresh(row).state, fresh(row).finished, fresh(row).proven_at) == ("proven", True, home.at)
    assert report(home, row)[:2] == ("pass", "L2T")
    assert complete(home) == 0


def test_a_package_is_the_same_each_time_it_is_written(home: Home, city: Organisation) -> None:
    row = seal(home, city)
    home.round()
    complete(home)
    assert written(fresh(row)).getvalue() == written(fresh(row)).getvalue()


def test_stampers_that_are_down_are_made_up_for(home: Home, city: Organisation) -> None:
    home.silent_stampers = True
    row = seal(home, city)
    assert (row.tokens, row.owing) == ([], ["local", "local-gm"])
    home.later(seconds=3)
    home.round()
    assert complete(home) == 1
    assert report(home, row)[:2] == ("pass", "L2")
    assert not fresh(row).finished
    # An hour later the stampers answer; the late tokens wait for signatures of the witnesses that are newer than they.
    home.later(hours=1)
    home.silent_stampers = False
    assert complete(home) == 1
    assert [token["late"] for token in fresh(row).tokens] == [True, True]
    assert report(home, row)[:2] == ("pass", "L2")
    home.later(seconds=1)
    home.round()
    assert complete(home) == 1
    assert report(home, row)[:2] == ("pass", "L2T")
    assert fresh(row).finished


def test_nobody_is_asked_for_a_token_after_two_days(home: Home, city: Organisation) -> None:
    home.silent_stampers = True
    row = seal(home, city)
    home.round()
    complete(home)
    home.later(hours=49)
    home.silent_stampers = False
    complete(home)
    assert (fresh(row).tokens, fresh(row).finished) == ([], True)


def test_missing_stamps_are_told_after_four_hours(home: Home, city: Organisation) -> None:
    home.silent_stampers = True
    seal(home, city)
    incidents.watch(at=home.at + timedelta(hours=3))
    assert not Incident.objects.filter(kind=incidents.STAMPS).exists()
    incidents.watch(at=home.at + timedelta(hours=5))
    assert Incident.objects.filter(kind=incidents.STAMPS, ended_at=None).exists()
    home.silent_stampers = False
    complete(home)
    incidents.watch(at=home.at + timedelta(hours=6))
    assert not Incident.objects.filter(kind=incidents.STAMPS, ended_at=None).exists()


def test_fields_are_committed_to_and_disclosed(home: Home, city: Organisation) -> None:
    row = seal(home, city, fields={"case_ref": "某某公司案"})
    home.round()
    complete(home)
    verdict, level, checks = report(home, row)
    assert (verdict, level, checks["C16"]) == ("pass", "L2T", "pass")
    assert "某某公司案" not in row.manifest
    with scope.writing():
        assert "某某公司案".encode() not in bytes(Submission.objects.get(pk=row.submission_id).leaf)


def test_a_large_file_is_listed_with_its_chunks(
    home: Home, city: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "CHUNKED_ABOVE", 2)
    row = seal(home, city)
    names = list(container.read(written(row)).entries)
    assert "chunks/0.json" in names
    home.round()
    complete(home)
    assert report(home, row)[:2] == ("pass", "L2T")


def test_the_log_is_named_for_freshness(home: Home, city: Organisation) -> None:
    seal(home, city)
    home.round()
    assert '"freshness"' in seal(home, city, "二号").manifest


def test_one_thing_is_sealed_once(home: Home, city: Organisation) -> None:
    first = seal(home, city)
    with pytest.raises(Conflict) as refused:
        seal(home, city)
    assert refused.value.code == "ledger.subject_taken"
    with scope.writing():
        assert [row.package for row in Sealed.objects.all()] == [first.package]


def test_what_the_act_takes_back_was_never_sealed(home: Home, city: Organisation) -> None:
    prepared = sealing.prepare(
        kind="evidence",
        organisation=city,
        files={PATH: brought(home, city)},
        collection=sealing.collected_now(home.at),
        equipment=home.equipment(),
        at=home.at,
    )
    with transaction.atomic():
        sealing.keep(prepared, subject="一号", at=home.at, uid=uuid7(home.at, bytes(10)))
        transaction.set_rollback(True)
    with scope.writing():
        assert not Sealed.objects.exists()
        assert not Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sealing_belongs_into_a_transaction(committed_world: World, tmp_path: Path) -> None:
    city = committed_world.places["asking"]
    with home_of(tmp_path, [city], at=AT).in_use() as home:
        prepared = sealing.prepare(
            kind="evidence",
            organisation=city,
            files={PATH: brought(home, city)},
            collection=sealing.collected_now(home.at),
            equipment=home.equipment(),
            at=home.at,
        )
        with pytest.raises(TransactionManagementError):
            sealing.keep(prepared, subject="一号", at=home.at, uid=uuid7(home.at, bytes(10)))


def test_an_organisation_without_a_key_seals_nothing(home: Home, world: World) -> None:
    with pytest.raises(NotFound) as refused:
        seal(home, world.places["centre"])
    assert refused.value.code == "keys.no_key"


def test_a_damaged_file_is_not_sealed(home: Home, city: Organisation) -> None:
    file = brought(home, city, "此文将被改动".encode())
    path_of(Path(settings.FILES_ROOT), file.digest).write_bytes("声明书".encode())
    with pytest.raises(Unavailable) as refused:
        sealing.prepare(
            kind="evidence",
            organisation=city,
            files={PATH: file},
            collection=sealing.collected_now(home.at),
            equipment=home.equipment(),
            at=home.at,
        )
    assert refused.value.code == "files.damaged"


def test_the_job_completes_what_became_provable(home: Home, city: Organisation) -> None:
    home.silent_stampers = True
    row = seal(home, city)
    home.round()
    tasks.complete(payload={}, at=home.at)
    assert fresh(row).state == "proven"
    # Nobody listens at the stampers' own address.
    assert fresh(row).owing == ["local", "local-gm"]


def test_the_job_waits_for_a_ledger_that_can_seal(home: Home, city: Organisation) -> None:
    row = seal(home, city)
    home.round()
    home.installation.trust.unlink()
    tasks.complete(payload={}, at=home.at)
    assert fresh(row).state == "queued"
