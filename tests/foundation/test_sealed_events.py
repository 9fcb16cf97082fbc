"""Events after the sealing: signed, logged, proven with the package, and both verifiers agree on the chain."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from concord.foundation.database import scope
from concord.foundation.files.commands import store_made
from concord.foundation.ledger import sealing
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Organisation
from concord.proofs.digests import Pair, pair_of
from concord.proofs.report import Report
from concord.proofs.statements import read_event
from concord.rules.errors import InvalidInput, NotFound
from concord.rules.identifiers import uuid7
from tests.support.alliance_ledger import PATH, kept
from tests.support.sealing import Home, home_of, written
from tests.support.two_verifiers import both_say, failing
from tests.support.worlds import World, time

AT = time("2026-03-05T09:00")
REPORT = pair_of("核对一致".encode())


@pytest.fixture
def home(world: World, tmp_path: Path) -> Iterator[Home]:
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=AT).in_use() as made:
        yield made


@pytest.fixture
def giver(world: World) -> Organisation:
    return world.places["asking"]


@pytest.fixture
def receiver(world: World) -> Organisation:
    return world.places["asked"]


@pytest.fixture
def row(home: Home, giver: Organisation) -> Sealed:
    """A package that is proven."""
    made = seal(home, giver)
    publish(home)
    return made


def seal(home: Home, city: Organisation) -> Sealed:
    file = store_made(
        content="现场照片".encode(),
        name="声明.txt",
        media_type="text/plain",
        organisation=city,
        at=home.at,
        uid=uuid7(home.at, home.chance.randbytes(10)),
    )
    prepared = sealing.prepare(
        kind="evidence",
        organisation=city,
        files={PATH: file},
        collection=sealing.collected_now(home.at),
        equipment=home.equipment(),
        at=home.at,
        fields={"title": "某某仓库照片", "operator_0": "张三"},
    )
    with transaction.atomic():
        return sealing.keep(prepared, subject="一号", at=home.at, uid=uuid7(home.at, home.chance.randbytes(10)))


def publish(home: Home) -> None:
    home.later(seconds=3)
    home.round()
    sealing.prove()
    sealing.complete(at=home.at, stamping=home.stamping())


def add(
    home: Home,
    row: Sealed,
    city: Organisation,
    action: str,
    *,
    counterparty: Organisation | None = None,
    report: Pair | None = None,
) -> int:
    with transaction.atomic():
        return sealing.append_event(
            row.pk,
            equipment=home.equipment(),
            organisation=city,
            action=action,
            at=home.at,
            counterparty=None if counterparty is None else counterparty.code,
            report=report,
        )


def said(home: Home, row: Sealed) -> Report:
    return both_say(written(kept(row)).getvalue(), home.installation.trust.read_bytes(), at=home.at)


def hand_over(home: Home, row: Sealed, giver: Organisation, receiver: Organisation) -> None:
    add(home, row, giver, "transfer", counterparty=receiver)
    home.later(minutes=5)
    add(home, row, receiver, "receive", counterparty=giver, report=REPORT)


def test_a_transfer_with_its_receipt_passes_both_verifiers(
    home: Home, row: Sealed, giver: Organisation, receiver: Organisation
) -> None:
    hand_over(home, row, giver, receiver)
    publish(home)
    report = said(home, row)
    assert (report.verdict, report.level, failing(report)) == ("pass", "L2T", [])
    assert report.statuses["C17"] == "pass"
    assert kept(row).finished


def test_numbers_go_on_from_the_sealing(home: Home, row: Sealed, giver: Organisation, receiver: Organisation) -> None:
    assert add(home, row, giver, "transfer", counterparty=receiver) == 2
    assert add(home, row, receiver, "receive", counterparty=giver, report=REPORT) == 3


def test_a_transfer_without_its_receipt_is_under_way(
    home: Home, row: Sealed, giver: Organisation, receiver: Organisation
) -> None:
    add(home, row, giver, "transfer", counterparty=receiver)
    publish(home)
    report = said(home, row)
    assert (report.verdict, failing(report)) == ("indeterminate", ["C17"])


def test_an_event_that_is_not_logged_yet_is_not_passed_off_as_logged(
    home: Home, row: Sealed, giver: Organisation, receiver: Organisation
) -> None:
    hand_over(home, row, giver, receiver)
    assert not kept(row).finished
    report = said(home, row)
    assert report.statuses["C17"] == "pass"
    assert report.statuses["C10"] == "indeterminate"


def test_each_new_event_asks_for_a_proof_of_its_own(
    home: Home, row: Sealed, giver: Organisation, receiver: Organisation
) -> None:
    hand_over(home, row, giver, receiver)
    publish(home)
    before = kept(row).head_proof
    add(home, row, receiver, "inspect")
    assert (kept(row).head_proof, kept(row).finished) == ("", False)
    publish(home)
    assert kept(row).head_proof not in {"", before}
    assert failing(said(home, row)) == []


def test_events_added_before_the_sealing_is_published_wait_with_it(
    home: Home, giver: Organisation, receiver: Organisation
) -> None:
    row = seal(home, giver)
    hand_over(home, row, giver, receiver)
    publish(home)
    report = said(home, row)
    assert (report.verdict, report.level) == ("pass", "L2T")


def test_a_late_token_takes_the_head_with_it(home: Home, giver: Organisation, receiver: Organisation) -> None:
    home.silent_stampers = True
    row = seal(home, giver)
    hand_over(home, row, giver, receiver)
    publish(home)
    home.later(hours=1)
    home.silent_stampers = False
    sealing.complete(at=home.at, stamping=home.stamping())
    publish(home)
    report = said(home, row)
    assert (report.verdict, report.level) == ("pass", "L2T")


def test_time_never_goes_back_in_a_package(home: Home, row: Sealed, giver: Organisation) -> None:
    sealed_at = read_event(row.events[1].encode()).claimed_at
    home.at = sealed_at - timedelta(hours=1)
    add(home, row, giver, "inspect")
    assert read_event(kept(row).events[2].encode()).claimed_at == sealed_at


def test_what_the_act_takes_back_was_never_signed(home: Home, row: Sealed, giver: Organisation) -> None:
    with transaction.atomic():
        sealing.append_event(row.pk, equipment=home.equipment(), organisation=giver, action="inspect", at=home.at)
        transaction.set_rollback(True)
    assert len(kept(row).events) == 2
    assert kept(row).head_submission_id is None


def test_nobody_signs_without_a_key(home: Home, row: Sealed, world: World) -> None:
    with pytest.raises(NotFound) as refused:
        add(home, row, world.places["centre"], "inspect")
    assert refused.value.code == "keys.no_key"


def test_an_unknown_action_is_refused(home: Home, row: Sealed, giver: Organisation) -> None:
    with pytest.raises(InvalidInput) as refused:
        add(home, row, giver, "lend")
    assert refused.value.code == "proofs.shape"
    assert len(kept(row).events) == 2


def test_a_field_left_closed_stays_secret_and_the_rest_verifies(home: Home, row: Sealed) -> None:
    out = io.BytesIO()
    sealing.write(kept(row), out, without={"operator_0"})
    report = both_say(out.getvalue(), home.installation.trust.read_bytes(), at=home.at)
    assert (report.verdict, report.statuses["C16"]) == ("pass", "pass")
    assert "张三".encode() not in out.getvalue()
    assert "某某仓库照片".encode() in out.getvalue()


def test_what_was_erased_leaves_digests_that_verify(home: Home, row: Sealed, giver: Organisation) -> None:
    with transaction.atomic():
        files = sealing.erase(row.pk)
        sealing.append_event(row.pk, equipment=home.equipment(), organisation=giver, action="dispose", at=home.at)
    publish(home)
    assert len(files) == 1
    content = written(kept(row)).getvalue()
    report = both_say(content, home.installation.trust.read_bytes(), at=home.at)
    assert (report.verdict, report.level, report.statuses["C03"]) == ("pass", "L2T", "not_applicable")
    with scope.writing():
        texts = [row.manifest, *kept(row).events, kept(row).disclosure]
    assert not any(secret in text for secret in ("张三", "仓库") for text in texts)
