"""Sheets of rows to be taken over: bring, check, mend, take, drop."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import File, Form, Router, Status, UploadedFile
from pydantic import BaseModel, ConfigDict, Field

from concord.entrypoints.rest import shapes
from concord.entrypoints.rest.answering import TAKING, answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import words
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.sheets import commands, queries
from concord.foundation.sheets.queries import TAKE
from concord.foundation.sheets.reading import LONGEST_CELL, MOST_BYTES
from concord.rules.sheets import CheckedRow

router = Router(tags=["sheets"])
MOST_CELLS = 60


class CellFaultShape(BaseModel):
    """What is wrong with one cell, and what would be right."""

    column: str
    code: str
    said: shapes.Words
    right: shapes.Words


class SheetRowShape(BaseModel):
    """A row that waits to be taken, as it was typed."""

    number: int = Field(description="The line of the file.")
    cells: dict[str, str]
    faults: list[CellFaultShape] = Field(description="Empty where the row may be taken.")


class TakenRowShape(BaseModel):
    """A row that was taken, and what it became."""

    number: int
    made: str = Field(description="The uid of the case or other thing.")


class SheetShape(BaseModel):
    """A sheet with its rows checked as of today."""

    uid: UUID
    kind: str
    name: str
    made_at: datetime
    taken_at: datetime | None = Field(description="When its last row was taken.")
    unknown_headings: list[str]
    missing_columns: list[str]
    same_as: UUID | None = Field(description="An earlier upload of the very same file.")
    rows: list[SheetRowShape]
    taken: list[TakenRowShape]


class Mended(BaseModel):
    """Other texts for cells of a row."""

    model_config = ConfigDict(extra="forbid")

    cells: Annotated[dict[str, Annotated[str, Field(max_length=LONGEST_CELL)]], Field(max_length=MOST_CELLS)]


class TakeAsked(BaseModel):
    """How the rows are taken."""

    model_config = ConfigDict(extra="forbid")

    all_or_nothing: bool = Field(default=False, description="Take nothing while any row is at fault.")


class Taken(BaseModel):
    """How many rows were taken over."""

    count: int


@router.post("/sheets", auth=Token(TAKE), response=answers(201, SheetShape, 404, 413))
def bring_sheet(
    request: ApiRequest, response: HttpResponse, file: File[UploadedFile], kind: Form[str] = "leads"
) -> Status[SheetShape]:
    """Bring an xlsx or csv file; its rows are checked and kept, and nothing is registered yet."""
    sheet = commands.bring(
        kind=kind,
        name=file.name or "",
        content=file.read(MOST_BYTES + 1),
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(10),
    )
    response.headers["Location"] = f"{request.path}/{sheet.uid}"
    return Status(201, _shape(sheet.uid, request.auth))


@router.get("/sheets/{uuid:uid}", auth=Token(TAKE), response=answers(200, SheetShape, 404))
def get_sheet(request: ApiRequest, uid: UUID) -> SheetShape:
    """A sheet with every row that waits, and what is wrong with it."""
    return _shape(uid, request.auth)


@router.post(
    "/sheets/{uuid:uid}/rows/{int:number}", auth=Token(TAKE), response=answers(200, SheetShape, 404, 409, *TAKING)
)
def mend_row(request: ApiRequest, uid: UUID, number: int, asked: Mended) -> SheetShape:
    """Write other texts into cells of a row; the sheet is checked anew."""
    commands.mend(uid=uid, number=number, cells=asked.cells, by=request.auth, at=now())
    return _shape(uid, request.auth)


@router.post("/sheets/{uuid:uid}/take", auth=Token(TAKE), response=answers(200, Taken, 404, 409, *TAKING))
def take_sheet(request: ApiRequest, uid: UUID, asked: TakeAsked) -> Taken:
    """Take over the good rows, or all of them or none."""
    count = commands.take(
        uid=uid,
        all_or_nothing=asked.all_or_nothing,
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(32),
    )
    return Taken(count=count)


@router.post("/sheets/{uuid:uid}/drop", auth=Token(TAKE), response=answers(204, None, 404))
def drop_sheet(request: ApiRequest, uid: UUID) -> Status[None]:
    """Give a sheet up; what was taken from it stays."""
    commands.drop(uid=uid, by=request.auth, at=now())
    return Status(204, None)


def _shape(uid: UUID, by: Actor) -> SheetShape:
    sheet = queries.sheet_for(uid=uid, by=by)
    found = queries.review(sheet, by=by, today=legal_date(now()))
    return SheetShape(
        uid=sheet.uid,
        kind=sheet.kind,
        name=sheet.name,
        made_at=sheet.made_at,
        taken_at=sheet.taken_at,
        unknown_headings=list(found.unknown),
        missing_columns=list(found.missing),
        same_as=found.same_as.uid if found.same_as else None,
        rows=[_row(row, found.cells[row.number]) for row in found.rows],
        taken=[TakenRowShape(number=number, made=made) for number, made in sorted(found.taken.items())],
    )


def _row(row: CheckedRow, cells: Mapping[str, str]) -> SheetRowShape:
    faults = [
        CellFaultShape(column=name, code=fault.code, said=words(fault.said), right=words(fault.right))
        for name, fault in row.faults.items()
    ]
    return SheetRowShape(number=row.number, cells=dict(cells), faults=faults)
