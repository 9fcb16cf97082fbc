"""Guards of votes among the members."""

from concord.casework.guards.refusing import require
from concord.casework.models import Act, ClockRun
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.models import Kind, Organisation
from concord.rules.votes import require_result


@guard("governance.every_member_votes")
def every_member_votes(occasion: Occasion) -> None:
    """A motion goes to every member, or some would never be asked."""
    holds = len(occasion.parties["voting"]) == Organisation.objects.filter(kind=Kind.MEMBER).count()
    zh, en = "议案须送全体成员表决，请选择全部成员。", "A motion goes to all members; choose every one."
    require("voting", "governance.not_all_members", zh, en, holds=holds)


@guard("governance.result_as_counted")
def result_as_counted(occasion: Occasion) -> None:
    """The result follows from the votes, once all are cast or the time is over."""
    cast = Act.objects.filter(matter=occasion.matter, act="vote").values_list("answers__ballot", flat=True)
    open_to = ClockRun.objects.filter(matter=occasion.matter, clock="voting_time", running=True)
    last_day = open_to.values_list("legal_due", flat=True).first()
    carried, members = occasion.act.id == "declare_carried", len(occasion.parties["voting"])
    require_result(cast, occasion.answers, carried=carried, members=members, last_day=last_day, today=occasion.today)
