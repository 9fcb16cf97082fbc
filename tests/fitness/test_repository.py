"""The repository speaks of Concord alone, and is finished."""

import re
from pathlib import Path

from tests.fitness.sources import PROJECT, repository_texts

HERE = Path(__file__).relative_to(PROJECT).as_posix()
PLACES = re.compile(r"(?<![\w.}])/(?:root|work)/|/home/[a-z]|/Users/|C:\\Users")
LEFT_OVERS = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")


def test_no_file_names_a_place_of_one_machine() -> None:
    assert _found(PLACES) == []


def test_nothing_is_left_over() -> None:
    assert _found(LEFT_OVERS) == []


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{text.count(chr(10), 0, hit.start()) + 1} {hit.group()}"
        for path, text in repository_texts()
        if path != HERE
        for hit in pattern.finditer(text)
    ]
