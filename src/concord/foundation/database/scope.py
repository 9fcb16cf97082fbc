"""Row-level security: which scope this connection speaks for.

PostgreSQL policies read the setting ``concord.scope``; SQLite has no policies and the calls change nothing there.
The setting is empty until an edge enters a scope, and an empty setting sees no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

from concord.foundation.database.memory import remembering

SYSTEM = "system"
NOBODY = ""
_WRITING: ContextVar[bool] = ContextVar("writing", default=False)


def enter(scope: str) -> None:
    """Let the connection speak for ``scope`` (a scope's number, SYSTEM or NOBODY) until told otherwise."""
    _set(scope, local=False)


@contextmanager
def speaking_for(scope: str) -> Iterator[None]:
    """Speak for ``scope`` inside the block, outside of any transaction; NOBODY afterwards."""
    enter(scope)
    try:
        with remembering():
            yield
    finally:
        enter(NOBODY)


@contextmanager
def writing() -> Iterator[None]:
    """One transaction that may write rows of every scope; the database forgets the privilege with the transaction.

    Commands check what the actor may see and do before they write; policies are the second wall behind
    ``visible_to``, not the first.
    """
    if _WRITING.get():  # the outer block has the privilege and gives it back
        with transaction.atomic():
            yield
        return
    with remembering(), transaction.atomic():
        before = _get()
        _set(SYSTEM, local=True)
        token = _WRITING.set(True)
        try:
            yield
        finally:
            _WRITING.reset(token)
        if before != SYSTEM:
            _set(before, local=True)


def _get() -> str:
    if connection.vendor != "postgresql":
        return NOBODY
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('concord.scope', true), '')")
        return str(cursor.fetchone()[0])


def _set(scope: str, *, local: bool) -> None:
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('concord.scope', %s, %s)", [scope, local])
