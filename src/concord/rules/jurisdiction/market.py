"""Competence in penalty matters: by the kind of the party, the first to file, transfer and reports (P05-P12, T10)."""

from __future__ import annotations

from concord.rules.errors import Said
from concord.rules.jurisdiction.model import Arrival, Dispute, PartyKind
from concord.rules.jurisdiction.sheet import Sheet, first_of

TRADE_SECRET = "trade_secret"  # noqa: S105  a cause
BELOW_CITY = ("district", "county")


def stand_by_party(sheet: Sheet) -> None:
    """Who is competent by the kind of the party."""
    match sheet.facts.party:
        case PartyKind.PLATFORM_OPERATOR | PartyKind.OWN_SITE:
            _by_domicile(sheet)
        case PartyKind.IN_PLATFORM_MERCHANT:
            _by_business_place(sheet)
        case PartyKind.LIVE_ROOM:
            _by_live_room(sheet)
        case PartyKind.OTHER:
            _by_violation(sheet)


def _by_domicile(sheet: Sheet) -> None:
    if sheet.facts.domicile:
        sheet.stand(sheet.facts.domicile, "当事人住所地", "Domicile of the party", "P06")
    else:
        sheet.turn("domicile", "由住所地管辖，须先查明住所地", "The domicile decides; find it out first", "P06")


def _by_business_place(sheet: Sheet) -> None:
    facts = sheet.facts
    if facts.business_place:
        sheet.stand(facts.business_place, "平台内经营者实际经营地", "Actual place of business of the merchant", "P07")
    else:
        sheet.turn(
            "business_place",
            "由实际经营地管辖，须先查明实际经营地（不是登记住所，也不是平台所在地）",
            "The actual place of business decides, neither the registered domicile nor the platform's seat",
            "P07",
        )
    platform = facts.platform_domicile
    if not platform:
        sheet.turn(
            "platform_domicile",
            "平台住所地先发现线索或者先收到投诉举报的，也可以管辖；请填写平台住所地",
            "The authority of the platform's domicile may act too if it was first; give the platform's domicile",
            "P07",
        )
    elif first_of(facts.received, {event.authority for event in facts.received}) == (platform,):
        sheet.stand(
            platform,
            "平台住所地，先发现线索或者先收到投诉举报",
            "Domicile of the platform, which first found the clue or received the report",
            "P07",
            also=True,
        )
        sheet.turn(
            "received",
            "平台住所地并非最先的，只有实际经营地管辖",
            "Had the platform's authority not been first, only the actual place of business would be competent",
            "P07",
        )
    else:
        name = sheet.place(platform)
        sheet.turn(
            "received",
            f"{name.zh}先发现线索或者先收到投诉举报的，也可以管辖",
            f"Had {name.en}, where the platform has its domicile, been first, it could act too",
            "P07",
        )


def _by_live_room(sheet: Sheet) -> None:
    facts = sheet.facts
    if facts.business_place:
        sheet.stand(facts.business_place, "直播间运营者实际经营地", "Actual place of business of the operator", "P08")
        return
    sheet.turn(
        "business_place",
        "能够确定实际经营地的，由实际经营地管辖",
        "Once the actual place of business can be determined, it decides",
        "P08",
    )
    wanted = {True: "domicile", False: "platform_domicile", None: "registered"}[facts.registered]
    if facts.registered and facts.domicile:
        sheet.stand(facts.domicile, "实际经营地无法确定，已登记的住所地", "Domicile of a registered operator", "P08")
    elif facts.registered is False and facts.platform_domicile:
        sheet.stand(
            facts.platform_domicile,
            "实际经营地无法确定，未登记的由平台住所地",
            "Domicile of the platform, for an operator who is not registered",
            "P08",
        )
    else:
        sheet.turn(
            wanted,
            "实际经营地无法确定的：已登记的由住所地管辖，未登记的由平台住所地管辖",
            "Where the place of business cannot be determined: the domicile if registered, else the platform's",
            "P08",
        )


def _by_violation(sheet: Sheet) -> None:
    for place in sheet.facts.violation_places:
        sheet.stand(place, "违法行为发生地", "Place where the violation occurred", "P05")
    if not sheet.facts.violation_places:
        sheet.turn("violation_places", "须先查明违法行为发生地", "Find out where the violation occurred", "P05")
    sheet.turn(
        "party",
        "当事人是平台、自建网站、平台内经营者或者直播间运营者的，另有规定",
        "Other places decide for platforms, own sites, merchants on platforms and live-stream rooms",
        "P06",
        "P07",
        "P08",
    )


def who_handles(sheet: Sheet) -> str | None:
    """Who takes the matter: the only one able, or the first to file; None while that is open."""
    able, first = sheet.able, first_of(sheet.facts.filed, sheet.able)
    if len(able) <= 1:
        return able[0] if able else None
    if len(first) == 1:
        sheet.turn(
            "filed",
            "最先立案的管辖；只看立案日期，不看发现或者收到线索的日期",
            "The first to file; only the day of filing counts, not that of the clue",
            "P09",
        )
        return first[0]
    sheet.turn(
        "filed",
        "同日立案的，应当协商" if first else "两个以上机关都有管辖权，由最先立案的管辖",
        "They filed on the same day and negotiate" if first else "Several are competent; the first to file handles it",
        "P09",
        *(("P10",) if first else ()),
    )
    return None


def say_steps(sheet: Sheet, handles: str | None) -> None:
    """What those must do who hold the clue or have filed."""
    able, facts = sheet.able, sheet.facts
    for filer in sheet.filers:
        if able and filer not in able:
            sheet.step(
                "transfer_case",
                filer,
                "没有管辖权，应当移送有管辖权的机关（没有规定日数）；受移送的不得再行移送",
                "Is not competent and must transfer the case (the rule gives no days); the receiver may not pass it on",
                "P12",
            )
        elif handles and filer != handles:
            sheet.step(
                "yield_to_first",
                filer,
                "由最先立案的机关管辖，已立的案件移送该机关",
                "The first to file is competent; transfer the case there",
                "P09",
                "P12",
            )
    if facts.holder and able and facts.holder not in sheet.filers:
        _say_holder(sheet, facts.holder, handles)


def _say_holder(sheet: Sheet, holder: str, handles: str | None) -> None:
    able, facts = sheet.able, sheet.facts
    others = sheet.those_competent(handles)
    if holder in able and handles in {None, holder}:
        limit = sheet.limit("P01")
        sheet.step(
            "verify_and_file",
            holder,
            f"有管辖权，自发现线索或者收到材料之日起{limit.zh}内核查并决定是否立案",
            f"Is competent; checks the clue and decides on filing within {limit.en}",
            "P01",
        )
    elif facts.arrival is Arrival.TRANSFER:
        superior = sheet.superior_to_ask(holder)
        sheet.step(
            "ask_superior",
            holder,
            f"不得再自行移送{others.zh}；认为不属于本机关管辖的，报请{superior.zh}指定管辖",
            f"May not pass it on to {others.en}; if it thinks it is not competent, it asks {superior.en} to designate",
            "P12",
            "1b:I",
        )
    elif facts.arrival is Arrival.REPORT:
        sheet.step(
            "tell_reporter",
            holder,
            f"告知举报人直接向有管辖权的机关（{others.zh}）提出；没有转送的义务",
            f"Tells the reporter to go directly to {others.en}; there is no duty to forward",
            "T10",
        )
    elif facts.arrival is Arrival.OWN_FINDING:
        sheet.step(
            "hand_over_clue",
            holder,
            f"将违法线索移送{others.zh}（没有规定日数）",
            f"Hands the clue over to {others.en} (the rule gives no days)",
            "P12",
        )
    else:
        sheet.turn(
            "arrival",
            "线索来源不同，处理不同：举报的告知举报人，移送来的不得再行移送",
            "How the clue came decides what to do: reporters are told, what was transferred may not be passed on",
            "T10",
            "P12",
        )


def say_notes(sheet: Sheet) -> None:
    """Level of competence in trade-secret matters."""
    if sheet.facts.cause != TRADE_SECRET:
        return
    below = [member for member in sheet.charter.members if member.code in sheet.able and member.level in BELOW_CITY]
    sheet.note(
        "city_level",
        "技术秘密案件通常由设区的市级机关管辖",
        "Cases on technical secrets normally belong to authorities of city level",
        "0.7",
    )
    for member in below:
        superior = next(sheet.charter.superiors(member.code)).name(sheet.facts.line)
        sheet.note(
            "below_city_level",
            f"{member.market}是区县级机关，涉及技术秘密的先报告{superior}",
            f"{member.en} is below city level; where a technical secret is concerned, report to {superior} first",
            "0.7:I",
        )


def dispute(sheet: Sheet) -> Dispute | None:
    """Who designates when they do not agree."""
    limit = sheet.limit("P10")
    said = Said(
        f"自争议发生之日起{limit.zh}内协商；协商不成的，报请共同的上一级机关指定管辖",
        f"Negotiate within {limit.en}; failing that, report to the common superior, who designates",
    )
    return sheet.dispute(said, "P10", "P11", "1b:I")
