"""Procedure versions as the database keeps them, parsed once per digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache

from concord.casework.models import ProcedureVersion
from concord.foundation.access.commands import give_scopes
from concord.foundation.database.scope import writing
from concord.foundation.organisations.commands import put_charter_into_force
from concord.foundation.organisations.models import CharterVersion
from concord.foundation.organisations.queries import charter_on
from concord.rules.procedure import Procedure, parse


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


def procedure_of(version: ProcedureVersion) -> Procedure:
    """The parsed definition of a stored version."""
    return _parsed(version.digest)


@lru_cache(maxsize=256)
def _parsed(digest: str) -> Procedure:
    version = ProcedureVersion.objects.get(digest=digest)
    return parse(version.text, file=f"{version.procedure}/{version.in_force_from}.toml")
