"""Numbers of letters and matters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concord.rules.errors import InvalidInput
from concord.rules.numbering import check_template, matter_number, parse_matter_number, render

REQUEST = "{mark}协查〔{year}〕{n}号"


def test_a_letter_gets_its_number() -> None:
    assert render(REQUEST, mark="松市监", year=2026, n=12) == "松市监协查〔2026〕12号"


def test_a_good_template_has_no_problems() -> None:
    assert check_template(REQUEST) == ()


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{mark}〔{year}〕{n}号{day}", [("day", "numbering.unknown_placeholder")]),
        ("{mark}{}{year}{n}", [("", "numbering.unknown_placeholder")]),
        ("{mark}〔{year}〕", [("n", "numbering.placeholder_count")]),
        ("{mark}{n}{n}{year}", [("n", "numbering.placeholder_count")]),
        ("{mark}{year}{n}}", [("", "numbering.stray_brace")]),
        ("{{mark}}{year}{n}", [("", "numbering.stray_brace")]),
        ("{mark}{year}{n}\n", [("", "numbering.bad_text")]),
        ("{mark}{year}{n}" + "号" * 80, [("", "numbering.bad_text")]),
        ("{n!r}{mark}{year}", [("n!r", "numbering.unknown_placeholder"), ("n", "numbering.placeholder_count")]),
    ],
)
def test_a_faulty_template_says_everything_that_is_wrong(template: str, expected: list[tuple[str, str]]) -> None:
    assert [(problem.field, problem.code) for problem in check_template(template)] == expected
    with pytest.raises(InvalidInput) as caught:
        render(template, mark="松市监", year=2026, n=1)
    assert caught.value.code == "numbering.bad_template"
    assert caught.value.problems == check_template(template)


@pytest.mark.parametrize(
    ("mark", "year", "n", "field"),
    [
        (" ", 2026, 1, "mark"),
        ("{n}", 2026, 1, "mark"),
        ("a\n", 2026, 1, "mark"),
        ("松", 26, 1, "year"),
        ("松", 2026, 0, "n"),
    ],
)
def test_what_cannot_stand_in_a_number_is_refused(mark: str, year: int, n: int, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        render(REQUEST, mark=mark, year=year, n=n)
    assert caught.value.code == "numbering.bad_value"
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize(("n", "text"), [(12, "G60-2026-00012"), (123456, "G60-2026-123456")])
def test_a_matter_gets_its_number(n: int, text: str) -> None:
    number = matter_number("G60", 2026, n)
    assert str(number) == text
    assert parse_matter_number(f" {text.lower()}\n") == number


@given(st.from_regex(r"[A-Z][A-Z0-9]{1,9}", fullmatch=True), st.integers(1949, 9999), st.integers(1, 999_999_999))
def test_every_matter_number_survives_writing_and_reading(alliance: str, year: int, n: int) -> None:
    number = matter_number(alliance, year, n)
    assert parse_matter_number(str(number)) == number


@pytest.mark.parametrize(
    ("alliance", "year", "n"), [("g60", 2026, 1), ("6", 2026, 1), ("G60", 1900, 1), ("G60", 2026, 0)]
)
def test_a_bad_matter_number_is_not_made(alliance: str, year: int, n: int) -> None:
    with pytest.raises(InvalidInput, match="bad_value"):
        matter_number(alliance, year, n)


@pytest.mark.parametrize(
    "text", ["", "G60-2026-12", "G60-2026-00000", "G60-1900-00001", "G60-2026-000012", "G60 2026 00012"]
)
def test_what_is_no_matter_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="bad_matter_number"):
        parse_matter_number(text)
