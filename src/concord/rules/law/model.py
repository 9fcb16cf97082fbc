"""What the catalogue of law holds: rows with their limits, provisions with their versions, official forms."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from concord.rules.errors import NotFound, Said
from concord.rules.procedure import SourceLabel

# What a confidence letter lets a screen say: text read, secondary source, from memory, our reading.
LABEL_OF: Mapping[str, SourceLabel] = MappingProxyType(
    {
        "V": SourceLabel.STATUTORY,
        "S": SourceLabel.STATUTORY_UNVERIFIED,
        "M": SourceLabel.STATUTORY_UNVERIFIED,
        "I": SourceLabel.OUR_READING,
    }
)


class Role(StrEnum):
    """Which day decides the version: the end of the act, the measure, or the beginning of the matter."""

    SUBSTANTIVE = "substantive"
    POWER = "power"
    PROCEDURE = "procedure"


@dataclass(frozen=True, slots=True)
class Span:
    """When something holds: from the first day on, until the day it no longer does; None is open."""

    begins: date | None = None
    ends: date | None = None

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in it."""
        return (self.begins or date.min) <= day and (self.ends is None or day < self.ends)

    def overlaps(self, other: Span) -> bool:
        """Whether a day lies in both."""
        return (self.begins or date.min) < (other.ends or date.max) and (other.begins or date.min) < (
            self.ends or date.max
        )

    @property
    def said(self) -> Said:
        """The span in words."""
        first, last = self.begins, self.ends
        zh = f"{f'自 {first} 起' if first else ''}{f'至 {last} 前' if last else ''}"
        en = " ".join(part for part in (f"from {first}" if first else "", f"until {last}" if last else "") if part)
        return Said(zh or "一直", en or "always")


@dataclass(frozen=True, slots=True)
class LawRow:
    """One row of the law sheet for the time it holds.

    ``limits`` are all numbers it allows (``15WD``), extensions with them; none where the law gives no number.
    ``confidence`` has several letters where parts of the row differ, none where nothing was found.
    ``cross_authority``: the limit binds one authority towards another.
    """

    id: str
    confidence: tuple[str, ...]
    limits: tuple[str, ...]
    span: Span
    cross_authority: bool
    basis: str
    zh: str
    en: str
    file: str = dataclasses.field(default="", compare=False)
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def said(self) -> Said:
        """What the row is about."""
        return Said(self.zh, self.en)

    @property
    def label(self) -> SourceLabel | None:
        """How a screen names what the row says foremost; None where nothing was found."""
        return LABEL_OF[self.confidence[0]] if self.confidence else None


@dataclass(frozen=True, slots=True)
class LawVersion:
    """One version of one law; ``family`` joins the versions of one law."""

    id: str
    family: str
    span: Span
    zh: str
    en: str
    file: str = dataclasses.field(default="", compare=False)
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Provision:
    """One article (or, without one, one law) that applies to causes; ``topic`` is the same in every version."""

    causes: tuple[str, ...]
    role: Role
    topic: str
    version: LawVersion
    article: str
    confidence: str
    law_row: str
    zh: str
    en: str
    file: str = dataclasses.field(default="", compare=False)
    line: int = dataclasses.field(default=0, compare=False)

    @property
    def said(self) -> Said:
        """What the article is about."""
        return Said(self.zh, self.en)

    @property
    def citation(self) -> str:
        """The article as a Chinese paper cites it: 《商标法》（2019年修正）第五十七条."""
        name, bracket, rest = self.version.zh.partition("（")
        return f"《{name}》{bracket}{rest}{self.article}"

    @property
    def label(self) -> SourceLabel:
        """How a screen names its standing."""
        return LABEL_OF[self.confidence]


@dataclass(frozen=True, slots=True)
class Form:
    """One official form while it is valid; ``note`` says where its print is no longer right."""

    collection: str
    number: int | None
    zh: str
    span: Span
    note: Said | None
    law_row: str | None
    file: str = dataclasses.field(default="", compare=False)
    line: int = dataclasses.field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Laws:
    """The catalogue. ``rows`` holds every version of a row by its id; an empty catalogue knows no law at all."""

    rows: Mapping[str, tuple[LawRow, ...]]
    versions: Mapping[str, LawVersion]
    provisions: tuple[Provision, ...]
    milder: Provision | None
    forms: tuple[Form, ...]

    def row(self, name: str, *, on: date) -> LawRow:
        """The row as it holds ``on`` that day. Raises NotFound ``law.no_such_row``."""
        for row in self.rows.get(name, ()):
            if row.span.holds(on):
                return row
        raise NotFound(
            "law.no_such_row",
            Said(
                f"法律依据表中没有 {on} 有效的“{name}”。请核对行号和日期。",
                f"The catalogue of law has no row “{name}” that holds on {on}. Check the row and the date.",
            ),
        )

    def causes(self) -> frozenset[str]:
        """Every cause for which articles are known."""
        return frozenset(cause for provision in self.provisions for cause in provision.causes)

    def deleted_form(self, name: str, *, on: date) -> Form | None:
        """The form called ``name`` if it is no longer valid ``on`` that day and none of that name is."""
        named = [form for form in self.forms if form.zh == name]
        if any(form.span.holds(on) for form in named):
            return None
        return next((form for form in named if form.span.ends and form.span.ends <= on), None)
