"""What many tests begin with, made once for neighbours instead of anew for each.

Tests that are undone by a rollback may share what they stand on: it is made in a transaction that stays open, and each
test runs in a savepoint of it. A test that begins with something else, or that commits, takes the ground away first.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias, TypeVar, cast

from django.db import transaction

T = TypeVar("T")
Make: TypeAlias = Callable[[], object]


class Ground:
    """At most one at a time, known by the function that makes it."""

    def __init__(self) -> None:
        self._make: Make | None = None
        self._made: object = None
        self._block: AbstractContextManager[None] | None = None

    def lay(self, make: Make | None) -> None:
        """Let the next test stand on what ``make`` makes; on the freshly migrated database where it is None."""
        if make is self._make:
            return
        self.take_away()
        if make is None:
            return
        self._block = transaction.atomic()
        self._block.__enter__()
        try:
            self._made = make()
        except BaseException:
            self.take_away()
            raise
        self._make = make

    def take_away(self) -> None:
        """Roll back what the ground was made of."""
        self._make = self._made = None
        if self._block is not None:
            transaction.set_rollback(True)
            self._block.__exit__(None, None, None)
            self._block = None

    def made_by(self, make: Callable[[], T]) -> T:
        """What ``make`` returned, as a copy that one test may change; made anew where this is not the ground."""
        return copy.deepcopy(cast("T", self._made)) if make is self._make else make()
