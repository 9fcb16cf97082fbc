"""Which organisations hold the roles of a matter, by their codes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.procedure.model import Procedure
from concord.rules.procedure.refusals import not_the_initiator

CENTRE_ROLE: Final = "centre"
# The codes named per role; a text is one code.
Named: TypeAlias = Mapping[str, Sequence[str]]


def codes_of(named: Named) -> dict[str, tuple[str, ...]]:
    """The codes named per role, blank ones left out."""
    given = {role: (codes,) if isinstance(codes, str) else codes for role, codes in named.items()}
    return {role: tuple(code for code in codes if code) for role, codes in given.items()}


def choose(
    procedure: Procedure, named: Named, *, own: str, centre: str, known: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The codes of the organisations that hold each role, in the procedure's order.

    ``own`` begins the matter and holds the initiating role; the role ``centre`` is always the centre's. Raises
    NotAllowed ``casework.not_the_initiator``, InvalidInput ``casework.bad_parties`` with a problem per role
    (``missing``, ``twice``, ``one_only``, ``same``, ``unknown``).
    """
    at_centre = procedure.initiating_role == CENTRE_ROLE
    if at_centre != (own == centre) and (at_centre or CENTRE_ROLE in procedure.roles):
        raise not_the_initiator(procedure, at_centre=at_centre)
    fixed = {CENTRE_ROLE: (centre,), procedure.initiating_role: (own,)}
    given = codes_of(named)
    parties: dict[str, tuple[str, ...]] = {}
    taken = {own, *((centre,) if CENTRE_ROLE in procedure.roles else ())}
    problems: list[Problem] = []
    for role in procedure.roles:
        codes = parties[role] = fixed.get(role) or given.get(role, ())
        if role not in fixed:
            wrong = _wrong(codes, known, taken, many=role in procedure.many)
            problems += [Problem(role, *wrong)] if wrong else []
            taken.update(codes)
    for role in sorted(given):
        if role in fixed or role not in procedure.roles:
            said = Said(f"程序中没有可选的角色“{role}”。", f"There is no role {role!r} to choose.")
            problems.append(Problem(role, "unknown", said))
    if problems:
        said = Said("没有办理：请更正标出的项目。", "Nothing was done: mend the marked fields.")
        raise InvalidInput("casework.bad_parties", said, problems=tuple(problems))
    return parties


def _wrong(codes: Sequence[str], known: Collection[str], taken: set[str], *, many: bool) -> tuple[str, Said] | None:
    if not codes or not set(codes) <= set(known):
        return "missing", Said("请选择机关。", "Choose an organisation.")
    if len(set(codes)) < len(codes):
        return "twice", Said("同一机关只能选一次。", "Choose each organisation once.")
    if len(codes) > 1 and not many:
        return "one_only", Said("只能选择一个机关。", "Choose one organisation only.")
    if not taken.isdisjoint(codes):
        return "same", Said(
            "每一方必须是不同的机关，请另选一个。", "Each side must be a different organisation; choose another."
        )
    return None
