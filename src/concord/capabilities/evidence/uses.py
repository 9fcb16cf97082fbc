"""What an organisation may do with an item that another one collected: the codes it came under, and what was allowed.

The collector itself is bound by nothing here. The strictest code holds: the item's own, and the one of the matter it
was given in; where it was given several times, one giving that allows the use is enough.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from concord.capabilities.evidence.models import Consent, Item, Presentation
from concord.casework.models import Matter
from concord.foundation.organisations.models import Organisation
from concord.rules.errors import NotAllowed
from concord.rules.evidence.handling import Refusal, Use, allowed

MEDIATION = "mediation_only"


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms an item is held: its own code, those it was given under, where, and which uses are consented to."""

    code: str
    given: frozenset[str]
    matters: frozenset[int]
    cases: frozenset[int]
    belonging: frozenset[str]
    consents: frozenset[str]

    def in_case(self, matter: Matter) -> bool:
        """Whether ``matter`` belongs to the case the item was given in, by what the giver itself has said."""
        return (
            matter.id in self.matters
            or (matter.case_id is not None and matter.case_id in self.cases)
            or not self.belonging.isdisjoint({matter.number, str(matter.uid)})
        )

    def refusal(self, uses: Iterable[Use]) -> Refusal | None:
        """Why the item must not be used so; None where every use is allowed."""
        for use in uses:
            own = allowed(self.code, use, consents=self.consents)
            given = [allowed(code, use, consents=self.consents) for code in sorted(self.given)]
            if own is not None or (given and all(given)):
                return own or given[0]
        return None


def terms_of(item: Item, organisation: Organisation) -> Terms:
    """On what terms ``organisation`` holds an item that another one collected; two queries."""
    rows = Presentation.objects.filter(item=item, own=True, matter__audience__scope__organisation=organisation)
    given = list(rows.values_list("matter_id", "matter__case_id", "matter__handling", "matter__facts"))
    consents = Consent.objects.filter(item=item, organisation=organisation).values_list("use", flat=True)
    return Terms(
        code=item.handling,
        given=frozenset(handling for _, _, handling, _ in given if handling),
        matters=frozenset(matter for matter, _, _, _ in given),
        cases=frozenset(case for _, case, _, _ in given if case),
        belonging=frozenset(str(facts["belongs_to"]) for _, _, _, facts in given if facts.get("belongs_to")),
        consents=frozenset(consents),
    )


def use_in(matter: Matter, terms: Terms) -> Use:
    """What it is to use an item in ``matter``: in the same case, in another one, or in a mediation."""
    if matter.handling == MEDIATION:
        return Use.MEDIATION
    return Use.CASE if terms.in_case(matter) else Use.OTHER_CASE


def refused_use(item: Item, refusal: Refusal) -> NotAllowed:
    """The error ``evidence.use_not_allowed``: the handling code forbids the use.

    The act is undone; the journal keeps a record of the refusal (``evidence.use_refused``) by its details.
    """
    return NotAllowed(
        "evidence.use_not_allowed",
        refusal.said,
        details={"subject": item.number, "code": refusal.code, "use": refusal.use.value},
    )
