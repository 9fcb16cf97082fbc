"""What the desk does after every act, in its transaction; importing this module registers it."""

from __future__ import annotations

from collections.abc import Sequence

from concord.casework.desk.search import keep_words_after
from concord.casework.models import Act, Audience
from concord.casework.queries import Parties
from concord.casework.registry import follower


@follower
def words_follow(act: Act, parties: Parties, sides: Sequence[Audience]) -> None:
    """Whatever an act changes is found from then on, by every side that may know of it."""
    keep_words_after(act, parties, sides)
