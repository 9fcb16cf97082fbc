"""Reminding (催办): a side that waits reminds those whose turn it is.

That nobody is reminded of one matter more than once a working day is a rule of this house and stands in no law.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import TypeAlias, TypedDict
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django_stubs_ext import WithAnnotations

from concord.casework.desk.sides import refuse_wrong, spoken_in, tell, text_within
from concord.casework.models import Act, Reminder
from concord.casework.queries import READ, Seen
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Organisation
from concord.foundation.organisations.queries import calendar_on
from concord.rules.calendar import Calendar
from concord.rules.errors import Conflict, Problem, Said

# Who was reminded of more at once will not look at all of it.
LOOKED_THROUGH = 200


def remind(*, matter: UUID, text: str = "", receivers: Collection[str] = (), by: Actor, at: datetime) -> list[Reminder]:
    """Remind those whose turn it is, or of them the ``receivers`` (codes), each at most once a working day.

    ``text`` (up to 500 characters) is shown to the sides of the matter. Raises NotFound ``casework.no_matter``,
    NotAllowed ``casework.may_not_speak``, Conflict ``casework.nobody_to_remind`` and ``casework.reminded_already``,
    InvalidInput ``casework.bad_reminder``.
    """
    with writing():
        known = spoken_in(matter, by=by, at=at)
        text, problems = text_within(text, field="text")
        awaited = awaited_others(known, by)
        if not awaited:
            raise _nobody()
        chosen = [one for one in awaited if not receivers or one.code in receivers]
        if not set(receivers) <= {one.code for one in awaited}:
            said = Said("只能催办现在轮到办理的机关。", "Only those whose turn it is can be reminded.")
            problems.append(Problem("receivers", "unknown", said))
        refuse_wrong("casework.bad_reminder", problems)
        told = told_this_day(reminders_of(known), on=legal_date(at))
        chosen = [one for one in chosen if one.id not in told]
        if not chosen:
            raise _already()
        return [_remind(known, one, text, by=by, at=at) for one in chosen]


def _remind(known: Seen, receiver: Organisation, text: str, *, by: Actor, at: datetime) -> Reminder:
    row = known.matter
    made = Reminder.objects.create(
        matter=row, sender=by.organisation, receiver=receiver, person=by.person, text=text, at=at
    )
    journal.record(
        event="matter.remind",
        at=at,
        by=by,
        subject=row.number,
        matter_uid=row.uid,
        details={"receiver": receiver.code},
    )
    said = Said(f"{by.organisation.zh}催办", f"{by.organisation.en} reminds you")
    tell(known, [receiver], kind="matter.remind", said=said, at=at)
    return made


def awaited_others(known: Seen, by: Actor) -> list[Organisation]:
    """Whose turn it is; nobody while it is also the actor's own turn, or at the end."""
    if known.matter.final or known.turn_of(by.organisation):
        return []
    found = {one.id: one for held_by in known.parties.values() for one in held_by if known.turn_of(one)}
    return list(found.values())


def told_this_day(reminders: Iterable[Reminder], *, on: date) -> set[int]:
    """The organisations that were reminded on this working day, by anybody; ``reminders`` are those of one matter."""
    since = datetime.combine(_first_day(on, calendar_on(on)), time(), tzinfo=LEGAL_ZONE)
    return {one.receiver_id for one in reminders if one.at >= since}


def _first_day(on: date, calendar: Calendar) -> date:
    """Days off count to the working day that follows them, so that nobody is reminded on each of them."""
    working = on if calendar.is_working(on) else calendar.next_working(on)
    return calendar.previous_working(working) + timedelta(days=1)


def reminders_of(known: Seen) -> list[Reminder]:
    """The reminders in a matter, oldest first."""
    return list(
        Reminder.objects.filter(matter=known.matter).select_related("sender", "receiver", "person").order_by("id")
    )


class Place(TypedDict):
    """Who handles the matter of a reminder in the organisation that was reminded."""

    handler: int | None


StandingReminder: TypeAlias = "WithAnnotations[Reminder, Place]"


def standing_reminders(by: Actor) -> dict[int, StandingReminder]:
    """The last reminder to the actor's organisation in each matter that still waits for it, by the matter's id.

    What the organisation has let out since then answers the reminder; a step of its own only does not. One query;
    looks through the latest 200. Each carries ``handler``, the post that handles the matter.
    """
    if not by.may(READ):
        return {}
    latest = Reminder.objects.filter(receiver=by.organisation).order_by("-id").values("id")[:LOOKED_THROUGH]
    answers = Act.objects.filter(
        matter=OuterRef("matter"), organisation=by.organisation, internal=False, at__gte=OuterRef("at")
    )
    rows: QuerySet[StandingReminder] = Reminder.objects.filter(
        ~Exists(answers),
        id__in=latest,
        matter__audience__scope_id=by.scope_id,
        matter__audience__open=True,
        matter__audience__ours=True,
    ).annotate(handler=F("matter__audience__handler_id"))
    return {one.matter_id: one for one in rows.select_related("sender", "person").order_by("id")}


def _nobody() -> Conflict:
    return Conflict(
        "casework.nobody_to_remind",
        Said(
            "现在没有可以催办的机关：事项已经结束，或者正轮到本机关办理。",
            "There is nobody to remind: the matter has ended, or it is your own authority's turn.",
        ),
    )


def _already() -> Conflict:
    return Conflict(
        "casework.reminded_already",
        Said(
            "这个工作日已经催办过。为免打扰，每个工作日只能催办一次（内部规则）；请下一个工作日再催办，或者电话联系。",
            "They were already reminded this working day. By house rule once a working day is enough; remind them on "
            "the next working day, or call.",
        ),
    )
