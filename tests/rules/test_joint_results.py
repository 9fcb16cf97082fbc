"""The figures of a joint operation: each is one number, the sum of the reports."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.canonical import JSON
from concord.rules.errors import Conflict, InvalidInput, Said
from concord.rules.joint_results import TOTAL, require_totals
from concord.rules.procedure import Procedure, parse

FILE = Path(__file__).parents[2] / "src/concord/charters/g60/procedures/operation/2026-01-01.toml"
OPERATION: Procedure = parse(FILE.read_text(encoding="utf-8"), file=FILE.name)
FIGURES = [field.id.removeprefix(TOTAL) for field in OPERATION.fields if field.id.startswith(TOTAL)]
NAMES = {1: Said("甲", "A"), 2: Said("乙", "B")}
figure = st.integers(0, 10**9)
report = st.fixed_dictionaries(dict.fromkeys(FIGURES, figure))


def sums(*reports: dict[str, JSON]) -> dict[str, JSON]:
    return {f"{TOTAL}{name}": sum(int(str(one[name])) for one in reports) for name in FIGURES}


def test_every_total_has_the_figure_it_sums() -> None:
    assert {"checked_count", "case_value"} <= set(FIGURES)
    assert set(FIGURES) <= {field.id for field in OPERATION.fields}


@given(report, report, report)
def test_the_sums_of_those_who_take_part_are_taken(
    first: dict[str, JSON], second: dict[str, JSON], outsider: dict[str, JSON]
) -> None:
    reports = {1: first, 2: second, 3: outsider}
    require_totals(OPERATION, taking_part=NAMES, reports=reports, told=sums(first, second))


@given(report, report, st.sampled_from(FIGURES), st.integers(1, 1000))
def test_any_other_total_is_refused_by_name(
    first: dict[str, JSON], second: dict[str, JSON], name: str, more: int
) -> None:
    told = sums(first, second)
    wrong = told | {f"{TOTAL}{name}": int(str(told[f"{TOTAL}{name}"])) + more}
    with pytest.raises(InvalidInput) as refused:
        require_totals(OPERATION, taking_part=NAMES, reports={1: first, 2: second}, told=wrong)
    assert refused.value.code == "operation.wrong_total"
    assert [problem.field for problem in refused.value.problems] == [f"{TOTAL}{name}"]


def test_money_is_told_in_yuan() -> None:
    own: dict[str, JSON] = {**dict.fromkeys(FIGURES, 0), "case_value": 123456}
    with pytest.raises(InvalidInput) as refused:
        require_totals(OPERATION, taking_part={1: NAMES[1]}, reports={1: own}, told=dict.fromkeys(sums(own), 0))
    assert [problem.said.zh for problem in refused.value.problems] == ["应为各机关报送数之和 1234.56。"]


def test_who_has_not_reported_is_named() -> None:
    with pytest.raises(Conflict) as refused:
        require_totals(OPERATION, taking_part=NAMES, reports={1: dict.fromkeys(FIGURES, 0)}, told={})
    assert refused.value.code == "operation.not_all_reported"
    assert refused.value.said.zh.startswith("乙尚未报送")
