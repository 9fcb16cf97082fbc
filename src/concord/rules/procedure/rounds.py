"""Acts that every organisation of a role does for itself (``each``): who has, who has not, what one of several changes.

A round begins whenever the matter comes into one of the states the act is possible in from outside of them, so a plan
that was changed and sent round again is signed again. Acts of one role that lead from a common state to the same state
are ways to answer one question (sign or decline): an organisation does one of them.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from concord.rules.procedure.model import Act, Procedure

# Act, organisation, state before, state after: the acts all participants know of, in the order they were done.
Told: TypeAlias = tuple[str, Hashable, str, str]
# An organisation as ``Told`` names it.
Organisation = TypeVar("Organisation", bound=Hashable)


def answered(procedure: Procedure, rule: Act, told: Iterable[Told]) -> set[Hashable]:
    """The organisations that have done ``rule``, or another way to answer the same, in the present round."""
    ways = {rule.id, *(other.id for other in procedure.acts if _same_question(rule, other))}
    found: set[Hashable] = set()
    for act, organisation, before, after in told:
        if after in rule.from_states and before not in rule.from_states:
            found = set()
        if act in ways:
            found.add(organisation)
    return found


def _same_question(rule: Act, other: Act) -> bool:
    if rule.to is None or not other.each:
        return False
    return (other.role, other.to) == (rule.role, rule.to) and not set(rule.from_states).isdisjoint(other.from_states)


def done_already(
    procedure: Procedure, possible: Iterable[Act], told: Sequence[Told], organisation: Hashable
) -> frozenset[str]:
    """The ids of those of the ``possible`` acts that the organisation has already done for itself."""
    return frozenset(rule.id for rule in possible if rule.each and organisation in answered(procedure, rule, told))


def as_done(procedure: Procedure, rule: Act, told: Iterable[Told], holders: Collection[Hashable], by: Hashable) -> Act:
    """What ``rule`` comes to when ``by``, one of its role's ``holders``, does it.

    While others are still to do it, it leaves the state where it is and touches no clock but those of its own role.
    """
    if not rule.each or set(holders) <= answered(procedure, rule, told) | {by}:
        return rule
    own = {clock.id for clock in procedure.clocks if clock.owner == rule.role}

    def within(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in own)

    return replace(
        rule,
        to=None,
        starts=within(rule.starts),
        stops=within(rule.stops),
        suspends=within(rule.suspends),
        resumes=within(rule.resumes),
        extends=within(rule.extends),
        excludes=tuple(span for span in rule.excludes if span.clock in own),
    )


def awaited(
    procedure: Procedure, state: str, told: Sequence[Told], holders: Mapping[str, Sequence[Organisation]]
) -> tuple[Organisation, ...]:
    """Whose turn it is in ``state``: who is still to do the first act the procedure lists for it; empty at the end."""
    for rule in procedure.acts:
        if state in rule.from_states:
            done = answered(procedure, rule, told) if rule.each else set()
            waiting = tuple(one for one in holders[rule.role] if one not in done)
            if waiting:
                return waiting
    return ()
