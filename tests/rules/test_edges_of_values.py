"""The last value that is taken and the first that is not; what a refusal must never say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from concord.rules.answers import take
from concord.rules.canonical import JSON
from concord.rules.errors import InvalidInput
from concord.rules.identifiers import parse_resident_id, uuid7
from concord.rules.limits import parse_limit
from concord.rules.numbering import parse_matter_number, render
from tests.support.toy_charter import toy_charter

TASKS = ["查营业执照", "查进货单"]
ASK = {"subject": "案件甲", "urgency": "urgent", "handling": "case_only", "tasks": TASKS}
REPORT = {"outcomes": ["有", "无"], "visits": "3", "cost": "1,234.50"}
RESIDENT = "11010519491231002X"  # the standard's own example


def taken(act: str, raw: dict[str, Any]) -> dict[str, JSON]:
    procedure = toy_charter().procedures["errand"][0]
    return take(procedure, procedure.act(act), raw, known={"tasks": TASKS}, code_lists=toy_charter().code_lists)


def refusal(act: str, raw: dict[str, Any]) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        taken(act, raw)
    return caught.value


@pytest.mark.parametrize(
    ("act", "base", "field", "given", "value"),
    [
        ("ask", ASK, "subject", "字" * 60, "字" * 60),
        ("ask", ASK, "tasks", ["一"] * 5, ["一"] * 5),
        ("ask", ASK, "tasks", ["字" * 2000], ["字" * 2000]),
        ("ask", ASK, "about", "x" * 120, "x" * 120),
        ("report", REPORT, "visits", 0, 0),
        ("report", REPORT, "visits", 99, 99),
        ("report", REPORT, "cost", 0, 0),
        ("report", REPORT, "cost", 2**53 - 1, 2**53 - 1),
        ("report", REPORT, "records", [f"f{n}" for n in range(20)], [f"f{n}" for n in range(20)]),
        ("report", REPORT, "outcomes", ["两\n行", "无"], ["两\n行", "无"]),
        ("remark", {}, "remark", "字" * 500, "字" * 500),
    ],
)
def test_the_last_value_that_is_taken(act: str, base: dict[str, Any], field: str, given: object, value: object) -> None:
    assert taken(act, {**base, field: given})[field] == value


@pytest.mark.parametrize(
    ("act", "base", "field", "given", "code"),
    [
        ("ask", ASK, "subject", "a\u2028b", "control_character"),
        ("ask", ASK, "subject", "a\u2029b", "control_character"),
        ("report", REPORT, "cost", 2**53, "not_money"),
    ],
)
def test_the_first_value_that_is_refused(act: str, base: dict[str, Any], field: str, given: object, code: str) -> None:
    assert [problem.code for problem in refusal(act, {**base, field: given}).problems] == [f"answers.{code}"]


@pytest.mark.parametrize(
    ("act", "base", "field", "given", "shown"),
    [
        ("ask", ASK, "urgency", "soon", "soon"),
        ("ask", ASK, "wanted_date", "5.3.2026", "5.3.2026"),
        ("report", REPORT, "visits", "many", "many"),
        ("report", REPORT, "cost", "1.005", "1.005"),
        ("ask", ASK, "about", "a\tb", "a�b"),
        ("ask", ASK, "urgency", ["urgent"], "list"),
    ],
)
def test_a_refusal_repeats_what_was_typed_in_both_languages(
    act: str, base: dict[str, Any], field: str, given: object, shown: str
) -> None:
    error = refusal(act, {**base, field: given})
    [problem] = error.problems
    assert f"“{shown}”" in problem.said.zh
    assert f"“{shown}”" in problem.said.en
    assert error.said.zh == f"有 1 处需要修改：{problem.said.zh}"
    assert error.said.en == f"1 thing(s) to put right: {problem.said.en}"
    assert error.code == "answers.invalid"


def test_a_refusal_cuts_what_is_too_long_to_repeat() -> None:
    [problem] = refusal("ask", {**ASK, "urgency": "x" * 500}).problems
    assert "x…”" in problem.said.zh
    assert len(problem.said.zh) < 200


@pytest.mark.parametrize(
    "number",
    [
        RESIDENT[:-1] + "1",  # wrong check character
        "1101051949123100Q2",  # a letter
        RESIDENT[:-1],  # too short
        "99" + RESIDENT[2:],  # no such province
        RESIDENT[:6] + "19491331" + RESIDENT[14:],  # no such month
        RESIDENT[:6] + "17991231" + RESIDENT[14:],  # born before the first year
        "1X" + RESIDENT[2:],  # a check character in the middle
    ],
)
def test_a_refused_identity_number_is_never_repeated_nor_mended(number: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_resident_id(number)
    said = caught.value.said
    for text in (said.zh, said.en):
        assert not any(number[at : at + 4] in text for at in range(len(number) - 3))
        assert "Q" not in text
        assert "X" not in text
        assert "应为“" not in text
        assert "would be right" not in text


def test_the_first_year_of_birth() -> None:
    with pytest.raises(InvalidInput, match="bad_resident_id") as caught:
        parse_resident_id(RESIDENT[:6] + "18000101" + RESIDENT[14:])
    assert caught.value.problems[0].field == "18"  # the date stands; only the check character is wrong now


def test_the_first_moment_of_an_identifier() -> None:
    assert uuid7(datetime(1970, 1, 1, tzinfo=UTC), bytes(10)).int >> 80 == 0
    with pytest.raises(InvalidInput, match="out_of_range"):
        uuid7(datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), bytes(10))


@pytest.mark.parametrize("mark", ["{", "}", "市{监", "市}监"])
def test_a_mark_with_one_brace_is_refused(mark: str) -> None:
    with pytest.raises(InvalidInput, match=r"numbering\.bad_value") as caught:
        render("{mark}〔{year}〕{n}号", mark=mark, year=2026, n=1)
    assert caught.value.problems[0].field == "mark"


def test_a_refused_matter_number_names_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_matter_number("G60-2026")
    [problem] = caught.value.problems
    assert (caught.value.code, problem.field, problem.code) == (
        "numbering.bad_matter_number",
        "number",
        "numbering.bad_matter_number",
    )
    assert (problem.said.zh, problem.said.en) == (
        "事项编号应如 G60-2026-00012。",
        "A matter's number looks like G60-2026-00012.",
    )


@pytest.mark.parametrize(("length", "shown"), [(40, "y" * 40 + "”"), (41, "y" * 40 + "…”")])
def test_a_refused_limit_is_repeated_up_to_forty_characters(length: int, shown: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_limit("y" * length)
    [problem] = caught.value.problems
    assert (problem.field, problem.code) == ("limit", "clock.bad_limit")
    assert f"“{shown}" in problem.said.zh
    assert f"“{shown}" in problem.said.en
