"""Who is competent for a matter, by which article, and which fact would change that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ninja import Router

from concord.entrypoints.rest import competence_shapes as shapes
from concord.entrypoints.rest.answering import TAKING, answers
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import words
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.queries import charter_on
from concord.rules.jurisdiction import Dispute, Event, Facts, Ground, Standing, Step, Turning, propose

router = Router(tags=["charter"])


@router.post("/competence", auth=Token("charter:read"), response=answers(200, shapes.CompetenceProposed, 404, *TAKING))
def propose_competence(request: ApiRequest, asked: shapes.CompetenceAsked) -> shapes.CompetenceProposed:  # noqa: ARG001  Ninja passes it
    """Who is competent, who may act too, what the others must do, who decides a dispute; nothing is kept.

    The same as the command `concord jurisdiction`. Left out means not known; the answer names the facts that would
    change it.
    """
    today = legal_date(now())
    on = asked.on or today
    found = propose(charter_on(today), _facts(asked), on=on)
    return shapes.CompetenceProposed(
        on=on,
        competent=[_standing(one) for one in found.competent],
        may_also=[_standing(one) for one in found.may_also],
        handles=found.handles,
        steps=[_step(one) for one in found.steps],
        dispute=_dispute(found.dispute) if found.dispute else None,
        turning=[shapes.TurningShape(field=one.field, **_grounded(one)) for one in found.turning],
        notes=[_step(one) for one in found.notes],
    )


def _facts(asked: shapes.CompetenceAsked) -> Facts:
    return Facts(
        line=asked.line,
        cause=asked.cause,
        party=asked.party,
        violation_places=tuple(asked.violation_places),
        business_place=asked.business_place,
        domicile=asked.domicile,
        registered=asked.registered,
        platform_domicile=asked.platform_domicile,
        received=tuple(Event(one.authority, one.date) for one in asked.received),
        filed=tuple(Event(one.authority, one.date) for one in asked.filed),
        holder=asked.holder,
        arrival=asked.arrival,
        transferred_by=asked.transferred_by,
        same_party=asked.same_party,
    )


def _standing(one: Standing) -> shapes.StandingShape:
    return shapes.StandingShape(authority=one.authority, name=one.name, **_grounded(one))


def _step(one: Step) -> shapes.StepShape:
    return shapes.StepShape(code=one.code, authority=one.authority, **_grounded(one))


def _dispute(one: Dispute) -> shapes.DisputeShape:
    superior = None
    if one.superior:
        superior = shapes.SuperiorShape(
            authority=one.superior.authority.code,
            name=one.superior.name,
            designates_only=one.superior.designates_only,
        )
    return shapes.DisputeShape(between=list(one.between), superior=superior, **_grounded(one))


def _grounded(one: Standing | Step | Turning | Dispute) -> dict[str, Any]:
    """The sentence and its grounds, as every part has them."""
    return {"zh": one.said.zh, "en": one.said.en, "grounds": _grounds(one.grounds)}


def _grounds(grounds: Iterable[Ground]) -> list[shapes.GroundShape]:
    return [
        shapes.GroundShape(law_row=one.law_row, basis=one.basis, kind=one.label.value, label=words(one.label.said))
        for one in grounds
    ]
