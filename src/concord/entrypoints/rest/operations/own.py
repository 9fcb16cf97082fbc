"""What somebody keeps for themselves: views of lists, and the calendar address of the post."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.urls import reverse
from ninja import Query, Router, Status
from pydantic import BaseModel

from concord.casework.desk import feeds, views
from concord.casework.models import SavedView
from concord.casework.queries import READ
from concord.entrypoints.rest import own_shapes, shapes
from concord.entrypoints.rest.answering import TAKING, answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import words
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import feed_of
from concord.foundation.database.clock import now

router = Router(tags=["own"])
READING = Token(READ)


class ViewsAsked(BaseModel):
    """The views of which list."""

    page: own_shapes.PageName = "matters"


@router.get("/saved-views", auth=READING, response=answers(200, shapes.Listed[own_shapes.SavedViewShape]))
def list_saved_views(request: ApiRequest, asked: Query[ViewsAsked]) -> shapes.Listed[own_shapes.SavedViewShape]:
    """One's own views of a list and those shared in the organisation, by name."""
    by = request.auth
    return shapes.Listed(items=[_view(row, by) for row in views.views_of(by, asked.page)])


@router.post("/saved-views", auth=READING, response=answers(201, own_shapes.SavedViewShape, *TAKING))
def save_view(request: ApiRequest, asked: own_shapes.SavedViewAsked) -> Status[own_shapes.SavedViewShape]:
    """Keep filters under a name; an own view of that name changes."""
    by = request.auth
    kept = views.save_view(page=asked.page, name=asked.name, query=asked.query, shared=asked.shared, by=by, at=now())
    return Status(201, _view(kept, by))


@router.patch("/saved-views/{int:view}", auth=READING, response=answers(200, own_shapes.SavedViewShape, 404, *TAKING))
def rename_view(request: ApiRequest, view: int, asked: own_shapes.SavedViewRenamed) -> own_shapes.SavedViewShape:
    """Give an own view another name, or a shared one where the post assigns work."""
    by = request.auth
    return _view(views.rename_view(pk=view, name=asked.name, by=by, at=now()), by)


@router.delete("/saved-views/{int:view}", auth=READING, response=answers(204, None, 404))
def discard_view(request: ApiRequest, view: int) -> Status[None]:
    """Delete an own view, or a shared one where the post assigns work."""
    views.discard_view(pk=view, by=request.auth)
    return Status(204, None)


@router.get("/calendar-feed", auth=READING, response=answers(200, own_shapes.FeedShape))
def get_calendar_feed(request: ApiRequest) -> own_shapes.FeedShape:
    """Whether the token's post has a calendar address, and since when."""
    held = feed_of(request.auth)
    return own_shapes.FeedShape(made_at=held.made_at if held else None)


@router.post("/calendar-feed", auth=READING, response=answers(201, own_shapes.FeedMade))
def make_calendar_feed(request: ApiRequest) -> Status[own_shapes.FeedMade]:
    """Make the calendar address of the token's post; an earlier one ends."""
    made, secret = feeds.make_feed(by=request.auth, random_bytes=secrets.token_bytes(32), at=now())
    address = settings.ADDRESS + reverse("workspace:feed", args=[secret])
    return Status(201, own_shapes.FeedMade(address=address, made_at=made.made_at))


@router.delete("/calendar-feed", auth=READING, response=answers(204, None))
def end_calendar_feed(request: ApiRequest) -> Status[None]:
    """End the calendar address of the token's post at once; nothing where there is none."""
    feeds.end_feed(by=request.auth, at=now())
    return Status(204, None)


def _view(row: SavedView, by: Actor) -> own_shapes.SavedViewShape:
    return own_shapes.SavedViewShape(
        id=row.pk,
        page=row.page,
        name=row.name,
        query=row.query,
        shared=row.shared,
        person=words(row.person),
        own=row.person_id == by.person.id,
    )
