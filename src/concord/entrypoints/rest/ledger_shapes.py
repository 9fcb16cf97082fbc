"""What the API gives of the ledger: its state, proofs, statements of silence."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from concord.entrypoints.rest.shapes import OrganisationName


class CosignatureShape(BaseModel):
    """A witness that signed a checkpoint."""

    witness: str
    organisation: str = Field(description="Whose witness it is, by code.")
    at: datetime | None = Field(description="When it signed this checkpoint; null when it has not.")


class CheckpointShape(BaseModel):
    """The newest published state of the log."""

    size: int
    root: str = Field(description="Base64.")
    published_at: datetime
    note: str = Field(description="The checkpoint with all its signatures, as C2SP signed-note has it.")
    cosignatures: list[CosignatureShape]


class LedgerShape(BaseModel):
    """How the ledger stands."""

    origin: str
    quorum: int = Field(description="So many witnesses at least must have signed what is published.")
    policy: str = Field(description="The policy as C2SP tlog-policy has it.")
    checkpoint: CheckpointShape | None = Field(description="Null before the first one is published.")
    waiting: int = Field(description="So many things are not in the log yet; counted up to 10,000 of each kind.")
    waiting_since: datetime | None
    incidents: list[str] = Field(description="What is wrong now: frozen, quorum, delay, check, stamps.")


class OpeningShape(BaseModel):
    """What opens a leaf of the journal."""

    salt: str = Field(description="32 bytes, hex.")
    entry: str = Field(description="The canonical entry, byte for byte.")


class EntryProofShape(BaseModel):
    """How a journal entry stands in the ledger."""

    entry: int
    state: Literal["logged", "waiting", "erased"] = Field(
        description="erased: its salt was deleted, so nothing can be shown of it any more."
    )
    leaf: str | None = Field(description="The leaf, byte for byte.")
    index: int | None
    tlog_proof: str | None = Field(description="C2SP tlog-proof@v1 against the newest published checkpoint.")
    opening: OpeningShape | None


class SilenceShape(BaseModel):
    """That letters waited for an answer when a day ended, sealed."""

    uid: UUID
    date: date
    asking: OrganisationName
    asked: OrganisationName | None = Field(description="Null: nothing of the asking organisation waited for anybody.")
    count: int
    stated_at: datetime
    package: str = Field(description="The identity of the evidence package.")
    state: Literal["queued", "proven"] = Field(description="proven: its seal is in a published state of the log.")
    proven_at: datetime | None
