"""Guards of mediation."""

from __future__ import annotations

from concord.casework.registry import Occasion, guard
from concord.rules.errors import InvalidInput, Problem, Said


@guard("mediation.kept_apart")
def kept_apart(occasion: Occasion) -> None:
    """Nothing said in a mediation serves enforcement (人民调解法 15(4), 在线调解规则 18)."""
    if occasion.answers["handling"] != "mediation_only":
        said = Said("调解材料须与执法案卷分开，请选择“仅限调解使用”。", "Choose “Mediation only”: it stays apart.")
        raise InvalidInput("mediation.not_apart", said, problems=(Problem("handling", "not_apart", said),))
