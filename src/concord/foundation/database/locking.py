"""Row locks: SELECT … FOR UPDATE on PostgreSQL; on SQLite the IMMEDIATE transaction holds the only write lock."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def locked(rows: QuerySet[M]) -> QuerySet[M]:
    """The same rows, locked until the transaction ends; joined rows are not locked."""
    if connection.vendor == "postgresql":
        return rows.select_for_update(of=("self",))
    return rows
