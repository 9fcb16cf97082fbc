"""The sequencer: every row gets its place, every place its leaf, and a quorum of witnesses signs the tree."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import Error, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from concord.foundation.database import ledger_cursor, scope
from concord.foundation.journal.commands import record
from concord.foundation.journal.models import Entry
from concord.foundation.ledger import queries, sequencing
from concord.foundation.ledger.commands import submit
from concord.foundation.ledger.models import Checkpoint, Cosigner, Salt, Standing, Submission
from concord.foundation.ledger.store import CHECKPOINT
from concord.proofs import checkpoints, tlog_proof
from concord.proofs.leaves import journal_leaf
from concord.rules.errors import Conflict, InvalidInput
from tests.foundation.people import AT, organisation
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def places() -> list[tuple[int, int | None]]:
    return [*Entry.objects.order_by("id").values_list("id", "leaf_index")]


class TestPlaces:
    def test_a_round_takes_in_what_waits_and_publishes(self, ledger: Ledger) -> None:
        entries = ledger.write(3)
        seal = ledger.submit("ev1-a")
        done = ledger.round()
        assert (done.taken, done.size, done.published, done.more) == (4, 4, True, False)
        assert places() == list(zip(entries, range(3), strict=True))
        assert Submission.objects.get(pk=seal.pk).leaf_index == 3
        checkpoint = Checkpoint.objects.get()
        assert ledger.store.get(CHECKPOINT) == checkpoint.note.encode()
        assert checkpoint.published_at == ledger.at

    def test_a_full_batch_leaves_the_rest_to_the_next_round(self, ledger: Ledger) -> None:
        ledger.write(5)
        assert [(done.taken, done.more) for done in (ledger.round(batch=3), ledger.round(batch=3))] == [
            (3, True),
            (2, False),
        ]
        assert [place for _, place in places()] == [0, 1, 2, 3, 4]

    def test_a_row_that_commits_late_is_not_missed(self, ledger: Ledger) -> None:
        early, _ = ledger.write(2)
        late = early - 1
        ledger.round()
        with scope.writing():
            Entry.objects.create(pk=late, at=AT, event="toy.late")
        ledger.round()
        assert places() == [(late, 2), (early, 0), (early + 1, 1)]
        assert ledger.checked().sound

    def test_every_leaf_is_proven(self, ledger: Ledger) -> None:
        entries = ledger.write(300)
        seal = ledger.submit("ev1-a")
        ledger.round()
        ledger.write(7)
        ledger.round()
        for place, entry in [*enumerate(entries)][::37]:
            proof = queries.proof_of_entry(entry, store=ledger.store)
            assert proof is not None
            assert proof.index == place
            assert proof.opening is not None
            assert journal_leaf(proof.opening.salt, proof.opening.entry) == proof.leaf
            assert tlog_proof.parse(proof.tlog_proof).proves(proof.leaf)
        sealed = queries.proof_of_submission(seal.pk, store=ledger.store)
        assert sealed is not None
        assert (sealed.leaf, sealed.index, sealed.opening) == (b"ev1-a", 300, None)
        assert tlog_proof.parse(sealed.tlog_proof).proves(b"ev1-a")

    def test_the_canonical_entry_says_what_the_row_says(self, ledger: Ledger) -> None:
        home = organisation("alpha")
        with scope.writing():
            entry = record(event="toy.done", at=AT, by=None, organisation=home, subject="G60-1", details={"a.b": 2})
        ledger.round()
        proof = queries.proof_of_entry(entry.pk, store=ledger.store)
        assert proof is not None
        assert proof.opening is not None
        assert proof.opening.entry.decode() == (
            f'{{"at":"2026-03-02T01:30:00.000000Z","details":{{"a.b":2}},"event":"toy.done","id":{entry.pk},'
            '"internal":false,"organisation":"alpha","schema":"entry/1","subject":"G60-1"}'
        )

    @pytest.mark.parametrize("published", [False, True])
    def test_there_is_no_proof_before_publication(self, ledger: Ledger, *, published: bool) -> None:
        [entry] = ledger.write(1)
        seal = ledger.submit("ev1-a")
        ledger.away(0 if published else 4)
        assert queries.proof_of_entry(entry, store=ledger.store) is None
        ledger.round()
        assert (queries.proof_of_entry(entry, store=ledger.store) is not None) is published
        assert (queries.proof_of_submission(seal.pk, store=ledger.store) is not None) is published

    def test_nothing_is_proven_of_what_is_not_there(self, ledger: Ledger) -> None:
        ledger.write(1)
        ledger.round()
        assert queries.proof_of_entry(10**9, store=ledger.store) is None
        assert queries.proof_of_submission(10**9, store=ledger.store) is None

    def test_erasing_a_salt_erases_the_opening_and_nothing_else(self, ledger: Ledger) -> None:
        erased, kept = ledger.write(2)
        ledger.round()
        Salt.objects.filter(entry=erased).delete()
        assert queries.proof_of_entry(erased, store=ledger.store) is None
        assert queries.proof_of_entry(kept, store=ledger.store) is not None
        found = ledger.checked()
        assert (found.sound, found.erased, found.entries) == (True, 1, 2)


class TestWitnesses:
    def test_three_away_and_it_is_published(self, ledger: Ledger) -> None:
        ledger.away(3)
        ledger.write(1)
        assert ledger.round().published
        note = checkpoints.open_checkpoint(
            Checkpoint.objects.get().note.encode(),
            log=ledger.log,
            witnesses=[*ledger.installation.policy.witnesses.values()],
            sm2=[keys.sm2_verifier for keys in ledger.witnesses.keys.values()],
        )
        assert set(note.cosigners) == set(note.sm2) == set(ledger.witnesses.keys) - ledger.witnesses.away
        assert note.unknown == ()

    def test_four_away_and_it_waits_until_one_is_back(self, ledger: Ledger) -> None:
        ledger.away(4)
        ledger.write(2)
        assert not ledger.round().published
        ledger.write(1)
        assert not ledger.round().published
        assert ledger.store.get(CHECKPOINT) is None
        assert [*Checkpoint.objects.values_list("size", "published_at")] == [(3, None), (2, None)]
        ledger.away(3)
        done = ledger.round()
        assert (done.taken, done.size, done.published) == (0, 3, True)
        assert [*Checkpoint.objects.values_list("size", flat=True)] == [3]
        assert ledger.checked().sound

    def test_who_was_away_catches_up(self, ledger: Ledger) -> None:
        ledger.write(5)
        ledger.round()
        ledger.away(3)
        gone = sorted(ledger.witnesses.away)
        ledger.write(300)
        ledger.round()
        assert [*Cosigner.objects.filter(name__in=gone).values_list("size", "refusal")] == [(5, "no_answer")] * 3
        ledger.away(0)
        ledger.later(seconds=61)
        assert ledger.round().published
        assert {ledger.witnesses.size(name) for name in gone} == {305}
        assert [*Cosigner.objects.filter(name__in=gone).values_list("size", "refusal")] == [(305, "")] * 3

    def test_a_witness_that_lost_count_of_us_is_asked_again_from_where_it_stands(self, ledger: Ledger) -> None:
        ledger.write(5)
        ledger.round()
        Cosigner.objects.update(size=2)
        ledger.write(1)
        assert ledger.round().published
        assert {*Cosigner.objects.values_list("size", flat=True)} == {6}

    def test_with_nothing_new_it_is_published_anew_every_ten_minutes(self, ledger: Ledger) -> None:
        ledger.write(1)
        ledger.round()
        first = ledger.store.get(CHECKPOINT)
        asked = len(ledger.witnesses.asked)
        ledger.later(minutes=9)
        ledger.round()
        assert len(ledger.witnesses.asked) == asked
        ledger.later(minutes=1)
        ledger.round()
        assert len(ledger.witnesses.asked) == asked + 9
        assert ledger.store.get(CHECKPOINT) not in {None, first}
        assert Checkpoint.objects.get().published_at == ledger.at
        assert ledger.checked().sound

    def test_an_empty_log_asks_nobody(self, ledger: Ledger) -> None:
        done = ledger.round()
        assert (done.taken, done.size, done.published) == (0, 0, True)
        assert ledger.witnesses.asked == []
        assert ledger.checked().sound


class TestCosts:
    @staticmethod
    def _statements(ledger: Ledger) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            ledger.round()
        return [" ".join(re.findall(r"[A-Za-z_]{3,}", one["sql"])[:2]) for one in captured.captured_queries]

    def test_a_round_costs_the_same_for_one_row_and_for_a_thousand(self, ledger: Ledger) -> None:
        ledger.write(1)
        ledger.submit("ev1-first")
        ledger.round()
        ledger.write(1)
        ledger.submit("ev1-a")
        one = self._statements(ledger)
        ledger.write(900)
        for n in range(100):
            ledger.submit(f"ev1-{n}")
        assert self._statements(ledger) == one
        assert len(one) < 60
        assert queries.size() == 1004

    def test_an_act_costs_what_it_cost(self, ledger: Ledger) -> None:
        ledger.round()
        with scope.writing(), CaptureQueriesContext(connection) as captured:
            record(event="toy.happened", at=AT, by=None)
        assert [one["sql"][:30] for one in captured.captured_queries] == ['INSERT INTO "journal_entry" ("']


class TestSubmitting:
    def test_the_same_leaf_again_is_the_same_submission(self, ledger: Ledger) -> None:
        assert ledger.submit("ev1-a").pk == ledger.submit("ev1-a").pk

    def test_another_leaf_under_the_same_subject_is_refused(self, ledger: Ledger) -> None:
        ledger.submit("ev1-a", leaf=b"one")
        with pytest.raises(Conflict) as refused:
            ledger.submit("ev1-a", leaf=b"two")
        assert refused.value.code == "ledger.subject_taken"

    @pytest.mark.parametrize(("kind", "leaf"), [("journal", b"x"), ("seal", b""), ("seal", b"x" * 1025)])
    def test_what_is_no_leaf_is_refused(self, kind: str, leaf: bytes) -> None:
        with scope.writing(), pytest.raises(InvalidInput) as refused:
            submit(leaf=leaf, kind=kind, subject="a", organisation=None, at=AT)
        assert refused.value.code == "ledger.leaf"

    def test_outside_of_a_transaction_it_is_refused(self) -> None:
        with pytest.raises(TransactionManagementError):
            submit(leaf=b"x", kind="seal", subject="a", organisation=None, at=AT)

    def test_it_vanishes_with_the_act_that_is_undone(self, ledger: Ledger) -> None:
        def undone() -> None:
            with scope.writing():
                submit(leaf=b"x", kind="seal", subject="a", organisation=organisation("alpha"), at=AT)
                raise KeyError

        with pytest.raises(KeyError):
            undone()
        assert ledger.round().size == 0


class TestWalls:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE journal_entry SET leaf_index = 7",
            "UPDATE journal_entry SET leaf_index = NULL",
            "UPDATE journal_entry SET event = 'toy.other'",
            "DELETE FROM journal_entry",
            "UPDATE ledger_submission SET leaf_index = 7",
            "UPDATE ledger_submission SET subject = 'other'",
            "DELETE FROM ledger_submission",
            "UPDATE ledger_salt SET entry_id = entry_id",
        ],
    )
    def test_the_database_refuses_to_change_what_is_in_the_log(self, ledger: Ledger, statement: str) -> None:
        ledger.write(1)
        ledger.submit("ev1-a")
        ledger.round()
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert ledger.checked().sound

    @pytest.mark.parametrize("also", ["event = 'toy.other'", "at = '2020-01-01'", "details = '{}'"])
    def test_giving_a_place_changes_nothing_else(self, ledger: Ledger, also: str) -> None:
        ledger.write(1)
        with (
            scope.writing(),
            pytest.raises(Error, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE journal_entry SET leaf_index = 7, {also}")  # noqa: S608  one of the above

    def test_no_two_rows_have_one_place(self, ledger: Ledger) -> None:
        ledger.write(2)
        with (
            scope.writing(),
            pytest.raises(Error, match=re.compile("unique|one_entry", re.IGNORECASE)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE journal_entry SET leaf_index = 7")

    @pytest.mark.postgres
    @pytest.mark.parametrize("table", [Salt, Submission])
    def test_nobody_but_the_system_reads_salts_and_leaves(self, ledger: Ledger, table: type[Salt | Submission]) -> None:
        ledger.write(1)
        ledger.submit("ev1-a")
        ledger.round()
        assert table._default_manager.count() == 1
        scope.enter(str(organisation("alpha").scope.id))
        assert table._default_manager.count() == 0


class TestAlone:
    def test_while_one_sequences_another_does_not(self, ledger: Ledger) -> None:
        ledger.write(1)
        held, let_go = Event(), Event()

        def hold() -> None:
            with ledger_cursor.sole_sequencer() as alone:
                assert alone
                held.set()
                let_go.wait(timeout=30)
            connection.close()

        other = Thread(target=hold)
        other.start()
        try:
            assert held.wait(timeout=30)
            scope.enter(scope.SYSTEM)
            done = sequencing.sequence(
                ledger.installation, now=ledger.now, random_bytes=ledger.chance.randbytes, witnesses=ledger.witnesses
            )
            assert done is None
        finally:
            let_go.set()
            other.join()
        assert ledger.round().taken == 1

    def test_it_is_let_go_of_after_a_round_that_failed(self, ledger: Ledger) -> None:
        with pytest.raises(KeyError), ledger_cursor.sole_sequencer():
            raise KeyError
        ledger.write(1)
        assert ledger.round().taken == 1
        assert Standing.objects.count() == 1
