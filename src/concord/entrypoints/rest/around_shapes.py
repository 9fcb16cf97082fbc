"""What the API takes and gives around a matter: reminders, dates asked for, the ladder, ratings, links, the agenda."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from concord.entrypoints.rest.shapes import Day, Named, OrganisationName, ProcedureName, Words

MOST_RECEIVERS = 60
Text = Annotated[str, Field(max_length=500)]
Score = Annotated[int, Field(ge=1, le=5, description="From 1 to 5; 1 and 2 are negative.")]


class ReminderShape(BaseModel):
    """One organisation reminded another whose turn it was."""

    sender: OrganisationName
    receiver: OrganisationName
    person: Words
    text: str
    at: datetime


class ReminderAsked(BaseModel):
    """A reminder to those whose turn it is, or to some of them."""

    model_config = ConfigDict(extra="forbid")

    text: Text = ""
    receivers: list[Annotated[str, Field(max_length=12)]] = Field(
        default=[], max_length=MOST_RECEIVERS, description="Codes; left out: everybody whose turn it is."
    )


class DateOfferShape(BaseModel):
    """Another end of an agreed clock, as its owner asked for it."""

    id: int
    clock: Named
    organisation: OrganisationName
    person: Words
    before: date = Field(description="The last legal day of the clock that the offer was made for.")
    day: date
    reason: str
    at: datetime
    waiting: bool
    taken: bool | None = Field(description="Null while it waits, and when it was taken back.")
    answered_at: datetime | None
    answer: str


class DateAsked(BaseModel):
    """Another end for a running clock of one's own that no law sets."""

    model_config = ConfigDict(extra="forbid")

    clock: str = Field(max_length=60)
    day: Day = Field(description="A working day after today.")
    reason: Text


class DateAnswered(BaseModel):
    """The answer to an offered date."""

    model_config = ConfigDict(extra="forbid")

    take: bool
    text: Text = ""


class RungShape(BaseModel):
    """One rung of the ladder that an overdue clock climbs."""

    clock: Named
    owner: OrganisationName
    after: str = Field(description="Working days after the last legal day, such as 3WD; 0WD is at once.")
    to: str = Field(description="role.post, centre.group or agenda.")
    day: date = Field(description="On which it comes.")
    reached_at: datetime | None


class RatingShape(BaseModel):
    """How one side found another's work on an ended matter."""

    rater: OrganisationName
    rated: OrganisationName
    timeliness: Score
    effort: Score
    negative: bool = Field(description="One of the scores is 1 or 2.")
    comment: str
    at: datetime
    opened: bool = Field(description="Both sides have rated, and both see both.")


class RatingsShape(BaseModel):
    """The ratings of a matter as the token's side sees them."""

    owed: list[OrganisationName] = Field(description="The sides it has still to rate.")
    given: list[RatingShape]
    received: list[RatingShape] = Field(description="Only once both have rated.")


class RatingAsked(BaseModel):
    """A rating; it is not changed later."""

    model_config = ConfigDict(extra="forbid")

    rated: str = Field(max_length=12, description="The code of the other side.")
    timeliness: Score
    effort: Score
    comment: Text = ""


class LinkShape(BaseModel):
    """Another matter that belongs together with this one; shown to whoever may see both."""

    id: int
    number: str
    title: str
    kind: Named
    organisation: OrganisationName = Field(description="Who made the link, and may undo it.")
    at: datetime


class LinkAsked(BaseModel):
    """A link to another matter that the token may see."""

    model_config = ConfigDict(extra="forbid")

    other: str = Field(max_length=40, description="The other matter's number.")
    kind: Literal["related", "follow_up", "same_party", "duplicate"]


class AgendaRow(BaseModel):
    """An overdue matter before the coordination group."""

    number: str = Field(description="The matter's.")
    title: str
    procedure: ProcedureName
    origin: OrganisationName
    clock: Named
    owner: OrganisationName = Field(description="Who is late.")
    legal_due: date
    days_late: int = Field(description="Working days since then.")
    since: datetime = Field(description="When it came onto the list.")
