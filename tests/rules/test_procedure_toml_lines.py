"""Every value of a TOML file is found at its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concord.rules.errors import Fault
from concord.rules.toml_lines import Document, read_toml

TEXT = '''# heading
title = "a # no comment ]"
"quoted.key" = 'x'
many = [   # a comment with ] and "
  { id = "a", list = [1, 2] },

  { id = "b }", note = """two
lines""" },
]
dotted.key = 2021-01-01
[table]
inner = 3
[table.deep]
x = [[1], [2,
  3]]
[[rows]]
n = 1
[[rows]]
n = """q\\""""
ends = """two quotes"""""
after = 1
'''


def read(text: str) -> Document:
    document = read_toml(text, file="t.toml")
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("quoted.key",), 3),
        (("many",), 4),
        (("many", 0), 5),
        (("many", 0, "list", 1), 5),
        (("many", 1), 7),
        (("many", 1, "note"), 7),
        (("dotted", "key"), 10),
        (("table",), 11),
        (("table", "inner"), 12),
        (("table", "deep", "x", 1), 14),
        (("table", "deep", "x", 1, 1), 15),
        (("rows", 1, "n"), 19),
        (("rows", 1, "after"), 21),
        (("table", "missing"), 11),
        (("nothing",), 1),
    ],
)
def test_a_value_is_found_at_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert read(TEXT).line(*path) == line


def test_the_wording_of_a_rule_is_kept() -> None:
    assert read(TEXT).written("many", 0) == '{ id = "a", list = [1, 2] }'
    assert read(TEXT).written("nothing") == ""


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ('a = "', 1), ("x = [\n1,\n", 3)]
)
def test_a_syntax_error_has_its_line(text: str, line: int) -> None:
    fault = read_toml(text, file="t.toml")
    assert isinstance(fault, Fault)
    assert (fault.code, fault.line) == ("definition.syntax", line)


def test_endless_nesting_is_a_fault() -> None:
    fault = read_toml("a = " + "[" * 100_000, file="t.toml")
    assert isinstance(fault, Fault)


SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.text(st.sampled_from("ab#]}[{=, .'"), max_size=6).map(lambda text: f'"{text}"'),
    st.text(st.sampled_from('ab#]}[{=, ."'), max_size=6).map(lambda text: f"'{text}'"),
    st.text(st.sampled_from("ab#]}\n'"), max_size=6).map(lambda text: f'"""{text}"""'),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda entries: f"[{', '.join(entries)}]"),
        st.lists(inner, max_size=3).map(lambda entries: "[\n" + ", # c\n".join(entries) + "\n]"),
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5))
def test_every_key_of_generated_toml_is_found_at_its_line(values: list[str]) -> None:
    text = ""
    lines = []
    for index, value in enumerate(values):
        lines.append(text.count("\n") + 1)
        text += f"k{index} = {value}  # end\n"
    document = read(text)
    assert [document.line(f"k{index}") for index in range(len(values))] == lines
    assert [document.written(f"k{index}") for index in range(len(values))] == [
        f"k{index} = {value}" for index, value in enumerate(values)
    ]
