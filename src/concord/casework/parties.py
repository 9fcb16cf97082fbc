"""Who takes part: the organisations of every role, chosen when a matter begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from concord.foundation.organisations.models import Organisation
from concord.rules.errors import InvalidInput, NotAllowed, Problem, Said
from concord.rules.procedure import Procedure

CENTRE_ROLE = "centre"
Named = Mapping[str, Sequence[str]]


def codes_of(named: Named) -> dict[str, list[str]]:
    """The codes given per role, blank ones left out; a text is one code."""
    given = {role: [codes] if isinstance(codes, str) else list(codes) for role, codes in named.items()}
    return {role: [code for code in codes if code] for role, codes in given.items()}


def require_initiator(procedure: Procedure, organisation: Organisation, middle: Organisation) -> None:
    """What the centre begins only the centre begins; where it has a role of its own, it takes no member's."""
    at_centre = procedure.initiating_role == CENTRE_ROLE
    if at_centre and organisation != middle:
        said = Said(
            f"“{procedure.zh}”由{middle.zh}发起。请与{middle.zh}联系。",
            f"“{procedure.en}” is begun by {middle.en}. Turn to them.",
        )
        raise NotAllowed("casework.not_the_initiator", said)
    if not at_centre and organisation == middle and CENTRE_ROLE in procedure.roles:
        said = Said(
            f"“{procedure.zh}”由成员机关发起，{middle.zh}不能代为发起。",
            f"“{procedure.en}” is begun by a member authority, not by {middle.en}.",
        )
        raise NotAllowed("casework.not_the_initiator", said)


def chosen(
    procedure: Procedure, named: Named, own: Organisation, middle: Organisation
) -> dict[str, tuple[Organisation, ...]]:
    """The organisations of every role, in the procedure's order: the beginner's own, the centre, those named by code.

    Raises InvalidInput ``casework.bad_parties`` with a problem per role: missing, one_only, twice, same, unknown.
    """
    given = codes_of(named)
    fixed = {procedure.initiating_role: (own,)}
    if CENTRE_ROLE in procedure.roles:
        fixed.setdefault(CENTRE_ROLE, (middle,))
    known = {
        row.code: row for row in Organisation.objects.filter(code__in=[c for codes in given.values() for c in codes])
    }
    problems: list[Problem] = []
    parties: dict[str, tuple[Organisation, ...]] = {}
    taken = {row for rows in fixed.values() for row in rows}
    for role in procedure.roles:
        codes = given.get(role, [])
        found = tuple(known[code] for code in codes if code in known)
        if role not in fixed and (wrong := _wrong(codes, found, taken, many=role in procedure.many)):
            problems.append(Problem(role, *wrong))
        parties[role] = fixed.get(role, found)
        taken |= set(found)
    for role in sorted(set(given) - (set(procedure.roles) - set(fixed))):
        said = Said(f"程序中没有可选的角色“{role}”。", f"There is no role {role!r} to choose.")
        problems.append(Problem(role, "unknown", said))
    if problems:
        said = Said("没有办理：请更正标出的项目。", "Nothing was done: mend the marked fields.")
        raise InvalidInput("casework.bad_parties", said, problems=tuple(problems))
    return parties


def _wrong(
    codes: Sequence[str], found: Sequence[Organisation], taken: set[Organisation], *, many: bool
) -> tuple[str, Said] | None:
    if not found or len(found) < len(codes):
        return "missing", Said("请选择机关。", "Choose an organisation.")
    if len(set(codes)) < len(codes):
        return "twice", Said("同一机关只能选一次。", "Choose each organisation once.")
    if len(found) > 1 and not many:
        return "one_only", Said("只能选择一个机关。", "Choose one organisation only.")
    if taken & set(found):
        return "same", Said(
            "每一方必须是不同的机关，请另选一个。", "Each side must be a different organisation; choose another."
        )
    return None
