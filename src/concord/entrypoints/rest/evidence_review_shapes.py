"""What the API takes and gives of custody, recognition and what cities ask for, as schemas."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from concord.capabilities.evidence.models import Recognition
from concord.capabilities.evidence.opinions import Opinion
from concord.entrypoints.rest import evidence_shapes, presenting
from concord.entrypoints.rest.answering import Slice
from concord.entrypoints.rest.evidence_shapes import CustodyShape, ItemRow, RecognitionShape
from concord.entrypoints.rest.shapes import Codes, Day, OrganisationName, Words
from concord.foundation.journal.models import Read
from concord.rules.evidence.custody import Gap
from concord.rules.evidence.requirements import Requirement

MOST_KINDS = 20


class GapShape(BaseModel):
    """Something that the chain does not tell."""

    after: int = Field(description="The number of the move before it.")
    kind: str
    said: Words
    explained: bool


class ChainShape(BaseModel):
    """The chain of custody, in order, and what the machine finds untold in it."""

    holder: OrganisationName
    moves: list[CustodyShape]
    gaps: list[GapShape]


class GridRow(ItemRow):
    """An item with what each city thinks of it now; a city that has said nothing is not among them."""

    recognition: list[RecognitionShape]


class PrecedentsAsked(Slice):
    """Which precedents; what is left out asks nothing."""

    kind: str = Field(default="", max_length=40, description="A code of evidence_kinds.")
    cause: str = Field(default="", max_length=40, description="A code of causes.")
    ground: str = Field(default="", max_length=40, description="A code of evidence_grounds.")


class PrecedentShape(RecognitionShape):
    """How a city has judged an item; the reason is blank where the matter is not shown."""

    id: int
    item: str
    title: str
    kind: str
    cause: str


class PositionShape(Words):
    """On what a recognition rests in law."""

    id: str
    law_row: str
    confidence: str
    statutory: bool


class OpinionShape(RecognitionShape):
    """What a city thinks, or once thought, of an item."""

    current: bool
    matter: str | None = Field(description="The number of the matter, where it is shown.")
    position: PositionShape


class RequirementShape(Words):
    """One thing that a city asks for."""

    id: str
    asks: str
    level: str = Field(description="required or advised.")
    source: str


class PrecheckAsked(BaseModel):
    """Before collection: which cities, of which kinds, about which cause, on which day."""

    model_config = ConfigDict(extra="forbid")

    members: Codes = Field(min_length=1, description="Codes of the cities that may use the evidence.")
    kinds: list[str] = Field(min_length=1, max_length=MOST_KINDS, description="Codes of evidence_kinds.")
    cause: str = Field(default="", max_length=40, description="A code of causes; left out: any.")
    on: Day | None = Field(default=None, description="Left out: today.")


class WantedShape(BaseModel):
    """What one city asks for of one kind."""

    member: OrganisationName
    kind: str
    wanted: list[RequirementShape]


class MissingAsked(BaseModel):
    """Before which city, on which day."""

    member: str = Field(max_length=12, description="The code of the city that is to take the item.")
    on: Day | None = Field(default=None, description="Left out: today.")


class MissingShape(BaseModel):
    """What the item misses of what the city asks for."""

    member: OrganisationName
    presumed: bool = Field(description="Whether the city asks for anything, and nothing required is missing.")
    missing: list[RequirementShape]


class ReaderShape(BaseModel):
    """Somebody of another organisation who looked at the item."""

    organisation: OrganisationName | None
    person: Words
    at: datetime


def gap(found: Gap) -> GapShape:
    """A gap in both languages."""
    return GapShape(after=found.after, kind=found.kind, said=presenting.words(found.said), explained=found.explained)


def precedent(row: Recognition) -> PrecedentShape:
    """A judgement with the item that it was made of."""
    return PrecedentShape(
        **evidence_shapes.recognition(row).model_dump(),
        id=row.id,
        item=row.item.number,
        title=row.item.title,
        kind=row.kind,
        cause=row.cause,
    )


def opinion(one: Opinion) -> OpinionShape:
    """An opinion with what it rests on."""
    position = one.position
    return OpinionShape(
        **evidence_shapes.recognition(one.row).model_dump(),
        current=one.row.current,
        matter=one.matter.number if one.matter is not None else None,
        position=PositionShape(
            zh=position.zh,
            en=position.en,
            id=position.id,
            law_row=position.law_row,
            confidence=position.confidence,
            statutory=position.statutory,
        ),
    )


def requirement(one: Requirement) -> RequirementShape:
    """A line of the charter."""
    return RequirementShape(
        zh=one.zh, en=one.en or one.zh, id=one.id, asks=one.asks, level=one.level, source=one.source
    )


def reader(row: Read) -> ReaderShape:
    """Who looked, and when."""
    return ReaderShape(
        organisation=presenting.organisation_name(row.organisation) if row.organisation else None,
        person=presenting.words(row.person),
        at=row.at,
    )
