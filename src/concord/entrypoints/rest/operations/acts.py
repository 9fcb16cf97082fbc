"""The acts: begin a matter, perform an act. They stand at the addresses of matters, hence on the same router."""

from __future__ import annotations

import secrets

from django.http import HttpResponse
from ninja import Status

from concord.casework import commands, queries
from concord.casework.models import Act, Case
from concord.casework.queries import READ
from concord.entrypoints.rest import presenting, shapes
from concord.entrypoints.rest.answering import (
    KEY_HEADER,
    TAKING,
    VERSION_HEADER,
    answers,
    key_of,
    matter_shown,
    version_named,
)
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.operations.matters import router
from concord.entrypoints.rest.problems import bad_value
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.rules.errors import NotFound

__all__ = ["router"]


@router.post(
    "/matters",
    auth=Token(READ),
    response=answers(201, shapes.ActShape, 404, 409, 503, *TAKING),
    openapi_extra={"parameters": [KEY_HEADER]},
)
def begin_matter(request: ApiRequest, response: HttpResponse, asked: shapes.MatterAsked) -> Status[shapes.ActShape]:
    """Begin a matter; gives its first act. The same key again gives the same act."""
    by = request.auth
    matter = commands.begin(
        procedure=asked.procedure,
        act=asked.act,
        parties=asked.parties,
        answers=asked.answers,
        by=by,
        at=now(),
        key=key_of(request),
        entropy=secrets.token_bytes(32),
        case=_case(asked, by),
    )
    response.headers["Location"] = f"{request.path}/{matter.number}"
    known = queries.matter_for(uid=matter.uid, by=by)
    first = _loaded(queries.acts_known(matter, by=by).get(seq=1), by)
    return Status(201, presenting.act(first, known.procedure, matter.number))


@router.post(
    "/matters/{number}/acts/{act}",
    auth=Token(READ),
    response=answers(201, shapes.ActShape, 404, 409, 412, 428, 503, *TAKING),
    openapi_extra={"parameters": [KEY_HEADER, VERSION_HEADER]},
)
def perform_act(request: ApiRequest, number: str, act: str, asked: shapes.ActAsked) -> Status[shapes.ActShape]:
    """Do one act of a matter, wholly or not at all. The same key again gives the same act, whatever came since."""
    by = request.auth
    known = matter_shown(number, by)
    done = commands.perform(
        matter=known.matter.uid,
        act=act,
        answers=asked.answers,
        by=by,
        at=now(),
        version=version_named(request, present=known.version),
        key=key_of(request),
        entropy=secrets.token_bytes(32),
    )
    return Status(201, presenting.act(_loaded(done, by), known.procedure, number))


def _case(asked: shapes.MatterAsked, by: Actor) -> Case | None:
    if asked.case is None:
        return None
    try:
        return queries.case_for(uid=asked.case, by=by)
    except NotFound as error:
        raise bad_value("case", error.code, error.said) from error


def _loaded(act: Act, by: Actor) -> Act:
    """The act with everything that is shown of it."""
    rows = queries.acts_known(act.matter, by=by).select_related("person", "organisation", "paper__file")
    return rows.prefetch_related("attachments__file").get(pk=act.pk)
