"""Who stands above each pair of the nine, on both lines, written out; a further member changes only data."""

from __future__ import annotations

from itertools import combinations

import pytest

from concord.charters.folder import read, shipped
from concord.rules.charter import Charter, load
from concord.rules.procedure import Line

ORDER = ("松江", "嘉兴", "杭州", "金华", "苏州", "湖州", "宣城", "芜湖", "合肥")
# 浙: 浙江省, 皖: 安徽省, 国: the national authority (on the patent line it is no superior and only designates).
TABLE = """
松江 — 国 国 国 国 国 国 国 国
嘉兴 国 — 浙 浙 国 浙 国 国 国
杭州 国 浙 — 浙 国 浙 国 国 国
金华 国 浙 浙 — 国 浙 国 国 国
苏州 国 国 国 国 — 国 国 国 国
湖州 国 浙 浙 浙 国 — 国 国 国
宣城 国 国 国 国 国 国 — 皖 皖
芜湖 国 国 国 国 国 国 皖 — 皖
合肥 国 国 国 国 国 国 皖 皖 —
"""
NAMES = {
    Line.MARKET: {"浙": "浙江省市场监督管理局", "皖": "安徽省市场监督管理局", "国": "国家市场监督管理总局"},
    Line.PATENT: {"浙": "浙江省知识产权局", "皖": "安徽省知识产权局", "国": "国家知识产权局"},
}


def charter(further: str = "") -> Charter:
    files = read(shipped(), "cn", "g60")
    if further:
        text = files["g60/charter.toml"].replace("]\ngroups = [", f"{further}]\ngroups = [")
        files["g60/charter.toml"] = text.replace('"340100"]\nfirst', '"340100", "330900"]\nfirst')
    return load(files, "g60")


def expected() -> dict[tuple[str, str], str]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    return {(line[0], other): letter for line in lines for other, letter in zip(ORDER, line[1:], strict=True)}


def test_the_table_is_of_nine_by_nine_and_the_same_from_both_sides() -> None:
    table = expected()
    assert len(table) == 81
    assert all(table[first, second] == table[second, first] for first, second in table)


@pytest.mark.parametrize("line", list(Line))
def test_every_pair_meets_where_the_table_says(line: Line) -> None:
    alliance = charter()
    codes = {member.zh: member.code for member in alliance.members}
    assert set(codes) == set(ORDER)
    for (first, second), letter in expected().items():
        if first == second:
            assert letter == "—"
            continue
        superior = alliance.common_superior(codes[first], codes[second], line)
        assert superior is not None
        assert superior.name == NAMES[line][letter], (first, second)
        assert superior.designates_only == (line is Line.PATENT and letter == "国"), (first, second)


def test_the_centre_is_above_nobody() -> None:
    alliance = charter()
    names = {superior.zh for member in alliance.members for superior in alliance.superiors(member.code)}
    assert names == {"国家", "上海", "江苏", "浙江", "安徽"}


def test_a_tenth_member_is_a_line_of_data() -> None:
    own = "舟山市"
    alliance = charter(
        '  { code = "330900", zh = "舟山", en = "Zhoushan", level = "city", up = "330000", mark = "舟市监", '
        f'market = "{own}市场监督管理局", patent = "{own}知识产权局" }},\n'
    )
    assert len(alliance.members) == 10
    for line in Line:
        met = {
            member.zh: superior.name
            for member in alliance.members
            if member.code != "330900"
            if (superior := alliance.common_superior("330900", member.code, line))
        }
        province, national = NAMES[line]["浙"], NAMES[line]["国"]
        assert met == {zh: province if expected().get(("嘉兴", zh)) in {"浙", "—"} else national for zh in ORDER}
    pairs = combinations([member.code for member in alliance.members], 2)
    assert all(alliance.common_superior(first, second, Line.MARKET) for first, second in pairs)
