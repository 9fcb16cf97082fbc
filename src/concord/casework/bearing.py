"""Which clocks of a matter an act bears upon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from concord.casework.models import ClockRun, Matter
from concord.casework.queries import Parties
from concord.foundation.organisations.models import Organisation
from concord.rules.calendar import Calendar
from concord.rules.canonical import JSON
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Turn:
    """One act as it bears upon the clocks of its matter; ``facts`` hold what the act itself tells."""

    matter: Matter
    procedure: Procedure
    act: ActRule
    facts: Mapping[str, JSON]
    parties: Parties
    by: Organisation
    calendar: Calendar
    at: datetime

    def runs(self, *clocks: str) -> QuerySet[ClockRun]:
        """The runs of these clocks that the act bears upon: of one of several, only its own."""
        return borne_upon(self.matter, self.procedure, self.act, *clocks, by=self.by)


def borne_upon(
    matter: Matter, procedure: Procedure, act: ActRule, *clocks: str, by: Organisation
) -> QuerySet[ClockRun]:
    """The running runs of ``clocks``; of what each organisation does for itself, none but those of ``by``."""
    runs = ClockRun.objects.filter(matter=matter, clock__in=clocks, running=True)
    own = [clock for clock in clocks if act.each and procedure.clock(clock).owner == act.role]
    return runs.exclude(~Q(owner=by), clock__in=own) if own else runs
