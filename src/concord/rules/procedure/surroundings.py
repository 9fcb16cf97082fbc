"""What a procedure may name without defining it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

REGISTERED_INSTANTS = ("delivered_at", "acted_at")
# Whom a paper may be addressed to that no role and no field names; casework.letters knows how to find them.
REGISTERED_ADDRESSEES = ("common_superior",)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The names a procedure may use that it does not define itself."""

    guards: Collection[str]
    handlers: Collection[str]
    permissions: Collection[str]
    code_lists: Collection[str]
    registered_instants: Collection[str]
    addressees: Collection[str]
