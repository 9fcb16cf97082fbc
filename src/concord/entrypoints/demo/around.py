"""Playing what people do around matters, through the commands of the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from concord.casework.desk import dates, escalating, leaves, linking, rating, reminding, staffing, views
from concord.casework.models import DateOffer, Matter
from concord.entrypoints.demo.steps import Step
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date


@dataclass(frozen=True, slots=True)
class Stage:
    """Who acts in the demo, the organisations' codes by place, and the matters by their names in the demo."""

    actors: Mapping[str, Actor]
    codes: Mapping[int, str]
    matters: Mapping[str, Matter]


def _remind(step: Step, stage: Stage) -> None:
    reminding.remind(matter=stage.matters[step.matter].uid, by=stage.actors[step.by], at=step.at, **step.answers)


def _ask_another_date(step: Step, stage: Stage) -> None:
    dates.offer_date(
        matter=stage.matters[step.matter].uid,
        clock=step.answers["clock"],
        day=date.fromisoformat(step.answers["offered_date"]),
        reason=step.answers["reason"],
        by=stage.actors[step.by],
        at=step.at,
    )


def _take_another_date(step: Step, stage: Stage) -> None:
    matter = stage.matters[step.matter]
    offer = DateOffer.objects.get(matter=matter, answered_at__isnull=True)
    dates.answer_date(
        matter=matter.uid,
        offer=offer.pk,
        take=True,
        text=step.answers["text"],
        by=stage.actors[step.by],
        at=step.at,
    )


def _link(step: Step, stage: Stage) -> None:
    linking.link(
        matter=stage.matters[step.matter].uid,
        other=stage.matters[step.answers["other"]].number,
        kind=step.answers["kind"],
        by=stage.actors[step.by],
        at=step.at,
    )


def _rate(step: Step, stage: Stage) -> None:
    said = {name: value for name, value in step.answers.items() if name != "place"}
    rating.rate(
        matter=stage.matters[step.matter].uid,
        rated=stage.codes[step.answers["place"]],
        by=stage.actors[step.by],
        at=step.at,
        **said,
    )


def _save_view(step: Step, stage: Stage) -> None:
    query = step.answers["query"]
    for place, code in stage.codes.items():
        query = query.replace(f"{{code {place}}}", code)
    views.save_view(**{**step.answers, "query": query}, by=stage.actors[step.by], at=step.at)


def _go_on_leave(step: Step, stage: Stage) -> None:
    """From the next day on, so that it is in force on the day of the demo."""
    by = stage.actors[step.by]
    leaves.take_leave(
        post=by.post,
        substitute=stage.actors[step.answers["substitute"]].post,
        first=legal_date(step.at) + timedelta(days=1),
        last=date.fromisoformat(step.answers["last_until"]),
        by=by,
        at=step.at,
    )


def _propose_post(step: Step, stage: Stage) -> None:
    """A post with powers for a colleague, which the security officer has still to confirm."""
    by = stage.actors[step.by]
    colleague = stage.actors[step.answers["person"]]
    staffing.appoint(
        person=colleague.person,
        kind=step.answers["kind"],
        first=date.fromisoformat(step.answers["first_from"]),
        last=None,
        by=by,
        at=step.at,
        department=colleague.post.department,
    )


def _climb(step: Step, _stage: Stage) -> None:
    """What the ladder's job does of itself."""
    escalating.escalate(payload={}, at=step.at)


CLIMB = "climb"
AROUND: Mapping[str, Callable[[Step, Stage], None]] = {
    "remind": _remind,
    "ask_another_date": _ask_another_date,
    "take_another_date": _take_another_date,
    "link": _link,
    "rate": _rate,
    "save_view": _save_view,
    "go_on_leave": _go_on_leave,
    "propose_post": _propose_post,
    CLIMB: _climb,
}
