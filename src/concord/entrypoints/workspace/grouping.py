"""Which procedures belong to which of the centre's groups: a group is charged with areas of permissions."""

from __future__ import annotations

from dataclasses import dataclass

from concord.entrypoints.workspace.presenting import Glass
from concord.rules.charter import Group
from concord.rules.procedure import Procedure


@dataclass(frozen=True, slots=True)
class Queue:
    """The work of one group: the procedures in force that it is charged with."""

    group: Group
    procedures: tuple[str, ...]


def area_of(procedure: Procedure) -> str:
    """The area of permissions in which a procedure is begun."""
    return procedure.initial_acts()[0].permission.partition(":")[0]


def queues(glass: Glass) -> list[Queue]:
    """The groups of the charter in its order, each with its procedures; those without any are left out."""
    areas = {name: area_of(glass.charter.procedure(name, on=glass.today)) for name in glass.charter.in_force}
    found = [
        Queue(group, tuple(name for name, area in areas.items() if area in group.duties))
        for group in glass.charter.groups
    ]
    return [queue for queue in found if queue.procedures]
