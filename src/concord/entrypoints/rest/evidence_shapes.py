"""What the API takes and gives of evidence, as schemas."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from concord.capabilities.evidence.lots import balances
from concord.capabilities.evidence.models import Custody, Item, Recognition
from concord.capabilities.evidence.opinions import grid
from concord.entrypoints.rest import presenting
from concord.entrypoints.rest.shapes import OrganisationName
from concord.foundation.access.actor import Actor


class ItemsAsked(BaseModel):
    """Which items of a list."""

    q: str = Field(default="", max_length=100, description="A number, or part of a title.")
    kind: str = Field(default="", max_length=40)
    state: str = Field(default="", max_length=12)
    after: str | None = Field(default=None, max_length=60, description="From the next link of a page.")
    limit: int = Field(default=25, ge=1, le=100)


class Registration(BaseModel):
    """An item that is about to be collected."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=40, description="A code of evidence_kinds.")
    title: str = Field(max_length=160)
    handling: str = Field(max_length=40, description="A code of handling_codes.")
    cause: str = Field(default="", max_length=40)
    case: UUID | None = None


class OfficerGiven(BaseModel):
    """Somebody who collected, with the number of the law-enforcement card."""

    model_config = ConfigDict(extra="forbid")

    person: UUID
    card_number: str = Field(max_length=40)


class Collected(BaseModel):
    """The record of collecting, as far as it is known."""

    model_config = ConfigDict(extra="forbid")

    record: dict[str, Any] = Field(default_factory=dict, description="By the fields of the item's kind.")
    officers: list[OfficerGiven] = Field(default_factory=list, max_length=20)
    place: str = Field(default="", max_length=200)
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None


class FileGiven(BaseModel):
    """A file that was brought before, at once or in pieces."""

    model_config = ConfigDict(extra="forbid")

    file: UUID
    claimed: str = Field(default="", max_length=64, description="SHA-256 in hex, computed where it was collected.")
    original_location: str = Field(default="", max_length=300)


class ItemRow(BaseModel):
    """An item of evidence in a list."""

    uid: UUID
    number: str
    organisation: OrganisationName
    holder: OrganisationName
    kind: str
    cause: str
    title: str
    state: str
    handling: str
    registered_at: datetime
    sealed_at: datetime | None
    version: int


class ItemFileShape(BaseModel):
    """A file of an item under its path in the package."""

    path: str
    file: UUID
    size: int
    sha256: str
    sm3: str
    erased_at: datetime | None


class LotShape(BaseModel):
    """A lot of a sample, and how much of it is left."""

    number: int
    name: str
    unit: str
    seal: str
    left: int


class CustodyShape(BaseModel):
    """One move in the chain of custody."""

    seq: int
    act: str
    at: datetime
    organisation: OrganisationName
    counterparty: OrganisationName | None
    purpose: str
    medium: str
    result: str
    place: str


class RecognitionShape(BaseModel):
    """What a city thinks of the item now."""

    organisation: OrganisationName
    outcome: str
    ground: str
    reason: str
    findings: list[str]
    at: datetime


class ItemShape(ItemRow):
    """An item of evidence with everything that the token's side may see."""

    place: str
    started_at: datetime | None
    ended_at: datetime | None
    record: dict[str, Any]
    files: list[ItemFileShape]
    lots: list[LotShape]
    lot_moves: int = Field(description="How many moves of lots there are; a move of a lot names it as ``seen``.")
    custody: list[CustodyShape]
    recognition: list[RecognitionShape]


def row(item: Item) -> ItemRow:
    """An item as lists show it."""
    return ItemRow(**_row(item))


def whole(item: Item, by: Actor) -> ItemShape:
    """An item with its files, its chain of custody and what the cities think of it now, as far as ``by`` may know."""
    left = balances(item)
    return ItemShape(
        **_row(item),
        place=item.place,
        started_at=item.started_at,
        ended_at=item.ended_at,
        record=item.record,
        files=[
            ItemFileShape(
                path=one.path,
                file=one.file.uid,
                size=one.file.size,
                sha256=one.file.digest,
                sm3=one.sm3,
                erased_at=one.erased_at,
            )
            for one in item.files.select_related("file")
        ],
        lots=[
            LotShape(number=one.number, name=one.name, unit=one.unit, seal=one.seal, left=left.get(one.number, 0))
            for one in item.lots.all()
        ],
        lot_moves=item.moves.count(),
        custody=[move(one) for one in item.custody.select_related("organisation", "counterparty")],
        recognition=[recognition(one) for one in grid([item], by).values()],
    )


def move(row: Custody) -> CustodyShape:
    """A move as it was noted."""
    name = presenting.organisation_name
    return CustodyShape(
        seq=row.seq,
        act=row.act,
        at=row.at,
        organisation=name(row.organisation),
        counterparty=None if row.counterparty is None else name(row.counterparty),
        purpose=row.purpose,
        medium=row.medium,
        result=row.result,
        place=row.place,
    )


def recognition(row: Recognition) -> RecognitionShape:
    """What a city says of an item; the reason as the query lets the reader see it."""
    return RecognitionShape(
        organisation=presenting.organisation_name(row.organisation),
        outcome=row.outcome,
        ground=row.ground,
        reason=row.reason,
        findings=row.findings,
        at=row.at,
    )


def _row(item: Item) -> dict[str, Any]:
    return {
        "organisation": presenting.organisation_name(item.organisation),
        "holder": presenting.organisation_name(item.holder),
        **{
            name: getattr(item, name)
            for name in (
                *("uid", "number", "kind", "cause", "title", "state", "handling"),
                *("registered_at", "sealed_at", "version"),
            )
        },
    }
