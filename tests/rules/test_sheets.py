"""Cells of sheets: what is read, what is refused and with which advice, what goes out without harm."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.case_files import case_columns, read_case
from concord.rules.sheets import (
    Checking,
    Column,
    ColumnType,
    Option,
    Value,
    check_rows,
    defused,
    match_headings,
    read_cell,
    undefused,
)
from concord.rules.sheets.defusing import DANGEROUS

TODAY = date(2026, 2, 6)
CAUSES = (Option("trademark_infringement", "侵犯注册商标专用权", "Trademark infringement"),)
COLUMNS = case_columns(CAUSES)
BY_ID = {column.id: column for column in COLUMNS}
GOOD = {"number": "〔2026〕1号", "name": "某某店案", "stage": "立案前核查"}


@pytest.mark.parametrize(
    ("column", "typed", "value"),
    [
        ("found_date", "2026-01-05", date(2026, 1, 5)),
        ("found_date", "2026/1/5", date(2026, 1, 5)),
        ("found_date", "2026.1.5", date(2026, 1, 5)),
        ("found_date", "2026年1月5日", date(2026, 1, 5)),
        ("found_date", "20260105", date(2026, 1, 5)),
        ("found_date", "\uff12\uff10\uff12\uff16\uff0d\uff10\uff11\uff0d\uff10\uff15", date(2026, 1, 5)),
        ("found_date", "2026-01-05 00:00:00", date(2026, 1, 5)),
        ("found_date", "2026-02-06", TODAY),
        ("stage", "已立案", "filed"),
        ("stage", "case FILED", "filed"),
        ("stage", "verification", "verification"),
        ("cause", " 侵犯注册商标专用权 ", "trademark_infringement"),
        ("party_code", "\uff19\uff11350100m000100y43", "91350100M000100Y43"),
        ("right_number", "第1234567号", "1234567"),
        ("right_number", "g1234567", "G1234567"),
        ("right_number", "ZL201710601862.3", "201710601862.3"),
        ("amount", "12,800.50", 1_280_050),
        ("amount", "¥ 12800.5元", 1_280_050),
        ("amount", "0.10", 10),
        ("amount", "3", 300),
        ("amount", "3.000", 300),
        ("name", "  某某\n店 ", "某某 店"),
        ("content", "第一行\n第二行", "第一行\n第二行"),
        ("mark", "", None),
    ],
)
def test_what_people_write_is_understood(column: str, typed: str, value: Value) -> None:
    assert read_cell(BY_ID[column], typed, today=TODAY) == (value, None)


@pytest.mark.parametrize(
    ("column", "typed", "code", "advice"),
    [
        ("number", " ", "missing", "请填写"),
        ("name", "名" * 161, "too_long", "最多 160 个字"),
        ("found_date", "2026-02-30", "bad_date", "例如"),
        ("found_date", "上周", "bad_date", "例如"),
        ("found_date", "46027", "bad_date", "2026-01-05"),
        ("found_date", "0026-01-05", "bad_date", "例如"),
        ("found_date", "2026-02-07", "ahead", "2026-02-06"),
        ("stage", "立案前检查", "unknown", "立案前核查"),
        ("cause", "偷税", "unknown", "可填：侵犯注册商标专用权"),
        ("party_code", "91350100M000100Y44", "bad_credit_code", "营业执照"),
        ("party_code", "123", "bad_credit_code", "18 位"),
        ("right_number", "云帆", "bad_right_number", "1234567"),
        ("right_number", "201710601862.4", "bad_right_number", "201710601862.3"),
        ("amount", "约三万", "bad_amount", "12800.50"),
        ("amount", "1,28,00", "bad_amount", "12800.50"),
        ("amount", "-5", "negative", "零或正数"),
        ("amount", "1.239", "too_precise", "1.23"),
        ("amount", "1" + "0" * 12, "too_large", "元"),
        ("name", "=1+1", "formula", "粘贴为数值"),
        ("mark", "\uff1dHYPERLINK(1)", "formula", "粘贴为数值"),
        ("party", "#REF!", "error_value", "正确"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(column: str, typed: str, code: str, advice: str) -> None:
    value, fault = read_cell(BY_ID[column], typed, today=TODAY)
    assert value is None
    assert fault is not None
    assert (fault.column, fault.code) == (column, code)
    assert advice in fault.right.zh
    assert fault.said.en
    assert fault.right.en


def test_a_whole_number_is_read_or_refused() -> None:
    column = Column("n", "件数", "Number", ColumnType.INTEGER)
    assert read_cell(column, "\uff11\uff12", today=TODAY) == (12, None)
    _, fault = read_cell(column, "1.5", today=TODAY)
    assert fault is not None
    assert fault.code == "bad_number"


def test_repeated_numbers_are_found_inside_the_sheet_and_in_what_is_there() -> None:
    rows = {2: GOOD, 3: {**GOOD, "number": "〔2026〕2号"}, 5: {**GOOD, "number": " 〔2026〕1号 "}}
    first, second, third = check_rows(rows, Checking(COLUMNS, TODAY, {"number": {"〔2026〕2号"}}))
    assert first.good
    assert second.faults["number"].code == "taken"
    assert third.faults["number"].code == "twice"
    assert "第 2 行" in third.faults["number"].said.zh


def test_headings_are_known_in_both_languages_and_any_order() -> None:
    found = match_headings(
        ["Name", "案件编号", "* 办案阶段（必填）", "", "经办", "party", "涉案金额（万元）", "案件名称"], COLUMNS
    )
    assert found.places == {"name": 0, "number": 1, "stage": 2, "party": 5}
    assert found.unknown == ("经办", "涉案金额（万元）", "案件名称")
    assert found.missing == ()
    assert match_headings(["当事人名称"], COLUMNS).missing == ("number", "name", "stage")


def test_every_heading_of_the_columns_finds_its_own_column() -> None:
    for written in ([c.zh for c in COLUMNS], [c.en for c in COLUMNS], [c.id for c in COLUMNS]):
        found = match_headings(written, COLUMNS)
        assert list(found.places) == [column.id for column in COLUMNS]
        assert found.unknown == ()


def test_the_examples_are_right() -> None:
    typed = {column.id: column.example for column in COLUMNS}
    values, problems = read_case(typed, COLUMNS, today=TODAY)
    assert problems == []
    assert values["amount"] == 1_280_050


def test_a_case_says_each_problem_with_its_advice() -> None:
    _, problems = read_case({"number": "", "name": "案", "stage": "filed", "amount": "-1"}, COLUMNS, today=TODAY)
    assert [(problem.field, problem.code) for problem in problems] == [("number", "missing"), ("amount", "negative")]
    assert problems[1].said.zh == "金额不能为负数；填零或正数。"


@given(st.text(max_size=40))
def test_whatever_goes_out_begins_with_nothing_dangerous(text: str) -> None:
    out = defused(text)
    assert not out.startswith(DANGEROUS)
    assert defused(out) == out


@given(st.sampled_from(DANGEROUS), st.text(alphabet="=+-@abc'1号", max_size=10))
def test_what_was_defused_comes_back(mark: str, rest: str) -> None:
    assert defused(mark + rest) == "'" + mark + rest
    assert undefused(defused(mark + rest)) == mark + rest


def test_ordinary_texts_are_left_alone() -> None:
    assert undefused("'云帆'") == "'云帆'"
    assert defused("0571-1") == "0571-1"
    assert defused("a\x00b") == "ab"


@given(st.integers(min_value=0, max_value=10**14 - 1))
def test_amounts_are_exact_to_the_fen(fen: int) -> None:
    for typed in (f"{fen // 100}.{fen % 100:02d}", f"{fen // 100:,}.{fen % 100:02d}"):
        assert read_cell(BY_ID["amount"], typed, today=TODAY) == (fen, None)


@given(st.dates(min_value=date(1949, 10, 1), max_value=TODAY))
def test_days_are_read_in_every_form(day: date) -> None:
    for typed in (day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day:%Y%m%d}"):
        assert read_cell(BY_ID["found_date"], typed, today=TODAY) == (day, None)


@given(st.integers(min_value=1, max_value=9000))
def test_no_day_ahead_is_taken(days: int) -> None:
    _, fault = read_cell(BY_ID["found_date"], (TODAY + timedelta(days=days)).isoformat(), today=TODAY)
    assert fault is not None
    assert fault.code == "ahead"


@given(st.sampled_from(COLUMNS), st.text(max_size=60))
def test_no_cell_whatever_is_typed_brings_the_reading_down(column: Column, typed: str) -> None:
    value, fault = read_cell(column, typed, today=TODAY)
    assert fault is None or value is None
