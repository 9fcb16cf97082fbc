"""What the desk does after every act, in its transaction; importing this module registers it."""

from __future__ import annotations

from concord.casework.desk.search import keep_words
from concord.casework.models import Act
from concord.casework.registry import follower
from concord.rules.procedure import Procedure


@follower
def words_follow(act: Act, _procedure: Procedure) -> None:
    """Whatever an act changes is found from then on, by every side that may know of it."""
    keep_words([act.matter])
