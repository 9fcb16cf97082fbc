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
from concord.rules.procedure import ClockRule, Procedure, RunningMatters, parse


def adopt(
    *, texts: Mapping[str, str], charter_id: str, resolution: str, effective_from: date, at: datetime
) -> CharterVersion:
    """Put a charter version into force together with every procedure version it holds."""
    with writing():
        version = put_charter_into_force(
            texts=texts, charter_id=charter_id, resolution=resolution, effective_from=effective_from, at=at
        )
        give_scopes()
        for versions in charter_on(effective_from).procedures.values():
            for procedure in versions:
                ProcedureVersion.objects.get_or_create(
                    digest=procedure.digest,
                    defaults={
                        "procedure": procedure.id,
                        "in_force_from": procedure.in_force_from,
                        "text": procedure.text,
                    },
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
    return _parsed(run.rule_digest).clock(run.clock)


def procedure_followed(matter: Matter, *, on: date) -> Procedure:
    """The version that the next act of ``matter`` on that day follows: its own, or the one that took its place.

    A newer version takes running matters over when it says so (``next_act``) and knows all that the matter holds.
    """
    own = procedure_of(matter.procedure_version)
    adopted = charter_on(on)
    if matter.final or matter.procedure not in adopted.in_force:
        return own
    newest = adopted.procedure(matter.procedure, on=on)
    newer = newest.in_force_from > own.in_force_from and newest.running_matters is RunningMatters.NEXT_ACT
    return newest if newer and _knows_all_of(newest, matter) else own


def _knows_all_of(procedure: Procedure, matter: Matter) -> bool:
    acts = list(Act.objects.filter(matter=matter).values_list("act", "from_state", "to_state", "answers"))
    drafted = [name for said in matter.drafts.values() for name in said]
    papers = Paper.objects.filter(matter=matter).values_list("kind", flat=True)
    clocks = ClockRun.objects.filter(matter=matter).values_list("clock", flat=True)
    roles = set(Participant.objects.filter(matter=matter).values_list("role", flat=True))
    states = {state for _, before, after, _ in acts for state in (before, after) if state}
    fields = {*matter.facts, *drafted, *(name for *_, answers in acts for name in answers)}
    return roles == set(procedure.roles) and all(
        held <= {rule.id for rule in rules}
        for held, rules in (
            (states | {matter.state, matter.outer_state}, procedure.states),
            ({act for act, *_ in acts}, procedure.acts),
            (fields, procedure.fields),
            (set(papers), procedure.papers),
            (set(clocks), procedure.clocks),
        )
    )


@lru_cache(maxsize=256)
def _parsed(digest: str) -> Procedure:
    version = ProcedureVersion.objects.get(digest=digest)
    return parse(version.text, file=f"{version.procedure}/{version.in_force_from}.toml")
