"""From a signed checkpoint to a published one: the witnesses are asked, and with a quorum everyone may read it.

Without a quorum nothing is published and nothing is lost: the next round asks again. The quorum is never lowered.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from concord.foundation.database.scope import writing
from concord.foundation.ledger.lock import Signed
from concord.foundation.ledger.log import Log
from concord.foundation.ledger.models import Checkpoint, Cosigner
from concord.foundation.ledger.policy import CAUGHT_UP_AFTER, REFRESHED_AFTER, frozen
from concord.foundation.ledger.store import CHECKPOINT
from concord.foundation.ledger.witnesses import Question, Told, ask_all
from concord.proofs import checkpoints, notes, tiles

GONE_ELSEWHERE = frozenset({"ahead", "fork", "422"})
"""Refusals of a witness that signed what this log no longer knows."""


def noted(signed: Signed, *, at: datetime) -> None:
    """Keep a signed state as a row, unpublished as yet; one that is there already stays."""
    with writing():
        Checkpoint.objects.get_or_create(
            size=signed.size, defaults={"root": signed.root, "note": signed.note.decode(), "made_at": at}
        )


def is_due(signed: Signed, *, at: datetime) -> bool:
    """Whether witnesses are to be asked: it is unpublished, or some are behind, or its signatures are old."""
    if signed.size == 0:
        return False
    last = Checkpoint.objects.filter(published_at__isnull=False).order_by("-size").first()
    if last is None or last.published_at is None or last.size < signed.size:
        return True
    behind = Cosigner.objects.filter(size__lt=signed.size).exists()
    return at - last.published_at >= (CAUGHT_UP_AFTER if behind else REFRESHED_AFTER)


def publish(log: Log, signed: Signed) -> bool:
    """Ask the witnesses to co-sign; with a quorum of them publish the checkpoint.

    False without a quorum. Raises Unavailable ``ledger.frozen`` when so many witnesses have seen a longer or another
    log that there can be none.
    """
    told = _asked(log, signed)
    _remember(log, told, at=log.now())
    note = checkpoints.with_signatures(signed.note, [line for one in told for line in one.lines])
    policy = log.installation.policy
    if not policy.satisfied(log.open(note).cosigners):
        gone = {one.name for one in told if one.refusal in GONE_ELSEWHERE}
        if not policy.satisfied(policy.witnesses.keys() - gone):
            raise frozen("witnesses_ahead")
        return False
    log.store.put(CHECKPOINT, note)
    at = log.now()
    with writing():
        Checkpoint.objects.update_or_create(
            size=signed.size,
            defaults={"root": signed.root, "note": note.decode(), "published_at": at},
            create_defaults={"root": signed.root, "note": note.decode(), "made_at": at, "published_at": at},
        )
        # Nobody was shown these, and this one goes on from each of them.
        Checkpoint.objects.filter(published_at__isnull=True, size__lt=signed.size).delete()
    return True


def _asked(log: Log, signed: Signed) -> list[Told]:
    standing = dict(Cosigner.objects.values_list("name", "size"))
    question = Question(
        signed.note, signed.size, lambda old: tiles.consistency(log.store.get, old, signed.size) if old else ()
    )

    def enough(names: Collection[str]) -> bool:
        return log.installation.policy.satisfied(names)

    return ask_all(log.witnesses, log.installation.witnesses, question, standing=standing, enough=enough)


def _remember(log: Log, told: list[Told], *, at: datetime) -> None:
    """Keep how far each witness is, in two statements however many there are."""
    known = {row.name: row for row in Cosigner.objects.all()}
    rows = []
    answers = {one.name: one for one in told}
    for witness in log.installation.witnesses:
        row = known.get(witness.name) or Cosigner(name=witness.name)
        answer = answers.get(witness.name, Told(witness.name, refusal="no_answer"))
        if answer.lines and answer.size is not None:
            row.size = answer.size
            row.cosigned_at = datetime.fromtimestamp(notes.time_of(answer.lines[0].signature), tz=UTC)
            row.refusal = ""
        else:
            row.refused_at, row.refusal = at, answer.refusal
        rows.append(row)
    fields = ["size", "cosigned_at", "refused_at", "refusal"]
    with writing():
        Cosigner.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=fields)
