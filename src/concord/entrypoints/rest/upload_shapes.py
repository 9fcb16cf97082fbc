"""What the API takes and gives of uploads in pieces, as schemas."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from concord.entrypoints.rest.shapes import FileShape

LARGEST = 2**50


class Announcement(BaseModel):
    """A file that is to come in pieces."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=1000)
    size: int = Field(ge=0, le=LARGEST, description="In bytes.")
    sha256: str = Field(default="", max_length=64, description="Of the whole, in hex; empty when not known yet.")


class UploadShape(BaseModel):
    """A large file on its way."""

    uid: UUID
    name: str
    size: int
    state: str = Field(description="open, complete or refused.")
    chunk_size: int = Field(description="Bytes of every piece but the last.")
    chunks: int
    missing: list[int] = Field(description="The pieces that have not come, counted from 0.")
    file: FileShape | None = Field(description="Once it is complete.")


class Received(BaseModel):
    """A piece is here."""

    received: int = Field(description="How many pieces are here.")
    chunks: int
