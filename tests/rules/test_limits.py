"""A limit is written one way and bounded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import InvalidInput
from concord.rules.limits import LARGEST, Limit, Unit, parse_limit


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("15WD", "15个工作日", "15 working days"),
        ("1WD", "1个工作日", "1 working day"),
        ("30CD", "30日", "30 calendar days"),
        ("3M", "3个月", "3 months"),
        ("24h", "24小时", "24 hours"),
    ],
)
def test_a_limit_reads_and_says_itself(text: str, zh: str, en: str) -> None:
    limit = parse_limit(text)
    assert str(limit) == text
    assert (limit.said.zh, limit.said.en) == (zh, en)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15",
        "WD",
        "15wd",
        "15 WD",
        "0WD",
        "-1CD",
        "01M",
        "1.5h",
        "1Y",
        "15WD\n",
        "\uff11\uff15WD",
        "99999CD",
        "241M",
        "9" * 99,
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_limit(text)
    assert caught.value.code == "clock.bad_limit"
    assert caught.value.problems[0].field == "limit"
    assert "15WD" in caught.value.said.zh
    assert len(caught.value.said.en) < 300


@given(st.sampled_from(Unit).flatmap(lambda unit: st.builds(Limit, st.integers(1, LARGEST[unit]), st.just(unit))))
def test_every_limit_survives_writing_and_reading(limit: Limit) -> None:
    assert parse_limit(str(limit)) == limit


@pytest.mark.parametrize("unit", list(Unit))
def test_the_largest_limit_is_the_last_one_taken(unit: Unit) -> None:
    assert Limit(LARGEST[unit], unit).n == LARGEST[unit]
    with pytest.raises(InvalidInput):
        Limit(LARGEST[unit] + 1, unit)
