"""Guards of the patent pool."""

from concord.casework.guards.refusing import require
from concord.casework.registry import Occasion, guard


@guard("pool.other_terms_have_a_reason")
def other_terms_have_a_reason(occasion: Occasion) -> None:
    """Licensees in the same position get the same terms, unless there is a good reason (规定 17(3), 20)."""
    told = occasion.answers
    zh, en = "适用不同条款的，请写明正当理由。", "Give the good reason for other terms."
    holds = told["terms_basis"] == "equal" or "deviation_reason" in told
    require("deviation_reason", "pool.no_reason", zh, en, holds=holds)
