"""The law that applies to a matter, as its page shows it: what decides the version, the articles, what to look at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from concord.casework.queries import Seen
from concord.entrypoints.workspace.presenting import Glass, words
from concord.foundation.database.clock import legal_date
from concord.rules.law import Provision, applicable_to


def told_law(known: Seen, glass: Glass) -> dict[str, Any] | None:
    """The articles by what decides their version, and the notes; None when the facts name no cause."""
    begun_on = legal_date(known.matter.begun_at)
    found = applicable_to(glass.charter.laws, known.facts, measured_on=glass.today, begun_on=begun_on)
    if found is None:
        return None
    groups = (
        (_("实体法（按行为终了之日）"), found.substantive),
        (_("执法职权（按采取措施之日，今日）"), found.powers),
        (_("程序（按事项开始之日）"), found.procedure),
    )
    return {
        "groups": [{"label": label, "articles": told_articles(listed)} for label, listed in groups if listed],
        "notes": [
            {
                "text": words(note.said),
                "articles": told_articles(note.other),
                "ground": next(iter(told_articles([note.provision] if note.provision else [])), None),
            }
            for note in found.notes
        ],
    }


def told_articles(provisions: Iterable[Provision]) -> list[dict[str, str]]:
    """Articles as they are cited, each with its label and what it is about."""
    return [{"source": words(one.label.said), "article": one.citation, "about": words(one.said)} for one in provisions]
