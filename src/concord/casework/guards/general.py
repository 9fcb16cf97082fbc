"""Guards that any procedure may name."""

from __future__ import annotations

from datetime import date

from concord.casework.models import Act
from concord.casework.registry import Occasion, guard
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure import refusals
from concord.rules.procedure.leading import drafting_acts


@guard("casework.promised_date_is_ahead")
def promised_date_is_ahead(occasion: Occasion) -> None:
    """A promise speaks of a day to come."""
    promised = date.fromisoformat(str(occasion.answers["promised_date"]))
    if promised <= occasion.today:
        said = Said(
            f"预计完成日期必须晚于今天（{occasion.today}）。",
            f"The promised date must be after today ({occasion.today}).",
        )
        raise InvalidInput("casework.date_not_ahead", said, problems=(Problem("promised_date", "not_ahead", said),))


@guard("casework.signer_is_not_drafter")
def signer_is_not_drafter(occasion: Occasion) -> None:
    """Four eyes: whoever wrote or handed in the draft does not sign it."""
    drafting = drafting_acts(occasion.procedure, occasion.act)
    if Act.objects.filter(matter=occasion.matter, act__in=drafting, person=occasion.by.person).exists():
        raise refusals.signer_drafted()
