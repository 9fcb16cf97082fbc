"""Whether a newer version of a procedure takes over a matter that already runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from concord.rules.procedure.model import Procedure, RunningMatters


@dataclass(frozen=True, slots=True)
class Held:
    """What a running matter holds, by id: whoever takes it over must know all of it."""

    roles: Collection[str]
    states: Collection[str]
    acts: Collection[str]
    fields: Collection[str]
    clocks: Collection[str]
    papers: Collection[str]


def is_newer(own: Procedure, newest: Procedure) -> bool:
    """Whether ``newest`` came after ``own`` and claims the matters that run on it (``next_act``)."""
    return newest.in_force_from > own.in_force_from and newest.running_matters is RunningMatters.NEXT_ACT


def knows_all(procedure: Procedure, held: Held) -> bool:
    """Whether the procedure has exactly the roles of the matter and every other rule that it refers to."""
    return set(held.roles) == set(procedure.roles) and all(
        set(names) <= {rule.id for rule in rules}
        for names, rules in (
            (held.states, procedure.states),
            (held.acts, procedure.acts),
            (held.fields, procedure.fields),
            (held.clocks, procedure.clocks),
            (held.papers, procedure.papers),
        )
    )
