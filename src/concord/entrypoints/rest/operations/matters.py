"""Matters as the token's side knows them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from concord.casework import queries
from concord.casework.desk import lists, search
from concord.casework.desk.lists import Cursor, Wanted
from concord.casework.queries import READ
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
from concord.entrypoints.rest.list_shapes import ListedMatter, listed
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import post_ids_of
from concord.foundation.organisations.models import Organisation

router = Router(tags=["matters"])
# The number of no organisation.
NOBODY = 0


class MatterFilter(BaseModel):
    """Which matters are listed; what is left out asks nothing. Days are counted with both ends."""

    q: str = Field(default="", max_length=100, description="Two or more characters of anything known of the matter.")
    state: str = Field(default="", max_length=40)
    procedure: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=60)
    direction: Literal["", "out", "in"] = Field(default="", description="out: begun here; in: begun elsewhere.")
    turn: Literal["", "ours", "theirs"] = Field(default="", description="Whose turn it is; only open ones.")
    duty: Literal["", "sign", "work"] = Field(default="", description="What comes next where it is our turn.")
    handler: str = Field(
        default="", pattern=r"^(me|none|[0-9]{1,18}|)$", description="The number of a post, me, or none for nobody's."
    )
    counterpart: str = Field(default="", max_length=12, description="The code of who began it or whom it goes to.")
    overdue: bool = Field(default=False, description="Only open ones whose last legal day has passed.")
    due_from: shapes.Day | None = Field(default=None, description="Last legal day; only open ones.")
    due_until: shapes.Day | None = None
    since: shapes.Day | None = Field(default=None, description="The last act that the token's side knows of.")
    until: shapes.Day | None = None
    open: bool = Field(default=False, description="Only those not ended.")
    case: UUID | None = None
    order: Literal["updated", "due"] = Field(default="updated", description="due: only open ones, most pressing first.")
    after: str | None = Field(
        default=None, pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", description="From the next link of a page."
    )
    limit: int = Field(default=25, ge=1, le=100)

    def wanted(self, by: Actor, *, today: date) -> Wanted:
        """The filters as lists take them. Raises NotFound ``casework.no_case``."""
        number = self.handler if self.handler.isdecimal() else ""
        posts = post_ids_of(by.person, on=today) if self.handler == "me" else [int(number or 0)]
        others = Organisation.objects.filter(code=self.counterpart).values_list("id", flat=True)
        return Wanted(
            text=self.q.strip(),
            procedures=tuple(self.procedure),
            state=self.state,
            direction=self.direction,
            open_only=self.open,
            ours={"ours": True, "theirs": False}.get(self.turn, True if self.duty else None),
            duty=self.duty,
            handlers=tuple(posts) if self.handler not in {"", "none"} else (),
            unassigned=self.handler == "none",
            overdue_on=today if self.overdue else None,
            due_from=self.due_from,
            due_until=self.due_until,
            counterpart=(others.first() or NOBODY) if self.counterpart else None,
            since=self.since,
            until=self.until,
            case=queries.case_for(uid=self.case, by=by) if self.case else None,
            order=self.order,
        )


@router.get("/matters", auth=Token(READ), response=answers(200, shapes.Page[ListedMatter], 404))
def list_matters(request: ApiRequest, asked: Query[MatterFilter]) -> shapes.Page[ListedMatter]:
    """The matters shown to the token's organisation, the one last acted in first, or in order of due.

    With ``q`` each row says where it answers.
    """
    by, glass = request.auth, glass_of(request.auth)
    wanted = asked.wanted(by, today=glass.today)
    after = Cursor.parse(asked.after) if asked.after else None
    found = lists.page_of_matters(by, wanted, limit=asked.limit, after=after)
    runs, handlers = queries.pressing(found.rows), lists.handlers_of(by, found.rows)
    hits = search.hits(by, found.rows, wanted.text) if wanted.text else {}
    rows = (presenting.matter_row(row, glass, runs.get(row.id)) for row in found.rows)
    return shapes.Page(
        items=[
            listed(shape, handlers.get(row.id), hits.get(row.id)) for shape, row in zip(rows, found.rows, strict=True)
        ],
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
        taking_part = known.joined
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
