"""Answers are taken as canonical values, or refused with everything that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.rules.answers import take
from concord.rules.canonical import JSON, canonical_json
from concord.rules.errors import InvalidInput
from concord.rules.procedure import Procedure
from tests.support.toy_charter import toy_charter

TASKS = ["查营业执照", "查进货单"]
ASK = {"subject": "案件甲", "urgency": "urgent", "handling": "case_only", "tasks": TASKS}
TAKE = {"worker": "018f-01", "visit_at": "2026-03-05T09:00:00+08:00"}
REPORT = {"outcomes": ["有", "无"], "visits": "3", "cost": "1,234.50"}


def errand() -> Procedure:
    return toy_charter().procedures["errand"][0]


def taken(act: str, raw: dict[str, Any], known: dict[str, Any] | None = None) -> dict[str, JSON]:
    procedure = errand()
    facts = {"tasks": TASKS} if known is None else known
    return take(procedure, procedure.act(act), raw, known=facts, code_lists=toy_charter().code_lists)


def refused(act: str, raw: dict[str, Any], known: dict[str, Any] | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInput, match=r"answers\.invalid") as caught:
        taken(act, raw, known)
    assert all(problem.said.zh and problem.said.en for problem in caught.value.problems)
    return {problem.field: problem.code for problem in caught.value.problems}


def test_a_form_and_a_program_give_the_same_values() -> None:
    form = {
        "subject": " 案件甲 ",
        "urgency": "urgent",
        "handling": "case_only",
        "tasks": [*TASKS, " ", ""],
        "about": "",
    }
    assert taken("ask", form) == taken("ask", ASK) == {**ASK, "tasks": TASKS}


@pytest.mark.parametrize(
    ("act", "base", "field", "given", "value"),
    [
        ("ask", ASK, "subject", "  e\u0301cole ", "\xe9cole"),
        ("ask", ASK, "wanted_date", "2026-03-05", "2026-03-05"),
        ("ask", ASK, "wanted_date", "2026/3/5", "2026-03-05"),
        ("ask", ASK, "wanted_date", "2026年3月5日", "2026-03-05"),
        ("ask", ASK, "wanted_date", "２０２６年３月５日", "2026-03-05"),
        ("ask", ASK, "tasks", "只有一项", ["只有一项"]),
        ("ask", ASK, "tasks", ["一\r\n二  ", None, ""], ["一\n二"]),
        ("ask", ASK, "about", " 990100 ", "990100"),
        ("ask", ASK, "related", "TOY-2026-00001", "TOY-2026-00001"),
        ("take", TAKE, "visit_at", "2026-03-05T01:00:00Z", "2026-03-05T01:00:00Z"),
        ("take", TAKE, "visit_at", "2026-03-05T09:00+08:00", "2026-03-05T01:00:00Z"),
        ("report", REPORT, "visits", 7, 7),
        ("report", REPORT, "visits", " \uff17 ", 7),
        ("report", REPORT, "cost", "1,234.50", 123450),
        ("report", REPORT, "cost", "1234.5", 123450),
        ("report", REPORT, "cost", "￥８００元", 80000),
        ("report", REPORT, "cost", "0.07", 7),
        ("report", REPORT, "cost", 123450, 123450),
        ("report", REPORT, "records", ["f2", "f1", "f2", " "], ["f2", "f1"]),
        ("report", REPORT, "records", "f1", ["f1"]),
        ("remark", {}, "remark", "第一行  \r第二行\t完 ", "第一行\n第二行 完"),
    ],
)
def test_a_value_is_taken_in_its_canonical_form(
    act: str, base: dict[str, Any], field: str, given: object, value: object
) -> None:
    assert taken(act, {**base, field: given})[field] == value


@pytest.mark.parametrize(
    ("act", "base", "field", "given", "code", "path"),
    [
        ("ask", ASK, "subject", "", "missing", "subject"),
        ("ask", ASK, "subject", None, "missing", "subject"),
        ("ask", ASK, "subject", 5, "not_text", "subject"),
        ("ask", ASK, "subject", "字" * 61, "too_long", "subject"),
        ("ask", ASK, "subject", "两\n行", "control_character", "subject"),
        ("ask", ASK, "subject", "a\x00b", "control_character", "subject"),
        ("ask", ASK, "subject", "a\u202eb", "control_character", "subject"),
        ("ask", ASK, "subject", "a\ud800b", "control_character", "subject"),
        ("ask", ASK, "subject", "\x1f", "missing", "subject"),
        ("ask", ASK, "urgency", "Urgent", "not_an_option", "urgency"),
        ("ask", ASK, "urgency", ["urgent"], "not_an_option", "urgency"),
        ("ask", ASK, "handling", "no_onward", "not_an_option", "handling"),
        ("ask", ASK, "wanted_date", "2026-02-29", "not_a_date", "wanted_date"),
        ("ask", ASK, "wanted_date", "5.3.2026", "not_a_date", "wanted_date"),
        ("ask", ASK, "wanted_date", 20260305, "not_a_date", "wanted_date"),
        ("ask", ASK, "tasks", [], "missing", "tasks"),
        ("ask", ASK, "tasks", ["x"] * 6, "wrong_count", "tasks"),
        ("ask", ASK, "tasks", {"a": 1}, "not_a_list", "tasks"),
        ("ask", ASK, "tasks", ["x", 5], "not_text", "tasks.1"),
        ("ask", ASK, "tasks", ["x", "字" * 2001], "too_long", "tasks.1"),
        ("ask", ASK, "about", "a\tb", "not_a_reference", "about"),
        ("ask", ASK, "about", "x" * 121, "not_a_reference", "about"),
        ("ask", ASK, "about", 7, "not_a_reference", "about"),
        ("take", TAKE, "visit_at", "2026-03-05T09:00:00", "not_an_instant", "visit_at"),
        ("take", TAKE, "visit_at", "0001-01-01T00:00:00+08:00", "not_an_instant", "visit_at"),
        ("take", TAKE, "visit_at", "soon", "not_an_instant", "visit_at"),
        ("report", REPORT, "visits", "3.0", "not_an_integer", "visits"),
        ("report", REPORT, "visits", 3.0, "not_an_integer", "visits"),
        ("report", REPORT, "visits", True, "not_an_integer", "visits"),
        ("report", REPORT, "visits", 100, "not_an_integer", "visits"),
        ("report", REPORT, "visits", -1, "not_an_integer", "visits"),
        ("report", REPORT, "cost", 1234.5, "not_money", "cost"),
        ("report", REPORT, "cost", "1.005", "not_money", "cost"),
        ("report", REPORT, "cost", "12,34", "not_money", "cost"),
        ("report", REPORT, "cost", "-1", "not_money", "cost"),
        ("report", REPORT, "cost", -1, "not_money", "cost"),
        ("report", REPORT, "outcomes", ["一项"], "wrong_count", "outcomes"),
        ("report", REPORT, "outcomes", ["有", " "], "missing", "outcomes.1"),
        ("report", REPORT, "records", [f"f{n}" for n in range(21)], "wrong_count", "records"),
        ("report", REPORT, "records", ["f1", {}], "not_a_reference", "records.1"),
        ("remark", {}, "remark", "字" * 501, "too_long", "remark"),
    ],
)
def test_a_wrong_value_is_refused_at_its_path(
    *, act: str, base: dict[str, Any], field: str, given: object, code: str, path: str
) -> None:
    assert refused(act, {**base, field: given}) == {path: f"answers.{code}"}


def test_all_problems_are_told_at_once() -> None:
    wrong = {"subject": "", "urgency": "soon", "tasks": ["a", 1, 2], "surprise": 1}
    assert refused("ask", wrong) == {
        "surprise": "answers.unknown_field",
        "subject": "answers.missing",
        "urgency": "answers.not_an_option",
        "handling": "answers.missing",
        "tasks.1": "answers.not_text",
        "tasks.2": "answers.not_text",
    }


def test_an_unknown_field_gets_advice_and_a_flood_of_them_is_bounded() -> None:
    with pytest.raises(InvalidInput) as caught:
        taken("ask", {**ASK, "subjct": "x"})
    assert "did you mean “subject”?" in caught.value.problems[0].said.en
    assert len(refused("ask", {**ASK, **{f"x{n}": n for n in range(1000)}})) == 20


def test_without_items_there_is_nothing_to_answer() -> None:
    assert refused("report", REPORT, known={}) == {"outcomes": "answers.wrong_count"}


def test_an_optional_field_left_blank_is_absent() -> None:
    assert "wanted_date" not in taken("ask", {**ASK, "wanted_date": " "})


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["subject", "urgency", "handling", "wanted_date", "tasks", "about", "related", "worker", "visit_at"]
FIELDS += ["outcomes", "records", "visits", "cost", "remark", "other"]


@settings(deadline=None)
@given(
    act=st.sampled_from(["ask", "remark", "take", "report", "drop"]), raw=st.dictionaries(st.sampled_from(FIELDS), JUNK)
)
def test_junk_is_refused_and_never_crashes(act: str, raw: dict[str, Any]) -> None:
    try:
        value = taken(act, raw)
    except InvalidInput:
        return
    assert taken(act, value) == value
    canonical_json(value)


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(deadline=None)
@given(
    subject=LINES,
    tasks=st.lists(st.text(max_size=20), max_size=4),
    day=st.dates(),
    remark=st.text(max_size=40),
    instant=st.datetimes(timezones=st.timezones()),
    cost=st.integers(0, 10**15),
)
def test_taking_what_was_taken_changes_nothing(
    *, subject: str, tasks: list[str], day: object, remark: str, instant: Any, cost: int
) -> None:
    yuan = f"{cost // 100:,}.{cost % 100:02}"
    for act, raw in (
        ("ask", {**ASK, "subject": subject, "tasks": tasks, "wanted_date": str(day)}),
        ("remark", {"remark": remark}),
        ("take", {**TAKE, "visit_at": instant.isoformat()}),
        ("report", {**REPORT, "cost": yuan}),
    ):
        try:
            first = taken(act, raw)
        except InvalidInput:
            continue
        assert taken(act, first) == first
        assert first.get("cost", cost) == cost
