"""Proofs from the ledger for those who may see what they prove: journal entries, and the acts that they tell of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from django.db.models import Q

from concord.casework.queries import READ, Seen, acts_known, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.journal.models import Entry
from concord.foundation.journal.policy import READ as READ_JOURNAL
from concord.foundation.ledger import queries
from concord.foundation.ledger.policy import READ as READ_LEDGER
from concord.foundation.ledger.queries import Proof
from concord.rules.errors import NotFound, Said

State: TypeAlias = Literal["logged", "waiting", "erased"]
LOGGED: Final = "logged"
WAITING: Final = "waiting"
ERASED: Final = "erased"


@dataclass(frozen=True, slots=True)
class Mark:
    """How an act stands in the ledger: the journal's entry of it, and whether a published checkpoint covers that."""

    entry: int
    logged: bool


@dataclass(frozen=True, slots=True)
class EntryProof:
    """A journal entry and its proof: ``waiting`` without one yet, ``erased`` once its salt is gone for good."""

    entry: Entry
    state: State
    proof: Proof | None


def marks_of(known: Seen, *, by: Actor) -> Mapping[int, Mark]:
    """How the acts of a matter stand in the ledger, by their number, in two queries.

    Nothing without ``ledger:read``, nor before the first checkpoint was published.
    """
    size = published_size() if by.may(READ_LEDGER) else 0
    if size == 0:
        return {}
    entries = Entry.objects.filter(matter_uid=known.matter.uid, event__startswith=f"{known.matter.procedure}.")
    shown = entries.filter(Q(internal=False) | Q(organisation=by.organisation))
    return {
        details["seq"]: Mark(entry, place is not None and place < size)
        for entry, details, place in shown.values_list("id", "details", "leaf_index")
        if "seq" in details
    }


def marks_of_entries(entries: Iterable[Entry], *, by: Actor) -> Mapping[int, Mark]:
    """How entries of the journal that were shown stand in the ledger, by their id; nothing as in ``marks_of``."""
    size = published_size() if by.may(READ_LEDGER) else 0
    if size == 0:
        return {}
    return {one.pk: Mark(one.pk, one.leaf_index is not None and one.leaf_index < size) for one in entries}


def published_size() -> int:
    """The place before which every leaf is covered by a published checkpoint."""
    return queries.published_until()


def proof_for(*, entry: int, by: Actor) -> EntryProof:
    """A journal entry that the actor may see, and its proof.

    Such are the entries of one's own organisation, for readers of its journal, and those of acts that one's side of a
    visible matter knows of. Raises NotFound ``journal.no_entry``.
    """
    found = Entry.objects.filter(id=entry).select_related("organisation", "person", "post").first()
    if found is None or not _may_see(found, by):
        raise NotFound(
            "journal.no_entry",
            Said("没有找到这条流水，或者您无权查看。", "No such entry of the journal, or it is not shown to you."),
        )
    proof = queries.proof_of_entry(found.pk)
    if proof is not None:
        return EntryProof(found, LOGGED, proof)
    covered = found.leaf_index is not None and found.leaf_index < published_size()
    return EntryProof(found, ERASED if covered else WAITING, None)


def _may_see(entry: Entry, by: Actor) -> bool:
    if not by.may(READ_LEDGER):
        return False
    if by.may(READ_JOURNAL) and entry.organisation_id == by.organisation.id:
        return True
    procedure, _dot, act = entry.event.partition(".")
    if not by.may(READ) or entry.matter_uid is None or "seq" not in entry.details:
        return False
    matter = visible_to(by).filter(uid=entry.matter_uid, procedure=procedure).first()
    return matter is not None and acts_known(matter, by=by).filter(seq=entry.details["seq"], act=act).exists()
