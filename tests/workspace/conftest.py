"""Pages are looked at on the morning of 6 February 2026, Shanghai."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
import time_machine

from tests.support.worlds import World, time
from tests.workspace.desk import Desk

Sit: TypeAlias = Callable[..., Desk]


@pytest.fixture
def morning() -> Iterator[time_machine.Traveller]:
    """It is half past nine and stays so, until the test moves on."""
    with time_machine.travel(time("2026-02-06T09:30"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def sit(world: World, morning: time_machine.Traveller) -> Sit:  # noqa: ARG001  it must be morning
    """Somebody sits down: ``sit("asking.leader")``, ``sit()`` for a visitor."""

    def down(person: str = "", *, language: str = "zh-hans") -> Desk:
        return Desk(world, person, language=language)

    return down
