"""The invented alliance of the tests: three places, the errand procedure, and assistance as the law has it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from concord.charters.folder import read_charter
from concord.rules.charter import Charter, load

TOY_FOLDER = Path(__file__).parent / "charters" / "toy"


@cache
def toy_charter() -> Charter:
    """The toy charter, read from its folder and the national rules it extends."""
    return load(toy_files(), "toy")


def toy_files() -> dict[str, str]:
    """A fresh copy of the texts, relative path → text."""
    return dict(_texts())


@cache
def _texts() -> dict[str, str]:
    return read_charter(TOY_FOLDER)[1]
