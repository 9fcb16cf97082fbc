"""Erasing by duty: what is left verifies and identifies nobody, and the act is on record."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction

from concord.capabilities.evidence import audience, derivatives, erasing
from concord.capabilities.evidence.models import Custody, Item
from concord.foundation.database.scope import writing
from concord.foundation.files.models import Upload
from concord.foundation.files.storage import path_of
from concord.foundation.journal.models import Entry
from concord.foundation.ledger.models import Sealed, SealedFile
from concord.proofs.statements import read_event
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.support.collecting import CARDS, PLACE, SECRET, Collecting
from tests.support.sealing import written
from tests.support.two_verifiers import failing
from tests.support.worlds import speaking_as


@pytest.fixture
def item(desk: Collecting) -> Item:
    return desk.sealed()


def erase(desk: Collecting, item: Item, *, by: str = "asking.leader", reason: str = "retention_over") -> Item:
    actor = desk.actor(by)
    with speaking_as(actor):
        return erasing.erase(item=item.uid, reason=reason, by=actor, at=desk.home.at)


def sign(desk: Collecting) -> int:
    return erasing.sign_disposals(equipment=desk.home.equipment(), at=desk.home.at)


def files_of(item: Item) -> list[Path]:
    """Where the bytes of all files of its package lie."""
    with writing():
        digests = SealedFile.objects.filter(sealed=item.sealed_id).values_list("file__digest", flat=True)
        return [path_of(Path(settings.FILES_ROOT), digest) for digest in digests]


def aged(files: list[Path]) -> None:
    """Let the bytes have lain for long."""
    for file in files:
        os.utime(file, (0, 0))


def test_what_is_left_verifies(desk: Collecting, item: Item) -> None:
    erase(desk, item)
    assert sign(desk) == 1
    desk.publish()
    report = desk.said(item)
    assert (report.verdict, report.level, failing(report)) == ("pass", "L2T", [])
    assert {report.statuses[name] for name in ("C03", "C04", "C16")} == {"not_applicable"}


def test_what_is_left_identifies_nobody(desk: Collecting, item: Item) -> None:
    erase(desk, item)
    sign(desk)
    desk.publish()
    content = written(desk.package(item)).getvalue()
    secrets = [SECRET, PLACE, item.title, *CARDS]
    assert not [secret for secret in secrets if secret.encode() in content]
    with writing():
        for model in ("Item", "Officer", "ItemFile", "Lot", "Custody", "ItemAudience"):
            for row in apps.get_model("evidence", model).objects.values():
                assert not [secret for secret in secrets if secret in str(row)], (model, row)
        package = Sealed.objects.values().get(subject=str(item.uid))
        assert not [secret for secret in secrets if secret in str(package)]
        assert not [row for row in Entry.objects.values() if SECRET in str(row)]


def test_salts_and_bytes_are_gone(desk: Collecting, item: Item) -> None:
    files = files_of(item)
    assert len(files) == 2
    assert all(file.exists() for file in files)
    aged(files)
    erase(desk, item)
    erasing.remove_bytes(at=desk.home.at)
    assert not files[0].exists()
    assert desk.package(item).disclosure == ""
    with writing():
        assert not SealedFile.objects.filter(sealed=item.sealed_id).exists()
        [row] = item.files.select_related("file")
    assert (row.erased_at, row.original_location, row.file.name) == (desk.home.at, "", erasing.GONE)


def test_that_a_file_came_in_pieces_keeps_nothing_of_it(desk: Collecting, item: Item) -> None:
    with writing():
        [row] = item.files.select_related("file")
        upload = Upload.objects.create(
            uid=row.file.uid,
            organisation=desk.place("asking"),
            person=desk.world.person("asking.case_officer"),
            name=row.file.name,
            size=row.file.size,
            chunk_size=4 << 20,
            state=Upload.State.COMPLETE,
            begun_at=desk.home.at,
            touched_at=desk.home.at,
            file=row.file,
        )
    file = path_of(Path(settings.FILES_ROOT), row.file.digest)
    aged([file])
    erase(desk, item)
    erasing.remove_bytes(at=desk.home.at)
    assert not file.exists()
    with writing():
        assert Upload.objects.get(pk=upload.pk).name == erasing.GONE


def test_bytes_that_another_item_needs_stay(desk: Collecting, item: Item) -> None:
    actor = desk.actor()
    with speaking_as(actor):
        derivatives.derive(
            item=item.uid,
            kind="copy",
            title="复制件",
            card="浙0101",
            by=actor,
            at=desk.home.at,
            entropy=desk.world.random_bytes(),
        )
    with writing():
        [row] = item.files.select_related("file")
    file = path_of(Path(settings.FILES_ROOT), row.file.digest)
    aged([file])
    erase(desk, item)
    erasing.remove_bytes(at=desk.home.at)
    assert file.exists()


def test_the_act_is_on_record_and_signed_once(desk: Collecting, item: Item) -> None:
    erased = erase(desk, item)
    assert (erased.state, erased.number) == ("erased", item.number)
    assert (sign(desk), sign(desk)) == (1, 0)
    assert read_event(desk.package(item).events[-1].encode()).action == "dispose"
    with writing():
        move = Custody.objects.filter(item=item).order_by("-seq")[0]
        entry = Entry.objects.get(event="evidence.erase")
    assert (move.act, move.person) == ("erase", desk.world.person("asking.leader"))
    assert (entry.subject, entry.details) == (item.number, {"reason": "retention_over", "files": 1})


def test_lists_show_that_it_was_erased(desk: Collecting, item: Item) -> None:
    erase(desk, item)
    with writing():
        assert [row.state for row in item.audience.all()] == ["erased"]


def test_only_who_may_dispose_erases(desk: Collecting, item: Item) -> None:
    with pytest.raises(NotAllowed) as refused:
        erase(desk, item, by="asking.case_officer")
    assert refused.value.code == "evidence.may_not"


def test_only_the_holder_erases(desk: Collecting, item: Item) -> None:
    with pytest.raises(NotFound):
        erase(desk, item, by="asked.leader")
    with transaction.atomic():
        audience.show(item, desk.place("asked"), granted_by=None, at=desk.home.at)
    with pytest.raises(NotAllowed) as refused:
        erase(desk, item, by="asked.leader")
    assert refused.value.code == "evidence.not_holder"


def test_a_reason_is_one_of_the_listed(desk: Collecting, item: Item) -> None:
    with pytest.raises(InvalidInput) as refused:
        erase(desk, item, reason="because")
    assert refused.value.code == "evidence.reason"


@pytest.mark.parametrize("times", [0, 2])
def test_only_what_is_sealed_is_erased_and_once(desk: Collecting, times: int) -> None:
    item = desk.sealed() if times else desk.registered()
    for _ in range(times - 1):
        erase(desk, item)
    with pytest.raises(Conflict) as refused:
        erase(desk, item)
    assert refused.value.code == "evidence.state"
