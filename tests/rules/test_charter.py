"""A charter is loaded whole with what it extends, or all its faults are named."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.charters.folder import read, shipped
from concord.rules.charter import Charter, check, load
from concord.rules.errors import DefinitionError, NotFound
from concord.rules.procedure import Line
from tests.support.toy_charter import toy_charter, toy_files

TOY = "toy/charter.toml"
NATIONAL = "cn/charter.toml"
CODES = "cn/codes/handling_codes.toml"
ASSISTANCE = "toy/procedures/assistance/2026-01-01.toml"


def line_of(text: str, marker: str) -> int:
    return text[: text.index(marker)].count("\n") + 1


def shipped_charter(name: str) -> Charter:
    return load(read(shipped(), "cn", "g60"), name)


@pytest.mark.parametrize("name", ["cn", "g60"])
def test_the_shipped_charters_are_sound(name: str) -> None:
    assert check(read(shipped(), "cn", "g60"), name) == ()


def test_every_part_of_a_charter_is_read() -> None:
    toy = toy_charter()
    assert (toy.id, toy.extends, toy.version, toy.founded) == ("toy", "cn", date(2026, 1, 1), date(2025, 6, 1))
    assert toy.said.zh == "云泽三地协作"
    assert [member.mark for member in toy.members] == ["云市监", "岚市监", "麦市监"]
    assert toy.member("990100").name(Line.PATENT) == "云泽市知识产权局"
    assert toy.authority("000000").name(Line.MARKET).startswith("国家")
    assert toy.agreement is not None
    assert toy.agreement.signed == date(2025, 6, 1)
    assert toy.rotation is not None
    assert toy.rotation.order == ("990100", "990200", "980100")
    assert toy.source(toy.rotation.source or "").proposed
    assert list(toy.code_lists["handling_codes"]) == ["case_only", "lead_only"]
    code = toy.code_lists["handling_codes"]["lead_only"]
    assert (code.said.en, bool(code.meaning.zh)) == ("Lead only, not evidence", True)
    assert [step.to for step in toy.escalation] == ["requested.leader", "centre.enforcement", "agenda"]
    assert {group.id for group in toy.groups} == {"office", "enforcement"}
    assert toy.seats[0].held_by == "bureau_director"


def test_powers_are_held_only_by_officers_and_secondees() -> None:
    charter = shipped_charter("g60")
    powers = {permission.id for permission in charter.permissions if permission.power}
    for post in charter.posts:
        staffing = next((one for one in charter.staffing if one.id == post.staffing), None)
        if not post.powers or (staffing and not staffing.may_hold_powers):
            assert not charter.permissions_of(post.id) & powers, post.id
    assert charter.permissions_of("leader") >= {"assistance:sign", "matter:read"}
    assert charter.permissions_of("service_provider") == {"charter:read", "directory:read"}


def test_the_version_in_force_follows_the_day_and_the_resolution() -> None:
    files = toy_files()
    newer = files[ASSISTANCE].replace("in_force_from = 2026-01-01", "in_force_from = 2026-09-01")
    files["toy/procedures/assistance/2026-09-01.toml"] = newer
    before = load(files, "toy")
    assert len(before.procedures["assistance"]) == 2
    assert before.procedure("assistance", on=date(2026, 12, 1)).in_force_from == date(2026, 1, 1)
    files[TOY] = files[TOY].replace("assistance = 2026-01-01", "assistance = 2026-09-01")
    adopted = load(files, "toy")
    assert adopted.procedure("assistance", on=date(2026, 8, 31)).in_force_from == date(2026, 1, 1)
    assert adopted.procedure("assistance", on=date(2026, 9, 1)).in_force_from == date(2026, 9, 1)
    with pytest.raises(NotFound, match="no_procedure_in_force"):
        adopted.procedure("assistance", on=date(2025, 12, 31))
    with pytest.raises(NotFound, match="no_procedure_in_force"):
        adopted.procedure("mediation", on=date(2026, 9, 1))


def test_a_procedure_of_the_extended_charter_serves_until_there_is_an_own_one() -> None:
    files = toy_files()
    del files[ASSISTANCE]
    files[TOY] = files[TOY].replace("assistance = 2026-01-01", "assistance = 2022-11-01")
    charter = load(files, "toy")
    assert charter.procedure("assistance", on=date(2026, 1, 1)).file.startswith("cn/")


@pytest.mark.parametrize("line", list(Line))
def test_members_of_one_province_have_it_as_their_superior(line: Line) -> None:
    superior = toy_charter().common_superior("990100", "990200", line)
    assert superior is not None
    assert (superior.authority.code, superior.designates_only) == ("990000", False)
    assert superior.name == superior.authority.name(line)


def test_between_provinces_the_market_line_has_a_superior_and_the_patent_line_only_a_designator() -> None:
    market = toy_charter().common_superior("990100", "980100", Line.MARKET)
    patent = toy_charter().common_superior("980100", "990100", Line.PATENT)
    assert market is not None
    assert patent is not None
    assert (market.authority.code, market.name, market.designates_only) == ("000000", "国家市场监督管理总局", False)
    assert (patent.authority.code, patent.name, patent.designates_only) == ("000000", "国家知识产权局", True)


def test_the_top_has_no_superior() -> None:
    assert toy_charter().common_superior("990100", "000000", Line.MARKET) is None
    with pytest.raises(NotFound, match="no_such_authority"):
        toy_charter().common_superior("990100", "123456", Line.MARKET)


def test_every_pair_of_the_shipped_alliance_meets_at_its_province_or_at_the_top() -> None:
    charter = shipped_charter("g60")
    for first, second in combinations(charter.members, 2):
        market = charter.common_superior(first.code, second.code, Line.MARKET)
        patent = charter.common_superior(first.code, second.code, Line.PATENT)
        assert market is not None
        assert patent is not None
        assert market.authority.code == (first.up if first.up == second.up else "000000")
        assert patent.designates_only == (first.up != second.up)


def test_unknown_names_are_not_found() -> None:
    with pytest.raises(NotFound, match="no_such_authority"):
        toy_charter().member("000000")
    with pytest.raises(NotFound, match="no_such_source"):
        toy_charter().source("rumour")


def test_a_further_member_is_one_line_of_data_and_a_turn() -> None:
    files = read(shipped(), "cn", "g60")
    text = files["g60/charter.toml"]
    own = "舟山市"
    member = (
        '  { code = "330900", zh = "舟山", en = "Zhoushan", level = "city", up = "330000", mark = "舟市监", '
        f'market = "{own}市场监督管理局", patent = "{own}知识产权局" }},\n'
    )
    text = text.replace("]\ngroups = [", f"{member}]\ngroups = [").replace(
        '"340100"]\nfirst', '"340100", "330900"]\nfirst'
    )
    files["g60/charter.toml"] = text
    charter = load(files, "g60")
    assert len(charter.members) == 10
    superior = charter.common_superior("330900", "330100", Line.MARKET)
    assert superior is not None
    assert superior.authority.code == "330000"


def test_the_digest_covers_every_text_and_nothing_foreign() -> None:
    files = toy_files()
    digest = load(files, "toy").digest
    assert load({**files, "other/charter.toml": "x"}, "toy").digest == digest
    assert load({**files, "cn/papers/new.typ": "x"}, "toy").digest != digest
    assert load({**files, TOY: f"{files[TOY]}# end\n"}, "toy").digest != digest


MEMBER = '{ code = "990100", zh = "云泽"'
FAULTS = [
    (TOY, 'extends = "cn"', 'extends = "nation"', "charter.not_found", "extends"),
    (TOY, 'extends = "cn"', 'extends = "toy"', "charter.not_found", "extends"),
    (TOY, "format = 1", "format = 1 1", "definition.syntax", "format"),
    (TOY, 'id = "toy"', 'id = "toys"', "charter.wrong_place", 'id = "toys"'),
    (TOY, "agreement = {", 'agreement = "x" # {', "definition.wrong_type", "agreement ="),
    (TOY, "groups = [\n", "groups = 3\nsources2 = [\n", "definition.wrong_type", "groups = 3"),
    (TOY, 'time_zone = "Asia/Shanghai"', 'time_zone = "UTC"', "charter.unknown_time_zone", "time_zone"),
    (TOY, '"zh-Hans", "en"', '"zh-Hans", "fr"', "charter.unknown_language", "languages"),
    (TOY, "founded = 2025-06-01", 'founded = "2025"', "definition.wrong_type", "founded"),
    (TOY, 'seat = "990100"', 'seat = "990109"', "charter.unknown_member", "seat ="),
    (TOY, MEMBER, MEMBER.replace("990100", "99010"), "charter.bad_code", 'code = "99010"'),
    (TOY, 'level = "city", up = "980000"', 'level = "town", up = "980000"', "definition.unknown_choice", 'zh = "麦屿"'),
    (TOY, 'mark = "岚市监"', 'mark = "云市监"', "charter.mark_not_unique", 'zh = "云泽"'),
    (TOY, 'mark = "岚市监"', 'mark = "{岚}"', "charter.bad_mark", 'zh = "岚桥"'),
    (TOY, 'up = "980000", mark', 'up = "970000", mark', "charter.unknown_superior", 'zh = "麦屿"'),
    (
        TOY,
        'zh = "西屿", en = "Xiyu", up = "000000"',
        'zh = "西屿", en = "Xiyu", up = "980100"',
        "charter.circle",
        'zh = "西屿"',
    ),
    (TOY, 'code = "980000"', 'code = "330000"', "charter.redefined", 'code = "330000"'),
    (TOY, 'zh = "麦屿", en', 'zh = "", en', "definition.bad_text", 'code = "980100"'),
    (TOY, 'duties = ["roster"], source = "pact"', 'duties = ["roster"]', "charter.no_source", 'id = "office"'),
    (
        TOY,
        'duties = ["roster"], source = "pact"',
        'duties = ["roster"], source = "pct"',
        "charter.unknown_source",
        'id = "office"',
    ),
    (TOY, 'source = "sketch"', 'source = "skech"', "charter.unknown_source", 'source = "skech"'),
    (TOY, 'kind = "agreed", text = "三地', 'kind = "statutory", text = "三地', "procedure.confidence", 'id = "pact"'),
    (TOY, 'term = "12M", may', 'term = "1 year", may', "procedure.bad_limit", 'id = "secondment"'),
    (TOY, '"until", "sponsor"', '"untl", "sponsor"', "charter.unknown_need", 'id = "purchased_service"'),
    (
        TOY,
        '"12M", may_hold_powers = true',
        '"12M", may_hold_powers = false',
        "charter.powers_against_staffing",
        "toy:secondee",
    ),
    (TOY, 'id = "hire"', 'id = "hired"', "charter.unknown_staffing", "toy:clerk"),
    (TOY, 'id = "errand:ask"', 'id = "errand"', "charter.bad_permission", 'id = "errand"'),
    (
        TOY,
        '["case_officer", "leader"] }',
        '["case_officer", "clerk"] }',
        "charter.power_without_powers",
        'id = "errand:ask"',
    ),
    (TOY, '["case_officer", "leader"] }', '["case_oficer", "leader"] }', "charter.unknown_post", 'id = "errand:ask"'),
    (TOY, '"990200", "980100"]', '"990200", "980200"]', "charter.unknown_member", "order ="),
    (TOY, '"990200", "980100"]', '"990200"]', "charter.member_without_turn", "order ="),
    (TOY, 'seats = ["chair"]', 'seats = ["chairs"]', "charter.unknown_seat", 'seats = ["chairs"]'),
    (TOY, "count = 1, source", 'count = 1, city = "any", source', "charter.unknown_rule", 'id = "chair"'),
    (TOY, 'term = "12M"\n', 'term = "12X"\n', "procedure.bad_limit", 'term = "12X"'),
    (TOY, "errand = 2026-01-01", "errand = 2026-01-02", "charter.unknown_version", "procedures = {"),
    (TOY, "errand = 2026-01-01", "erand = 2026-01-01", "charter.unknown_version", "procedures = {"),
    (TOY, '["case_only", "lead_only"]', '["case_only", "leads_only"]', "charter.unknown_code", "handling_codes ="),
    (TOY, "handling_codes =", "handling =", "charter.unknown_code_list", "handling ="),
    (TOY, 'clock = "assistance.reply"', 'clock = "assistance"', "charter.bad_clock", "escalation ="),
    (TOY, 'clock = "assistance.reply"', 'clock = "assistance.replies"', "charter.unknown_clock", "escalation ="),
    (TOY, 'clock = "assistance.reply"', 'clock = "assist.reply"', "charter.unknown_procedure", "escalation ="),
    (TOY, 'after = "3WD"', 'after = "3"', "procedure.bad_limit", "escalation ="),
    (TOY, 'after = "3WD"', 'after = "3CD"', "charter.rung_not_in_working_days", "escalation ="),
    (TOY, 'after = "0WD"', 'after = "0h"', "procedure.bad_limit", "escalation ="),
    (
        TOY,
        'after = "10WD", to = "agenda"',
        'after = "3WD", to = "centre.enforcement"',
        "charter.rung_twice",
        "escalation =",
    ),
    (TOY, '"requested.leader"', '"requested.administrator"', "charter.post_cannot_read", "escalation ="),
    (TOY, '"centre.enforcement"', '"centre.force"', "charter.unknown_group", "escalation ="),
    (TOY, '"requested.leader"', '"requestd.leader"', "charter.unknown_role", "escalation ="),
    (TOY, '"requested.leader"', '"requested.leaders"', "charter.unknown_post", "escalation ="),
    (
        NATIONAL,
        'designates_only = ["patent"]',
        'designates_only = ["patents"]',
        "charter.unknown_line",
        "designates_only =",
    ),
    (NATIONAL, 'id = "clerk"', 'id = "clark"', "charter.unknown_post", 'id = "matter:read"'),
    (CODES, 'id = "handling_codes"', 'id = "handling"', "charter.wrong_place", 'id = "handling"'),
    (CODES, 'meaning_en = "A lead', 'meaning = "A lead', "definition.unknown_key", 'id = "lead_only"'),
    (CODES, "format = 1", "format = ", "definition.syntax", "format"),
    ("cn/calendar/2026.toml", "format = 1", "format = 9", None, "format"),
    (ASSISTANCE, 'limit = "15WD"', 'limit = "16WD"', "procedure.statutory_line_changed", 'id = "reply", limit'),
    (ASSISTANCE, "format = 1", "format = 3", "definition.unknown_format", "format"),
]


@pytest.mark.parametrize(("path", "old", "new", "code", "marker"), FAULTS)
def test_a_planted_fault_is_named_with_its_line(path: str, old: str, new: str, code: str | None, marker: str) -> None:
    files = toy_files()
    assert old in files[path]
    files[path] = files[path].replace(old, new, 1)
    faults = check(files, "toy")
    if marker.startswith("toy:"):
        path, marker = NATIONAL, f'id = "{marker.removeprefix("toy:")}"'
    found = {(fault.file, fault.line) for fault in faults if code in {None, fault.code}}
    assert (path, line_of(files[path], marker)) in found
    for fault in faults:
        assert all((fault.said.zh, fault.said.en, fault.rule, fault.advice.zh, fault.advice.en)), fault
    with pytest.raises(DefinitionError) as caught:
        load(files, "toy")
    assert set(caught.value.faults) == set(faults)


def test_faults_of_several_files_come_at_once() -> None:
    files = toy_files()
    files[TOY] = files[TOY].replace("founded =", "funded =")
    files[ASSISTANCE] = files[ASSISTANCE].replace("max = 120", 'max = "120"')
    files[CODES] = files[CODES].replace("format = 1\n", "")
    files["cn/calendar/2026.toml"] = "format = "
    assert {fault.file for fault in check(files, "toy")} == {TOY, ASSISTANCE, CODES, "cn/calendar/2026.toml"}


def test_a_charter_adds_codes_to_a_list_it_inherits_and_redefines_none() -> None:
    files = toy_files()
    own = "toy/codes/handling_codes.toml"
    files[own] = files[CODES]
    assert {(fault.file, fault.code) for fault in check(files, "toy")} == {(own, "charter.redefined")}
    head, first, *_ = files[CODES].partition("  { id = ")
    row = first + files[CODES].partition(first)[2].partition("\n")[0].replace("case_only", "own_only")
    files[own] = f"{head}{row}\n]\n"
    files[TOY] = files[TOY].replace('["case_only", "lead_only"]', '["case_only", "own_only"]')
    assert list(load(files, "toy").code_lists["handling_codes"]) == ["case_only", "own_only"]


def test_an_alliance_may_do_without_a_rotation() -> None:
    files = toy_files()
    start, end = files[TOY].index("[rotation]"), files[TOY].index("[in_force]")
    files[TOY] = files[TOY][:start] + files[TOY][end:]
    assert load(files, "toy").rotation is None


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_charter_is_checked_and_never_crashes(data: st.DataObject) -> None:
    files = toy_files()
    path = data.draw(st.sampled_from([TOY, NATIONAL, CODES, ASSISTANCE]))
    start = data.draw(st.integers(0, len(files[path]) - 1))
    end = data.draw(st.integers(start, min(len(files[path]), start + 40)))
    files[path] = files[path][:start] + data.draw(st.text(max_size=5)) + files[path][end:]
    assert all(fault.line >= 1 and fault.said.zh for fault in check(files, "toy"))


def test_an_unreadable_charter_and_a_missing_one_are_faults() -> None:
    assert [fault.code for fault in check({}, "toy")] == ["charter.not_found"]
    assert [fault.code for fault in check({TOY: "?"}, "toy")] == ["definition.syntax"]
