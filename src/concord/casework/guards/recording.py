"""Guards of acts that record what happened elsewhere."""

from __future__ import annotations

from datetime import datetime

from concord.casework.registry import Occasion, guard
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import FieldType


@guard("recording.days_are_not_ahead")
def days_are_not_ahead(occasion: Occasion) -> None:
    """What is recorded as having happened, happened: no day told lies after the act."""
    problems: list[Problem] = []
    for name in occasion.act.asks:
        field, told = occasion.procedure.field(name), occasion.answers.get(name)
        if told is None or field.type not in {FieldType.DATE, FieldType.DATETIME}:
            continue
        moment = datetime.fromisoformat(str(told))
        later = moment > occasion.at if field.type is FieldType.DATETIME else moment.date() > occasion.today
        if later:
            said = Said(f"“{field.zh}”不能晚于现在，请核对。", f"“{field.en}” cannot lie ahead; check it.")
            problems.append(Problem(name, "ahead", said))
    if problems:
        raise InvalidInput("recording.day_ahead", problems[0].said, problems=tuple(problems))
