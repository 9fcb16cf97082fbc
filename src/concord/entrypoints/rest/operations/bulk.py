"""Many matters at once: the same act, one handler, a reminder; many cases handed over. Each row has its own outcome."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from ninja import Router

from concord.casework.desk import batch, bulk
from concord.casework.desk.assigning import ASSIGN
from concord.casework.desk.batch import Item, Way
from concord.casework.desk.bulk import Outcome, Row
from concord.casework.models import Case
from concord.casework.queries import READ
from concord.entrypoints.rest import bulk_shapes as shapes
from concord.entrypoints.rest import presenting
from concord.entrypoints.rest.answering import KEY_HEADER, TAKING, answers, key_of
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.shapes import Listed
from concord.foundation.database.clock import legal_date, now

router = Router(tags=["bulk"])
KEYED = {"parameters": [KEY_HEADER]}
LENGTH_OF_KEY = 30
Outcomes = Listed[shapes.RowOutcome]


@router.post("/bulk/acts", auth=Token(READ), response=answers(200, Outcomes, *TAKING), openapi_extra=KEYED)
def perform_in_bulk(request: ApiRequest, asked: shapes.BulkAsked) -> Outcomes:
    """Do the same act in up to 100 matters. The same key again does nothing twice and tells the same outcomes."""
    key = key_of(request)
    found = bulk.perform_each(
        act=asked.act,
        rows=[Row(one.number, one.version, _key(f"{key} {one.number}")) for one in asked.matters],
        answers=asked.answers,
        by=request.auth,
        at=now(),
        entropy=secrets.token_bytes(32),
        together=asked.together,
    )
    return _told(found)


@router.post("/bulk/handlers", auth=Token(ASSIGN), response=answers(200, Outcomes, *TAKING))
def assign_in_bulk(request: ApiRequest, asked: shapes.GivenInBulk) -> Outcomes:
    """Give up to 100 matters to a post or department of one's own organisation."""
    found = bulk.assign_each(
        numbers=asked.matters,
        handler=asked.post,
        department=asked.department,
        by=request.auth,
        at=now(),
        together=asked.together,
    )
    return _told(found)


@router.post("/bulk/reminders", auth=Token(READ), response=answers(200, Outcomes, *TAKING))
def remind_in_bulk(request: ApiRequest, asked: shapes.RemindedInBulk) -> Outcomes:
    """Remind those whose turn it is in up to 100 matters, each at most once a working day."""
    found = bulk.remind_each(numbers=asked.matters, text=asked.text, by=request.auth, at=now(), together=asked.together)
    return _told(found)


@router.post(
    "/bulk/hand-over", auth=Token("case:open"), response=answers(200, Outcomes, 404, *TAKING), openapi_extra=KEYED
)
def hand_over_in_bulk(request: ApiRequest, asked: shapes.HandOverAsked) -> Outcomes:
    """Begin a matter out of each case with each city named. The same key again begins nothing twice."""
    by, at, key = request.auth, now(), key_of(request)
    way = batch.way_named(f"{asked.procedure}.{asked.act}", by=by, on=legal_date(at))
    cases = {case.uid: case for case in batch.cases_named([one.case for one in asked.cases], by=by)}
    items = [item for one in asked.cases for item in _items(way, cases[one.case], one, asked)]
    found = batch.begin_each(
        way=way,
        items=items,
        by=by,
        at=at,
        key=_key(key)[:LENGTH_OF_KEY],
        entropy=secrets.token_bytes(32),
        submit=asked.submit,
        together=asked.together,
    )
    return _told(found)


def _items(way: Way, case: Case, one: shapes.HandedOver, asked: shapes.HandOverAsked) -> list[Item]:
    told = {**batch.offered_from(case, way.rule), **asked.answers, **one.answers}
    parts = [tuple(one.to)] if way.many or not one.to else [(code,) for code in one.to]
    return [Item(case, part, told) for part in parts]


def _key(text: str) -> str:
    """A key of one row: whatever the caller's key is, it fits the column."""
    return hashlib.sha256(text.encode()).hexdigest()


def _told(found: Sequence[Outcome]) -> Outcomes:
    return Outcomes(items=[_outcome(one) for one in found])


def _outcome(one: Outcome) -> shapes.RowOutcome:
    refusal = None
    if one.error is not None:
        faults = [
            shapes.RowFault(field=problem.field, code=problem.code, said=presenting.words(problem.said))
            for problem in one.error.problems
        ]
        refusal = shapes.RowRefused(code=one.error.code, said=presenting.words(one.error.said), errors=faults)
    return shapes.RowOutcome(
        row=one.name,
        outcome="refused" if refusal else "done" if one.matter else "undone",
        matter=one.matter.number if one.matter else None,
        refusal=refusal,
    )
