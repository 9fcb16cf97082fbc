"""Programs call the API on the morning of 6 February 2026, Shanghai."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from tests.support.worlds import time


@pytest.fixture(autouse=True)
def steady(settings: Settings, tmp_path: Path) -> None:
    """No static files have been collected for tests: name an empty folder."""
    settings.STATIC_ROOT = tmp_path


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    """It is half past nine and stays so, until the test moves on."""
    with time_machine.travel(time("2026-02-06T09:30"), tick=False) as traveller:
        yield traveller
