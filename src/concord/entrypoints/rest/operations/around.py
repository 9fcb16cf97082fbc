"""Around a matter: remind, ask for another date, see the ladder, rate, link; and the coordination group's agenda."""

from __future__ import annotations

from ninja import Query, Router, Status
from pydantic import BaseModel, Field

from concord.casework.definitions import clock_rule, procedure_of
from concord.casework.desk import dates, linking, rating, reminding
from concord.casework.desk.escalating import PROPOSE, AgendaItem, agenda, ladder_of_matter
from concord.casework.desk.lists import Cursor
from concord.casework.desk.sides import SPEAK
from concord.casework.models import ClockRun, DateOffer, Rating, Reminder
from concord.casework.queries import READ, clocks_of
from concord.entrypoints.rest import around_shapes, shapes
from concord.entrypoints.rest.answering import (
    TAKING,
    answers,
    glass_of,
    matter_shown,
    next_address,
    reading,
)
from concord.entrypoints.rest.door import ApiRequest, Token
from concord.entrypoints.rest.presenting import Glass, organisation_name, procedure_name, words
from concord.foundation.database.clock import legal_date, now
from concord.rules.clocks import remaining

router = Router(tags=["around"])
SPEAKING = Token(SPEAK)


@router.get(
    "/matters/{number}/reminders",
    auth=Token(READ),
    response=answers(200, shapes.Listed[around_shapes.ReminderShape], 404),
)
def list_reminders(request: ApiRequest, number: str) -> shapes.Listed[around_shapes.ReminderShape]:
    """The reminders in a matter, oldest first."""
    known = matter_shown(number, request.auth)
    with reading(known, request.auth):
        return shapes.Listed(items=[_reminder(row) for row in reminding.reminders_of(known)])


@router.post(
    "/matters/{number}/reminders",
    auth=SPEAKING,
    response=answers(201, shapes.Listed[around_shapes.ReminderShape], 404, 409, *TAKING),
)
def remind(
    request: ApiRequest, number: str, asked: around_shapes.ReminderAsked
) -> Status[shapes.Listed[around_shapes.ReminderShape]]:
    """Remind those whose turn it is; each is reminded of a matter once a working day at most, by house rule."""
    by = request.auth
    made = reminding.remind(
        matter=matter_shown(number, by).matter.uid, text=asked.text, receivers=asked.receivers, by=by, at=now()
    )
    return Status(201, shapes.Listed(items=[_reminder(row) for row in made]))


@router.get(
    "/matters/{number}/date-offers",
    auth=Token(READ),
    response=answers(200, shapes.Listed[around_shapes.DateOfferShape], 404),
)
def list_date_offers(request: ApiRequest, number: str) -> shapes.Listed[around_shapes.DateOfferShape]:
    """The dates asked for in a matter, oldest first, each with what has become of it."""
    known = matter_shown(number, request.auth)
    with reading(known, request.auth):
        shown = dates.offers_of(known, request.auth, on=legal_date(now()))
        return shapes.Listed(items=[_offer(one.offer) for one in shown])


@router.post(
    "/matters/{number}/date-offers",
    auth=SPEAKING,
    response=answers(201, around_shapes.DateOfferShape, 404, 409, *TAKING),
)
def offer_date(
    request: ApiRequest, number: str, asked: around_shapes.DateAsked
) -> Status[around_shapes.DateOfferShape]:
    """Ask for another end of a running clock of one's own; a limit of the law is refused with its article."""
    by = request.auth
    made = dates.offer_date(
        matter=matter_shown(number, by).matter.uid,
        clock=asked.clock,
        day=asked.day,
        reason=asked.reason,
        by=by,
        at=now(),
    )
    return Status(201, _offer(made))


@router.post(
    "/matters/{number}/date-offers/{int:offer}/answer",
    auth=SPEAKING,
    response=answers(200, around_shapes.DateOfferShape, 404, 409, *TAKING),
)
def answer_date_offer(
    request: ApiRequest, number: str, offer: int, asked: around_shapes.DateAnswered
) -> around_shapes.DateOfferShape:
    """Take or decline a date; when it is taken, a clock to that day begins in place of the old one."""
    by = request.auth
    known = matter_shown(number, by)
    done = dates.answer_date(matter=known.matter.uid, offer=offer, take=asked.take, text=asked.text, by=by, at=now())
    return _offer(done)


@router.post(
    "/matters/{number}/date-offers/{int:offer}/withdraw",
    auth=SPEAKING,
    response=answers(200, around_shapes.DateOfferShape, 404, 409, *TAKING),
)
def withdraw_date_offer(request: ApiRequest, number: str, offer: int) -> around_shapes.DateOfferShape:
    """Take back an offer of one's own that nobody has answered."""
    by = request.auth
    return _offer(dates.withdraw_date(matter=matter_shown(number, by).matter.uid, offer=offer, by=by, at=now()))


@router.get(
    "/matters/{number}/ladder", auth=Token(READ), response=answers(200, shapes.Listed[around_shapes.RungShape], 404)
)
def list_rungs(request: ApiRequest, number: str) -> shapes.Listed[around_shapes.RungShape]:
    """The escalation ladder of a matter's clocks: the rungs reached, and those to come with their days."""
    by = request.auth
    known = matter_shown(number, by)
    with reading(known, by):
        glass = glass_of(by)
        steps = ladder_of_matter(clocks_of(known), charter=glass.charter, calendar=glass.calendar)
        return shapes.Listed(
            items=[
                around_shapes.RungShape(
                    clock=_clock(step.run),
                    owner=organisation_name(step.run.owner),
                    after=step.after,
                    to=step.to,
                    day=step.day,
                    reached_at=step.reached_at,
                )
                for step in steps
            ]
        )


@router.get("/matters/{number}/ratings", auth=Token(READ), response=answers(200, around_shapes.RatingsShape, 404))
def get_ratings(request: ApiRequest, number: str) -> around_shapes.RatingsShape:
    """The ratings of an ended matter; what the other side gave is shown once both have rated."""
    known = matter_shown(number, request.auth)
    with reading(known, request.auth):
        shown = rating.ratings_of(known, request.auth)
        return around_shapes.RatingsShape(
            owed=[organisation_name(one) for one in shown.owed],
            given=[_rating(one) for one in shown.given],
            received=[_rating(one) for one in shown.received],
        )


@router.post(
    "/matters/{number}/ratings",
    auth=SPEAKING,
    response=answers(201, around_shapes.RatingShape, 404, 409, *TAKING),
)
def rate(request: ApiRequest, number: str, asked: around_shapes.RatingAsked) -> Status[around_shapes.RatingShape]:
    """Rate another side of an ended matter, once."""
    by = request.auth
    made = rating.rate(
        matter=matter_shown(number, by).matter.uid,
        rated=asked.rated,
        timeliness=asked.timeliness,
        effort=asked.effort,
        comment=asked.comment,
        by=by,
        at=now(),
    )
    return Status(201, _rating(made))


@router.get(
    "/matters/{number}/links", auth=Token(READ), response=answers(200, shapes.Listed[around_shapes.LinkShape], 404)
)
def list_links(request: ApiRequest, number: str) -> shapes.Listed[around_shapes.LinkShape]:
    """The matters linked with this one that the token may see too."""
    known = matter_shown(number, request.auth)
    with reading(known, request.auth):
        return shapes.Listed(items=[_link(one) for one in linking.links_of(known, request.auth)])


@router.post(
    "/matters/{number}/links", auth=SPEAKING, response=answers(201, around_shapes.LinkShape, 404, 409, *TAKING)
)
def link_matters(request: ApiRequest, number: str, asked: around_shapes.LinkAsked) -> Status[around_shapes.LinkShape]:
    """Link the matter with another one that the token may see."""
    by = request.auth
    known = matter_shown(number, by)
    made = linking.link(matter=known.matter.uid, other=asked.other, kind=asked.kind, by=by, at=now())
    shown = next(one for one in linking.links_of(known, by) if one.link.pk == made.pk)
    return Status(201, _link(shown))


@router.delete("/matters/{number}/links/{int:link}", auth=SPEAKING, response=answers(204, None, 404))
def unlink_matters(request: ApiRequest, number: str, link: int) -> Status[None]:
    """Undo a link that the token's own organisation made."""
    by = request.auth
    linking.unlink(matter=matter_shown(number, by).matter.uid, link=link, by=by, at=now())
    return Status(204, None)


class AgendaSlice(BaseModel):
    """Which page of the agenda."""

    after: str | None = Field(
        default=None, pattern=r"^[0-9]{1,18}-[0-9]{1,18}$", description="From the next link of a page."
    )
    limit: int = Field(default=25, ge=1, le=100)


@router.get("/agenda", auth=Token(PROPOSE), response=answers(200, shapes.Page[around_shapes.AgendaRow]))
def list_agenda(request: ApiRequest, part: Query[AgendaSlice]) -> shapes.Page[around_shapes.AgendaRow]:
    """The overdue matters before the coordination group, the longest overdue first."""
    by, glass = request.auth, glass_of(request.auth)
    found = agenda(by, limit=part.limit, after=Cursor.parse(part.after) if part.after else None)
    following = next_address(request, str(found.following)) if found.following else None
    return shapes.Page(items=[_agenda_row(item, glass) for item in found.items], next=following)


def _agenda_row(item: AgendaItem, glass: Glass) -> around_shapes.AgendaRow:
    return around_shapes.AgendaRow(
        number=item.matter.number,
        title=item.matter.title or item.matter.number,
        procedure=procedure_name(procedure_of(item.matter.procedure_version)),
        origin=organisation_name(item.matter.origin),
        clock=_clock(item.run),
        owner=organisation_name(item.run.owner),
        legal_due=item.run.legal_due,
        days_late=-remaining(glass.today, item.run.legal_due, glass.calendar),
        since=item.escalation.at,
    )


def _clock(run: ClockRun) -> shapes.Named:
    rule = clock_rule(run)
    return shapes.Named(id=rule.id, zh=rule.zh, en=rule.en)


def _reminder(row: Reminder) -> around_shapes.ReminderShape:
    return around_shapes.ReminderShape(
        sender=organisation_name(row.sender),
        receiver=organisation_name(row.receiver),
        person=words(row.person),
        text=row.text,
        at=row.at,
    )


def _offer(row: DateOffer) -> around_shapes.DateOfferShape:
    return around_shapes.DateOfferShape(
        id=row.pk,
        clock=_clock(row.run),
        organisation=organisation_name(row.organisation),
        person=words(row.person),
        before=row.run.legal_due,
        day=row.offered_date,
        reason=row.reason,
        at=row.at,
        waiting=dates.is_waiting(row, on=legal_date(now())),
        taken=row.taken,
        answered_at=row.answered_at,
        answer=row.answer,
    )


def _rating(row: Rating) -> around_shapes.RatingShape:
    return around_shapes.RatingShape(
        rater=organisation_name(row.organisation),
        rated=organisation_name(row.rated),
        timeliness=row.timeliness,
        effort=row.effort,
        negative=rating.is_negative(row.timeliness) or rating.is_negative(row.effort),
        comment=row.comment,
        at=row.at,
        opened=row.opened,
    )


def _link(shown: linking.LinkShown) -> around_shapes.LinkShape:
    kind = linking.KINDS[shown.link.kind]
    return around_shapes.LinkShape(
        id=shown.link.pk,
        number=shown.other.number,
        title=shown.other.title or shown.other.number,
        kind=shapes.Named(id=shown.link.kind, zh=kind.zh, en=kind.en),
        organisation=organisation_name(shown.link.organisation),
        at=shown.link.at,
    )
