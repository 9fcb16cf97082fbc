"""What the acts of procedures do with items, and how answers that name items are resolved."""

from __future__ import annotations

from collections.abc import Sequence

from concord.capabilities.evidence import guards, handing_over, presenting, receipts, recognition, telling
from concord.casework.letters import TELLERS
from concord.casework.models import Act, Audience
from concord.casework.queries import Parties
from concord.casework.registry import RESOLVERS, Occasion, follower, handler
from concord.foundation.journal import commands as journal
from concord.rules.procedure import FieldType

__all__ = ["guards", "receipts"]

RESOLVERS[FieldType.EVIDENCE] = presenting.refused
TELLERS[FieldType.EVIDENCE] = telling.lines
journal.REFUSALS["evidence.use_not_allowed"] = "evidence.use_refused"


@follower
def items_follow(act: Act, parties: Parties, sides: Sequence[Audience]) -> None:  # noqa: ARG001  every follower's shape
    """Items told in a matter are shown to whoever sees it."""
    presenting.present(act, sides)


@handler("evidence.hand_over")
def hand_over(act: Act, occasion: Occasion) -> None:
    """The items of the matter are on their way to the receiver."""
    handing_over.give(act, receiver=occasion.parties["receiver"][0], by=occasion.by)


@handler("evidence.receive")
def receive(act: Act, occasion: Occasion) -> None:
    """The receiver has the items, and those that meet what it asks for are presumed."""
    recognition.presume(handing_over.receive(act, by=occasion.by), act, by=occasion.by)


@handler("evidence.decline_receipt")
def decline_receipt(act: Act, occasion: Occasion) -> None:
    """The items stay with the giver."""
    handing_over.decline(act, by=occasion.by)


@handler("evidence.recognise")
def recognise(act: Act, occasion: Occasion) -> None:
    """The receiver recognises items."""
    recognition.recognise(act, by=occasion.by)


@handler("evidence.object")
def object_to(act: Act, occasion: Occasion) -> None:
    """The receiver objects to items."""
    recognition.object_to(act, by=occasion.by)


@handler("evidence.lift_objection")
def lift_objection(act: Act, occasion: Occasion) -> None:
    """The receiver takes its objections back."""
    recognition.lift(act, by=occasion.by)


@handler("evidence.consent")
def consent(act: Act, occasion: Occasion) -> None:
    """The collector allows the receiver a use beyond the handling code."""
    handing_over.consent(act, to=occasion.parties["receiver"][0], by=occasion.by)
