"""Who handles a matter inside the token's own organisation."""

from __future__ import annotations

from ninja import Router

from concord.casework.desk import assigning
from concord.casework.models import Audience
from concord.casework.queries import READ
from concord.entrypoints.rest import bulk_shapes as shapes
from concord.entrypoints.rest import presenting
from concord.entrypoints.rest.answering import TAKING, answers, glass_of, matter_shown
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import Glass
from concord.foundation.database.clock import now
from concord.foundation.organisations.models import Department, Post

router = Router(tags=["matters"])


@router.get("/handlers", auth=Token(READ), response=answers(200, shapes.Handlers))
def list_handlers(request: ApiRequest) -> shapes.Handlers:
    """The posts and departments of one's own organisation that a matter may be given to today."""
    glass = glass_of(request.auth)
    offered = assigning.choices_for(request.auth, on=glass.today)
    return shapes.Handlers(
        posts=[_post(post, glass) for post in offered.posts],
        departments=[_department(part) for part in offered.departments],
    )


@router.get("/matters/{number}/handler", auth=Token(READ), response=answers(200, shapes.Handling, 404))
def get_handler(request: ApiRequest, number: str) -> shapes.Handling:
    """Who handles the matter on this side."""
    by = request.auth
    return _handling(assigning.handling_of(matter_shown(number, by), by), glass_of(by))


@router.put("/matters/{number}/handler", auth=Token(READ), response=answers(200, shapes.Handling, 404, 409, *TAKING))
def set_handler(request: ApiRequest, number: str, asked: shapes.GivenAsked) -> shapes.Handling:
    """Give the matter to a post or department of one's own organisation; the same again changes nothing."""
    by = request.auth
    row = assigning.assign(
        matter=matter_shown(number, by).matter.uid, handler=asked.post, department=asked.department, by=by, at=now()
    )
    return _handling(row, glass_of(by))


def _handling(row: Audience, glass: Glass) -> shapes.Handling:
    return shapes.Handling(
        post=_post(row.handler, glass) if row.handler else None,
        department=_department(row.department) if row.department else None,
    )


def _post(post: Post, glass: Glass) -> shapes.HandlerPost:
    kind = next((one for one in glass.charter.posts if one.id == post.kind), None)
    said = {"zh": kind.zh, "en": kind.en} if kind else {"zh": post.kind, "en": post.kind}
    return shapes.HandlerPost(id=post.kind, **said, post=post.id, person=presenting.words(post.person))


def _department(part: Department) -> shapes.DepartmentName:
    return shapes.DepartmentName(id=part.id, zh=part.zh, en=part.en)
