"""A trap on the way from a row to a published checkpoint: it springs at the n-th step that reaches a disk or database.

Steps are counted in the main thread: before and after each statement of the database, each sync of a file or folder,
each renaming, each statement and commit of the checkpoint lock.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal
from unittest.mock import patch

from django.db import connection

from concord.foundation.ledger.lock import lock_at

LOCK = "lock.sqlite3"
SyncsOrRenames = Callable[..., None]


class Trap:
    """Springs at step ``step`` and never again; ``steps`` names what was passed."""

    def __init__(self, step: int, spring: Callable[[str], None]) -> None:
        self._step = step
        self._spring = spring
        self._thread = threading.get_ident()
        self.steps: list[str] = []

    def passed(self, what: str) -> None:
        """One more step is reached."""
        if threading.get_ident() == self._thread:
            self.steps.append(what)
            if len(self.steps) == self._step:
                self._spring(what)

    @property
    def sprung(self) -> bool:
        """Whether the way was long enough to reach it."""
        return len(self.steps) >= self._step


@contextmanager
def trap(step: int, spring: Callable[[str], None]) -> Iterator[Trap]:
    """Lay the trap for the block."""
    laid = Trap(step, spring)

    def watch(execute: Callable[..., object], sql: str, params: object, many: object, context: object) -> object:
        laid.passed(f"before {sql[:40]}")
        result = execute(sql, params, many, context)
        laid.passed(f"after {sql[:40]}")
        return result

    class TrappedLock(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            laid.passed(f"lock before {sql[:20]}")
            result = super().execute(sql, *given)
            laid.passed(f"lock after {sql[:20]}")
            return result

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            traceback: TracebackType | None,
            /,
        ) -> Literal[False]:
            laid.passed("lock before commit")
            super().__exit__(kind, error, traceback)
            laid.passed("lock after commit")
            return False

    connect = sqlite3.connect

    def connecting(path: os.PathLike[str] | str, **given: Any) -> sqlite3.Connection:
        kind = TrappedLock if os.fspath(path).endswith(LOCK) else sqlite3.Connection
        return connect(path, factory=kind, **given)

    lock_at.cache_clear()  # one that is open already would pass by the trap
    with (
        connection.execute_wrapper(watch),
        patch.object(os, "fsync", _watched(os.fsync, "sync", laid)),
        patch.object(os, "replace", _watched(os.replace, "rename", laid)),
        patch.object(sqlite3, "connect", connecting),
    ):
        yield laid
    lock_at.cache_clear()


def _watched(done: SyncsOrRenames, name: str, laid: Trap) -> SyncsOrRenames:
    def watched(*given: Any) -> None:
        laid.passed(f"before {name}")
        done(*given)
        laid.passed(f"after {name}")

    return watched
