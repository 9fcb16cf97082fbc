"""Guards against interests of those who are to be neutral."""

from __future__ import annotations

from concord.casework.registry import Occasion, guard
from concord.rules.errors import InvalidInput, Problem, Said


@guard("impartiality.conflict_is_settled")
def conflict_is_settled(occasion: Occasion) -> None:
    """Whoever has an interest in the matter serves only if all parties, told of it, agree (特邀调解规定 15, 16)."""
    if occasion.answers["conflict_declared"] == "open":
        said = Said("有利害关系且未获各方同意的应当回避，请另选一人。", "One with an open interest withdraws.")
        raise InvalidInput("impartiality.conflict", said, problems=(Problem("conflict_declared", "conflict", said),))
