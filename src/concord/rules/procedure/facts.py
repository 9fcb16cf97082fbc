"""How answers become facts: what an internal act tells stays with its side until the side lets it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from concord.rules.canonical import JSON
from concord.rules.procedure.model import Act, FieldType, Procedure

Facts: TypeAlias = Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Folded:
    """The facts everybody knows, the drafts of each role, and the files let out by this act: field → uids."""

    facts: dict[str, JSON]
    drafts: dict[str, dict[str, JSON]]
    released: dict[str, list[str]]


def fold(procedure: Procedure, rule: Act, taken: Facts, facts: Facts, drafts: Mapping[str, Facts]) -> Folded:
    """Fold the answers of ``rule`` into what was known before.

    What it asks replaces what was told, a field left blank clears it; act-only answers stay with the act.
    """
    kept = {name: value for name, value in taken.items() if not procedure.field(name).act_only}
    own = {name: value for name, value in drafts.get(rule.role, {}).items() if name not in rule.asks}
    others = {role: dict(said) for role, said in drafts.items() if role != rule.role}
    if rule.internal:
        return Folded(dict(facts), {**others, rule.role: {**own, **kept}}, {})
    known = {name: value for name, value in facts.items() if name not in rule.asks or name in taken}
    released = {
        name: [str(uid) for uid in value]
        for name, value in own.items()
        if procedure.field(name).type is FieldType.FILES and isinstance(value, list)
    }
    return Folded({**known, **own, **kept}, others, released)


def outcome(procedure: Procedure, known: str, final: str) -> str:
    """What came of a matter: the state it was closed from, when nothing but closing was left; else the final one."""
    ways = {act.to for act in procedure.acts if known in act.from_states and act.to is not None}
    return known if ways == {final} else final
