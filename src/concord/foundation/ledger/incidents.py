"""What is wrong with the ledger, from when until when; those who look after it are told once."""

from __future__ import annotations

from datetime import datetime

from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.ledger.models import Checkpoint, Incident, Sealed
from concord.foundation.ledger.policy import LONGEST_DELAY, LONGEST_UNSTAMPED, LONGEST_WITHOUT_QUORUM, MANAGE, REASONS
from concord.foundation.ledger.queries import oldest_waiting
from concord.foundation.notices.commands import tell
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import posts_with
from concord.rules.errors import Said

FROZEN, DELAY, QUORUM, CHECK, STAMPS = "frozen", "delay", "quorum", "check", "stamps"


def begin(kind: str, *, at: datetime, reason: str = "") -> bool:
    """Note that something is wrong and tell those who look after the ledger; False when it was known already."""
    with writing():
        incident, new = Incident.objects.get_or_create(
            kind=kind, ended_at=None, defaults={"began_at": at, "reason": reason[:60], "told_at": at}
        )
        if new:
            everywhere = Organisation.objects.values_list("id", flat=True)
            posts = posts_with(everywhere, MANAGE, on=legal_date(at))
            tell(posts=posts, kind="ledger.incident", said=_said(incident), matter_uid=None, at=at)
    return new


def end(kind: str, *, at: datetime) -> None:
    """Note that this is wrong no longer."""
    with writing():
        Incident.objects.filter(kind=kind, ended_at__isnull=True).update(ended_at=at)


def watch(*, at: datetime) -> None:
    """Begin and end the incidents that time alone makes: rows that wait, no quorum, no time-stamps for too long."""
    oldest = oldest_waiting()
    _hold(DELAY, oldest is not None and at - oldest > LONGEST_DELAY, at=at)
    last = Checkpoint.objects.filter(published_at__isnull=False).first()
    unpublished = Checkpoint.objects.filter(published_at__isnull=True, size__gt=last.size if last else 0)
    since = unpublished.order_by("size").values_list("made_at", flat=True).first()
    _hold(QUORUM, since is not None and at - since > LONGEST_WITHOUT_QUORUM, at=at)
    with writing():
        sealed = Sealed.objects.filter(finished=False, sealed_at__lt=at - LONGEST_UNSTAMPED, tokens=[])
        unstamped = sealed.exclude(owing=[]).exists()
    _hold(STAMPS, unstamped, at=at)


def _hold(kind: str, wrong: bool, *, at: datetime) -> None:  # noqa: FBT001  what is the case, not how to do it
    if wrong:
        begin(kind, at=at)
    else:
        end(kind, at=at)


def _said(incident: Incident) -> Said:
    match incident.kind:
        case "frozen":
            why = REASONS.get(incident.reason, Said("原因待查", "the cause is not known yet"))
            return Said(
                f"存证账本已冻结：{why.zh}。业务照常，请尽快查明。",
                f"The ledger is frozen: {why.en}. Work goes on; please find the cause soon.",
            )
        case "quorum":
            return Said(
                "存证账本超过十分钟没有足够的见证方签署，新检查点未能发布。",
                "For more than ten minutes too few witnesses have signed; no new checkpoint is published.",
            )
        case "delay":
            return Said(
                "有记录超过一分钟未写入存证账本，请检查账本进程是否在运行。",
                "Entries have waited for the ledger for more than a minute; see whether its process runs.",
            )
        case "stamps":
            return Said(
                "封存已超过四小时仍未取得时间戳，请检查时间戳服务。封存照常进行，时间戳取得后自动补入。",
                "For more than four hours no time-stamp has come for what was sealed; see to the time-stampers. "
                "Sealing goes on, and the stamps are added when they come.",
            )
        case _:
            return Said(
                "存证账本检查发现不一致，请运行账本检查查看明细。",
                "The check of the ledger found something wrong; run it to see what.",
            )
