"""Row locks: SELECT … FOR UPDATE on PostgreSQL; on SQLite the IMMEDIATE transaction holds the only write lock."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection
from django.db.models import QuerySet

Rows = TypeVar("Rows", bound=QuerySet[Any])


def locked(rows: Rows) -> Rows:
    """The same rows, locked until the transaction ends; joined rows are not locked."""
    if connection.vendor == "postgresql":
        return rows.select_for_update(of=("self",))
    return rows
