"""The page on threats keeps its word: whatever it says is tried, is tried by a test that exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.fitness.sources import PROJECT

PAGE = PROJECT / "docs" / "explanation" / "threats.md"
TESTS = PROJECT / "tests"
HEADINGS = re.compile(r"^#{1,2} (.+)$", re.MULTILINE)
COLUMNS = 3


def rows() -> Iterator[list[str]]:
    """The cells of each row that says by what it is tried."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == COLUMNS and cells[0] != "threat":
            yield cells


def references() -> list[str]:
    """Every test or package that the page names, once."""
    return sorted({name for row in rows() for name in re.findall(r"`([^`]+)`", row[2])})


def names_in(path: str) -> set[str]:
    """The classes and tests in a file, those of a class also behind its name."""
    found: set[str] = set()
    for node in ast.parse((TESTS / path).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
            assert any(name.startswith("test_") for name in inner), f"{path}::{node.name} tries nothing"
            found |= {f"{node.name}::{name}" for name in inner}
    return found


def test_every_threat_names_what_catches_it_and_what_tries_it() -> None:
    found = list(rows())
    assert len(found) >= 30
    assert [row[0] for row in found if not row[1] or not re.search(r"`[^`]+`", row[2])] == []


@pytest.mark.parametrize("reference", references())
def test_what_is_named_exists(reference: str) -> None:
    path, _, name = reference.partition("::")
    assert (TESTS / path).is_file()
    if path.endswith(".py"):
        tests = names_in(path)
        assert name in tests if name else any(one.rpartition("::")[2].startswith("test_") for one in tests)


def test_headings_speak_both_languages() -> None:
    titles = HEADINGS.findall(PAGE.read_text(encoding="utf-8"))
    assert [one for one in titles if not (re.search(r"[a-z]", one) and re.search(r"[\u4e00-\u9fff]", one))] == []
