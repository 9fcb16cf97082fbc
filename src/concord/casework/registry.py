"""The Python functions that procedure files name, guards; and what follows every act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Organisation
from concord.rules.calendar import Calendar
from concord.rules.canonical import JSON
from concord.rules.errors import Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import FieldType, Procedure

if TYPE_CHECKING:
    from concord.casework.models import Act, Audience, Matter


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a guard looks at: the act about to be done, by whom, with which answers; ``matter`` is None at the start.

    ``parties`` gives the organisations of every role, whether they see the matter yet or not.
    """

    procedure: Procedure
    act: ActRule
    matter: Matter | None
    parties: Mapping[str, tuple[Organisation, ...]]
    answers: Mapping[str, JSON]
    by: Actor
    at: datetime
    today: date
    calendar: Calendar


Guard = Callable[[Occasion], None]
GUARDS: dict[str, Guard] = {}


def guard(name: str) -> Callable[[Guard], Guard]:
    """Register a guard under the name that procedure files use; it raises an error of the tree or returns."""

    def register(function: Guard) -> Guard:
        GUARDS[name] = function
        return function

    return register


Handler = Callable[["Act", Occasion], None]
HANDLERS: dict[str, Handler] = {}


def handler(name: str) -> Callable[[Handler], Handler]:
    """Register what an act with ``handled_by = name`` does besides: it writes its rows in the act's transaction."""

    def register(function: Handler) -> Handler:
        HANDLERS[name] = function
        return function

    return register


Resolver = Callable[[Sequence[str], Actor, "Matter | None"], Mapping[int, Said]]
# Per type of field, what finds the things that another app keeps: place in the list → why it may not be named.
RESOLVERS: dict[FieldType, Resolver] = {}


Follower = Callable[["Act", Mapping[str, tuple[Organisation, ...]], Sequence["Audience"]], None]
FOLLOWERS: list[Follower] = []


def follower(function: Follower) -> Follower:
    """Register what follows an act that told something or let somebody in, after all of its effects."""
    FOLLOWERS.append(function)
    return function
