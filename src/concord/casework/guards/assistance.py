"""Guards of assistance in investigation."""

from __future__ import annotations

from datetime import date

from concord.casework.models import ClockRun
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.models import Kind
from concord.rules.errors import InvalidInput, Problem, Said


@guard("assistance.requested_is_competent")
def requested_is_competent(occasion: Occasion) -> None:
    """Both sides must be authorities of the alliance; the centre neither asks nor answers (程序规定 45)."""
    for role in ("requester", "requested"):
        [organisation] = occasion.parties[role]
        if organisation.kind != Kind.MEMBER:
            said = Said(
                f"{organisation.zh}不是行政机关，不能发出或者承办协查。请选择一个成员机关。",
                f"{organisation.en} is no authority, it neither asks for nor gives assistance. Choose a member.",
            )
            raise InvalidInput("assistance.not_competent", said, problems=(Problem(role, "not_competent", said),))


@guard("assistance.date_is_within_limit")
def date_is_within_limit(occasion: Occasion) -> None:
    """Another date may be offered inside the statutory limit; beyond it, notice of delay is due (程序规定 45)."""
    promised = date.fromisoformat(str(occasion.answers["promised_date"]))
    run = ClockRun.objects.filter(matter=occasion.matter, clock="reply", running=True).first()
    if run is not None and promised > run.legal_due:
        said = Said(
            f"预计完成日期晚于协查期限 {run.legal_due}。超过期限的，请改用“告知延期”。",
            f"The date lies after the limit, {run.legal_due}. To go beyond it, give notice of delay instead.",
        )
        raise InvalidInput("assistance.beyond_limit", said, problems=(Problem("promised_date", "beyond_limit", said),))
