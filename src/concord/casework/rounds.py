"""Acts that every organisation of a role does for itself (``each``): who has, who has not, what one of several changes.

A round begins whenever the matter comes into one of the states the act is possible in from outside of them, so a plan
that was changed and sent round again is signed again. Acts of one role that lead from a common state to the same state
are ways to answer one question (sign or decline): an organisation does one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from concord.casework.models import Act, Matter
from concord.foundation.organisations.models import Organisation
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure

Parties: TypeAlias = Mapping[str, tuple[Organisation, ...]]
# Act, organisation, state before, state after; in the order they were done, internal ones left out.
Told: TypeAlias = tuple[str, int, str, str]


def told(matter: Matter) -> list[Told]:
    """The acts of a matter that all its participants know of."""
    rows = Act.objects.filter(matter=matter, internal=False).order_by("seq")
    return list(rows.values_list("act", "organisation_id", "from_state", "to_state"))


def answered(procedure: Procedure, rule: ActRule, acts: Iterable[Told]) -> set[int]:
    """The organisations that have done ``rule``, or another way to answer the same, in the present round."""
    ways = {rule.id, *(other.id for other in procedure.acts if _same_question(rule, other))}
    found: set[int] = set()
    for act, organisation, before, after in acts:
        if after in rule.from_states and before not in rule.from_states:
            found = set()
        if act in ways:
            found.add(organisation)
    return found


def _same_question(rule: ActRule, other: ActRule) -> bool:
    same = other.each and other.role == rule.role and other.to == rule.to
    return same and rule.to is not None and bool(set(rule.from_states) & set(other.from_states))


def done_already(
    matter: Matter, possible: Iterable[ActRule], procedure: Procedure, organisation: int
) -> frozenset[str]:
    """Those of the ``possible`` acts that the organisation has already done for itself."""
    ones = [rule for rule in possible if rule.each]
    acts = told(matter) if ones else []
    return frozenset(rule.id for rule in ones if organisation in answered(procedure, rule, acts))


def as_done(matter: Matter, procedure: Procedure, rule: ActRule, parties: Parties, by: Organisation) -> ActRule:
    """What ``rule`` comes to when ``by`` does it: all of it, or, while others are still to do it, no more than its own.

    One of several leaves the state where it is and touches no clock but its own.
    """
    if not rule.each:
        return rule
    done = answered(procedure, rule, told(matter)) | {by.id}
    if all(one.id in done for one in parties[rule.role]):
        return rule
    own = {clock.id for clock in procedure.clocks if clock.owner == rule.role}
    return replace(
        rule,
        to=None,
        starts=_within(rule.starts, own),
        stops=_within(rule.stops, own),
        suspends=_within(rule.suspends, own),
        resumes=_within(rule.resumes, own),
        extends=_within(rule.extends, own),
        excludes=tuple(span for span in rule.excludes if span.clock in own),
    )


def _within(names: Sequence[str], own: set[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name in own)


def awaited(matter: Matter, procedure: Procedure, parties: Parties) -> tuple[Organisation, ...]:
    """Whose turn it is: who is still to do the first act the procedure lists for the state; empty at the end."""
    acts: list[Told] | None = None
    for rule in procedure.acts:
        if matter.state not in rule.from_states:
            continue
        waiting = parties[rule.role]
        if rule.each:
            acts = told(matter) if acts is None else acts
            done = answered(procedure, rule, acts)
            waiting = tuple(one for one in waiting if one.id not in done)
        if waiting:
            return waiting
    return ()
