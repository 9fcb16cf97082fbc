"""Guards of joint operations."""

from concord.casework.models import Act
from concord.casework.registry import Occasion, guard
from concord.rules.errors import Said
from concord.rules.joint_results import require_totals


@guard("operation.totals_are_counted")
def totals_are_counted(occasion: Occasion) -> None:
    """All who signed the plan as it was last sent round have reported, and each total is the sum of their figures."""
    acts = list(Act.objects.filter(matter=occasion.matter).select_related("organisation").order_by("seq"))
    sent = max(act.seq for act in acts if act.act == "issue")
    signed = [act.organisation for act in acts if act.act in {"issue", "countersign"} and act.seq >= sent]
    reports = {act.organisation_id: act.answers for act in acts if "checked_count" in act.answers}
    told = {**(occasion.matter.drafts.get("leading", {}) if occasion.matter else {}), **occasion.answers}
    names = {one.id: Said(one.zh, one.en) for one in signed}
    require_totals(occasion.procedure, taking_part=names, reports=reports, told=told)
