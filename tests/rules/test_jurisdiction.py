"""Competence on both lines: the hard cases, every kind of party, and the facts that would change the answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.charters.folder import read, shipped
from concord.rules.charter import Charter, load
from concord.rules.errors import InvalidInput, NotFound
from concord.rules.jurisdiction import (
    OUTSIDE,
    Arrival,
    Event,
    Facts,
    PartyKind,
    Proposal,
    Standing,
    Step,
    Turning,
    propose,
)
from concord.rules.procedure import Line, SourceLabel

TODAY = date(2026, 11, 22)
SONGJIANG, JIAXING, HANGZHOU, JINHUA, SUZHOU = "310117", "330400", "330100", "330700", "320500"
HUZHOU, XUANCHENG, WUHU, HEFEI = "330500", "341800", "340200", "340100"
MEMBERS = (SONGJIANG, JIAXING, HANGZHOU, JINHUA, SUZHOU, HUZHOU, XUANCHENG, WUHU, HEFEI)
SAMR, CNIPA = "国家市场监督管理总局", "国家知识产权局"
MARKET = Facts(Line.MARKET)
PATENT = Facts(Line.PATENT)


@cache
def charter() -> Charter:
    return load(read(shipped(), "cn", "g60"), "g60")


def proposal(facts: Facts) -> Proposal:
    return propose(charter(), facts, on=TODAY)


def able(found: Proposal) -> tuple[list[str], list[str]]:
    return [one.authority for one in found.competent], [one.authority for one in found.may_also]


def steps(found: Proposal) -> list[tuple[str, str | None]]:
    return [(step.code, step.authority) for step in found.steps]


def rows(found: Proposal) -> set[str]:
    parts: list[Standing | Step | Turning] = [*found.competent, *found.may_also, *found.steps, *found.notes]
    return {ground.law_row for part in (*parts, *found.turning) for ground in part.grounds}


def turning(found: Proposal) -> list[str]:
    return [one.field for one in found.turning]


def test_hc62_a_transferred_case_is_not_passed_on_but_put_to_the_common_superior() -> None:
    facts = replace(
        MARKET, violation_places=(JINHUA,), holder=XUANCHENG, arrival=Arrival.TRANSFER, transferred_by=SUZHOU
    )
    found = proposal(facts)
    assert able(found) == ([JINHUA], [])
    assert steps(found) == [("ask_superior", XUANCHENG)]
    (step,) = found.steps
    assert "不得再自行移送金华市市场监督管理局" in step.said.zh
    assert SAMR in step.said.zh
    assert (step.grounds[0].law_row, step.grounds[0].basis[:14]) == ("P12", "市场监督管理行政处罚程序规定")
    assert found.dispute is not None
    assert found.dispute.superior is not None
    assert found.dispute.superior.name == SAMR


def test_hc63_the_place_of_business_is_competent_the_platforms_too_and_the_third_sends_the_reporter_on() -> None:
    facts = replace(
        MARKET,
        party=PartyKind.IN_PLATFORM_MERCHANT,
        business_place=JINHUA,
        platform_domicile=HANGZHOU,
        received=(Event(HANGZHOU, date(2026, 11, 2)), Event(HEFEI, date(2026, 11, 9))),
        holder=HEFEI,
        arrival=Arrival.REPORT,
    )
    found = proposal(facts)
    assert able(found) == ([JINHUA], [HANGZHOU])
    assert steps(found) == [("tell_reporter", HEFEI)]
    assert "没有转送的义务" in found.steps[0].said.zh
    assert {"P07", "T10", "P09"} <= rows(found)
    assert found.handles is None
    assert turning(found) == ["received", "filed"]
    earlier = replace(facts, received=(Event(HEFEI, date(2026, 11, 2)), Event(HANGZHOU, date(2026, 11, 9))))
    assert able(proposal(earlier)) == ([JINHUA], [])
    assert proposal(earlier).handles == JINHUA


def test_hc64_neither_city_combines_the_others_case_and_either_may_ask_the_province() -> None:
    found = proposal(replace(PATENT, cause="patent_infringement", violation_places=(JIAXING, HUZHOU)))
    assert able(found) == ([JIAXING, HUZHOU], [])
    note = next(one for one in found.notes if one.code == "ask_to_combine")
    assert "浙江省知识产权局" in note.said.zh
    assert "不得合并对方的" in note.said.zh
    assert [one.law_row for one in note.grounds] == ["Z06"]
    assert "same_party" in turning(found)


def test_hc65_the_first_to_accept_handles_it_and_cnipa_designates() -> None:
    facts = replace(
        PATENT,
        violation_places=(SUZHOU, WUHU),
        same_party=True,
        filed=(Event(WUHU, date(2026, 9, 8)), Event(SUZHOU, date(2026, 9, 3))),
    )
    found = proposal(facts)
    assert found.handles == SUZHOU
    assert steps(found) == [("withdraw_case", WUHU)]
    assert found.dispute is not None
    assert found.dispute.superior is not None
    assert (found.dispute.superior.name, found.dispute.superior.designates_only) == (CNIPA, True)
    assert {one.law_row for one in found.dispute.grounds} == {"Z09", "1b"}
    assert {one.label for one in found.dispute.grounds} == {SourceLabel.STATUTORY}
    assert "no_combining" in {one.code for one in found.notes}
    apart = proposal(replace(facts, same_party=False))
    assert (apart.handles, apart.steps) == (None, ())


@pytest.mark.parametrize("party", [PartyKind.PLATFORM_OPERATOR, PartyKind.OWN_SITE])
def test_platforms_and_own_sites_are_handled_at_their_domicile(party: PartyKind) -> None:
    found = proposal(replace(MARKET, party=party, domicile=HANGZHOU, violation_places=(HEFEI,)))
    assert (able(found), found.handles, rows(found)) == (([HANGZHOU], []), HANGZHOU, {"P06"})
    unknown = proposal(replace(MARKET, party=party))
    assert (able(unknown), turning(unknown)) == (([], []), ["domicile"])


def test_a_merchant_whose_place_is_unknown_is_nobodys_yet() -> None:
    found = proposal(replace(MARKET, party=PartyKind.IN_PLATFORM_MERCHANT, domicile=SUZHOU))
    assert able(found) == ([], [])
    assert turning(found) == ["business_place", "platform_domicile"]


def test_a_merchant_at_the_platforms_own_place_is_named_once() -> None:
    received = (Event(HANGZHOU, date(2026, 11, 2)),)
    facts = replace(MARKET, party=PartyKind.IN_PLATFORM_MERCHANT, business_place=HANGZHOU, received=received)
    assert able(proposal(replace(facts, platform_domicile=HANGZHOU))) == ([HANGZHOU], [])


@pytest.mark.parametrize(
    ("registered", "business", "competent", "asked"),
    [
        (None, JINHUA, [JINHUA], []),
        (True, None, [SUZHOU], ["business_place"]),
        (False, None, [HANGZHOU], ["business_place"]),
        (None, None, [], ["business_place", "registered"]),
    ],
)
def test_live_stream_rooms_follow_their_own_rule(
    registered: bool | None,  # noqa: FBT001  one of three answers in a table
    business: str | None,
    competent: list[str],
    asked: list[str],
) -> None:
    facts = replace(MARKET, party=PartyKind.LIVE_ROOM, domicile=SUZHOU, platform_domicile=HANGZHOU)
    found = proposal(replace(facts, registered=registered, business_place=business))
    assert able(found) == (competent, [])
    assert turning(found) == asked
    assert rows(found) == {"P08"}


@pytest.mark.parametrize(("registered", "asked"), [(True, "domicile"), (False, "platform_domicile")])
def test_a_live_stream_room_without_the_fact_that_decides_asks_for_it(*, registered: bool, asked: str) -> None:
    found = proposal(replace(MARKET, party=PartyKind.LIVE_ROOM, registered=registered))
    assert (able(found), turning(found)) == (([], []), ["business_place", asked])


def test_where_the_catalogue_does_not_reach_nothing_is_said_in_its_place() -> None:
    room = replace(MARKET, party=PartyKind.LIVE_ROOM, business_place=JINHUA)
    found = propose(charter(), room, on=date(2026, 1, 31))
    assert able(found) == ([], [])
    assert [one.code for one in found.notes] == ["not_in_catalogue"]
    assert "P08" in found.notes[0].said.zh
    reported = replace(MARKET, violation_places=(JINHUA,), holder=WUHU, arrival=Arrival.REPORT)
    earlier = propose(charter(), reported, on=date(2026, 4, 14))
    assert (able(earlier), earlier.steps) == (([JINHUA], []), ())
    assert "not_in_catalogue" in {one.code for one in earlier.notes}
    with pytest.raises(NotFound, match=r"law\.no_such_row"):
        propose(charter(), reported, on=date(2020, 1, 1))


def test_the_first_to_file_handles_it_whenever_the_clue_came() -> None:
    facts = replace(
        MARKET,
        violation_places=(SUZHOU, WUHU),
        received=(Event(WUHU, date(2026, 10, 1)),),
        filed=(Event(WUHU, date(2026, 10, 21)), Event(SUZHOU, date(2026, 10, 20))),
    )
    found = proposal(facts)
    assert found.handles == SUZHOU
    assert steps(found) == [("yield_to_first", WUHU)]
    same_day = proposal(replace(facts, filed=(Event(WUHU, date(2026, 10, 20)), Event(SUZHOU, date(2026, 10, 20)))))
    assert same_day.handles is None
    assert "P10" in rows(same_day)
    none = proposal(replace(facts, filed=()))
    assert (none.handles, turning(none)) == (None, ["party", "filed"])


def test_whoever_filed_without_competence_transfers_and_does_not_count_as_first() -> None:
    filed = (Event(HEFEI, date(2026, 10, 1)), Event(SUZHOU, date(2026, 10, 20)))
    found = proposal(replace(MARKET, violation_places=(SUZHOU,), filed=filed, holder=HEFEI, arrival=Arrival.REPORT))
    assert found.handles == SUZHOU
    assert steps(found) == [("transfer_case", HEFEI)]
    assert {"P12"} <= rows(found)


@pytest.mark.parametrize(
    ("arrival", "step", "row"),
    [
        (Arrival.REPORT, "tell_reporter", "T10"),
        (Arrival.OWN_FINDING, "hand_over_clue", "P12"),
        (Arrival.TRANSFER, "ask_superior", "P12"),
    ],
)
def test_what_a_holder_without_competence_does_depends_on_how_it_came(arrival: Arrival, step: str, row: str) -> None:
    facts = replace(MARKET, violation_places=(JINHUA,), holder=WUHU)
    found = proposal(replace(facts, arrival=arrival))
    assert steps(found) == [(step, WUHU)]
    assert found.steps[0].grounds[0].law_row == row
    assert "arrival" in turning(proposal(facts))


def test_a_competent_holder_verifies_within_the_time_of_the_law() -> None:
    found = proposal(replace(MARKET, violation_places=(JINHUA,), holder=JINHUA, arrival=Arrival.REPORT))
    assert steps(found) == [("verify_and_file", JINHUA)]
    assert "15个工作日" in found.steps[0].said.zh
    assert found.dispute is None


def test_a_dispute_names_the_time_to_negotiate_and_who_designates() -> None:
    found = proposal(replace(MARKET, violation_places=(JIAXING, HUZHOU)))
    assert found.dispute is not None
    assert "7个工作日" in found.dispute.said.zh
    assert found.dispute.superior is not None
    assert found.dispute.superior.name == "浙江省市场监督管理局"
    assert {one.law_row: one.label for one in found.dispute.grounds} == {
        "P10": SourceLabel.STATUTORY,
        "P11": SourceLabel.STATUTORY,
        "1b": SourceLabel.OUR_READING,
    }


def test_whoever_only_sends_a_reporter_on_is_no_party_to_a_dispute() -> None:
    facts = replace(MARKET, violation_places=(JIAXING, HANGZHOU), holder=HEFEI)
    for given_facts, name in (
        (replace(facts, arrival=Arrival.REPORT), "浙江省市场监督管理局"),
        (replace(facts, filed=(Event(HEFEI, TODAY),)), SAMR),
        (replace(facts, arrival=Arrival.TRANSFER, transferred_by=JIAXING), SAMR),
    ):
        found = proposal(given_facts)
        assert found.dispute is not None
        assert found.dispute.superior is not None
        assert found.dispute.superior.name == name


def test_technical_secrets_belong_to_city_level() -> None:
    secret = replace(MARKET, cause="trade_secret")
    city = proposal(replace(secret, violation_places=(SUZHOU,)))
    district = proposal(replace(secret, violation_places=(SONGJIANG,)))
    assert [one.code for one in city.notes] == ["city_level"]
    assert [one.code for one in district.notes] == ["city_level", "below_city_level"]
    assert "上海市市场监督管理局" in district.notes[1].said.zh
    assert district.notes[1].grounds[0].label is SourceLabel.OUR_READING


def test_a_place_outside_the_alliance_is_said_to_be_outside() -> None:
    found = proposal(replace(MARKET, party=PartyKind.PLATFORM_OPERATOR, domicile=OUTSIDE, holder=WUHU))
    assert able(found) == ([OUTSIDE], [])
    assert "outside" in {one.code for one in found.notes}
    assert found.dispute is not None
    assert found.dispute.superior is None


def test_patent_requests_go_to_the_place_of_infringement_or_the_domicile() -> None:
    found = proposal(replace(PATENT, violation_places=(SUZHOU,), domicile=JINHUA))
    assert able(found) == ([SUZHOU, JINHUA], [])
    assert (found.handles, turning(found)) == (None, ["same_party", "filed"])
    assert {"Z20", "Z09", "Z08"} <= rows(found)
    assert turning(proposal(PATENT)) == ["violation_places", "domicile"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"holder": SUZHOU}, [("accept", SUZHOU)]),
        ({"holder": WUHU, "arrival": Arrival.REPORT}, [("refuse_request", WUHU)]),
        ({"holder": WUHU, "arrival": Arrival.TRANSFER, "transferred_by": HEFEI}, [("ask_superior", WUHU)]),
        ({"filed": (Event(WUHU, date(2026, 9, 1)),)}, [("withdraw_case", WUHU)]),
    ],
)
def test_what_patent_authorities_do(facts: dict[str, object], expected: list[tuple[str, str]]) -> None:
    given_facts = replace(PATENT, violation_places=(SUZHOU,), domicile=SUZHOU, **facts)  # type: ignore[arg-type]  # a table
    assert steps(proposal(given_facts)) == expected


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        (replace(MARKET, violation_places=("110000",)), "violation_places", "jurisdiction.unknown_place"),
        (replace(MARKET, filed=(Event("1", TODAY),)), "filed", "jurisdiction.unknown_place"),
        (replace(MARKET, cause="patent_infringement"), "line", "jurisdiction.wrong_line"),
        (replace(MARKET, cause="theft"), "cause", "jurisdiction.unknown_cause"),
        (replace(PATENT, cause="trade_secret"), "line", "jurisdiction.wrong_line"),
        (replace(MARKET, holder=WUHU, transferred_by=WUHU), "transferred_by", "jurisdiction.transferred_by_itself"),
    ],
)
def test_facts_that_cannot_be_right_are_refused(facts: Facts, field: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=r"jurisdiction\.bad_facts") as caught:
        proposal(facts)
    assert [(one.field, one.code) for one in caught.value.problems] == [(field, code)]


PLACE = st.sampled_from((*MEMBERS, OUTSIDE))
EVENTS = st.lists(
    st.builds(Event, st.sampled_from(MEMBERS), st.dates(date(2026, 7, 1), date(2026, 11, 1))), max_size=3
).map(tuple)
ANY = st.builds(
    Facts,
    st.sampled_from(Line),
    party=st.sampled_from(PartyKind),
    violation_places=st.lists(PLACE, max_size=3, unique=True).map(tuple),
    business_place=st.none() | PLACE,
    domicile=st.none() | PLACE,
    registered=st.none() | st.booleans(),
    platform_domicile=st.none() | PLACE,
    received=EVENTS,
    filed=EVENTS,
    holder=st.none() | st.sampled_from(MEMBERS),
    arrival=st.none() | st.sampled_from(Arrival),
    same_party=st.none() | st.booleans(),
)


@settings(max_examples=300)
@given(ANY)
def test_every_proposal_stands_on_articles_and_names_nobody_twice(facts: Facts) -> None:
    found = proposal(facts)
    named = [one.authority for one in (*found.competent, *found.may_also)]
    assert len(named) == len(set(named))
    assert found.handles is None or found.handles in named
    assert named or found.turning
    parts: list[Standing | Step | Turning] = [*found.competent, *found.may_also, *found.steps, *found.turning]
    for part in parts:
        assert part.grounds
        assert all(ground.basis for ground in part.grounds)
        assert part.said.zh
        assert part.said.en
    assert {step.authority for step in found.steps} <= {facts.holder, *(event.authority for event in facts.filed)}
    if found.dispute and found.dispute.superior:
        assert found.dispute.superior.authority.code not in MEMBERS
