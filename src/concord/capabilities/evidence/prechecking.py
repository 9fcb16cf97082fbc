"""The pre-check (取证预检): what each city will want of evidence, before it is collected and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from concord.capabilities.evidence.models import Item
from concord.capabilities.evidence.traits import traits_of
from concord.foundation.organisations.queries import charter_on
from concord.rules.evidence.requirements import Requirement, missing, wanted


def precheck(
    *, members: Sequence[str], cause: str, kinds: Sequence[str], on: date
) -> dict[str, dict[str, tuple[Requirement, ...]]]:
    """What the charter in force ``on`` that day has each member (by code) ask for of each kind."""
    requirements = charter_on(on).evidence.requirements
    return {
        member: {kind: wanted(requirements, member=member, cause=cause, kind=kind) for kind in kinds}
        for member in members
    }


def precheck_item(item: Item, member: str, on: date) -> tuple[Requirement, ...]:
    """What the member will miss in the item as it is now; the caller has checked that the item may be seen."""
    return missing(charter_on(on).evidence.requirements, traits_of(item), member=member)
