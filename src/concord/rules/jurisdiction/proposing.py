"""From facts to a proposal, on the line of the matter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from concord.rules.charter import Charter
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.jurisdiction import market, patent
from concord.rules.jurisdiction.model import OUTSIDE, Facts, Proposal
from concord.rules.jurisdiction.sheet import Sheet
from concord.rules.procedure import Line

PATENT_CAUSE = "patent_infringement"


def propose(charter: Charter, facts: Facts, *, on: date) -> Proposal:
    """Who is competent by the law of the day ``on``, with article and row for every sentence.

    Raises InvalidInput ``jurisdiction.bad_facts`` for places the charter does not know and for a cause that belongs to
    the other line, NotFound ``law.no_such_row`` when the catalogue does not reach back to that day; where a part of it
    does not, a note says so and nothing is said in its place.
    """
    problems = tuple(_problems(charter, facts))
    if problems:
        said = Said("管辖条件有误，请改正后再试。", "Some of the facts cannot be right; correct them and try again.")
        raise InvalidInput("jurisdiction.bad_facts", said, problems=problems)
    sheet = Sheet(charter, facts, on)
    if facts.line is Line.PATENT:
        patent.stand_by_place(sheet)
        handles = patent.who_handles(sheet)
        patent.say_steps(sheet, handles)
        patent.say_notes(sheet)
        dispute = patent.dispute(sheet)
    else:
        market.stand_by_party(sheet)
        handles = market.who_handles(sheet)
        market.say_steps(sheet, handles)
        market.say_notes(sheet)
        dispute = market.dispute(sheet)
    if OUTSIDE in sheet.able:
        sheet.note(
            "outside",
            "有管辖权的机关不在协作范围以内，按一般途径联系",
            "A competent authority is outside the alliance; reach it by the ordinary ways",
        )
    return Proposal(
        tuple(sheet.competent),
        tuple(sheet.may_also),
        handles,
        tuple(sheet.steps),
        dispute,
        tuple(sheet.turning),
        tuple(sheet.notes),
    )


def _problems(charter: Charter, facts: Facts) -> Iterator[Problem]:
    known = {one.code for one in (*charter.members, *charter.authorities)}
    places = [
        *(("violation_places", code) for code in facts.violation_places),
        ("business_place", facts.business_place),
        ("domicile", facts.domicile),
        ("platform_domicile", facts.platform_domicile),
        *(("received", event.authority) for event in facts.received),
        *(("filed", event.authority) for event in facts.filed),
        ("holder", facts.holder),
        ("transferred_by", facts.transferred_by),
    ]
    for field, code in places:
        if code and code != OUTSIDE and code not in known:
            said = Said(
                f"没有代码为“{code}”的机关；协作范围以外的写 {OUTSIDE}。",
                f"There is no authority “{code}”; write {OUTSIDE} for one that is not of the alliance.",
            )
            yield Problem(field, "jurisdiction.unknown_place", said)
    if facts.cause and facts.cause not in charter.code_lists.get("causes", {}):
        said = Said(f"没有案由“{facts.cause}”。", f"There is no cause “{facts.cause}”.")
        yield Problem("cause", "jurisdiction.unknown_cause", said)
    wanted = Line.PATENT if facts.cause == PATENT_CAUSE else Line.MARKET
    if facts.cause and facts.line is not wanted:
        said = Said(
            f"该案由按“{'专利' if wanted is Line.PATENT else '市场监管'}”条线确定管辖。",
            f"The cause belongs to the {wanted} line.",
        )
        yield Problem("line", "jurisdiction.wrong_line", said)
    if facts.transferred_by and facts.transferred_by == facts.holder:
        said = Said("移送机关不能是收到的机关自己。", "An authority transfers nothing to itself.")
        yield Problem("transferred_by", "jurisdiction.transferred_by_itself", said)
