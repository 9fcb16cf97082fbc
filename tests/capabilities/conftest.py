"""Fixtures for the tests of capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from concord.foundation.organisations.models import Organisation
from tests.support.collecting import Collecting
from tests.support.sealing import home_of
from tests.support.worlds import World, time

AT = time("2026-03-05T09:00")


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Iterator[Collecting]:
    """The nine cities with keys and a ledger, collecting evidence."""
    members = [one for one in Organisation.objects.order_by("position") if one != world.places["centre"]]
    with home_of(tmp_path, members, at=AT).in_use() as home:
        yield Collecting(world, home)
