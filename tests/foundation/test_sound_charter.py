"""A charter that the programs no longer understand stops the start, with file and line."""

from __future__ import annotations

from datetime import date

import pytest

from concord.foundation.database.memory import forget
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import require_sound
from concord.rules.errors import DefinitionError
from tests.support.worlds import World, time

GUARD = "casework.signer_is_not_drafter"
TODAY, TOMORROW, IN_A_YEAR = date(2026, 2, 5), date(2026, 2, 6), date(2027, 2, 5)


def adopt_with_a_guard_of_the_past(effective_from: date) -> str:
    """A stored charter whose procedures name a guard that the programs had once; the path of one of its files."""
    kept = CharterVersion.objects.get()
    path = "g60/procedures/assistance/2026-01-01.toml"
    texts = {**kept.texts, path: kept.texts[path].replace(GUARD, "casework.of_the_past")}
    CharterVersion.objects.create(
        charter=kept.charter,
        digest="0" * 64,
        effective_from=effective_from,
        texts=texts,
        adopted_at=time("2026-02-01T09:00"),
    )
    forget()
    return path


@pytest.mark.django_db
def test_the_shipped_charter_is_understood(world: World) -> None:  # noqa: ARG001  it is in force
    require_sound(on=TODAY)


@pytest.mark.django_db
@pytest.mark.parametrize("effective_from", [TODAY, TOMORROW, IN_A_YEAR])
def test_what_is_or_will_be_in_force_must_be_understood(world: World, effective_from: date) -> None:  # noqa: ARG001
    path = adopt_with_a_guard_of_the_past(effective_from)
    with pytest.raises(DefinitionError) as caught:
        require_sound(on=TODAY)
    (fault,) = caught.value.faults
    assert (fault.file, fault.code, fault.rule) == (path, "procedure.unknown_guard", "acts.issue")


@pytest.mark.django_db
def test_what_was_in_force_once_stops_nothing(world: World) -> None:  # noqa: ARG001
    adopt_with_a_guard_of_the_past(date(2018, 1, 1))
    require_sound(on=TODAY)
