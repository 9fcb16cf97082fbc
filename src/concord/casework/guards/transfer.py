"""Guards of leads, transfers, jurisdiction and service."""

from django.db.models import Q

from concord.casework.queries import visible_to
from concord.casework.registry import Occasion, guard
from concord.foundation.organisations.models import Kind
from concord.rules.errors import Conflict, InvalidInput, Problem, Said


def _refuse(code: str, said: Said, *fields: str) -> None:
    if fields:
        problems = tuple(Problem(field, code, said) for field in fields)
        raise InvalidInput(code, said, problems=problems)


@guard("transfer.sides_are_authorities")
def sides_are_authorities(occasion: Occasion) -> None:
    """Only authorities hand over, dispute and serve; the centre is none of them (程序规定 13, 14, 82)."""
    sides = [(role, side) for role, held in occasion.parties.items() for side in held if role != "centre"]
    said = Said("请选择一个成员机关；协作中心不是行政机关。", "Choose a member; the centre is no authority.")
    _refuse("transfer.not_an_authority", said, *(role for role, side in sides if side.kind != Kind.MEMBER))


@guard("transfer.lead_is_a_report")
def lead_is_a_report(occasion: Occasion) -> None:
    """Only new facts of a report restart the verification (投诉举报处理办法 35)."""
    if occasion.matter is not None and occasion.matter.facts["lead_source"] != "report":
        zh = "只有举报线索补充新事实才能重新起算；其他线索请选择“收存补充材料”。"
        en = "Only new facts of a report restart the time to verify; take other material to the file instead."
        raise Conflict("transfer.lead_is_no_report", Said(zh, en))


@guard("transfer.not_passed_on")
def not_passed_on(occasion: Occasion) -> None:
    """A case that came by transfer is not transferred again, unless a superior designated so (程序规定 14)."""
    told = occasion.answers
    same = Q(facts__case_ref=told["case_ref"])
    if "party_code" in told:
        same |= Q(facts__party_code=told["party_code"], facts__cause=told["cause"])
    came = Q(procedure="case_transfer") | Q(procedure="lead", facts__filed_at__isnull=False)
    received = visible_to(occasion.by).filter(came, same, role="receiver").exclude(state="withdrawn")
    origin = told["case_origin"]
    if origin == "transferred" or (origin == "own" and received.exists()):
        zh = "本案是移送来的案件，不得再自行移送。请在原移送事项中报请共同的上一级机关指定管辖（程序规定第十四条）。"
        en = "This case came by transfer. In that matter, ask the common superior to designate (rules, art. 14)."
        raise Conflict("transfer.passed_on", Said(zh, en))


@guard("transfer.service_is_proved")
def service_is_proved(occasion: Occasion) -> None:
    """Left papers need a witness or a recording, electronic service the addressee's consent (程序规定 82)."""
    proofs = {"left": {"witness", "service_proof"}, "electronic": {"service_proof"}}
    needed = proofs.get(str(occasion.answers["service_method"]), {"service_method"})
    zh = "留置送达须有见证人或者拍照、录像，电子送达须附送达地址确认书。请补充见证人或者凭证。"
    en = "Leaving papers takes a witness or a recording, electronic service the confirmed address; add what is missing."
    _refuse("transfer.service_unproved", Said(zh, en), *([] if needed & occasion.answers.keys() else ["service_proof"]))
