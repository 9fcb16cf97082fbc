"""Who may read the journal."""

from __future__ import annotations

from concord.foundation.access.actor import Actor
from concord.rules.errors import NotAllowed, Said

READ = "journal:read"


def require_reader(by: Actor) -> None:
    """Raise NotAllowed ``journal.not_a_reader`` unless the post may read its organisation's journal."""
    if by.may(READ):
        return
    raise NotAllowed(
        "journal.not_a_reader",
        Said(
            "您的岗位不能查看流水。需要查看时，请联系本单位的审计人员。",
            "Your post may not read the journal. Ask your organisation's auditor if you need to know what it says.",
        ),
    )
