"""What the API takes and gives on competence (管辖)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from concord.entrypoints.rest.shapes import Day, Words
from concord.rules.jurisdiction import Arrival, PartyKind
from concord.rules.procedure import Line

MOST_PLACES = 20
Place = Annotated[
    str,
    Field(pattern=r"^([0-9]{6}|outside)$", description="GB/T 2260 code of an authority of the charter, or outside."),
]


class EventAsked(BaseModel):
    """That an authority received or filed something on a day."""

    model_config = ConfigDict(extra="forbid")

    authority: Place
    date: Day


class CompetenceAsked(BaseModel):
    """What is known of a matter; whatever is left out is not known."""

    model_config = ConfigDict(extra="forbid")

    on: Day | None = Field(default=None, description="The day whose law counts; left out: today.")
    line: Line = Line.MARKET
    cause: str | None = Field(default=None, max_length=63, description="A code of the list causes.")
    party: PartyKind = PartyKind.OTHER
    violation_places: list[Place] = Field(
        default=[], max_length=MOST_PLACES, description="Where the violation or infringement occurred."
    )
    business_place: Place | None = Field(default=None, description="Null where it cannot be determined.")
    domicile: Place | None = Field(default=None, description="Of the party; patent: of the respondent.")
    registered: bool | None = Field(
        default=None, description="Whether the operator of a live-stream room is registered."
    )
    platform_domicile: Place | None = None
    received: list[EventAsked] = Field(
        default=[], max_length=MOST_PLACES, description="Who found the clue or received the report, and when."
    )
    filed: list[EventAsked] = Field(
        default=[], max_length=MOST_PLACES, description="Who filed a case, patent: accepted the request, and when."
    )
    holder: Place | None = Field(default=None, description="Who holds the clue now.")
    arrival: Arrival | None = Field(default=None, description="How it came there.")
    transferred_by: Place | None = None
    same_party: bool | None = Field(default=None, description="Whether one respondent infringes in all places.")


class GroundShape(BaseModel):
    """The article behind a sentence."""

    law_row: str = Field(description="The row of the catalogue of law.")
    basis: str = Field(description="Law and article, in Chinese.")
    kind: str = Field(description="statutory, statutory_unverified or our_reading.")
    label: Words


class Grounded(Words):
    """A sentence with the articles it stands on."""

    grounds: list[GroundShape]


class StandingShape(Grounded):
    """An authority that is competent or may act too, and why."""

    authority: str
    name: str


class StepShape(Grounded):
    """What an authority must or may do; a remark has no authority."""

    code: str
    authority: str | None


class TurningShape(Grounded):
    """A fact that would change the answer."""

    field: str


class SuperiorShape(BaseModel):
    """Who decides a dispute."""

    authority: str
    name: str
    designates_only: bool = Field(description="It is no superior on this line and only designates.")


class DisputeShape(Grounded):
    """What happens when authorities disagree."""

    between: list[str]
    superior: SuperiorShape | None = Field(description="Null where the charter knows none.")


class CompetenceProposed(BaseModel):
    """A proposal, not a decision."""

    on: date
    competent: list[StandingShape]
    may_also: list[StandingShape]
    handles: str | None = Field(description="Who takes the matter; null while that is open.")
    steps: list[StepShape]
    dispute: DisputeShape | None
    turning: list[TurningShape]
    notes: list[StepShape]
