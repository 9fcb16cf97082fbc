"""What can happen in a procedure: its acts walked as a graph, without running anything.

The place before the first act is None, every other place is a state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from concord.rules.procedure.model import Act, Procedure

Place: TypeAlias = str | None


def steps(procedure: Procedure, place: Place) -> Iterator[tuple[Act, str]]:
    """Every act possible from ``place`` with the state it leads to."""
    for act in procedure.acts:
        if act.initial if place is None else place in act.from_states:
            state = act.to or place
            if state is not None:
                yield act, state


def reachable(procedure: Procedure, passing: Callable[[Act], bool] = lambda _: True) -> frozenset[Place]:
    """The places that can be reached from the start by acts that ``passing`` lets pass."""
    seen: set[Place] = {None}
    waiting: list[Place] = [None]
    while waiting:
        for act, state in steps(procedure, waiting.pop()):
            if passing(act) and state not in seen:
                seen.add(state)
                waiting.append(state)
    return frozenset(seen)


def ending(procedure: Procedure) -> frozenset[str]:
    """The states from which a final state can be reached, the final ones included."""
    good = {state.id for state in procedure.states if state.final}
    while True:
        more = {
            state.id
            for state in procedure.states
            if state.id not in good and any(led in good for _, led in steps(procedure, state.id))
        }
        if not more:
            return frozenset(good)
        good |= more


def tells(procedure: Procedure, act: Act, field: str) -> bool:
    """Whether every doing of ``act`` answers ``field``."""
    return field in act.asks and not procedure.field(field).optional


def knows(procedure: Procedure, act: Act, field: str) -> bool:
    """Whether ``field`` is answered whenever ``act`` is done: by the act itself, or on every way to it."""
    if tells(procedure, act, field):
        return True
    if procedure.field(field).act_only:
        return False
    ignorant = reachable(procedure, lambda other: not tells(procedure, other, field))
    return not any(place in ignorant for place in (act.from_states or (None,)))


def ends_running(procedure: Procedure, clock: str) -> frozenset[str]:
    """The final states in which ``clock`` can still be running."""
    final = {state.id for state in procedure.states if state.final}
    start: tuple[Place, bool] = (None, False)
    seen = {start}
    waiting = [start]
    while waiting:
        place, runs = waiting.pop()
        for act, state in steps(procedure, place):
            if clock in act.while_running and not runs:
                continue
            after = (state, clock in act.starts or (runs and clock not in act.stops))
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    return frozenset(place for place, runs in seen if runs and place in final)
