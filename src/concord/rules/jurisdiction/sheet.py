"""What both lines need to say who is competent: grounds from the catalogue, names, the first, the common superior."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from concord.rules.charter import Charter, Superior
from concord.rules.errors import NotFound, Said
from concord.rules.jurisdiction.model import OUTSIDE, Arrival, Dispute, Event, Facts, Ground, Standing, Step, Turning
from concord.rules.law import LABEL_OF
from concord.rules.limits import parse_limit

ELSEWHERE = Said("协作范围以外的机关", "an authority outside the alliance")


@dataclass(slots=True)
class Sheet:
    """One proposal in the making."""

    charter: Charter
    facts: Facts
    on: date
    competent: list[Standing] = field(default_factory=list)
    may_also: list[Standing] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    turning: list[Turning] = field(default_factory=list)
    notes: list[Step] = field(default_factory=list)

    def grounds(self, *rows: str) -> tuple[Ground, ...]:
        """The rows as they hold on the day; ``1b:I`` takes one letter of a row that has several.

        Raises NotFound ``law.no_such_row``.
        """
        found = []
        for written in rows:
            name, _, letter = written.partition(":")
            row = self.charter.laws.row(name, on=self.on)
            found.append(Ground(row.id, row.basis, LABEL_OF[letter or row.confidence[0]]))
        return tuple(found)

    def known(self, rows: Iterable[str]) -> tuple[Ground, ...] | None:
        """The rows as ``grounds`` has them; None and a remark when one does not hold on the day."""
        try:
            return self.grounds(*rows)
        except NotFound as error:
            if error.said not in [note.said for note in self.notes]:
                self.notes.append(Step("not_in_catalogue", None, error.said, ()))
            return None

    def limit(self, row: str) -> Said:
        """The first number a row gives, in words."""
        return parse_limit(self.charter.laws.row(row, on=self.on).limits[0]).said

    def name(self, code: str) -> str:
        """The Chinese name of an authority on the line of the matter."""
        return ELSEWHERE.zh if code == OUTSIDE else self.charter.authority(code).name(self.facts.line)

    def place(self, code: str) -> Said:
        """The place of an authority."""
        if code == OUTSIDE:
            return ELSEWHERE
        authority = self.charter.authority(code)
        return Said(authority.name(self.facts.line), authority.en)

    def stand(self, code: str, zh: str, en: str, *rows: str, also: bool = False) -> None:
        """Put an authority among the competent ones, or among those who may act too; once."""
        grounds = self.known(rows)
        if grounds is not None and code not in self.able:
            standing = Standing(code, self.name(code), Said(zh, en), grounds)
            (self.may_also if also else self.competent).append(standing)

    def turn(self, fact: str, zh: str, en: str, *rows: str) -> None:
        """Name a fact that would change the answer."""
        grounds = self.known(rows)
        if grounds is not None:
            self.turning.append(Turning(fact, Said(zh, en), grounds))

    def step(self, code: str, authority: str, zh: str, en: str, *rows: str) -> None:
        """Say what an authority must do."""
        grounds = self.known(rows)
        if grounds is not None:
            self.steps.append(Step(code, authority, Said(zh, en), grounds))

    def note(self, code: str, zh: str, en: str, *rows: str) -> None:
        """Add a remark."""
        grounds = self.known(rows)
        if grounds is not None:
            self.notes.append(Step(code, None, Said(zh, en), grounds))

    @property
    def able(self) -> tuple[str, ...]:
        """Everybody who may handle the matter."""
        return tuple(one.authority for one in (*self.competent, *self.may_also))

    @property
    def filers(self) -> tuple[str, ...]:
        """Everybody who has filed, once each."""
        return tuple(dict.fromkeys(event.authority for event in self.facts.filed))

    def common_superior(self, codes: Collection[str]) -> Superior | None:
        """The lowest authority above all ``codes`` as it stands to them on the line; None where there is none."""
        return None if OUTSIDE in codes else self.charter.common_superior_of(codes, self.facts.line)

    def dispute(self, said: Said, *rows: str) -> Dispute | None:
        """Who decides between those who are competent, have filed or were drawn in; None while there is only one."""
        facts = self.facts
        between = list(dict.fromkeys((*self.able, *self.filers)))
        # Whoever only sends a reporter on quarrels with nobody, unless there is a single other.
        if facts.arrival is Arrival.TRANSFER or len(between) == 1:
            drawn_in = [code for code in (facts.holder, facts.transferred_by) if code]
            between = list(dict.fromkeys((*between, *drawn_in)))
        if len(between) < 2:  # noqa: PLR2004  a dispute needs two
            return None
        return Dispute(tuple(between), self.common_superior(between), said, self.grounds(*rows))

    def superior_to_ask(self, holder: str) -> Said:
        """The common superior of whoever holds a case, whoever passed it on, and those who are competent."""
        between = dict.fromkeys(code for code in (holder, self.facts.transferred_by, *self.able) if code)
        return self.superior_named(self.common_superior(tuple(between)))

    def those_competent(self, handles: str | None) -> Said:
        """Where whoever is not competent sends the case: whoever handles it already, else all who are competent."""
        return listed([self.place(code) for code in ([handles] if handles else self.able) if code])

    def superior_named(self, superior: Superior | None) -> Said:
        """A superior in a sentence."""
        if superior is None:
            return Said("各方共同的上级", "their common superior")
        return Said(superior.name, superior.name)


def first_of(events: Iterable[Event], among: Collection[str]) -> tuple[str, ...]:
    """The authorities of the earliest day among ``among``; several when the day is the same, none without events."""
    counted = [event for event in events if event.authority in among]
    if not counted:
        return ()
    earliest = min(event.day for event in counted)
    return tuple(dict.fromkeys(event.authority for event in counted if event.day == earliest))


def listed(names: Sequence[Said]) -> Said:
    """Several names in one sentence."""
    return Said("、".join(one.zh for one in names), ", ".join(one.en for one in names))
