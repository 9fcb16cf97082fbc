"""Whether a newer version takes a running matter over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from concord.rules.procedure import Procedure, RunningMatters, parse
from concord.rules.procedure.succession import Held, is_newer, knows_all
from tests.support.toy_charter import toy_files

PATH = "toy/procedures/errand/2026-01-01.toml"
ERRAND: Procedure = parse(toy_files()[PATH], file=PATH)
HELD = Held(
    roles=["asker", "doer", "centre"],
    states=["asked", "taken"],
    acts=["ask", "take"],
    fields=["subject", "worker"],
    clocks=["errand_time"],
    papers=["errand_note"],
)


def test_it_is_newer_and_claims_running_matters() -> None:
    newer = replace(ERRAND, in_force_from=date(2026, 3, 1))
    assert ERRAND.running_matters is RunningMatters.NEXT_ACT
    assert is_newer(ERRAND, newer)
    assert not is_newer(ERRAND, ERRAND)
    assert not is_newer(newer, ERRAND)
    assert not is_newer(ERRAND, replace(newer, running_matters=RunningMatters.STAY))


def test_it_knows_what_it_defines() -> None:
    assert knows_all(ERRAND, HELD)


@pytest.mark.parametrize("kind", ["states", "acts", "fields", "clocks", "papers", "roles"])
def test_one_unknown_name_is_enough_to_leave_the_matter_alone(kind: str) -> None:
    assert not knows_all(ERRAND, replace(HELD, **{kind: [*getattr(HELD, kind), "unheard"]}))


def test_a_role_that_nobody_holds_is_one_too_many() -> None:
    assert not knows_all(ERRAND, replace(HELD, roles=["asker", "doer"]))
