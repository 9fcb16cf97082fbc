"""Guards of joint operations."""

from concord.casework.guards.refusing import require
from concord.casework.models import Act
from concord.casework.registry import Occasion, guard
from concord.rules.errors import Conflict, Said
from concord.rules.procedure import FieldType

RESULTS = ("record_own_results", "report_results", "correct_results")


@guard("operation.totals_are_counted")
def totals_are_counted(occasion: Occasion) -> None:
    """One operation, one number: all who signed the plan have reported, and each total is the sum of their figures."""
    acts = Act.objects.filter(matter=occasion.matter).select_related("organisation").order_by("seq")
    taking_part = acts.filter(act__in=("issue", "countersign"), seq__gte=acts.filter(act="issue").latest("seq").seq)
    signed = {act.organisation for act in taking_part}
    reports = {act.organisation: act.answers for act in acts.filter(act__in=RESULTS) if act.organisation in signed}
    if missing := sorted(signed - reports.keys(), key=lambda one: one.position):
        zh, en = "、".join(one.zh for one in missing), ", ".join(one.en for one in missing)
        said = Said(f"{zh}尚未报送结果，请先催报。", f"{en} have not reported yet; ask them first.")
        raise Conflict("operation.not_all_reported", said)
    told = {**(occasion.matter.drafts.get("leading", {}) if occasion.matter else {}), **occasion.answers}
    for field in occasion.procedure.fields:
        if field.id.startswith("total_"):
            total = sum(int(answers[field.id.removeprefix("total_")]) for answers in reports.values())
            shown = f"{total // 100}.{total % 100:02} 元" if field.type is FieldType.MONEY else str(total)
            zh, en = f"应为各机关报送数之和：{shown}。", f"The sum of what was reported is {shown}."
            require(field.id, "operation.wrong_total", zh, en, holds=told[field.id] == total)
