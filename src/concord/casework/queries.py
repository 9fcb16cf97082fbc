"""Reads of matters; every one starts from ``visible_to``."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case as When_
from django.db.models import CharField, F, Max, Q, QuerySet, When

from concord.casework.definitions import procedure_of
from concord.casework.models import Act, Audience, Case, Matter, Participant
from concord.foundation.access.actor import Actor
from concord.foundation.organisations.models import Organisation
from concord.rules.canonical import JSON
from concord.rules.errors import NotFound, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure

READ = "matter:read"


def visible_to(by: Actor) -> QuerySet[Matter]:
    """The matters that ``by`` may see: one join on ``audience``.

    Each row carries ``role``, ``sort_key`` and ``shown_state``, the state as the actor's side knows it.
    """
    if not by.may(READ):
        return Matter.objects.none()
    knows_all = Q(inner_role="") | Q(inner_role=F("audience__role"))
    return Matter.objects.filter(audience__scope_id=by.scope_id).annotate(
        role=F("audience__role"),
        sort_key=F("audience__sort_key"),
        shown_state=When_(When(knows_all, then=F("state")), default=F("outer_state"), output_field=CharField()),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """One matter as one side sees it. ``version`` is the number of the last act that side knows of."""

    matter: Matter
    procedure: Procedure
    role: str
    state: str
    version: int
    facts: dict[str, JSON]
    parties: dict[str, Organisation]

    def possible(self, by: Actor) -> tuple[ActRule, ...]:
        """The acts that ``by`` may do now, in the order of the procedure file."""
        return tuple(act for act in self.procedure.possible(self.state, self.role) if by.may(act.permission))


def matter_for(*, uid: UUID | None = None, number: str | None = None, by: Actor) -> Seen:
    """The matter as ``by`` sees it; NotFound ``casework.no_matter`` for what does not exist or is not shown."""
    rows = visible_to(by).select_related("procedure_version", "origin", "target", "holder", "case")
    matter = rows.filter(Q(uid=uid) if uid is not None else Q(number=number)).first()
    if matter is None:
        raise no_matter()
    return seen(matter, role=matter.role, by=by)


def no_matter() -> NotFound:
    """The error for a matter that does not exist or must not be known to exist."""
    return NotFound(
        "casework.no_matter",
        Said(
            "没有找到该事项，或者您无权查看。请核对编号。",
            "No such matter, or it is not shown to you. Check the number.",
        ),
    )


def seen(matter: Matter, *, role: str, by: Actor) -> Seen:
    """What the side ``role`` knows of ``matter``."""
    known_state = matter.state if matter.inner_role in {"", role} else matter.outer_state
    last = acts_known(matter, by=by).aggregate(last=Max("seq"))["last"]
    participants = Participant.objects.filter(matter=matter).select_related("organisation")
    return Seen(
        matter=matter,
        procedure=procedure_of(matter.procedure_version),
        role=role,
        state=known_state,
        version=last or 0,
        facts={**matter.facts, **matter.drafts.get(role, {})},
        parties={participant.role: participant.organisation for participant in participants},
    )


def acts_known(matter: Matter, *, by: Actor) -> QuerySet[Act]:
    """The acts of a visible matter that the actor's organisation knows of: its own, and those let out by others."""
    return Act.objects.filter(matter=matter).filter(Q(internal=False) | Q(organisation=by.organisation))


def role_in(matter: Matter, *, by: Actor) -> str | None:
    """The role of the actor's organisation, None when the matter is not shown to it."""
    return Audience.objects.filter(matter=matter, scope_id=by.scope_id).values_list("role", flat=True).first()


def cases_of(by: Actor) -> QuerySet[Case]:
    """The cases of the actor's organisation."""
    if not by.may(READ):
        return Case.objects.none()
    return Case.objects.filter(organisation=by.organisation).select_related("person", "organisation")


def case_for(*, uid: UUID, by: Actor) -> Case:
    """One case of the actor's organisation; NotFound ``casework.no_case``."""
    case = cases_of(by).filter(uid=uid).first()
    if case is None:
        raise NotFound(
            "casework.no_case",
            Said("没有找到该案件，或者您无权查看。", "No such case, or it is not shown to you."),
        )
    return case
