"""No sealing without time: when every time-stamper has been silent for too long, a leader has to answer for it."""

from __future__ import annotations

from datetime import datetime

from concord.capabilities.evidence.policy import SIGN
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import Conflict, Said

HOUR = 3600


def silent_hours(*, at: datetime) -> int:
    """For how many whole hours something sealed has waited for its first time-stamp; 0 when nothing waits.

    What nobody is asked for any more, and an installation without a time-stamper, waits for nothing.
    """
    with writing():
        waiting = Sealed.objects.filter(finished=False, tokens=[]).exclude(owing=[])
        since = waiting.order_by("id").values_list("sealed_at", flat=True).first()
    return 0 if since is None else int((at - since).total_seconds()) // HOUR


def require_stamps(*, by: Actor, at: datetime, without_stamp: bool) -> int:
    """Refuse to seal after the charter's hours of silence: Conflict ``evidence.unstamped``, unless a leader overrides.

    Returns the hours of silence that were overridden, 0 when nothing was. A charter that names no hours keeps nobody
    from sealing.
    """
    longest = charter_on(legal_date(at)).evidence.stamp_hours
    hours = silent_hours(at=at)
    if longest is None or hours < longest:
        return 0
    if without_stamp and by.may(SIGN):
        return hours
    raise Conflict(
        "evidence.unstamped",
        Said(
            f"时间戳服务已 {hours} 小时没有应答，超过约定的 {longest} 小时，暂不封存新的证据项。"
            "请等待恢复；确有必要的，由负责人决定在没有时间戳的情况下封存，该决定将记录在案。",
            f"No time-stamper has answered for {hours} hours, longer than the agreed {longest}; nothing new is sealed. "
            "Wait until one does, or let the leader decide to seal without a time-stamp, which goes on record.",
        ),
        details={"hours": hours, "longest": longest},
    )
