"""The double receipt: signed after the receiver's own computation, logged, and the package passes both verifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from concord.capabilities.evidence import receipts
from concord.capabilities.evidence.handing_over import valid
from concord.capabilities.evidence.models import Handover, Item, Recognition
from concord.foundation.database.scope import writing
from concord.foundation.files.storage import path_of
from concord.foundation.journal.models import Entry
from concord.foundation.ledger.models import SealedFile
from concord.proofs.statements import read_event
from tests.support.collecting import Collecting
from tests.support.evidence_items import handed_over, received
from tests.support.two_verifiers import failing
from tests.support.worlds import time

pytestmark = pytest.mark.django_db


def sealed(desk: Collecting) -> Item:
    item = desk.sealed()
    desk.home.at = time("2026-03-09T10:00")
    return item


def sign(desk: Collecting) -> int:
    return receipts.sign(equipment=desk.home.equipment(), at=desk.home.at)


def handover_of(item: Item) -> Handover:
    with writing():
        return Handover.objects.select_related("item").order_by("-id").get(item=item)


def actions(desk: Collecting, item: Item) -> list[tuple[str, str, str | None]]:
    events = [read_event(event.encode()) for event in desk.package(item).events]
    return [(event.action, event.org, event.counterparty) for event in events]


def test_both_receipts_are_signed_and_the_package_passes_both_verifiers(desk: Collecting) -> None:
    item = sealed(desk)
    received(desk.world, [item])
    assert sign(desk) == 1
    giver, receiver = desk.place("asking").code, desk.place("asked").code
    assert actions(desk, item)[2:] == [("transfer", giver, receiver), ("receive", receiver, giver)]
    kept = handover_of(item)
    assert (kept.given, kept.received, kept.digests_agree) == (2, 3, True)
    assert not valid(kept)
    desk.publish()
    assert valid(handover_of(item))
    report = desk.said(item)
    assert (report.statuses["C17"], failing(report)) == ("pass", [])
    assert sign(desk) == 0


def test_nothing_is_signed_before_it_is_received_nor_when_it_is_declined(desk: Collecting) -> None:
    item = sealed(desk)
    matter = handed_over(desk.world, [item])
    assert sign(desk) == 0
    answers: dict[str, Any] = {"decline_ground": "unreadable", "note": "打不开"}
    desk.world.do(matter, "decline_receipt", by="asked.leader", at="2026-03-09T09:00", **answers)
    assert sign(desk) == 0
    assert len(desk.package(item).events) == 2
    received(desk.world, [item], receiver="third")
    assert sign(desk) == 1
    desk.publish()
    report = desk.said(item)
    assert (report.statuses["C17"], failing(report)) == ("pass", [])


def test_the_receipt_holds_the_digests_that_the_receiver_computed(desk: Collecting) -> None:
    item = sealed(desk)
    received(desk.world, [item])
    sign(desk)
    kept = handover_of(item)
    checked = receipts.check(kept)
    assert kept.findings == checked.rows
    said = read_event(desk.package(item).events[3].encode())
    assert said.report == checked.report(desk.package(item).package)


def test_a_file_that_was_changed_leaves_no_receipt_and_no_presumption(desk: Collecting) -> None:
    item = sealed(desk)
    received(desk.world, [item])
    assert Recognition.objects.filter(item=item, current=True).exists()
    row = SealedFile.objects.filter(sealed=desk.package(item)).order_by("id").first()
    assert row is not None
    path_of(Path(settings.FILES_ROOT), row.file.digest).unlink()
    assert sign(desk) == 0
    kept = handover_of(item)
    assert (kept.given, kept.received, kept.digests_agree) == (None, None, False)
    assert not Recognition.objects.filter(item=item, current=True).exists()
    assert Entry.objects.filter(event="evidence.digests_differ", subject=item.number).count() == 1
    assert sign(desk) == 0
