"""Sheets of cases and leads: each good row becomes one of the organisation's cases."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from concord.casework.desk.cases import OPEN, columns_on, numbers_taken, open_cases
from concord.casework.queries import READ
from concord.foundation.access.actor import Actor
from concord.foundation.sheets.registry import SheetKind, register
from concord.rules.errors import Said
from concord.rules.sheets import Column, Value


def _columns(by: Actor, day: date) -> tuple[Column, ...]:  # noqa: ARG001  the same for every organisation
    return columns_on(day)


def _there(by: Actor, column: str, values: Collection[str]) -> Collection[str]:  # noqa: ARG001  number is the one that is unique
    return numbers_taken(by, values)


def _take(rows: Sequence[Mapping[str, Value]], *, by: Actor, at: datetime, entropy: bytes) -> list[str]:
    return [str(case.uid) for case in open_cases(rows, by=by, at=at, entropy=entropy)]


LEADS = register(
    SheetKind(
        id="leads",
        said=Said("案件、线索", "Cases and leads"),
        seen_with=READ,
        permission=OPEN,
        columns=_columns,
        there=_there,
        take=_take,
    )
)
