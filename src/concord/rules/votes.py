"""The vote of the members on a motion: whether it is over, how it is counted, whether it is carried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from concord.rules.errors import Conflict, InvalidInput, Problem, Said

BALLOTS = ("for", "against", "abstain")


def is_carried(votes: Mapping[str, int], *, members: int) -> bool:
    """Whether a motion is carried (拟议): more than half of the members voted, more than half of them for it.

    An abstention is a vote cast, so it counts for the quorum and against the majority.
    """
    cast = sum(votes.get(ballot, 0) for ballot in BALLOTS)
    return 2 * cast > members and 2 * votes.get("for", 0) > cast


def require_result(
    cast: Iterable[str], told: Mapping[str, object], *, carried: bool, members: int, last_day: date | None, today: date
) -> None:
    """Refuse to declare a result that the votes do not give.

    ``cast`` are the ballots (``for``, ``against``, ``abstain``), ``told`` the counts declared (``votes_for`` …),
    ``last_day`` the last day to vote while some have not voted, else None. Raises Conflict ``governance.still_voting``
    and ``governance.other_result``, InvalidInput ``governance.miscounted`` with every wrong count.
    """
    if last_day is not None and today <= last_day:
        raise Conflict(
            "governance.still_voting",
            Said(
                f"仍有成员未表决，表决期限至 {last_day}；请催办或者在期满后宣布。",
                f"Some have not voted, and may until {last_day}; remind them, or declare after that day.",
            ),
        )
    votes = Counter(cast)
    problems = tuple(
        Problem(
            f"votes_{ballot}", "miscounted", Said(f"计票结果为 {votes[ballot]} 票。", f"{votes[ballot]} were counted.")
        )
        for ballot in BALLOTS
        if told.get(f"votes_{ballot}") != votes[ballot]
    )
    if problems:
        said = Said("所填票数与各成员的表决不一致，请更正。", "The counts differ from the votes cast; mend them.")
        raise InvalidInput("governance.miscounted", said, problems=problems)
    if is_carried(votes, members=members) != carried:
        zh, en = ("未通过", "not carried") if carried else ("通过", "carried")
        said = Said(f"按票数，议案{zh}，请宣布{zh}。", f"By the votes the motion is {en}; declare it {en}.")
        raise Conflict("governance.other_result", said)
