"""Whether a checkpoint of somebody else's, signed by the log, goes together with the tree that we know."""

from __future__ import annotations

from concord.proofs import merkle, tiles
from concord.proofs.checkpoints import Checkpoint
from concord.rules.errors import ConcordError
from concord.witness import mirror
from concord.witness.mirror import Folder
from concord.witness.protocol import Standing
from concord.witness.sites import Get
from concord.witness.state import Outcome


def weighed(theirs: Checkpoint, ours: Standing, held: merkle.Range, folder: Folder) -> Outcome:
    """How ``theirs`` compares with what we cosigned and mirror; nobody else is asked.

    A tree larger than ours, and one that lies beyond the mirror, stay unproven until we have grown to their size.
    """
    if theirs.size == ours.size:
        root = ours.root
    elif theirs.size <= held.size:
        try:
            root = mirror.root_at(folder, held, theirs.size)
        except ConcordError:
            return Outcome.UNPROVEN
    else:
        return Outcome.UNPROVEN
    return Outcome.AGREES if root == theirs.root else Outcome.FORK


def proven_by_log(theirs: Checkpoint, ours: Standing, get: Get) -> bool:
    """Whether the log itself can show that ``theirs`` grew from our smaller tree; what it serves need not be believed.

    That it cannot proves nothing yet: it may be unreachable, or ``theirs`` of a tree that it does not show us.
    """
    if not 0 < ours.size < theirs.size:
        return False
    try:
        proof = tiles.consistency(mirror.served(get), ours.size, theirs.size)
    except ConcordError:
        return False
    return merkle.verify_consistency(ours.size, theirs.size, proof, ours.root, theirs.root)
