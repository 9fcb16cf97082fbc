"""What the API takes of the things that are done with an item besides its record."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LotGiven(_Strict):
    """A lot that is taken in."""

    name: str = Field(max_length=160)
    unit: str = Field(max_length=20)
    seal: str = Field(default="", max_length=80)
    quantity: int = Field(ge=1, le=10**12)


class LotsGiven(_Strict):
    """The lots of a sample, and where they are kept."""

    lots: list[LotGiven] = Field(min_length=1, max_length=200)
    place: str = Field(max_length=200)


class LotMoveGiven(_Strict):
    """Things that are parted from a lot or leave it; a name and a seal are those of the new lot."""

    kind: Literal["split", "sample", "test", "return", "destroy"]
    lot: int = Field(ge=1, le=32_767)
    quantity: int = Field(ge=1, le=10**12)
    place: str = Field(max_length=200)
    reason: str = Field(max_length=300)
    name: str = Field(default="", max_length=160)
    seal: str = Field(default="", max_length=80)
    seen: int = Field(ge=0, le=2**31 - 1, description="How many moves of lots the item had as it was read.")


class MoveNoted(_Strict):
    """A move in the chain of custody, as people note it."""

    act: Literal["inspect", "copy", "test", "return", "explain"]
    purpose: str = Field(max_length=300)
    medium: str = Field(max_length=200)
    result: str = Field(max_length=300)
    place: str = Field(max_length=200)
    counterparty: str | None = Field(default=None, max_length=20, description="An organisation's code.")
    explains: int | None = Field(default=None, ge=0, le=2**31 - 1, description="The seq of the move before a gap.")


class FileMade(_Strict):
    """A file that was made and brought before; ``redacts`` is the path of the original's file that it redacts."""

    file: UUID
    claimed: str = Field(default="", max_length=64, description="SHA-256 in hex, computed before it was sent.")
    redacts: str | None = Field(default=None, max_length=240)


class DerivativeGiven(_Strict):
    """Something made from a sealed item."""

    kind: Literal["copy", "redaction", "translation", "extract"]
    title: str = Field(max_length=160)
    card: str = Field(max_length=40, description="The number of the law-enforcement card of whoever answers for it.")
    removed: list[str] = Field(
        default_factory=list, max_length=300, description="Fields of the record, paths of files, place, case."
    )
    files: list[FileMade] = Field(default_factory=list, max_length=200)


class Closed(_Strict):
    """The fields that are left out of a package."""

    closed: list[str] = Field(default_factory=list, max_length=1000)


class Erasure(_Strict):
    """Why an item is erased; nothing of it comes back."""

    reason: Literal["purpose_reached", "retention_over", "order", "wrongly_collected"]
