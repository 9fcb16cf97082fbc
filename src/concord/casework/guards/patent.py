"""Guards of patent adjudication and of the co-operation around it (专利纠纷行政裁决和调解办法)."""

from concord.casework.guards.refusing import require
from concord.casework.models import ClockRun
from concord.casework.registry import Occasion, guard


def _told(occasion: Occasion, name: str) -> str:
    """What the act says of ``name``, else what is known of it; days in ISO form sort by time."""
    return str(occasion.answers.get(name) or (occasion.matter.facts.get(name, "") if occasion.matter else ""))


@guard("patent.ruling_is_effective")
def ruling_is_effective(occasion: Occasion) -> None:
    """Only an effective ruling or judgment lets another be made directly (art. 34)."""
    ended = _told(occasion, "decision_date") <= _told(occasion, "effective_date") <= occasion.today.isoformat()
    zh, en = "只能通报已经生效的裁决或者判决，请核对生效日期。", "Only what is in effect can be told; check the day."
    require("effective_date", "patent.not_effective", zh, en, holds=ended)


@guard("patent.objection_is_in_time")
def objection_is_in_time(occasion: Occasion) -> None:
    """Jurisdiction is objected to within the period of defence (art. 9)."""
    in_time = _told(occasion, "objection_received_date") <= min(
        _told(occasion, "defence_end_date"), occasion.today.isoformat()
    )
    zh, en = (
        "管辖异议应当在答辩期内提出，逾期的不作为管辖异议审查。",
        "An objection comes within the period of defence.",
    )
    require("objection_received_date", "patent.objection_late", zh, en, holds=in_time)


@guard("patent.first_to_accept")
def first_to_accept(occasion: Occasion) -> None:
    """Of several authorities asked, the first to accept is competent (实施细则 97)."""
    own, other = _told(occasion, "own_accepted_date"), _told(occasion, "other_accepted_date")
    first = "" if other in {"", own} else "own" if own < other else "other"
    zh = "应由最先受理的机关管辖；对方未说明受理日期或者同日受理的，请先核对，或者报请指定管辖。"
    en = "The first to accept is competent; where the other day is unknown or the same, ask or refer the matter."
    require("competent_side", "patent.not_first", zh, en, holds=occasion.answers["competent_side"] == first)


@guard("patent.panel_is_odd")
def panel_is_odd(occasion: Occasion) -> None:
    """A panel has three members or more, and an odd number of them (art. 20)."""
    panel = occasion.answers["panel"]
    zh, en = "合议组应由三名以上单数人员组成。", "A panel has three members or more, an odd number."
    require("panel", "patent.panel_even", zh, en, holds=isinstance(panel, list) and len(panel) % 2 == 1)


@guard("patent.extension_in_order")
def extension_in_order(occasion: Occasion) -> None:
    """The head grants one month, once; only then the next higher authority up to two more (art. 37)."""
    run = ClockRun.objects.filter(matter=occasion.matter, clock="ruling", running=True).first()
    given = len(run.extensions) if run else 0
    further = "approving_superior" in occasion.act.asks
    right = given == 1 if further else given == 0 and occasion.answers["granted_months"] == 1
    zh = "首次延长由负责人批准一个月；确需再延长的，报上一级机关批准，至多两个月。"
    en = "First the head grants one month; after that the next higher authority up to two more."
    require("granted_months", "patent.extension_out_of_order", zh, en, holds=right)
