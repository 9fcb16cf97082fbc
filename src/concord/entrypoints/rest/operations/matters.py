"""Matters as the token's side knows them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from concord.casework import queries
from concord.casework.queries import READ, Cursor, Wanted
from concord.entrypoints.rest import presenting, shapes
from concord.entrypoints.rest.answering import (
    KNOWN_HEADER,
    already_known,
    answers,
    etag_of,
    glass_of,
    matter_shown,
    next_address,
    reading,
)
from concord.entrypoints.rest.door import ApiRequest, Token

router = Router(tags=["matters"])


class MatterFilter(BaseModel):
    """Which matters are listed; what is left out asks nothing."""

    q: str = Field(default="", max_length=100, description="Part of the number or title.")
    state: str = Field(default="", max_length=40)
    procedure: str = Field(default="", max_length=60)
    direction: Literal["", "out", "in"] = Field(default="", description="out: begun here; in: begun elsewhere.")
    overdue: bool = Field(default=False, description="Only open ones whose next date has passed.")
    open: bool = Field(default=False, description="Only those not ended.")
    case: UUID | None = None
    after: str | None = Field(
        default=None, pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", description="From the next link of a page."
    )
    limit: int = Field(default=25, ge=1, le=100)


@router.get("/matters", auth=Token(READ), response=answers(200, shapes.Page[shapes.MatterRow], 404))
def list_matters(request: ApiRequest, asked: Query[MatterFilter]) -> shapes.Page[shapes.MatterRow]:
    """The matters shown to the token's organisation, the one last acted in first."""
    by, glass = request.auth, glass_of(request.auth)
    wanted = Wanted(
        text=asked.q.strip(),
        procedure=asked.procedure,
        state=asked.state,
        direction=asked.direction,
        overdue_on=glass.today if asked.overdue else None,
        open_only=asked.open,
        case=queries.case_for(uid=asked.case, by=by) if asked.case else None,
    )
    after = Cursor.parse(asked.after) if asked.after else None
    found = queries.page_of_matters(by, wanted, limit=asked.limit, after=after)
    runs = queries.pressing(found.rows)
    return shapes.Page(
        items=[presenting.matter_row(row, glass, runs.get(row.id)) for row in found.rows],
        next=next_address(request, str(found.older)) if found.older else None,
    )


@router.get(
    "/matters/{number}",
    auth=Token(READ),
    response={**answers(200, shapes.MatterShape, 404), 304: None},
    openapi_extra={"parameters": [KNOWN_HEADER]},
)
def get_matter(request: ApiRequest, response: HttpResponse, number: str) -> shapes.MatterShape | Status[None]:
    """A matter with its facts; reading it acknowledges the messages it came with."""
    by = request.auth
    known = matter_shown(number, by)
    response.headers["ETag"] = etag_of(known)
    if already_known(request, etag_of(known)):
        return Status(304, None)
    with reading(known, by):
        last = queries.acts_known(known.matter, by=by).order_by("seq").values_list("at", flat=True).last()
        taking_part = queries.participants_of(known)
        return presenting.matter(known, glass_of(by), acted_at=last or known.matter.begun_at, taking_part=taking_part)


@router.get("/matters/{number}/acts", auth=Token(READ), response=answers(200, shapes.Listed[shapes.ActShape], 404))
def list_acts(request: ApiRequest, number: str) -> shapes.Listed[shapes.ActShape]:
    """The acts that the token's side knows of, oldest first."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        return shapes.Listed(
            items=[presenting.act(row, known.procedure, number) for row in queries.timeline_of(known, by=by)]
        )


@router.get("/matters/{number}/possible-acts", auth=Token(READ), response=answers(200, shapes.PossibleActs, 404))
def list_possible_acts(request: ApiRequest, response: HttpResponse, number: str) -> shapes.PossibleActs:
    """What the token may do now, with the fields that each act asks."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        charter = glass_of(by).charter
        response.headers["ETag"] = etag_of(known)
        return shapes.PossibleActs(
            version=known.version,
            items=[presenting.possible_act(rule, known, charter) for rule in known.possible(by)],
        )


@router.get("/matters/{number}/clocks", auth=Token(READ), response=answers(200, shapes.Listed[shapes.ClockShape], 404))
def list_clocks(request: ApiRequest, number: str) -> shapes.Listed[shapes.ClockShape]:
    """The clocks of a matter, running ones first, each explained day by day."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        glass = glass_of(by)
        return shapes.Listed(items=[presenting.clock(run, glass) for run in queries.clocks_of(known)])


@router.get(
    "/matters/{number}/messages", auth=Token(READ), response=answers(200, shapes.Listed[shapes.MessageShape], 404)
)
def list_messages(request: ApiRequest, number: str) -> shapes.Listed[shapes.MessageShape]:
    """The messages between the sides with their receipts, oldest first."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        return shapes.Listed(items=[presenting.message(row, known.procedure) for row in queries.messages_of(known)])


@router.get("/matters/{number}/papers", auth=Token(READ), response=answers(200, shapes.Listed[shapes.PaperShape], 404))
def list_papers(request: ApiRequest, number: str) -> shapes.Listed[shapes.PaperShape]:
    """The papers issued in a matter, oldest first."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        issued = [row for row in queries.timeline_of(known, by=by) if hasattr(row, "paper")]
        return shapes.Listed(items=[presenting.paper(row.paper, row.organisation) for row in issued])
