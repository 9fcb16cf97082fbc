"""Guards of votes among the members."""

from collections import Counter

from concord.casework.guards.refusing import require
from concord.casework.models import Act
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.models import Kind, Organisation
from concord.rules.errors import Conflict, Said


@guard("governance.every_member_votes")
def every_member_votes(occasion: Occasion) -> None:
    """A motion goes to every member, or some would never be asked."""
    asked = {one.code for one in occasion.parties["voting"]}
    members = set(Organisation.objects.filter(kind=Kind.MEMBER).values_list("code", flat=True))
    zh, en = "议案须送全体成员表决，请选择全部成员。", "A motion goes to all members; choose every one."
    require("voting", "governance.not_all_members", zh, en, holds=asked == members)


@guard("governance.result_as_counted")
def result_as_counted(occasion: Occasion) -> None:
    """Once all have voted or the time is over: the counts are the votes cast, the result follows from the rule.

    More than half of the members take part, and more than half of the votes cast, abstentions with them, are for it.
    """
    rows = Act.objects.filter(matter=occasion.matter, act="vote").values_list("answers__ballot", flat=True)
    votes, members = Counter(rows), len(occasion.parties["voting"])
    run = occasion.matter and occasion.matter.clocks.filter(clock="voting_time", running=True).first()
    if run and occasion.today <= run.legal_due:
        said = Said("表决期限未满，仍有成员未表决。", "The time to vote is not over, and some have not voted.")
        raise Conflict("governance.still_voting", said)
    for ballot in ("for", "against", "abstain"):
        told, counted = occasion.answers[f"votes_{ballot}"], votes[ballot]
        zh, en = f"计票结果为 {counted} 票。", f"{counted} were counted."
        require(f"votes_{ballot}", "governance.miscounted", zh, en, holds=told == counted)
    carried = 2 * votes.total() > members and 2 * votes["for"] > votes.total()
    if carried != (occasion.act.id == "declare_carried"):
        zh, en = ("通过", "was carried") if carried else ("未通过", "was not carried")
        raise Conflict("governance.other_result", Said(f"按票数议案{zh}。", f"By the votes the motion {en}."))
