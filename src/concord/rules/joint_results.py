"""The figures of a joint operation: one number each, the sum of what those who took part reported."""

from __future__ import annotations

from collections.abc import Mapping

from concord.rules.canonical import JSON
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.procedure import FieldType, Procedure

TOTAL = "total_"


def require_totals(
    procedure: Procedure,
    *,
    taking_part: Mapping[int, Said],
    reports: Mapping[int, Mapping[str, JSON]],
    told: Mapping[str, JSON],
) -> None:
    """Refuse totals that are not the sums of the reports, or come before all have reported.

    ``taking_part`` names the authorities by key, ``reports`` holds the last report of each (of others: not counted).
    A field ``total_x`` is the sum of the reports' ``x``. Raises Conflict ``operation.not_all_reported``, InvalidInput
    ``operation.wrong_total`` with every wrong total and what it should be.
    """
    missing = [said for key, said in taking_part.items() if key not in reports]
    if missing:
        zh, en = "、".join(said.zh for said in missing), ", ".join(said.en for said in missing)
        said = Said(f"{zh}尚未报送结果，请先催报。", f"{en} have not reported yet; ask them first.")
        raise Conflict("operation.not_all_reported", said)
    problems: list[Problem] = []
    for field in procedure.fields:
        if not field.id.startswith(TOTAL):
            continue
        own = field.id.removeprefix(TOTAL)
        figures = (reports[key].get(own) for key in taking_part)
        total = sum(figure for figure in figures if isinstance(figure, int))
        if told.get(field.id) != total:
            shown = f"{total // 100}.{total % 100:02}" if field.type is FieldType.MONEY else str(total)
            said = Said(f"应为各机关报送数之和 {shown}。", f"The sum of what was reported is {shown}.")
            problems.append(Problem(field.id, "wrong_total", said))
    if problems:
        said = Said("总数与各机关报送数之和不一致，请更正。", "Totals differ from the sums of the reports; mend them.")
        raise InvalidInput("operation.wrong_total", said, problems=tuple(problems))
