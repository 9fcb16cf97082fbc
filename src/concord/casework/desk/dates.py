"""Another date for an agreed clock (商请期限): its owner offers one, the side that waits takes it or not.

A limit that the law sets cannot be agreed away; only clocks whose source is *agreed* or *internal* take part. A date
that is taken ends the run and begins one that ends on the agreed day, so that both stay on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from concord.casework import clocks
from concord.casework.counting import count
from concord.casework.definitions import clock_rule, procedure_of, rules_of
from concord.casework.desk.sides import SPEAK, other_sides, refuse_wrong, spoken_in, tell, text_within
from concord.casework.models import ClockRun, DateOffer, Participant
from concord.casework.queries import Seen
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.queries import calendar_on
from concord.rules.calendar import Calendar
from concord.rules.clocks import LAST_YEAR
from concord.rules.days import day_said
from concord.rules.errors import Conflict, NotAllowed, NotFound, Problem, Said
from concord.rules.procedure import SourceLabel

# What ends a run when another date was agreed; no act of any procedure.
AGREED = "date_agreed"
LOOKED_THROUGH = 100
NEGOTIABLE = frozenset({SourceLabel.AGREED, SourceLabel.INTERNAL})


@dataclass(frozen=True, slots=True)
class OfferShown:
    """An offer as somebody sees it: whether it still waits, and who looks may answer it or take it back."""

    offer: DateOffer
    waiting: bool
    answerable: bool
    withdrawable: bool


def offer_date(*, matter: UUID, clock: str, day: date | None, reason: str, by: Actor, at: datetime) -> DateOffer:
    """Offer a working day later than today as the end of a running clock of one's own; one open offer per run.

    Raises NotFound ``casework.no_matter``, NotAllowed ``casework.may_not_speak`` and ``casework.clock_is_law``,
    Conflict ``casework.clock_not_ours``, ``casework.clock_has_extensions``, ``casework.nobody_to_ask`` and
    ``casework.offer_open``, InvalidInput ``casework.bad_date``.
    """
    with writing():
        known = spoken_in(matter, by=by, at=at)
        run = ClockRun.objects.filter(matter=known.matter, clock=clock, owner=by.organisation, running=True).first()
        if run is None or run.suspended_on is not None:
            raise _not_ours()
        _require_negotiable(run)
        others = other_sides(known, by.organisation)
        if not others:
            raise _nobody()
        today = legal_date(at)
        unanswered = DateOffer.objects.filter(run=run, answered_at__isnull=True)
        unanswered.filter(offered_date__lt=today).update(answered_at=at)
        if unanswered.exists():
            raise _open()
        reason, problems = text_within(reason, field="reason", required=True)
        problems += _faults_of_day(day, run, today=today, calendar=calendar_on(today))
        refuse_wrong("casework.bad_date", problems)
        offer = DateOffer.objects.create(
            matter=known.matter,
            run=run,
            organisation=by.organisation,
            person=by.person,
            offered_date=day or today,
            reason=reason,
            at=at,
        )
        journal.record(
            event="matter.offer_date",
            at=at,
            by=by,
            subject=known.matter.number,
            matter_uid=known.matter.uid,
            details=_details(offer),
        )
        asked = day_said(offer.offered_date)
        said = Said(
            f"{by.organisation.zh}商请将“{clock_rule(run).zh}”改为{asked.zh}",
            f"{by.organisation.en} asks for {asked.en} as the end of “{clock_rule(run).en}”",
        )
        tell(known, others, kind="matter.offer_date", said=said, at=at)
    return offer


def answer_date(*, matter: UUID, offer: int, take: bool, text: str = "", by: Actor, at: datetime) -> DateOffer:
    """Take or decline an offered date; when it is taken a run that ends on that day takes the place of the old one.

    Raises NotFound ``casework.no_matter`` and ``casework.no_offer``, NotAllowed ``casework.may_not_speak`` and
    ``casework.not_asked``, Conflict ``casework.offer_over``, InvalidInput ``casework.bad_date``.
    """
    with writing():
        known, found = _waiting(matter, offer, by=by, at=at)
        if by.organisation not in other_sides(known, found.organisation):
            raise NotAllowed(
                "casework.not_asked",
                Said(
                    "商请由等待的一方答复；提出的一方可以撤回。",
                    "The side that waits answers an offer; the side that made it may take it back.",
                ),
            )
        text, problems = text_within(text, field="text")
        refuse_wrong("casework.bad_date", problems)
        _close(found, by=by, at=at, taken=take, answer=text)
        rule, asked = clock_rule(found.run), day_said(found.offered_date)
        if take:
            _replace(found, known, by=by, at=at)
            said = Said(
                f"{by.organisation.zh}同意“{rule.zh}”改为{asked.zh}",
                f"{by.organisation.en} takes {asked.en} as the end of “{rule.en}”",
            )
        else:
            journal.record(
                event="matter.decline_date",
                at=at,
                by=by,
                subject=known.matter.number,
                matter_uid=known.matter.uid,
                details=_details(found),
            )
            said = Said(
                f"{by.organisation.zh}未同意“{rule.zh}”改为{asked.zh}",
                f"{by.organisation.en} does not take {asked.en} as the end of “{rule.en}”",
            )
        tell(known, [found.organisation], kind="matter.answer_date", said=said, at=at)
    return found


def withdraw_date(*, matter: UUID, offer: int, by: Actor, at: datetime) -> DateOffer:
    """Take back an offer of one's own that nobody has answered.

    Raises NotFound ``casework.no_matter`` and ``casework.no_offer``, NotAllowed ``casework.may_not_speak`` and
    ``casework.not_your_offer``, Conflict ``casework.offer_over``.
    """
    with writing():
        known, found = _waiting(matter, offer, by=by, at=at)
        if found.organisation_id != by.organisation.id:
            raise NotAllowed(
                "casework.not_your_offer",
                Said("只有提出商请的机关可以撤回。", "Only the authority that made the offer takes it back."),
            )
        _close(found, by=by, at=at, taken=None, answer="")
        journal.record(
            event="matter.withdraw_date",
            at=at,
            by=by,
            subject=known.matter.number,
            matter_uid=known.matter.uid,
            details=_details(found),
        )
        rule = clock_rule(found.run)
        said = Said(f"{by.organisation.zh}撤回“{rule.zh}”的商请", f"{by.organisation.en} takes back: “{rule.en}”")
        tell(known, other_sides(known, by.organisation), kind="matter.answer_date", said=said, at=at)
    return found


def offers_of(known: Seen, by: Actor, *, on: date) -> list[OfferShown]:
    """The offers made in a matter, oldest first, each with whether it waits and for whom."""
    rows = DateOffer.objects.filter(matter=known.matter)
    found = list(rows.select_related("run__owner", "organisation", "person", "answered_by").order_by("id"))
    waiting = [row for row in found if is_waiting(row, on=on)]
    others = other_sides(known, waiting[0].organisation) if waiting else []
    return [
        OfferShown(
            offer=row,
            waiting=row in waiting,
            answerable=row in waiting and by.may(SPEAK) and by.organisation in others,
            withdrawable=row in waiting and by.may(SPEAK) and row.organisation_id == by.organisation.id,
        )
        for row in found
    ]


def offers_to_answer(by: Actor, *, on: date, limit: int) -> list[DateOffer]:
    """The oldest offers of others that still wait and that the actor may answer, each with its matter and its clock.

    Two queries, however many wait.
    """
    if not by.may(SPEAK):
        return []
    rows = DateOffer.objects.filter(
        answered_at__isnull=True, run__running=True, offered_date__gte=on, matter__audience__scope_id=by.scope_id
    ).exclude(organisation=by.organisation)
    found = list(rows.select_related("run", "organisation", "person", "matter").order_by("id")[:LOOKED_THROUGH])
    joined: dict[int, list[Participant]] = {}
    taking_part = Participant.objects.filter(matter__in=[one.matter_id for one in found], joined_at__isnull=False)
    for one in taking_part.select_related("matter__procedure_version"):
        joined.setdefault(one.matter_id, []).append(one)
    return [one for one in found if _is_asked(one, joined.get(one.matter_id, ()), by)][:limit]


def _is_asked(offer: DateOffer, joined: Sequence[Participant], by: Actor) -> bool:
    """Whether the actor's organisation is another side than the one that offers; as ``other_sides`` finds them."""
    acting = {act.role for one in joined[:1] for act in procedure_of(one.matter.procedure_version).acts}
    offering = {one.role for one in joined if one.organisation_id == offer.organisation_id and one.role in acting}
    own = {one.role for one in joined if one.organisation_id == by.organisation.id and one.role in acting}
    return bool(offering) and bool(own - offering)


def open_to_offers(runs: Iterable[ClockRun], offers: Iterable[OfferShown], by: Actor) -> list[ClockRun]:
    """Of the clocks of a matter those for which the actor may now offer another date."""
    taken = {shown.offer.run_id for shown in offers if shown.waiting}
    return [
        run
        for run in runs
        if run.running
        and run.suspended_on is None
        and run.owner_id == by.organisation.id
        and run.pk not in taken
        and by.may(SPEAK)
        and is_negotiable(run)
    ]


def is_waiting(offer: DateOffer, *, on: date) -> bool:
    """Whether an offer still waits: nobody has answered, its clock runs, its day has not passed."""
    return offer.answered_at is None and offer.run.running and offer.offered_date >= on


def is_negotiable(run: ClockRun) -> bool:
    """Whether another date may be agreed on: no law sets the limit, and the procedure has no extension of its own."""
    return _standing(run) in NEGOTIABLE and not clock_rule(run).extensions


def begun_by_agreement(runs: Iterable[ClockRun]) -> set[int]:
    """The runs that began because a date was agreed on, and not with an act."""
    runs = list(runs)
    ended = {(run.clock, run.owner_id, run.ended_at) for run in runs if run.ended_by == AGREED}
    return {run.pk for run in runs if (run.clock, run.owner_id, run.started_at) in ended}


def _waiting(matter: UUID, offer: int, *, by: Actor, at: datetime) -> tuple[Seen, DateOffer]:
    known = spoken_in(matter, by=by, at=at)
    found = DateOffer.objects.select_related("run", "organisation").filter(matter=known.matter, pk=offer).first()
    if found is None:
        raise NotFound(
            "casework.no_offer", Said("本事项没有这次商请。", "There is no such offer of a date in this matter.")
        )
    if not is_waiting(found, on=legal_date(at)):
        raise _over()
    return known, found


def _close(offer: DateOffer, *, by: Actor, at: datetime, taken: bool | None, answer: str) -> None:
    offer.answered_at, offer.answered_by, offer.taken, offer.answer = at, by.person, taken, answer
    offer.save(update_fields=["answered_at", "answered_by", "taken", "answer"])


def _replace(offer: DateOffer, known: Seen, *, by: Actor, at: datetime) -> None:
    """End the run and begin the agreed one; lists follow, the journal keeps both days."""
    old, matter = offer.run, known.matter
    old.running, old.ended_at, old.ended_by = False, at, AGREED
    old.save(update_fields=["running", "ended_at", "ended_by"])
    run = ClockRun(
        matter=matter,
        clock=old.clock,
        owner_id=old.owner_id,
        start_date=legal_date(at),
        started_at=at,
        nominal=offer.offered_date,
        rule_digest=old.rule_digest,
    )
    count(run, calendar_on(legal_date(at)))
    run.save()
    clocks.bring_up_to_date(matter)
    matter.save(update_fields=["next_due"])
    journal.record(
        event="matter.take_date",
        at=at,
        by=by,
        subject=known.matter.number,
        matter_uid=known.matter.uid,
        details={**_details(offer), "date.agreed": run.legal_due.isoformat()},
    )


def _details(offer: DateOffer) -> dict[str, str]:
    """Both days, so that anybody can recompute the clock from the journal."""
    return {
        "clock": offer.run.clock,
        "owner": offer.organisation.code,
        "date.before": offer.run.legal_due.isoformat(),
        "date.offered": offer.offered_date.isoformat(),
    }


def _faults_of_day(day: date | None, run: ClockRun, *, today: date, calendar: Calendar) -> list[Problem]:
    if day is None:
        return [Problem("date", "missing", Said("请填写日期。", "Give a date."))]
    if not today < day or day.year > LAST_YEAR:
        return [Problem("date", "not_ahead", Said("日期须晚于今天。", "The date lies after today."))]
    if not calendar.is_working(day):
        nearest = calendar.next_working(day)
        said = Said(f"这一天不上班，可以选 {nearest}。", f"Nobody works on that day; {nearest} would do.")
        return [Problem("date", "day_off", said)]
    if day == run.legal_due:
        return [Problem("date", "same", Said("期限本来就在这一天届满。", "The clock ends on that day as it is."))]
    return []


def _standing(run: ClockRun) -> SourceLabel | None:
    source = clock_rule(run).source
    return rules_of(run).label_of(source) if source else None


def _require_negotiable(run: ClockRun) -> None:
    rule = clock_rule(run)
    if _standing(run) not in NEGOTIABLE:
        source = rules_of(run).source(rule.source) if rule.source else None
        zh, en = (source.text, source.standing.en.lower()) if source else ("法律", "law")
        raise NotAllowed(
            "casework.clock_is_law",
            Said(
                f"“{rule.zh}”依据{zh}，双方不能另行约定。请在期限内办结，或者按程序告知延期。",
                f"“{rule.en}” rests on {zh} ({en}) and cannot be agreed away. Finish in time, or give the notice of "
                "delay that the procedure offers.",
            ),
        )
    if rule.extensions:
        raise Conflict(
            "casework.clock_has_extensions",
            Said(
                f"“{rule.zh}”由程序规定了延长办法，请按程序办理延长。",
                f"The procedure itself says how “{rule.en}” is extended; use that act.",
            ),
        )


def _not_ours() -> Conflict:
    return Conflict(
        "casework.clock_not_ours",
        Said(
            "只能就本机关正在计算的期限商请改期；该期限不存在、已经结束、已经中止，或者由其他机关跟进。",
            "Only a running clock of your own can be given another date; this one has ended, stands still, or is not "
            "yours.",
        ),
    )


def _nobody() -> Conflict:
    return Conflict(
        "casework.nobody_to_ask",
        Said(
            "还没有其他机关参与本事项，没有可以商请的对方。", "No other side takes part yet, so there is nobody to ask."
        ),
    )


def _open() -> Conflict:
    return Conflict(
        "casework.offer_open",
        Said(
            "上一次商请还在等待答复；需要改日期的，请先撤回。",
            "An offer already waits for its answer; to name another date, take it back first.",
        ),
    )


def _over() -> Conflict:
    return Conflict(
        "casework.offer_over",
        Said(
            "这次商请已经答复、撤回，或者期限已经结束、所商请的日期已过，不能再答复。",
            "This offer was answered or taken back, its clock has ended, or its day has passed; it can no longer be "
            "answered.",
        ),
    )
