"""What the API takes and gives of cases and leads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from concord.casework.models import Case
from concord.entrypoints.rest.answering import Slice
from concord.entrypoints.rest.presenting import words
from concord.entrypoints.rest.shapes import Day, Words

Stage = Literal["filed", "verification"]
FEN = 100


class KnownOfCase(BaseModel):
    """What may be known of a case beyond its number and name."""

    source: str = Field(default="", max_length=40, description="A code as the procedure of leads uses it.")
    found_date: Day | None = None
    party: str = Field(default="", max_length=120)
    party_code: str = Field(default="", max_length=18, description="Unified social credit code; its check is tested.")
    party_address: str = Field(default="", max_length=200)
    cause: str = Field(default="", max_length=40, description="A code of the charter's list of causes.")
    mark: str = Field(default="", max_length=120)
    right_number: str = Field(default="", max_length=40, description="Of a trade mark or a patent.")
    amount: int | None = Field(default=None, ge=0, lt=10**14, description="In whole fen.")
    content: str = Field(default="", max_length=3000)


class CaseShape(KnownOfCase):
    """A case or lead of one's own organisation."""

    uid: UUID
    number: str
    name: str
    stage: Stage
    person: Words
    opened_at: datetime


class CountedCaseShape(CaseShape):
    """A case in a list."""

    matter_count: int


class CaseAsked(KnownOfCase):
    """A case to be registered."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(max_length=80)
    name: str = Field(max_length=160)
    stage: Stage

    def more(self) -> dict[str, str]:
        """What is known beyond number, name and stage, as people type it."""
        known = self.model_dump(exclude={"number", "name", "stage"}, exclude_none=True)
        if self.amount is not None:
            known["amount"] = f"{self.amount // FEN}.{self.amount % FEN:02d}"
        return {name: str(value) for name, value in known.items()}


class CasesAsked(Slice):
    """Which cases of the list."""

    q: str = Field(default="", max_length=100, description="The beginning of number, name or party.")
    stage: Stage | None = None
    begun: bool | None = Field(default=None, description="Whether anything was begun with other organisations.")


def case_shape(row: Case) -> CaseShape:
    """A case."""
    return CaseShape(**_told(row))


def counted_case(row: Case, *, matter_count: int) -> CountedCaseShape:
    """A case in a list."""
    return CountedCaseShape(**_told(row), matter_count=matter_count)


def _told(row: Case) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in (*KnownOfCase.model_fields, "uid", "number", "name", "stage")}
    return {**known, "person": words(row.person), "opened_at": row.opened_at}
