"""Who the token speaks for, the rules everything runs on, and the clock."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated

from ninja import Router
from pydantic import Field

from concord.casework.definitions import procedure_of
from concord.casework.models import ProcedureVersion
from concord.entrypoints.rest import presenting, shapes
from concord.entrypoints.rest.answering import TAKING, answers, glass_of
from concord.entrypoints.rest.door import ANY_POST, ApiRequest, Token
from concord.entrypoints.rest.problems import bad_value
from concord.foundation.database.clock import LEGAL_ZONE, legal_date, now
from concord.foundation.notices.queries import unread_count
from concord.foundation.organisations.queries import calendar_on, charter_on, organisations
from concord.rules.clocks import Exclusion, Reading, due, parse_limit
from concord.rules.errors import NotFound, Said

router = Router(tags=["charter"])
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})")


@router.get("/me", auth=Token(ANY_POST), response=answers(200, shapes.Me))
def me(request: ApiRequest) -> shapes.Me:
    """Who the token speaks for, and what it may do."""
    by = request.auth
    kinds = {post.id: post for post in charter_on(legal_date(now())).posts}
    kind = kinds[by.post.kind]
    return shapes.Me(
        person=presenting.words(by.person),
        organisation=presenting.organisation_name(by.organisation),
        post=shapes.PostShape(
            id=kind.id, zh=kind.zh, en=kind.en, held_from=by.post.held_from, held_until=by.post.held_until
        ),
        permissions=sorted(by.permissions),
        unread_notices=unread_count(by),
    )


@router.get("/procedures", auth=Token(ANY_POST), response=answers(200, shapes.Listed[shapes.ProcedureName]))
def list_procedures(request: ApiRequest) -> shapes.Listed[shapes.ProcedureName]:
    """The procedures in force today."""
    glass = glass_of(request.auth)
    found = [glass.charter.procedure(name, on=glass.today) for name in glass.charter.in_force]
    return shapes.Listed(items=[presenting.procedure_name(one) for one in found])


@router.get("/procedures/{procedure}", auth=Token(ANY_POST), response=answers(200, shapes.ProcedureShape, 404))
def get_procedure(
    request: ApiRequest,
    procedure: str,
    in_force_from: Annotated[
        shapes.Day | None,
        Field(description="An older version, as a matter names it; left out: the one in force today."),
    ] = None,
) -> shapes.ProcedureShape:
    """A procedure as data: states, fields, acts, clocks with the source of each, papers."""
    glass = glass_of(request.auth)
    if in_force_from is None:
        return presenting.procedure(glass.charter.procedure(procedure, on=glass.today), glass.charter)
    rows = ProcedureVersion.objects.defer("text").filter(procedure=procedure, in_force_from=in_force_from)
    version = rows.order_by("-id").first()
    if version is None:
        raise NotFound(
            "charter.no_procedure_in_force",
            Said(
                f"程序“{procedure}”没有自 {in_force_from} 起施行的版本。",
                f"The procedure “{procedure}” has no version in force from {in_force_from}.",
            ),
        )
    return presenting.procedure(procedure_of(version), glass.charter)


@router.get(
    "/organisations", auth=Token("directory:read"), response=answers(200, shapes.Listed[shapes.OrganisationShape])
)
def list_organisations(request: ApiRequest) -> shapes.Listed[shapes.OrganisationShape]:  # noqa: ARG001  Ninja passes it
    """The centre and the members of the alliance, in the charter's order."""
    return shapes.Listed(items=[presenting.organisation(row) for row in organisations()])


@router.post("/clock", auth=Token(ANY_POST), response=answers(200, shapes.ClockComputed, *TAKING))
def compute_clock(request: ApiRequest, asked: shapes.ClockAsked) -> shapes.ClockComputed:  # noqa: ARG001  Ninja passes it
    """When a period ends, explained day by day; the same as the command `concord clock`."""
    found = due(
        _start(asked.start),
        parse_limit(asked.limit),
        calendar_on(legal_date(now())),
        exclusions=[_exclusion(one, at) for at, one in enumerate(asked.exclude)],
        extensions=[parse_limit(text) for text in asked.extend],
        reading=Reading(asked.reading),
        before=asked.before,
    )
    return shapes.ClockComputed(
        nominal=found.nominal,
        legal_due=found.legal_due,
        safe_due=found.safe_due,
        provisional=found.provisional,
        steps=presenting.steps(found),
    )


def _start(text: str) -> date:
    try:
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(LEGAL_ZONE)
    except (ValueError, OverflowError):
        pass  # no such day or hour: refused below like anything else
    said = Said(
        "应写成 2026-02-06，或带时区的 2026-05-02T15:00:00+08:00。",
        "Write 2026-02-06, or with its offset 2026-05-02T15:00:00+08:00.",
    )
    raise bad_value("start", "request.not_a_start", said)


def _exclusion(asked: shapes.Excluded, at: int) -> Exclusion:
    match asked:
        case shapes.Excluded(first=date() as first, last=date() as last, days=None):
            return Exclusion.span(first, last)
        case shapes.Excluded(first=None, last=None, days=int() as days):
            return Exclusion.of_days(days)
        case _:
            said = Said("请给出首尾两日，或者日数。", "Give first and last, or days.")
            raise bad_value(f"exclude.{at}", "request.not_a_span", said)
