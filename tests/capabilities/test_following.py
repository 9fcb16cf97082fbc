"""Organisations bear the names of the charter that is in force, from its day on and not before."""

from __future__ import annotations

from datetime import date

import pytest

from concord.capabilities.governance import commands
from concord.capabilities.governance.queries import versions
from concord.capabilities.governance.tasks import follow
from concord.foundation.access.models import Scope
from concord.foundation.organisations.models import Hat, Organisation
from concord.foundation.organisations.queries import texts_of
from tests.capabilities.charter_texts import CHARTER, edited
from tests.support.worlds import World, everything, time

pytestmark = pytest.mark.django_db
MEMBER = '  { code = "990200", zh = "岚桥", en = "Lanqiao", level = "city", up = "990000", mark = "岚市监",'
FOURTH = (
    '  { code = "980200", zh = "青屿", en = "Qingyu", level = "city", up = "980000", mark = "青市监", '
    'market = "青屿市市场监督管理局", patent = "青屿市知识产权局" },\n'
)


def adopt(world: World, *, effective_from: date) -> None:

    texts = edited(
        texts_of(versions()[0].digest),
        CHARTER,
        (MEMBER, FOURTH + MEMBER),
        ('market = "云泽市市场监督管理局"', 'market = "云泽市市场监管局"'),
        ('order = ["990100",', 'order = ["980200", "990100",'),
    )
    commands.adopt(
        texts=texts,
        charter_id="toy",
        resolution="一号",
        effective_from=effective_from,
        by=world.actor("centre.leader"),
        at=time("2026-02-06T09:00"),
    )


def names() -> set[str]:
    return set(Hat.objects.values_list("zh", flat=True))


def test_a_version_that_holds_from_today_is_followed_at_once(toys: World) -> None:
    adopt(toys, effective_from=date(2026, 2, 6))
    assert "云泽市市场监管局" in names()
    assert Scope.objects.filter(organisation__code="980200").exists()


def test_a_later_version_is_followed_on_its_day(toys: World) -> None:
    adopt(toys, effective_from=date(2026, 3, 1))
    follow(payload={}, at=time("2026-02-28T23:59"))
    assert "云泽市市场监督管理局" in names()
    assert not Organisation.objects.filter(code="980200").exists()
    follow(payload={}, at=time("2026-03-01T00:01"))
    assert {"云泽市市场监管局", "青屿市市场监督管理局"} <= names()
    assert Scope.objects.filter(organisation__code="980200").exists()


def test_following_again_changes_nothing(toys: World) -> None:
    adopt(toys, effective_from=date(2026, 2, 6))
    before = everything()
    follow(payload={}, at=time("2026-02-06T10:00"))
    assert everything() == before


@pytest.mark.django_db
def test_before_any_charter_there_is_nothing_to_follow(db: None) -> None:  # noqa: ARG001  an empty database
    follow(payload={}, at=time("2026-02-06T10:00"))
    assert not Organisation.objects.exists()
