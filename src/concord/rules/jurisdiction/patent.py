"""Competence in patent adjudication: place, domicile, the first to accept, combining (Z06-Z09, Z20-Z23)."""

from __future__ import annotations

from concord.rules.errors import Said
from concord.rules.jurisdiction.model import OUTSIDE, Arrival, Dispute
from concord.rules.jurisdiction.sheet import Sheet, first_of


def stand_by_place(sheet: Sheet) -> None:
    """The place of infringement and the respondent's domicile; the applicant chooses."""
    facts = sheet.facts
    for place in facts.violation_places:
        sheet.stand(place, "侵权行为地", "Place of infringement", "Z20")
    if facts.domicile:
        sheet.stand(facts.domicile, "被请求人住所地", "Domicile of the respondent", "Z20")
    if not facts.violation_places:
        sheet.turn("violation_places", "侵权行为地也可以管辖", "The place of infringement is competent too", "Z20")
    if not facts.domicile:
        sheet.turn("domicile", "被请求人住所地也可以管辖", "The respondent's domicile is competent too", "Z20")


def who_handles(sheet: Sheet) -> str | None:
    """The only one able, or the first to accept the request against one respondent; None while that is open."""
    able, facts = sheet.able, sheet.facts
    if len(able) <= 1:
        return able[0] if able else None
    first = first_of(facts.filed, able)
    if facts.same_party is None:
        sheet.turn(
            "same_party",
            "同一被请求人的，由最先受理的管辖；不同被请求人的，各自处理",
            "One respondent: the first to accept handles it; different ones: each handles its own",
            "Z09",
        )
    if len(first) == 1 and facts.same_party is not False:
        sheet.turn("filed", "由最先受理的机关管辖", "The first to accept is competent", "Z09")
        return first[0]
    if facts.same_party is not False:
        sheet.turn(
            "filed",
            "当事人可以选择；向两个以上机关请求的，由最先受理的管辖",
            "The party chooses; if several were asked, the first to accept is competent",
            "Z09",
        )
    return None


def say_steps(sheet: Sheet, handles: str | None) -> None:
    """What those must do who hold the request or have accepted it."""
    able, facts = sheet.able, sheet.facts
    for filer in sheet.filers:
        if able and (filer not in able or (handles and filer != handles)):
            sheet.step(
                "withdraw_case",
                filer,
                "已受理的撤销案件并移送线索，移送前告知请求人（没有规定日数）",
                "Withdraws the case and hands the clue over, having told the applicant (the rule gives no days)",
                *(("Z23",) if filer not in able else ("Z09", "Z23")),
            )
    holder = facts.holder
    if not holder or not able or holder in sheet.filers:
        return
    others = sheet.those_competent(handles)
    if holder in able and handles in {None, holder}:
        limit = sheet.limit("Z25")
        sheet.step(
            "accept",
            holder,
            f"有管辖权，自收到请求书之日起{limit.zh}内决定是否立案",
            f"Is competent; decides on filing within {limit.en} of receiving the request",
            "Z25",
        )
    elif facts.arrival is Arrival.TRANSFER:
        superior = sheet.superior_to_ask(holder)
        sheet.step(
            "ask_superior",
            holder,
            f"对管辖有异议的，逐级报请{superior.zh}指定",
            f"If it disagrees, it asks {superior.en}, level by level, to designate",
            "Z21",
            "Z09",
        )
    else:
        sheet.step(
            "refuse_request",
            holder,
            f"不予立案，告知请求人向{others.zh}提出",
            f"Refuses to file and tells the applicant to go to {others.en}",
            "Z23",
        )


def say_notes(sheet: Sheet) -> None:
    """Combining, cases across provinces, and who may adjudicate at all."""
    places = tuple(dict.fromkeys(sheet.facts.violation_places))
    if len(places) > 1:
        superior = sheet.common_superior(places)
        if superior and not superior.designates_only:
            sheet.note(
                "ask_to_combine",
                f"各机关只能合并本区域内同一专利的案件，不得合并对方的；跨区域的可以请求{superior.name}处理",
                f"Each combines cases on one patent in its own area only; across areas either may ask {superior.name}",
                "Z06",
            )
        else:
            sheet.note(
                "no_combining",
                "各机关只能合并本区域内同一专利的案件；跨省的没有可以合并处理的地方上级，重大的可以由国务院专利行政部门处理",
                "Each combines cases on one patent in its own area only; across provinces only CNIPA takes major ones",
                "Z06",
                "Z07",
            )
    if any(code != OUTSIDE for code in sheet.able):
        sheet.note(
            "may_adjudicate",
            "有权裁决的是省级机关、有处理能力的设区的市和直辖市的区的机关，请先核实",
            "Provinces, capable cities and districts of municipalities may adjudicate; make sure first",
            "Z08",
        )


def dispute(sheet: Sheet) -> Dispute | None:
    """Who designates when they do not agree."""
    said = Said(
        "报请共同的上级机关指定；没有共同上级的，由国务院专利行政部门指定",
        "Report to the common superior; where there is none, CNIPA designates",
    )
    return sheet.dispute(said, "Z09", "1b:V")
