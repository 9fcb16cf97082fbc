"""A new log goes on where an old one cannot: every row stays provable, and none is in doubt."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection

from concord.foundation.database import ledger_cursor, scope
from concord.foundation.keys.setting_up import policy_text
from concord.foundation.ledger import opening, queries
from concord.foundation.ledger.models import Checkpoint, ClosedLog, Submission
from concord.proofs import checkpoints, leaves, log_policy, notes, tlog_proof
from concord.rules.errors import Conflict, Unavailable
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = "ledger.toy.example/2027"
HOST = "310117"


@pytest.fixture
def old(tmp_path: Path) -> Ledger:
    """A log of 300 published leaves and of five that never were."""
    folder = tmp_path / "old"
    folder.mkdir()
    made = Ledger(folder)
    made.write(300)
    made.round()
    made.away(4)
    made.write(4)
    made.submit("ev1-a")
    assert not made.round().published
    return made


@pytest.fixture
def new(tmp_path: Path, old: Ledger) -> Ledger:
    """The settings of the log that comes after it; its policy still knows the old one."""
    folder = tmp_path / "new"
    folder.mkdir()
    made = Ledger(folder, at=old.at, origin=NEXT, chance=random.Random(7))  # noqa: S311  a test repeats itself
    text = f"log {old.log.vkey_text()}\n{policy_text(made.log, made.witnesses.addresses())}"
    made.installation = dataclasses.replace(made.installation, policy=log_policy.parse(text), policy_text=text)
    return made


def proven(entry: int, ledger: Ledger) -> tuple[str, int]:
    """In which log an entry is proven, and where."""
    proof = queries.proof_of_entry(entry, store=ledger.store)
    assert proof is not None
    parsed = tlog_proof.parse(proof.tlog_proof)
    assert parsed.proves(proof.leaf)
    return checkpoints.parse(notes.parse(parsed.checkpoint).text).origin, proof.index


@pytest.mark.usefixtures("old")
def test_other_settings_alone_freeze_the_ledger(new: Ledger) -> None:
    with pytest.raises(Unavailable) as refused:
        new.round()
    assert refused.value.details["reason"] == "origin"


def test_every_row_is_proven_in_the_one_or_the_other(old: Ledger, new: Ledger) -> None:
    scope.enter(scope.SYSTEM)
    closed = opening.open_new(new.installation, organisation=HOST, at=new.at)
    assert (closed.origin, closed.first, closed.until) == (old.origin, 0, 300)
    [later] = new.write(1)
    done = new.round()
    assert (done.size, done.published) == (5, True)  # first what was durable already
    done = new.round()
    assert (done.taken, done.size, done.published) == (2, 7, True)
    entries = [*range(1, 305)]
    first = later - 304
    assert proven(first + entries[0] - 1, new) == (old.origin, 0)
    assert proven(first + 299, new) == (old.origin, 299)
    assert proven(first + 300, new) == (NEXT, 0)
    assert proven(later, new) == (NEXT, 5)
    assert queries.published_until() == 307
    found = new.checked()
    assert (found.findings, found.size, found.entries, found.submissions) == ([], 307, 305, 2)


def test_the_new_log_is_anchored_in_the_old_one(old: Ledger, new: Ledger) -> None:
    scope.enter(scope.SYSTEM)
    note = Checkpoint.objects.get(size=300).note
    closed = opening.open_new(new.installation, organisation=HOST, at=new.at)
    assert closed.note == note
    anchor = leaves.read_leaf(bytes(Submission.objects.get(kind="anchor", subject=old.origin).leaf))
    assert (anchor.t, anchor.org) == ("anchor", HOST)


@pytest.mark.parametrize("named", [True, False])
def test_after_a_restore_the_files_are_believed_where_the_policy_names_the_old_log(
    old: Ledger, new: Ledger, *, named: bool
) -> None:
    scope.enter(scope.SYSTEM)
    Checkpoint.objects.all().delete()
    if not named:
        text = policy_text(new.log, new.witnesses.addresses())
        new.installation = dataclasses.replace(new.installation, policy=log_policy.parse(text))
    closed = opening.open_new(new.installation, organisation=HOST, at=new.at)
    assert closed.until == (300 if named else 0)
    assert new.round().size == 305 - closed.until
    assert new.checked().sound
    assert old.store.get("checkpoint") is not None


def test_a_third_log_follows_the_second(tmp_path: Path, new: Ledger) -> None:
    scope.enter(scope.SYSTEM)
    opening.open_new(new.installation, organisation=HOST, at=new.at)
    new.round()  # what was durable already
    new.round()  # the anchor
    folder = tmp_path / "third"
    folder.mkdir()
    third = Ledger(folder, at=new.at, origin="ledger.toy.example/2028", chance=random.Random(8))  # noqa: S311  as above
    closed = opening.open_new(third.installation, organisation=HOST, at=third.at)
    assert (closed.first, closed.until) == (300, 306)
    third.write(1)
    assert third.round().published
    assert [*ClosedLog.objects.values_list("first", "until")] == [(0, 300), (300, 306)]
    assert third.checked().sound


@pytest.mark.parametrize("file", ["tile/0/000", "tile/entries/000"])
def test_the_check_looks_at_closed_logs_too(old: Ledger, new: Ledger, file: str) -> None:
    scope.enter(scope.SYSTEM)
    opening.open_new(new.installation, organisation=HOST, at=new.at)
    new.round()
    (old.folder / "tiles" / file).unlink()
    assert [one.where for one in new.checked().findings] == [file]


class TestRefused:
    def test_the_same_log_again(self, old: Ledger) -> None:
        self._refused(old, "ledger.not_new")

    def test_a_log_that_has_begun(self, old: Ledger, new: Ledger) -> None:
        new.store.put("checkpoint", old.store.get("checkpoint") or b"")
        self._refused(new, "ledger.not_new")

    def test_the_lock_of_the_old_log(self, old: Ledger, new: Ledger) -> None:
        new.installation = dataclasses.replace(new.installation, lock=old.installation.lock)
        self._refused(new, "ledger.not_new")

    def test_where_there_was_none(self, tmp_path: Path) -> None:
        self._refused(Ledger(tmp_path), "ledger.not_new")

    def test_while_the_sequencer_runs(self, new: Ledger) -> None:
        held, let_go = Event(), Event()

        def hold() -> None:
            with ledger_cursor.sole_sequencer():
                held.set()
                let_go.wait(timeout=30)
            connection.close()

        other = Thread(target=hold)
        other.start()
        try:
            assert held.wait(timeout=30)
            self._refused(new, "ledger.busy")
        finally:
            let_go.set()
            other.join()

    @staticmethod
    def _refused(ledger: Ledger, code: str) -> None:
        scope.enter(scope.SYSTEM)
        with pytest.raises(Conflict) as refused:
            opening.open_new(ledger.installation, organisation=HOST, at=ledger.at)
        assert refused.value.code == code
        assert not ClosedLog.objects.exists()
