"""Words of an older edition are written anew, in the background and some hundreds of matters at a time.

Meanwhile acts go on and write the words of their own matters; a matter is locked while its words are written, by an act
or here. Whoever is stopped half-way goes on where the last batch ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from concord.casework.desk import search
from concord.casework.models import Matter
from concord.casework.models.desk import WordsEdition
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.jobs.contracts import Every, Payload
from concord.foundation.jobs.registry import job

AT_ONCE = 500
A_RUN = 50_000


@job("words.refill", schedule=Every(timedelta(minutes=5)), lease=timedelta(minutes=30))
def refill_older(*, payload: Payload, at: datetime) -> None:  # noqa: ARG001  every handler has this shape
    """Bring the words of so many matters to the present edition; nothing once all of them are."""
    if WordsEdition.objects.filter(edition=search.EDITION, done=True).exists():
        return
    brought = 0
    while brought < A_RUN and (more := _bring()):
        brought += more


def refill() -> int:
    """Write the words of every matter anew whatever edition they are; returns how many matters there are.

    It may be run again at any time.
    """
    with writing():
        WordsEdition.objects.update(reached=0, done=False)
    brought = 0
    while more := _bring():
        brought += more
    return brought


def _bring() -> int:
    """Write the words of the next matters anew; returns how many, none when all are of the present edition."""
    with writing():
        WordsEdition.objects.get_or_create(id=1)
        held = locked(WordsEdition.objects.all()).get(id=1)
        if held.edition != search.EDITION:
            held.edition, held.reached, held.done = search.EDITION, 0, False
        rows = Matter.objects.filter(id__gt=held.reached).select_related("procedure_version").order_by("id")
        batch = list(locked(rows.defer("procedure_version__text"))[:AT_ONCE])
        if batch:
            search.keep_words(batch)
            held.reached = batch[-1].id
        held.done = not batch
        held.save()
        return len(batch)
