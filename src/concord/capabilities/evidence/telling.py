"""How the letters of acts tell of items: one line each, as the tables of papers take them."""

from __future__ import annotations

from collections.abc import Sequence

from concord.capabilities.evidence.models import Item, Recognition
from concord.casework.models import Act
from concord.foundation.database.clock import legal_date
from concord.foundation.organisations.queries import charter_on

KINDS, GROUNDS = "evidence_kinds", "evidence_grounds"
SHORT_PACKAGE = 16
BAR, INSTEAD = "|", "/"


def lines(act: Act, numbers: Sequence[str]) -> list[str]:
    """The items' number, title, kind and package, and what the acting organisation thinks of them, in Chinese."""
    lists = charter_on(legal_date(act.at)).code_lists
    items = Item.objects.filter(number__in=numbers).select_related("sealed")
    known = {item.number: item for item in items}
    said = Recognition.objects.filter(item__in=items, organisation=act.organisation, current=True)
    opinions = {one.item_id: one for one in said}
    told: list[str] = []
    for item in (known[number] for number in numbers if number in known):
        parts = [
            item.number,
            item.title.replace(BAR, INSTEAD),
            lists[KINDS][item.kind].zh,
            item.sealed.package[:SHORT_PACKAGE] if item.sealed else "",
        ]
        opinion = opinions.get(item.id)
        if opinion is not None:
            ground = f"（{lists[GROUNDS][opinion.ground].zh}）" if opinion.ground else ""
            parts.append(f"{opinion.get_outcome_display()}{ground}")
        told.append(BAR.join(parts))
    return told
