"""What the API takes and gives where many matters are dealt with at once, and who handles one."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from concord.casework.desk.batch import MOST_CASES
from concord.casework.desk.bulk import MOST
from concord.entrypoints.rest.shapes import Codes, Named, Words

Number = Annotated[str, Field(max_length=40)]
RowId = Annotated[int, Field(ge=1, lt=2**63)]
TOGETHER = "All of them in one transaction, or none."


class RowAsked(BaseModel):
    """A matter of a bulk act, with the version it was read in."""

    model_config = ConfigDict(extra="forbid")

    number: Number
    version: int = Field(ge=0, le=999_999_999, description="As If-Match of a single act.")


class BulkAsked(BaseModel):
    """The same act in many matters."""

    model_config = ConfigDict(extra="forbid")

    act: str = Field(max_length=60)
    answers: dict[str, Any] = Field(default={}, description="What the act asks, by field; the same for every matter.")
    matters: list[RowAsked] = Field(min_length=1, max_length=MOST)
    together: bool = Field(default=False, description=TOGETHER)


class GivenAsked(BaseModel):
    """Who is to handle a matter: a post or a department of one's own organisation, or nobody."""

    model_config = ConfigDict(extra="forbid")

    post: RowId | None = None
    department: RowId | None = None


class GivenInBulk(GivenAsked):
    """Who is to handle many matters."""

    matters: list[Number] = Field(min_length=1, max_length=MOST)
    together: bool = Field(default=False, description=TOGETHER)


class RemindedInBulk(BaseModel):
    """A reminder in many matters."""

    model_config = ConfigDict(extra="forbid")

    matters: list[Number] = Field(min_length=1, max_length=MOST)
    text: str = Field(default="", max_length=500)
    together: bool = Field(default=False, description=TOGETHER)


class HandedOver(BaseModel):
    """A case that is handed over: to whom, and what it answers itself instead of what the case tells."""

    model_config = ConfigDict(extra="forbid")

    case: UUID
    to: Codes = Field(description="Codes of organisations; a matter is begun with each of them.")
    answers: dict[str, Any] = {}


class HandOverAsked(BaseModel):
    """Many cases or leads to be handed over; each gives what it tells, ``answers`` give the rest for all."""

    model_config = ConfigDict(extra="forbid")

    procedure: str = Field(default="lead", max_length=60)
    act: str = Field(default="draft", max_length=60)
    answers: dict[str, Any] = {}
    cases: list[HandedOver] = Field(min_length=1, max_length=MOST_CASES)
    submit: bool = Field(default=False, description="Hand each draft to whoever signs.")
    together: bool = Field(default=False, description=TOGETHER)


class RowFault(BaseModel):
    """One thing wrong with one field of a row."""

    field: str
    code: str
    said: Words


class RowRefused(BaseModel):
    """Why nothing was done in a row."""

    code: str = Field(description="Stable, as of a problem.")
    said: Words
    errors: list[RowFault]


class RowOutcome(BaseModel):
    """What came of one row."""

    row: str = Field(description="The matter's number; of a case its uid and the code of the other side.")
    outcome: Literal["done", "refused", "undone"] = Field(
        description="undone: sound in itself, but another row of the same transaction was refused."
    )
    matter: str | None = Field(description="The number of the matter.")
    refusal: RowRefused | None


class HandlerPost(Named):
    """A post in the organisation; ``id`` is its kind."""

    post: int
    person: Words


class DepartmentName(Words):
    """A department of the organisation."""

    id: int


class Handling(BaseModel):
    """Who handles a matter in the token's organisation."""

    post: HandlerPost | None
    department: DepartmentName | None


class Handlers(BaseModel):
    """Whom matters may be given to today."""

    posts: list[HandlerPost]
    departments: list[DepartmentName]
