"""Procedure versions as the database keeps them, parsed once per digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from concord.casework.models import Act, ClockRun, Matter, Paper, Participant, ProcedureVersion
from concord.foundation.access.commands import give_scopes
from concord.foundation.database.scope import writing
from concord.foundation.organisations.commands import put_charter_into_force
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import charter_on
from concord.rules.procedure import ClockRule, Procedure, parse
from concord.rules.procedure.succession import Held, is_newer, knows_all


def adopt(
    *, texts: Mapping[str, str], charter_id: str, resolution: str, effective_from: date, at: datetime
) -> CharterVersion:
    """Put a charter version into force together with every procedure version it holds."""
    with writing():
        version = put_charter_into_force(
            texts=texts, charter_id=charter_id, resolution=resolution, effective_from=effective_from, at=at
        )
        give_scopes()
        held = {one.digest: one for versions in charter_on(effective_from).procedures.values() for one in versions}
        kept = set(ProcedureVersion.objects.filter(digest__in=held).values_list("digest", flat=True))
        ProcedureVersion.objects.bulk_create(
            ProcedureVersion(procedure=one.id, in_force_from=one.in_force_from, digest=digest, text=one.text)
            for digest, one in held.items()
            if digest not in kept
        )
    return version


def version_in_force(procedure_id: str, *, on: date) -> tuple[ProcedureVersion, Procedure]:
    """The version of a procedure that a matter begun on ``on`` runs on; NotFound ``charter.no_procedure_in_force``."""
    procedure = charter_on(on).procedure(procedure_id, on=on)
    return ProcedureVersion.objects.defer("text").get(digest=procedure.digest), procedure


def version_with(digest: str) -> ProcedureVersion:
    """The stored version with this digest."""
    return ProcedureVersion.objects.defer("text").get(digest=digest)


def procedure_of(version: ProcedureVersion) -> Procedure:
    """The parsed definition of a stored version."""
    return _parsed(version.digest)


def clock_rule(run: ClockRun) -> ClockRule:
    """The rule that a clock started under, whatever version its matter runs on by now."""
    return rules_of(run).clock(run.clock)


def rules_of(run: ClockRun) -> Procedure:
    """The version of the procedure that a clock started under."""
    return _parsed(run.rule_digest)


def procedure_followed(matter: Matter, *, on: date) -> Procedure:
    """The version that the next act of ``matter`` on that day follows: its own, or the one that took its place.

    A newer version takes running matters over when it says so (``next_act``) and knows all that the matter holds.
    """
    own = procedure_of(matter.procedure_version)
    adopted = charter_on(on)
    if matter.final or matter.procedure not in adopted.in_force:
        return own
    newest = adopted.procedure(matter.procedure, on=on)
    return newest if is_newer(own, newest) and knows_all(newest, _held(matter)) else own


def _held(matter: Matter) -> Held:
    acts = list(Act.objects.filter(matter=matter).values_list("act", "from_state", "to_state", "answers"))
    states = {state for _, *both, _ in acts for state in both if state}
    return Held(
        roles=Participant.objects.filter(matter=matter).values_list("role", flat=True),
        states={*states, matter.state, matter.outer_state},
        acts=[act for act, *_ in acts],
        fields={*matter.facts, *(name for *_, answers in acts for name in answers)},
        clocks=ClockRun.objects.filter(matter=matter).values_list("clock", flat=True),
        papers=Paper.objects.filter(matter=matter).values_list("kind", flat=True),
    )


@lru_cache(maxsize=256)
def _parsed(digest: str) -> Procedure:
    version = ProcedureVersion.objects.get(digest=digest)
    return parse(version.text, file=f"{version.procedure}/{version.in_force_from}.toml")
