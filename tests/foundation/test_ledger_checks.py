"""What an attacker of the host's storage can do, and who says so: the check, the freeze, the witnesses."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from concord.foundation.database import scope
from concord.foundation.database.migration import given_once
from concord.foundation.files import storage
from concord.foundation.files.commands import store_made
from concord.foundation.ledger.lock import CheckpointLock, Signed
from concord.foundation.ledger.models import Checkpoint, Cosigner, Salt, Standing
from concord.foundation.ledger.store import CHECKPOINT
from concord.proofs.merkle import EMPTY_ROOT
from concord.rules.errors import Unavailable
from concord.rules.identifiers import uuid7
from tests.foundation.people import AT, organisation
from tests.support.database import DatabaseUnderTest
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A log of 300 leaves: a full tile, and one that is not."""
    made = Ledger(tmp_path)
    made.write(298)
    made.submit("ev1-a")
    made.submit("ev1-b")
    assert made.round().published
    return made


def frozen(ledger: Ledger) -> str:
    with pytest.raises(Unavailable) as refused:
        ledger.round()
    assert refused.value.code == "ledger.frozen"
    return str(refused.value.details["reason"])


def kinds(ledger: Ledger) -> list[str]:
    return sorted({found.kind for found in ledger.checked().findings})


@contextmanager
def as_owner(under_test: DatabaseUnderTest, table: str) -> Iterator[None]:
    """Be the owner of the database, with the walls of ``table`` taken down."""
    guard = given_once(table, "leaf_index")
    assert guard.reverse_code is not None
    with under_test.owning():
        with connection.schema_editor() as editor:
            guard.reverse_code(apps, editor)  # type: ignore[arg-type]
        scope.enter(scope.SYSTEM)
        yield
    scope.enter(scope.SYSTEM)


class TestRewritten:
    def test_a_sound_ledger_is_sound(self, ledger: Ledger) -> None:
        found = ledger.checked()
        assert (found.findings, found.size, found.entries, found.submissions) == ([], 300, 298, 2)

    @pytest.mark.parametrize(
        ("table", "change", "found"),
        [
            (
                "journal_entry",
                "UPDATE journal_entry SET at = '2020-01-01 00:00:00+00:00' WHERE leaf_index = 17",
                "leaf",
            ),
            ("journal_entry", "UPDATE journal_entry SET event = 'toy.other' WHERE leaf_index = 17", "leaf"),
            ("journal_entry", "UPDATE journal_entry SET leaf_index = NULL WHERE leaf_index = 17", "row"),
            ("ledger_submission", "UPDATE ledger_submission SET leaf = 'x' WHERE leaf_index = 299", "leaf"),
            ("ledger_submission", "DELETE FROM ledger_submission WHERE leaf_index = 299", "row"),
            ("ledger_submission", "UPDATE ledger_submission SET leaf_index = 17 WHERE leaf_index = 299", "double"),
        ],
    )
    def test_a_row_rewritten_by_the_owner_is_named(
        self, ledger: Ledger, under_test: DatabaseUnderTest, table: str, change: str, found: str
    ) -> None:
        with as_owner(under_test, table), connection.cursor() as cursor:
            cursor.execute(change)
        wrong = ledger.checked()
        assert found in {one.kind for one in wrong.findings}
        assert any(one.where.startswith(("17", "299")) for one in wrong.findings)

    def test_a_row_that_cannot_even_be_read_is_named(self, ledger: Ledger) -> None:
        entry = Salt.objects.order_by("entry_id")[5].entry_id
        Salt.objects.filter(entry=entry).delete()
        Salt.objects.create(entry_id=entry, salt=b"short")
        found = ledger.checked()
        assert [str(one) for one in found.findings] == ["leaf: 5: unreadable"]
        assert (found.entries, found.submissions) == (297, 2)

    def test_a_salt_rewritten_is_named(self, ledger: Ledger) -> None:
        entry = Salt.objects.order_by("entry_id")[5].entry_id
        Salt.objects.filter(entry=entry).delete()
        Salt.objects.create(entry_id=entry, salt=bytes(32))
        assert [str(found) for found in ledger.checked().findings] == [f"leaf: 5: journal entry {entry}"]

    @pytest.mark.parametrize(
        ("path", "found"),
        [
            ("tile/entries/000", "bundle"),
            ("tile/entries/001.p/44", "bundle"),
            ("tile/0/000", "tile"),
            ("tile/0/001.p/44", "tile"),
            ("tile/1/000.p/1", "tile"),
            (CHECKPOINT, "checkpoint"),
        ],
    )
    @pytest.mark.parametrize("damage", ["gone", "changed"])
    def test_a_file_of_the_log_is_named(self, ledger: Ledger, path: str, found: str, damage: str) -> None:
        file = ledger.folder / "tiles" / path
        content = file.read_bytes()
        file.unlink()
        if damage == "changed":
            file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        wrong = ledger.checked()
        if path.startswith("tile/entries") and damage == "changed":  # the bundle reads well, and says something else
            assert {one.kind for one in wrong.findings} >= {"leaf", "root"}
        else:
            assert [str(one) for one in wrong.findings] == [f"{found}: {path}"]

    @pytest.mark.parametrize(
        ("column", "value", "found"),
        [("root", bytes(32), ["checkpoint", "root"]), ("size", 299, ["checkpoint", "root"])],
    )
    def test_a_checkpoint_rewritten_is_named(
        self, ledger: Ledger, column: str, value: bytes | int, found: list[str]
    ) -> None:
        Checkpoint.objects.update(**{column: value})
        assert kinds(ledger) == found

    def test_a_note_signed_by_nobody_is_named(self, ledger: Ledger) -> None:
        note = Checkpoint.objects.get().note
        Checkpoint.objects.update(note=note.replace("\n300\n", "\n301\n"))
        assert kinds(ledger) == ["checkpoint", "signature"]

    def test_a_note_without_quorum_is_named(self, ledger: Ledger) -> None:
        note = "\n".join(Checkpoint.objects.get().note.split("\n")[:7]) + "\n"
        Checkpoint.objects.update(note=note)
        ledger.store.put(CHECKPOINT, note.encode())
        assert kinds(ledger) == ["quorum"]

    def test_a_count_rewritten_is_named(self, ledger: Ledger) -> None:
        Standing.objects.update(size=0, hashes=b"")
        assert kinds(ledger) == ["standing"]

    def test_stored_files_are_hashed(self, ledger: Ledger) -> None:
        kept = [
            store_made(
                content=text,
                name="a.txt",
                media_type="text/plain",
                organisation=organisation("alpha"),
                at=AT,
                uid=uuid7(AT, bytes([n] * 10)),
            )
            for n, text in enumerate([b"sound", b"damaged", b"missing"])
        ]
        scope.enter(scope.SYSTEM)
        root = Path(settings.FILES_ROOT)
        storage.path_of(root, kept[1].digest).write_bytes(b"Damaged")
        storage.path_of(root, kept[2].digest).unlink()
        found = ledger.checked()
        assert found.files == 3
        assert sorted(str(one) for one in found.findings) == [
            f"file_damaged: {kept[1].uid}",
            f"file_missing: {kept[2].uid}",
        ]


class TestRestored:
    """Storage that comes back from a backup."""

    @staticmethod
    def _older(ledger: Ledger) -> None:
        """As if the database came back as it was before the first round."""
        with connection.cursor() as cursor:
            for table in ("ledger_checkpoint", "ledger_standing", "ledger_cosigner"):
                cursor.execute(f"DELETE FROM {table}")  # noqa: S608  one of these three
        ledger.later(seconds=1)

    def test_an_old_database_freezes_the_ledger(self, ledger: Ledger) -> None:
        self._older(ledger)
        assert frozen(ledger) == "database_behind"
        assert "standing" in kinds(ledger)

    def test_while_it_is_frozen_acts_go_on(self, ledger: Ledger) -> None:
        self._older(ledger)
        frozen(ledger)
        assert len(ledger.write(2)) == 2
        assert ledger.submit("ev1-c").leaf_index is None

    def test_old_tiles_freeze_the_ledger(self, ledger: Ledger, tmp_path: Path) -> None:
        shutil.copytree(tmp_path / "tiles", tmp_path / "old")
        ledger.write(400)
        ledger.round()
        shutil.rmtree(tmp_path / "tiles")
        shutil.copytree(tmp_path / "old", tmp_path / "tiles")
        ledger.write(1)
        assert frozen(ledger) == "tiles_behind"
        assert "bundle" in kinds(ledger)

    def test_tiles_of_another_tree_freeze_the_ledger(self, ledger: Ledger) -> None:
        file = ledger.folder / "tiles/tile/0/001.p/44"
        file.write_bytes(bytes(len(file.read_bytes())))
        ledger.write(1)
        assert frozen(ledger) == "roots_differ"

    def test_a_lock_that_is_gone_freezes_the_ledger(self, ledger: Ledger) -> None:
        ledger.installation.lock.unlink()
        assert frozen(ledger) == "lock_missing"
        assert kinds(ledger) == ["lock"]
        assert not ledger.installation.lock.exists()

    def test_a_lock_that_is_no_lock_freezes_the_ledger(self, ledger: Ledger) -> None:
        for name in ledger.folder.glob("lock.sqlite3*"):
            name.unlink()
        ledger.installation.lock.write_text("nothing", encoding="ascii")
        assert frozen(ledger) == "lock_unreadable"
        assert kinds(ledger) == ["lock"]

    def test_an_old_lock_freezes_the_ledger(self, ledger: Ledger) -> None:
        lock = CheckpointLock(ledger.installation.lock)
        old = lock.read()
        ledger.write(1)
        ledger.round()
        new = lock.read()
        assert old is not None
        assert new is not None
        assert lock.compare_and_swap(new, old)
        assert frozen(ledger) == "roots_differ"
        assert kinds(ledger) == ["lock"]

    def test_where_all_is_old_the_witnesses_refuse(self, ledger: Ledger, under_test: DatabaseUnderTest) -> None:
        """Database, tiles and lock all come back from before the log began: only the witnesses know better."""
        self._older(ledger)
        Salt.objects.all().delete()
        with (
            as_owner(under_test, "ledger_submission"),
            as_owner(under_test, "journal_entry"),
            connection.cursor() as cursor,
        ):
            cursor.execute("DELETE FROM ledger_submission")
            cursor.execute("DELETE FROM journal_entry")
        shutil.rmtree(ledger.folder / "tiles")
        for name in ledger.folder.glob("lock.sqlite3*"):
            name.unlink()
        ledger.write(3)
        assert frozen(ledger) == "witnesses_ahead"
        assert ledger.store.get(CHECKPOINT) is None
        assert {*Cosigner.objects.values_list("refusal", flat=True)} == {"ahead"}

    def test_a_longer_log_than_the_witnesses_know_is_no_better(
        self, ledger: Ledger, under_test: DatabaseUnderTest
    ) -> None:
        """As before, and then more is written than was lost: no proof leads from the one tree to the other."""
        self.test_where_all_is_old_the_witnesses_refuse(ledger, under_test)
        ledger.write(400)
        assert frozen(ledger) == "witnesses_ahead"
        assert {*Cosigner.objects.values_list("refusal", flat=True)} == {"422"}

    def test_a_single_witness_ahead_does_not_freeze_the_ledger(self, ledger: Ledger) -> None:
        name = next(iter(ledger.witnesses.keys))
        with sqlite3.connect(ledger.witnesses.database(name)) as state:
            state.execute("UPDATE latest SET size = 5000")
        ledger.write(1)
        assert ledger.round().published

    def test_a_key_that_is_not_the_logs_signs_nothing(self, ledger: Ledger, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        stranger = Ledger(other)
        stranger.chance.seed(7)
        stranger.__post_init__()
        shutil.copy(stranger.installation.log_key, ledger.installation.log_key)
        assert frozen(ledger) == "key"

    def test_rows_that_changed_before_they_were_signed_are_not_signed(
        self, ledger: Ledger, under_test: DatabaseUnderTest
    ) -> None:
        """The process dies between database and tiles, and somebody uses the time."""
        ledger.write(2)
        broken = ledger.folder / "tiles/tile/entries/001.p"
        shutil.move(broken, ledger.folder / "aside")
        broken.write_text("no folder", encoding="ascii")
        with pytest.raises((OSError, Unavailable)):
            ledger.round()
        broken.unlink()
        shutil.move(ledger.folder / "aside", broken)
        with as_owner(under_test, "journal_entry"), connection.cursor() as cursor:
            cursor.execute("UPDATE journal_entry SET event = 'toy.other' WHERE leaf_index = 301")
        assert frozen(ledger) == "roots_differ"


class TestLock:
    def test_it_is_swapped_only_for_what_is_there(self, tmp_path: Path) -> None:
        lock = CheckpointLock(tmp_path / "lock.sqlite3")
        first, second = Signed(0, EMPTY_ROOT, b""), Signed(1, bytes(32), b"note")
        assert lock.read() is None
        assert not lock.compare_and_swap(first, second)
        assert lock.compare_and_swap(None, first)
        assert not lock.compare_and_swap(None, second)
        assert not lock.compare_and_swap(second, first)
        assert lock.read() == first
        assert lock.compare_and_swap(first, second)
        assert not lock.compare_and_swap(first, second)
        assert lock.read() == second

    def test_an_open_one_is_looked_at_anew_before_each_use(self, tmp_path: Path) -> None:
        file, elsewhere = tmp_path / "lock.sqlite3", tmp_path / "elsewhere.sqlite3"
        lock, other = CheckpointLock(file), CheckpointLock(elsewhere)
        first, second = Signed(0, EMPTY_ROOT, b""), Signed(1, bytes(32), b"note")
        assert lock.compare_and_swap(None, second)
        assert other.compare_and_swap(None, first)
        assert CheckpointLock(file).compare_and_swap(second, first)
        assert lock.read() == first  # another process wrote it
        assert lock.compare_and_swap(first, second)
        file.write_bytes(elsewhere.read_bytes())
        assert lock.read() == first  # it was written over
        assert lock.compare_and_swap(first, second)
        elsewhere.replace(file)
        assert not lock.compare_and_swap(second, first)  # another one was put in its place
        assert lock.read() == first
        file.unlink()
        assert lock.read() is None
        file.write_bytes(b"nothing")
        with pytest.raises(sqlite3.DatabaseError):
            lock.read()
        file.unlink()
        assert lock.compare_and_swap(None, second)
        assert lock.read() == second

    def test_all_of_it_is_in_the_file_at_once(self, tmp_path: Path) -> None:
        file, copy = tmp_path / "lock.sqlite3", tmp_path / "copy.sqlite3"
        lock, state = CheckpointLock(file), Signed(1, bytes(32), b"note")
        assert lock.compare_and_swap(None, state)
        copy.write_bytes(file.read_bytes())
        assert CheckpointLock(copy).read() == state
