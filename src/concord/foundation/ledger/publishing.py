"""From a signed checkpoint to a published one: the witnesses are asked, and with a quorum everyone may read it.

Without a quorum nothing is published and nothing is lost: the next round asks again. The quorum is never lowered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

from concord.foundation.database.scope import writing
from concord.foundation.ledger.lock import Signed
from concord.foundation.ledger.log import Log
from concord.foundation.ledger.models import Checkpoint, Cosigner
from concord.foundation.ledger.policy import CAUGHT_UP_AFTER, REFRESHED_AFTER, frozen
from concord.foundation.ledger.store import CHECKPOINT
from concord.foundation.ledger.witnesses import Question, Told, ask_all
from concord.proofs import checkpoints, notes, tiles
from concord.rules.errors import Unavailable

GONE_ELSEWHERE = frozenset({"ahead", "fork", "422"})
"""Refusals of a witness that signed what this log no longer knows."""


def is_due(signed: Signed, *, at: datetime) -> bool:
    """Whether witnesses are to be asked: it is unpublished, or some are behind, or its signatures are old."""
    if signed.size == 0:
        return False
    published = Checkpoint.objects.filter(published_at__isnull=False).order_by("-size")
    size, published_at = published.values_list("size", "published_at").first() or (0, None)
    if published_at is None or size < signed.size:
        return True
    behind = Cosigner.objects.filter(size__lt=signed.size).exists()
    return at - published_at >= (CAUGHT_UP_AFTER if behind else REFRESHED_AFTER)


def publish(log: Log, signed: Signed) -> bool:
    """Ask the witnesses to co-sign; with a quorum of them publish the checkpoint.

    False without a quorum. Raises Unavailable ``ledger.frozen`` when so many witnesses have seen a longer or another
    log that there can be none.
    """
    log.check_own(signed.note)
    known = {row.name: row for row in Cosigner.objects.all()}
    told = _asked(log, signed, {name: row.size for name, row in known.items()})
    policy = log.installation.policy
    if not policy.satisfied(_cosigners(log, told)):
        with writing():
            _remember(log, known, told, at=log.now())
            _unpublished(signed, at=log.now())
        gone = {one.name for one in told if one.refusal in GONE_ELSEWHERE}
        if not policy.satisfied(policy.witnesses.keys() - gone):
            raise frozen("witnesses_ahead")
        return False
    note = checkpoints.with_signatures(signed.note, [line for one in told for line in one.lines])
    try:
        log.store.put(CHECKPOINT, note)
    except (OSError, Unavailable):
        with writing():
            _unpublished(signed, at=log.now())
        raise
    at = log.now()
    row = Checkpoint(size=signed.size, root=signed.root, note=note.decode(), made_at=at, published_at=at)
    with writing():
        _remember(log, known, told, at=at)
        Checkpoint.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["size"], update_fields=["root", "note", "published_at"]
        )
        # Nobody was shown these, and this one goes on from each of them.
        Checkpoint.objects.filter(published_at__isnull=True, size__lt=signed.size).delete()
    return True


def _unpublished(signed: Signed, *, at: datetime) -> None:
    """Keep a signed state as a row, to be published yet; one that is there already stays."""
    row = Checkpoint(size=signed.size, root=signed.root, note=signed.note.decode(), made_at=at)
    Checkpoint.objects.bulk_create([row], ignore_conflicts=True)


def _cosigners(log: Log, told: Sequence[Told]) -> set[str]:
    """The witnesses whose lines are good under the very keys that the policy knows them by."""
    signed = {one.name for one in told if one.lines}
    known = log.installation.policy.witnesses
    return {
        witness.name
        for witness in log.installation.witnesses
        if witness.name in signed and notes.parse_vkey(witness.vkey) == known.get(witness.name)
    }


def _asked(log: Log, signed: Signed, standing: Mapping[str, int]) -> list[Told]:
    @cache
    def consistency(old: int) -> Sequence[bytes]:
        return tiles.consistency(log.read, old, signed.size) if old else ()

    question = Question(signed.note, signed.size, consistency)

    def enough(names: Collection[str]) -> bool:
        return log.installation.policy.satisfied(names)

    return ask_all(log.witnesses, log.installation.witnesses, question, standing=standing, enough=enough)


def _remember(log: Log, known: Mapping[str, Cosigner], told: Sequence[Told], *, at: datetime) -> None:
    """Keep how far each witness is, in one statement however many there are."""
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
    Cosigner.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=fields)
