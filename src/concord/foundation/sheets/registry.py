"""The kinds of sheets by name: what their columns are and what a good row becomes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from concord.foundation.access.actor import Actor
from concord.rules.errors import NotFound, Said
from concord.rules.sheets import Column, Value


class Taking(Protocol):
    """Turns good rows into what they stand for, all or none, and names what each became."""

    def __call__(
        self, rows: Sequence[Mapping[str, Value]], *, by: Actor, at: datetime, entropy: bytes
    ) -> Sequence[str]:
        """Called inside the transaction that also marks the rows as taken."""


@dataclass(frozen=True, slots=True)
class SheetKind:
    """What the rows of a sheet are to become.

    Beside ``sheet:take``, preparing such a sheet needs the permission ``seen_with`` and taking it over ``permission``.

    ``columns`` gives those of an actor's organisation on a day; ``there`` which values of a unique column are used up.
    """

    id: str
    said: Said
    seen_with: str
    permission: str
    columns: Callable[[Actor, date], tuple[Column, ...]]
    there: Callable[[Actor, str, Collection[str]], Collection[str]]
    take: Taking


_KINDS: dict[str, SheetKind] = {}


def register(kind: SheetKind) -> SheetKind:
    """Make a kind known; ValueError when its name is taken."""
    if kind.id in _KINDS:
        raise ValueError(f"two kinds of sheets are named {kind.id}")
    _KINDS[kind.id] = kind
    return kind


def kinds_for(by: Actor) -> tuple[SheetKind, ...]:
    """The kinds that the actor may prepare, in the order in which they were made known."""
    return tuple(kind for kind in _KINDS.values() if by.may(kind.seen_with))


def find(name: str) -> SheetKind:
    """The kind of that name. Raises NotFound ``sheets.no_kind``."""
    try:
        return _KINDS[name]
    except KeyError as error:
        raise NotFound("sheets.no_kind", Said("没有这种表格。", "There is no such kind of sheet.")) from error
