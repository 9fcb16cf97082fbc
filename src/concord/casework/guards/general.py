"""Guards that any procedure may name."""

from __future__ import annotations

from datetime import date

from concord.casework.models import Act
from concord.casework.registry import Occasion, guard
from concord.rules.errors import Conflict, InvalidInput, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure


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
        raise signer_drafted()


def drafting_acts(procedure: Procedure, signing: ActRule) -> list[str]:
    """The acts of the signing role that prepare what ``signing`` signs."""
    return [act.id for act in procedure.acts if act.role == signing.role and act.permission != signing.permission]


def signer_drafted() -> Conflict:
    """The error for somebody who would sign a draft of their own."""
    return Conflict(
        "casework.signer_drafted",
        Said(
            "起草人或者送签人不能签发自己的文书，请由另一位负责人签发。",
            "Whoever drafted or submitted a letter cannot sign it; another leader must.",
        ),
    )
