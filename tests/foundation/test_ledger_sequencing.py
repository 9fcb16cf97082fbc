"""The sequencer: every row gets its place, every place its leaf, and a quorum of witnesses signs the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from concord.foundation.database import scope
from concord.foundation.journal.models import Entry
from concord.foundation.ledger import queries
from concord.foundation.ledger.models import Checkpoint, Submission
from concord.foundation.ledger.store import CHECKPOINT
from concord.proofs import tlog_proof
from concord.proofs.leaves import journal_leaf
from tests.support.ledgers import Ledger

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def test_a_round_takes_in_what_waits_and_publishes(ledger: Ledger) -> None:
    entries = ledger.write(3)
    seal = ledger.submit("ev1-a")
    done = ledger.round()
    assert (done.taken, done.size, done.published, done.more) == (4, 4, True, False)
    with scope.speaking_for(scope.SYSTEM):
        assert [*Entry.objects.order_by("id").values_list("id", "leaf_index")] == list(
            zip(entries, range(3), strict=True)
        )
        assert Submission.objects.get(pk=seal.pk).leaf_index == 3
        checkpoint = Checkpoint.objects.get()
    assert ledger.store.get(CHECKPOINT) == checkpoint.note.encode()
    assert checkpoint.published_at == ledger.at


def test_each_leaf_is_proven(ledger: Ledger) -> None:
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
