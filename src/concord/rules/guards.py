"""The guards that procedure files may name. Casework registers one function for each, neither more nor fewer."""

from __future__ import annotations

from dataclasses import dataclass

from concord.rules.errors import Said


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition of an act; ``said`` is what it demands."""

    name: str
    said: Said


GUARDS = (
    Guard(
        "assistance.requested_is_competent",
        Said("被请求方是章程成员且不是请求方自己", "the requested authority is another member of the charter"),
    ),
    Guard(
        "assistance.date_is_within_limit",
        Said("约定日期不晚于法定期限", "the offered date is not later than the statutory limit"),
    ),
    Guard("casework.signer_is_not_drafter", Said("签发人不是起草人", "whoever signs did not draft")),
    Guard("casework.promised_date_is_ahead", Said("承诺日期晚于行为当日", "the promised date lies ahead of the act")),
    Guard(
        "impartiality.conflict_is_settled",
        Said("无利害关系，或者已披露且各方同意", "no interest in the matter, or disclosed and agreed to by all"),
    ),
    Guard(
        "operation.totals_are_counted",
        Said("参加机关都已报送，总数等于报送数之和", "all who take part have reported; totals are their sums"),
    ),
    Guard("talent.city_is_in_the_pool", Said("需求列明的选派机关之一", "one of the cities named in the request")),
    Guard("talent.is_the_city_asked", Said("本次推荐的选派机关", "the city that was proposed")),
    Guard(
        "evidence.every_item_is_settled",
        Said("移交的每一项都已认可或者提出异议", "every item handed over is recognised or objected to"),
    ),
    Guard("pool.other_terms_have_a_reason", Said("适用不同条款的写明正当理由", "other terms have a good reason")),
    Guard("governance.every_member_votes", Said("议案送全体成员表决", "a motion goes to every member")),
    Guard(
        "governance.result_as_counted",
        Said("表决已经结束，结果与票数一致", "the vote is over, and the result follows from the votes"),
    ),
    Guard("mediation.kept_apart", Said("调解材料仅限调解使用", "what is said in a mediation serves it alone")),
    Guard("recording.days_are_not_ahead", Said("登记的时间不晚于行为作出之时", "no time recorded lies after the act")),
    Guard("patent.ruling_is_effective", Said("裁决或者判决已经生效", "the ruling or judgment is in effect")),
    Guard("patent.objection_is_in_time", Said("在答辩期内提出", "the objection came within the period of defence")),
    Guard("patent.first_to_accept", Said("由最先受理的机关管辖", "the first to accept is competent")),
    Guard("patent.panel_is_odd", Said("合议组为三名以上单数", "the panel has three members or more, an odd number")),
    Guard(
        "patent.extension_in_order",
        Said("先由负责人延长一个月，再报上一级批准", "first one month by the head, then by the next higher authority"),
    ),
    Guard("publication.other_province", Said("登记地机关在外省", "the party is registered in another province")),
    Guard(
        "transfer.sides_are_authorities",
        Said("各方都是成员机关，协作中心除外", "every side but the centre is a member authority"),
    ),
    Guard("transfer.lead_is_a_report", Said("线索来源于投诉举报", "the lead came from a complaint or report")),
    Guard(
        "transfer.not_passed_on",
        Said("本案不是移送来的案件，依指定管辖移交的除外", "the case did not come by transfer, unless designated"),
    ),
    Guard(
        "transfer.service_is_proved",
        Said("留置、电子送达附有见证或者凭证", "leaving and electronic service are witnessed or proved"),
    ),
)

GUARD_NAMES = frozenset(guard.name for guard in GUARDS)
