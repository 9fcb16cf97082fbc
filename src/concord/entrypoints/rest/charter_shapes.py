"""What the API gives of the charter: its adopted versions, and how two of them differ."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, Field

from concord.entrypoints.rest.shapes import ProcedureName, Words


class CharterVersionShape(BaseModel):
    """An adopted version of the charter."""

    digest: str = Field(description="SHA-256 over its texts; names the version.")
    effective_from: date
    resolution: str = Field(description="The number of the resolution; empty for the first import.")
    adopted_at: datetime
    in_force: bool


class CharterShape(Words):
    """The charter in force today, and all versions, the newest first."""

    id: str
    version: date = Field(description="As the charter dates itself.")
    digest: str
    effective_from: date
    resolution: str
    adopted_at: datetime
    procedures: list[ProcedureName]
    versions: list[CharterVersionShape]


class LineShape(BaseModel):
    """One line of a file, counted from 1."""

    line: int
    text: str


class RuleDifferenceShape(BaseModel):
    """What became of one rule."""

    rule: str = Field(description="As the check names it: clocks.reply; empty for comments and other text.")
    name: Words
    kind: str = Field(description="added, removed, changed or moved.")
    said: list[Words] = Field(description="What is new, in words.")
    removed: list[LineShape]
    added: list[LineShape]


class FileDifferenceShape(BaseModel):
    """What became of one file."""

    file: str
    kind: str = Field(description="added, removed or changed.")
    compared_with: str = Field(description="The file before; another one where this is new, empty where nothing was.")
    rules: list[RuleDifferenceShape]


class CharterDifferenceShape(BaseModel):
    """How one version differs from another."""

    before: CharterVersionShape
    after: CharterVersionShape
    files: list[FileDifferenceShape]
