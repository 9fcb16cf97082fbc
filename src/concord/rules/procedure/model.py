"""What a procedure is: frozen, complete, and free of any outside world."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

from concord.rules.errors import NotFound, Said


class SourceLabel(StrEnum):
    """Where a rule comes from; every screen that shows a limit shows this with it."""

    STATUTORY = "statutory"
    STATUTORY_UNVERIFIED = "statutory_unverified"
    OUR_READING = "our_reading"
    AGREED = "agreed"
    INTERNAL = "internal"

    @property
    def said(self) -> Said:
        """The words for people."""
        return LABEL_WORDS[self]


LABEL_WORDS = {
    SourceLabel.STATUTORY: Said("法定", "Statutory"),
    SourceLabel.STATUTORY_UNVERIFIED: Said("法定（未核对原文）", "Statutory, unverified"),
    SourceLabel.OUR_READING: Said("本系统理解", "Our reading"),
    SourceLabel.AGREED: Said("约定", "Agreed"),
    SourceLabel.INTERNAL: Said("内部", "Internal"),
}

PROPOSED = Said("拟议", "Proposed")


class FieldType(StrEnum):
    """The closed list of field types."""

    TEXT = "text"
    LONGTEXT = "longtext"
    CHOICE = "choice"
    CODE = "code"
    DATE = "date"
    DATETIME = "datetime"
    INTEGER = "integer"
    MONEY = "money"
    ITEMS = "items"
    ANSWERS = "answers"
    FILES = "files"
    ORGANISATION = "organisation"
    PERSON = "person"
    MATTER = "matter"
    EVIDENCE = "evidence"


class RunningMatters(StrEnum):
    """What a new version means for matters that already run."""

    STAY = "stay"
    NEXT_ACT = "next_act"


class Line(StrEnum):
    """Which hat of a member acts: market supervision or patent administration (two superiors, two names)."""

    MARKET = "market"
    PATENT = "patent"


@dataclass(frozen=True, slots=True)
class Source:
    """Where rules come from. ``label`` is the file's ``kind``; ``proposed`` until a resolution adopts it."""

    id: str
    label: SourceLabel
    text: str
    confidence: str | None = None
    law_row: str | None = None
    proposed: bool = False
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def standing(self) -> Said:
        """The label with what has become of it: 法定, 约定·拟议."""
        label = self.label.said
        if not self.proposed:
            return label
        return Said(f"{label.zh}·{PROPOSED.zh}", f"{label.en}, {PROPOSED.en.lower()}")


@dataclass(frozen=True, slots=True)
class State:
    """One state of a matter; a final one has no way out."""

    id: str
    zh: str
    en: str
    final: bool = False
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer of a choice."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One thing an act may ask.

    ``list`` names the code list of a ``code``; ``of`` the ``items`` field that an ``answers`` field answers one by one.
    ``act_only``: the answer belongs to the act's story and is not folded into the matter's facts.
    """

    id: str
    type: FieldType
    zh: str
    en: str
    optional: bool = False
    personal: bool = False
    act_only: bool = False
    min: int | None = None
    max: int | None = None
    options: tuple[Option, ...] = ()
    list: str | None = None
    of: str | None = None
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock: a ``limit`` (``15WD``, ``30CD``, ``3M``, ``24h``) counted from an instant, or ``until`` a date field.

    ``from_instant`` is a registered instant or a field of type date or datetime. ``before`` names a date field instead:
    the limit is counted back from that day (“at least 3 working days before”). ``extensions`` are what the acts that
    extend it add, one after another: a limit, or ``field:M`` for as many months as an integer field grants. A clock
    whose ``owner`` is held by many runs once for each of them.
    """

    id: str
    zh: str
    en: str
    owner: str
    source: str | None
    limit: str | None = None
    from_instant: str | None = None
    until: str | None = None
    before: str | None = None
    extensions: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One paper: its form, the template of its number, and the facts it cannot do without.

    ``to`` and ``copies`` name whom it is addressed to and sent for information: a role, a text field that holds the
    name of somebody outside, or a registered addressee such as ``common_superior``. No ``to``: the other side.
    """

    id: str
    form: str
    number: str
    needs: tuple[str, ...] = ()
    to: str | None = None
    copies: tuple[str, ...] = ()
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class ExcludedTime:
    """Days that a clock does not count: from one date field to another, both days with it."""

    clock: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act. No ``from_states``: it begins a matter. No ``to``: the state stays.

    ``internal``: only the acting role's organisation sees it; the facts told in it become known to the others with that
    role's next act that is not internal. ``each``: every organisation of a role that many hold does it once, and the
    state moves with the last of them. ``suspends`` stops the counting of clocks until an act ``resumes`` them;
    ``extends`` adds the next extension of their rules; ``excludes`` takes a span of days out of them.
    """

    id: str
    zh: str
    en: str
    role: str
    permission: str
    from_states: tuple[str, ...] = ()
    to: str | None = None
    asks: tuple[str, ...] = ()
    paper: str | None = None
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    suspends: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    excludes: tuple[ExcludedTime, ...] = ()
    while_running: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    notifies: tuple[str, ...] = ()
    handled_by: str | None = None
    source: str | None = None
    internal: bool = False
    each: bool = False
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def initial(self) -> bool:
        """Whether the act begins a matter."""
        return not self.from_states


class Identified(Protocol):
    """A rule with an id."""

    @property
    def id(self) -> str:
        """The rule's id, unique among its kind."""


Rule = TypeVar("Rule", bound=Identified)


def _found(rules: tuple[Rule, ...], name: str) -> Rule:
    for rule in rules:
        if rule.id == name:
            return rule
    raise NotFound(
        "procedure.no_such_rule",
        Said(
            f"程序中没有“{name}”。可能是旧链接，请回到事项页重新选择。",
            f"The procedure has no “{name}”. The link may be old; go back to the matter and choose again.",
        ),
    )


@dataclass(frozen=True, slots=True)
class BasedOn:
    """The version a procedure was written from: charter, procedure id, date."""

    charter: str
    procedure: str
    version: date

    @property
    def path(self) -> str:
        """Where that version stands among the charter files."""
        return f"{self.charter}/procedures/{self.procedure}/{self.version.isoformat()}.toml"


@dataclass(frozen=True, slots=True)
class Procedure:
    """One version of one procedure. ``digest`` is the SHA-256 (hex) of ``text`` with Unix line ends.

    ``many`` are the roles that more than one organisation may hold; every other role is held by exactly one.
    """

    id: str
    in_force_from: date
    zh: str
    en: str
    roles: tuple[str, ...]
    sources: tuple[Source, ...]
    states: tuple[State, ...]
    fields: tuple[Field, ...]
    clocks: tuple[ClockRule, ...]
    papers: tuple[PaperRule, ...]
    acts: tuple[Act, ...]
    line: Line
    running_matters: RunningMatters
    many: tuple[str, ...]
    title: str | None
    based_on: BasedOn | None
    digest: str
    file: str = dataclasses.field(compare=False)
    text: str = dataclasses.field(compare=False, repr=False)

    @property
    def said(self) -> Said:
        """The procedure's name."""
        return Said(self.zh, self.en)

    @property
    def initiating_role(self) -> str:
        """The role of whoever begins a matter."""
        return self.acts[0].role

    def source(self, name: str) -> Source:
        """The source with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.sources, name)

    def state(self, name: str) -> State:
        """The state with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.states, name)

    def field(self, name: str) -> Field:
        """The field with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.fields, name)

    def clock(self, name: str) -> ClockRule:
        """The clock with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.clocks, name)

    def paper(self, name: str) -> PaperRule:
        """The paper with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.papers, name)

    def act(self, name: str) -> Act:
        """The act with this id (NotFound ``procedure.no_such_rule``)."""
        return _found(self.acts, name)

    def initial_acts(self) -> tuple[Act, ...]:
        """The acts that begin a matter."""
        return tuple(act for act in self.acts if act.initial)

    def possible(self, state: str | None, role: str) -> tuple[Act, ...]:
        """What ``role`` may do next from ``state``; from None, what begins a matter."""
        return tuple(
            act
            for act in self.acts
            if act.role == role and (act.initial if state is None else state in act.from_states)
        )

    def roles_who_may_act(self, state: str) -> frozenset[str]:
        """The roles with an act possible from ``state``: from then on their organisations see the matter."""
        return frozenset(act.role for act in self.acts if state in act.from_states)

    def label_of(self, source: str) -> SourceLabel:
        """The label of the source with this id."""
        return self.source(source).label
