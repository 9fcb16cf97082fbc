"""Who may read, collect, hand over and judge evidence."""

from __future__ import annotations

from concord.foundation.access.actor import Actor
from concord.rules.errors import NotAllowed, Said

READ, COLLECT, DISPOSE = "evidence:read", "evidence:collect", "evidence:dispose"
DRAFT, SIGN, HANDLE = "evidence:draft", "evidence:sign", "evidence:handle"


def require(by: Actor, permission: str) -> None:
    """Refuse who does not hold ``permission``: NotAllowed ``evidence.may_not``."""
    if not by.may(permission):
        raise NotAllowed(
            "evidence.may_not",
            Said(
                f"您的岗位没有“{permission}”权限，不能办理。需要办理时，请联系本机关的办案人员或者负责人。",
                f"Your post does not hold {permission}. Ask a case officer or the leader of your organisation.",
            ),
        )
