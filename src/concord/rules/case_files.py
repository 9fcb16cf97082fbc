"""What a case or lead (案件、线索) of one organisation is registered with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from concord.rules.errors import Problem, Said
from concord.rules.sheets import Column, ColumnType, Option, Value, read_cell

STAGES: Final = (
    Option("filed", "已立案", "Case filed"),
    Option("verification", "立案前核查", "Verification before filing"),
)
# Codes as the procedures of leads use them.
SOURCES: Final = (
    Option("inspection", "监督检查", "Inspection"),
    Option("report", "投诉举报", "Complaint or report"),
    Option("other_department", "其他部门移送", "Another department"),
    Option("superior", "上级交办", "Assigned by a superior"),
    Option("other", "其他", "Other"),
)
DAY_FORMS: Final = Said("如 2026-03-05、2026/3/5、2026年3月5日；不能晚于今天", "such as 2026-03-05; not ahead")


def case_columns(causes: Sequence[Option]) -> tuple[Column, ...]:
    """The columns of a case or lead; ``causes`` are the codes of the charter in force."""
    longtext, choice = ColumnType.LONGTEXT, ColumnType.CHOICE
    return (
        Column(
            "number",
            "案件（线索）编号",
            "Number",
            required=True,
            longest=80,
            unique=True,
            example="〔2026〕35号",
            help=Said("本机关的编号，不能重复", "Your organisation's own number, once each"),
        ),
        Column("name", "案件（线索）名称", "Name", required=True, longest=160, example="某某店涉嫌侵犯注册商标专用权"),
        Column("stage", "办案阶段", "Stage", choice, required=True, options=STAGES, example="立案前核查"),
        Column("source", "线索来源", "Source", choice, options=SOURCES, example="投诉举报"),
        Column("found_date", "发现日期", "Found on", ColumnType.DATE, past=True, example="2026-01-15", help=DAY_FORMS),
        Column("party", "当事人名称", "Party", longest=120, example="某某商行"),
        Column(
            "party_code",
            "统一社会信用代码",
            "Credit code",
            ColumnType.CREDIT_CODE,
            example="91350100M000100Y43",
            help=Said("18 位，核对校验码", "18 characters; the check character is tested"),
        ),
        Column("party_address", "当事人住所（经营场所）", "Party's address", longest=200),
        Column("cause", "案由", "Cause", choice, options=tuple(causes), example="侵犯注册商标专用权"),
        Column("mark", "商标（权利）名称", "Mark or right", longest=120, example="云帆"),
        Column("right_number", "注册号（专利号）", "Right number", ColumnType.RIGHT_NUMBER, example="1234567"),
        Column(
            "amount",
            "涉案金额（元）",
            "Amount (yuan)",
            ColumnType.MONEY,
            example="12800.50",
            help=Said("以元为单位，最多两位小数", "in yuan, at most two decimals"),
        ),
        Column("content", "线索内容", "Content", longtext, longest=3000, example="店铺在售标有该商标的商品。"),
    )


def read_case(
    typed: Mapping[str, str], columns: Sequence[Column], *, today: date
) -> tuple[dict[str, Value], list[Problem]]:
    """The values of a case by column, and what is wrong with what was typed, a problem per field."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for column in columns:
        value, fault = read_cell(column, typed.get(column.id, ""), today=today)
        values[column.id] = value
        if fault is not None:
            said = Said(f"{fault.said.zh}；{fault.right.zh}。", f"{fault.said.en}; {fault.right.en}.")
            problems.append(Problem(column.id, fault.code, said))
    return values, problems
