"""Cases and leads of the token's own organisation."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Status

from concord.casework import queries
from concord.casework.desk.cases import CasesWanted, page_of_cases
from concord.casework.desk.cases import open_case as open_in_desk
from concord.entrypoints.rest import case_shapes, shapes
from concord.entrypoints.rest.answering import TAKING, answers, page_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.foundation.database.clock import now

router = Router(tags=["cases"])
OPEN = "case:open"


@router.get("/cases", auth=Token(OPEN), response=answers(200, shapes.Page[case_shapes.CountedCaseShape]))
def list_cases(request: ApiRequest, part: Query[case_shapes.CasesAsked]) -> shapes.Page[case_shapes.CountedCaseShape]:
    """The cases of one's own organisation, newest first, their matters counted."""
    wanted = CasesWanted(text=part.q, stage=part.stage or "", begun=part.begun)
    found = page_of_cases(request.auth, wanted, before=part.before, limit=part.limit + 1)
    rows, following = page_of(request, found, limit=part.limit, mark=lambda row: row.id)
    items = [case_shapes.counted_case(row, matter_count=row.matter_count) for row in rows]
    return shapes.Page(items=items, next=following)


@router.post("/cases", auth=Token(OPEN), response=answers(201, case_shapes.CaseShape, *TAKING))
def open_case(
    request: ApiRequest, response: HttpResponse, asked: case_shapes.CaseAsked
) -> Status[case_shapes.CaseShape]:
    """Register a case or lead; a number is taken once per organisation."""
    made = open_in_desk(
        number=asked.number,
        name=asked.name,
        stage=asked.stage,
        more=asked.more(),
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(10),
    )
    response.headers["Location"] = f"{request.path}/{made.uid}"
    return Status(201, case_shapes.case_shape(made))


@router.get("/cases/{uuid:uid}", auth=Token(OPEN), response=answers(200, case_shapes.CaseShape, 404))
def get_case(request: ApiRequest, uid: UUID) -> case_shapes.CaseShape:
    """One case; its matters are listed by `/matters?case=`."""
    return case_shapes.case_shape(queries.case_for(uid=uid, by=request.auth))
