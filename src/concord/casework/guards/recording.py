"""Guards of acts that record what happened elsewhere."""

from datetime import datetime

from concord.casework.registry import Occasion, guard
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import FieldType


@guard("recording.days_are_not_ahead")
def days_are_not_ahead(occasion: Occasion) -> None:
    """What is recorded as having happened, happened: no day or time told lies after the act."""
    problems: list[Problem] = []
    for field in map(occasion.procedure.field, occasion.answers):
        if field.type in {FieldType.DATE, FieldType.DATETIME}:
            told = datetime.fromisoformat(str(occasion.answers[field.id]))
            if told.date() > occasion.today if field.type is FieldType.DATE else told > occasion.at:
                said = Said(f"“{field.zh}”不能晚于现在，请核对。", f"“{field.en}” cannot lie ahead; check it.")
                problems.append(Problem(field.id, "ahead", said))
    if problems:
        raise InvalidInput("recording.day_ahead", problems[0].said, problems=tuple(problems))
