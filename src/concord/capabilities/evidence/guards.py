"""Guards that look at items; ``rules.guards`` lists their names and what they mean."""

from __future__ import annotations

from concord.capabilities.evidence.recognition import unsettled
from concord.casework.registry import Occasion, guard
from concord.rules.errors import Conflict, Said


@guard("evidence.every_item_is_settled")
def every_item_is_settled(occasion: Occasion) -> None:
    """The opinion is signed once every item received is presumed, recognised or objected to."""
    if occasion.matter is None:
        return
    numbers = unsettled(occasion.matter, occasion.by.organisation)
    if numbers:
        raise Conflict(
            "evidence.not_settled",
            Said(
                f"下列证据项尚未认可，也未提出异议：{'、'.join(numbers)}。请逐项办理后再签发意见。",
                f"Neither recognised nor objected to: {', '.join(numbers)}. Settle each before you sign the opinion.",
            ),
        )
