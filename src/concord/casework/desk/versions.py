"""The procedures whose matters lists are made of."""

from __future__ import annotations

from concord.casework.definitions import procedure_of
from concord.casework.models import ProcedureVersion
from concord.foundation.database.memory import remembered
from concord.rules.procedure import Procedure


def procedures_kept() -> dict[int, Procedure]:
    """Every kept version of every procedure by its id, older ones first; asked once while a request lasts."""
    return remembered("procedures kept", _kept)


def _kept() -> dict[int, Procedure]:
    rows = ProcedureVersion.objects.defer("text").order_by("in_force_from", "id")
    return {row.id: procedure_of(row) for row in rows}
