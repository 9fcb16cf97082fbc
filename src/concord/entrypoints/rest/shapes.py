"""What the API takes and gives, as schemas; words for people come in both languages."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from concord.rules.clocks import FIRST_YEAR, LAST_YEAR

T = TypeVar("T")
WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(value: object) -> object:
    """Days are written 2026-03-05, in the years that clocks can count; the validator alone would take seconds too."""
    if isinstance(value, str):
        if not WRITTEN_DAY.fullmatch(value):
            raise ValueError("a day is written 2026-03-05")
        if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
            raise ValueError(f"the years {FIRST_YEAR} to {LAST_YEAR} are known here")
    return value


Day = Annotated[date, BeforeValidator(_day)]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Codes = Annotated[list[Annotated[str, Field(max_length=12)]], Field(max_length=60), BeforeValidator(_as_list)]


class Words(BaseModel):
    """The same words in Chinese and English."""

    zh: str
    en: str


class Named(Words):
    """A rule of a procedure, or another thing with an id, in words."""

    id: str


class OrganisationName(Words):
    """An organisation as other things refer to it."""

    code: str


class HatShape(BaseModel):
    """The name an organisation bears in one line of business."""

    line: str
    zh: str


class OrganisationShape(OrganisationName):
    """A member of the alliance or its centre."""

    kind: Literal["member", "centre"]
    mark: str = Field(description="The letter mark (机关代字) of its papers.")
    hats: list[HatShape]
    telephone: str
    address: str


class PostShape(Named):
    """The post that a token speaks for."""

    held_from: date
    held_until: date | None = Field(description="Exclusive.")


class Me(BaseModel):
    """Who the token speaks for, and what it may do."""

    person: Words
    organisation: OrganisationName
    post: PostShape
    permissions: list[str]
    unread_notices: int


class SourceShape(BaseModel):
    """Where a rule comes from."""

    id: str
    kind: str = Field(description="statutory, statutory_unverified, our_reading, agreed or internal.")
    label: Words
    text: str
    proposed: bool = Field(description="Not yet adopted by a resolution.")
    confidence: str | None
    law_row: str | None


class StateShape(Named):
    """A state of matters."""

    final: bool


class CodeShape(Named):
    """A code of a code list with what it means."""

    meaning: Words


class FieldShape(Named):
    """Something that an act asks."""

    type: str = Field(description="One of the closed list of field types.")
    optional: bool
    personal: bool
    act_only: bool = Field(description="Stays with the act and never becomes a fact of the matter.")
    min: int | None
    max: int | None
    options: list[Named] = Field(description="What a choice may be.")
    codes: list[CodeShape] = Field(description="What a code may be.")
    of: str | None = Field(description="The items that an answers field answers one by one.")


class ClockRuleShape(Named):
    """A clock as the procedure has it."""

    owner: str = Field(description="The role that it binds.")
    limit: str | None = Field(description="15WD, 30CD, 3M or 24h.")
    from_instant: str | None
    until: str | None = Field(description="The date field that it runs to.")
    warn: list[str]
    source: str | None


class PaperRuleShape(BaseModel):
    """A paper that an act issues."""

    id: str
    form: str
    number: str
    needs: list[str]


class ActRuleShape(Named):
    """An act as the procedure has it."""

    role: str
    permission: str
    initial: bool = Field(description="It begins a matter.")
    from_states: list[str]
    to: str | None
    asks: list[str]
    internal: bool = Field(description="Only the acting organisation sees it.")
    paper: str | None
    starts: list[str]
    stops: list[str]
    while_running: list[str]
    guards: list[str]
    notifies: list[str]
    source: str | None


class ProcedureName(Named):
    """A version of a procedure."""

    in_force_from: date


class ProcedureShape(ProcedureName):
    """A version of a procedure, whole."""

    line: str
    digest: str
    title: str | None = Field(description="The field that titles a matter.")
    roles: list[Named]
    states: list[StateShape]
    fields: list[FieldShape]
    acts: list[ActRuleShape]
    clocks: list[ClockRuleShape]
    papers: list[PaperRuleShape]
    sources: list[SourceShape]


class CaseName(BaseModel):
    """A case as its matters refer to it."""

    uid: UUID
    number: str
    name: str


class MatterName(BaseModel):
    """What a matter's list row and page have in common."""

    number: str
    uid: UUID
    title: str
    procedure: ProcedureName
    state: StateShape = Field(description="As the token's side knows it.")
    role: Named = Field(description="The role of the token's organisation.")
    origin: OrganisationName
    target: OrganisationName | None
    holder: OrganisationName | None = Field(
        description="Whose turn it is; null at the end, or while several are to act."
    )
    outcome: str
    begun_at: datetime
    acted_at: datetime = Field(description="The last act that the token's side knows of.")


class NextClock(Named):
    """The clock that stands behind a date, with where its limit comes from."""

    source: SourceShape | None


class MatterRow(MatterName):
    """A matter in a list."""

    next_due: date | None = Field(description="The next date that binds an authority.")
    days_left: int | None = Field(description="Working days until then; negative when it is past.")
    next_clock: NextClock | None = Field(description="Whose date it is, and whether it is law, agreed or proposed.")


class Party(BaseModel):
    """Who takes part in a matter."""

    role: Named
    organisation: OrganisationName
    joined_at: datetime | None
    awaited: bool = Field(description="One of several organisations that are still to do what comes next.")


class MatterShape(MatterName):
    """A matter as the token's side knows it; only acts change it."""

    version: int = Field(description="The last act that the token's side knows of; the ETag is this in quotes.")
    facts: dict[str, Any] = Field(description="Canonical values by field; the procedure says their types.")
    internal_fields: list[str] = Field(description="The facts that this side has not yet let out.")
    parties: list[Party]
    case: CaseName | None


class MatterAsked(BaseModel):
    """A matter to be begun."""

    model_config = ConfigDict(extra="forbid")

    procedure: str = Field(max_length=60)
    act: str = Field(max_length=60, description="An initial act of the procedure.")
    parties: dict[str, Codes] = Field(
        default={},
        description="The organisations' codes for each role but the centre's and one's own; a text is a list of one.",
    )
    answers: dict[str, Any] = Field(default={}, description="What the act asks, by field.")
    case: UUID | None = None


class ActAsked(BaseModel):
    """An act to be done."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[str, Any] = Field(default={}, description="What the act asks, by field.")


class FileShape(BaseModel):
    """A file."""

    uid: UUID
    name: str
    size: int
    digest: str = Field(description="SHA-256 in hex.")
    media_type: str


class AttachedFile(FileShape):
    """A file told in an act."""

    field: str


class PaperShape(BaseModel):
    """A paper; its PDF/A original stands at /papers/{uid}.pdf, a Word copy at .docx."""

    uid: UUID
    kind: str
    form: str
    number: str
    organisation: OrganisationName
    issued_at: datetime
    size: int
    digest: str = Field(description="SHA-256 of the PDF.")
    letter_digest: str = Field(description="SHA-256 of the canonical facts, as in the QR code.")


class ActShape(BaseModel):
    """One act of a matter; immutable."""

    matter: str = Field(description="The matter's number.")
    seq: int = Field(description="Also the version of the matter after this act.")
    act: Named
    role: str
    organisation: OrganisationName
    person: Words
    at: datetime
    to_state: str
    internal: bool
    answers: dict[str, Any]
    answers_digest: str
    files: list[AttachedFile]
    paper: PaperShape | None


class AskedField(FieldShape):
    """A field that an act asks now, with what is already known."""

    known: Any


class PossibleAct(Named):
    """An act that the token may do now."""

    permission: str
    to: str | None
    internal: bool
    paper: str | None
    asks: list[AskedField]


class PossibleActs(BaseModel):
    """What the token may do now with a matter, and the version that this holds for."""

    version: int
    items: list[PossibleAct]


class StepShape(BaseModel):
    """One line of a clock's explanation."""

    date: date | datetime
    counted: bool
    ordinal: int
    said: Words


class Excluded(BaseModel):
    """Time that is not counted: a span with both ends, or so many days."""

    model_config = ConfigDict(extra="forbid")

    first: Day | None = None
    last: Day | None = None
    days: int | None = Field(default=None, ge=0, le=7305)


class ClockShape(Named):
    """A clock of a matter with its two dates, its ground and its explanation day by day."""

    owner: OrganisationName
    limit: str
    source: SourceShape | None
    start_date: date
    started_at: datetime
    nominal: date
    legal_due: date = Field(description="Rolled forward; protects the party, decides what is overdue.")
    safe_due: date = Field(description="Rolled back; binds the authority, drives warnings.")
    due_at: datetime | None = Field(description="The instant, for a clock in hours.")
    suspended_on: date | None = Field(description="Since when it stands still.")
    extensions: list[str] = Field(description="The limits by which it was extended, in order.")
    exclusions: list[Excluded] = Field(description="Spans of days that are not counted.")
    provisional: bool = Field(description="A year's holidays are not announced yet.")
    running: bool
    days_left: int | None = Field(description="Working days until legal_due while it runs.")
    ended_at: datetime | None
    ended_by: str | None
    steps: list[StepShape]


class ClockAsked(BaseModel):
    """A period to be computed."""

    model_config = ConfigDict(extra="forbid")

    start: str = Field(
        max_length=40, description="2026-02-06, or for hours an instant such as 2026-05-02T15:00:00+08:00."
    )
    limit: str = Field(max_length=40, description="15WD, 30CD, 3M or 24h.")
    exclude: list[Excluded] = Field(default=[], max_length=20)
    extend: list[Annotated[str, Field(max_length=40)]] = Field(default=[], max_length=20)
    before: bool = Field(default=False, description="Count back from the start.")
    reading: Literal["wide", "strict"] = "wide"


class ClockComputed(BaseModel):
    """When a period ends, and why."""

    nominal: date | datetime
    legal_due: date | datetime
    safe_due: date | datetime
    provisional: bool
    steps: list[StepShape]


class MessageShape(BaseModel):
    """What an act told another side, with receipts (回执)."""

    seq: int
    act: Named
    sender: OrganisationName
    receiver: OrganisationName
    submitted_at: datetime
    delivered_at: datetime
    read_at: datetime | None
    read_by: Words | None
    answered_at: datetime | None


class EntryShape(BaseModel):
    """One entry of the journal (流水)."""

    number: int
    at: datetime
    event: str
    person: Words | None
    post: str | None
    organisation: OrganisationName | None
    subject: str
    internal: bool
    details: dict[str, Any]


class NoticeShape(BaseModel):
    """Something the person should know."""

    id: int
    kind: str
    said: Words
    matter: str | None = Field(description="The number of the matter it speaks of, if it is shown to the token.")
    made_at: datetime
    read_at: datetime | None


class NoticesRead(BaseModel):
    """Which notices were read; all when ids are left out."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[int, Field(ge=1, le=2**53 - 1)]] | None = Field(default=None, max_length=200)


class Marked(BaseModel):
    """How many notices were marked."""

    marked: int


class Listed(BaseModel, Generic[T]):
    """All of a short list."""

    items: list[T]


class Page(BaseModel, Generic[T]):
    """One page of a long list."""

    items: list[T]
    next: str | None = Field(description="The address of the next page; null on the last one.")
