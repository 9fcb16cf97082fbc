"""Guards that keep those who mediate or are sent neutral, and what is said to them apart."""

from concord.casework.guards.refusing import require
from concord.casework.registry import Occasion, guard


@guard("impartiality.conflict_is_settled")
def conflict_is_settled(occasion: Occasion) -> None:
    """Whoever has an interest in the matter serves only if all parties, told of it, agree (特邀调解规定 15, 16)."""
    zh, en = "有利害关系且未获各方同意的应当回避，请另选一人。", "One with an open interest withdraws; name another."
    settled = occasion.answers["conflict_declared"] != "open"
    require("conflict_declared", "impartiality.conflict", zh, en, holds=settled)


@guard("mediation.kept_apart")
def kept_apart(occasion: Occasion) -> None:
    """Nothing said in a mediation serves enforcement (人民调解法 15(4), 在线调解规则 18)."""
    zh, en = "调解材料须与执法案卷分开，请选择“仅限调解使用”。", "Choose “Mediation only”: it stays apart."
    require("handling", "mediation.not_apart", zh, en, holds=occasion.answers["handling"] == "mediation_only")
