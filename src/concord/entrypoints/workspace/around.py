"""What stands beside a matter's procedure on its page: reminders, dates asked for, the ladder, ratings, links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.definitions import clock_rule, procedure_of
from concord.casework.desk import dates, linking, rating, reminding
from concord.casework.desk.escalating import AGENDA, Step, ladder_of_matter
from concord.casework.desk.sides import SPEAK
from concord.casework.models import ClockRun, Rating, Reminder
from concord.casework.queries import Seen
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, role_words, tone_of, words
from concord.foundation.database.clock import LEGAL_ZONE
from concord.rules.procedure.parties import CENTRE_ROLE


def around(known: Seen, runs: Sequence[ClockRun], glass: Glass) -> dict[str, Any]:
    """Everything of the cards beside a matter; ``runs`` are its clocks."""
    offers = dates.offers_of(known, glass.by, on=glass.today)
    steps = ladder_of_matter(runs, charter=glass.charter, calendar=glass.calendar)
    return {
        "reminding": _reminding(known, glass),
        "offers": [told_offer(shown, known) for shown in offers],
        "askable": [
            {"label": words(clock_rule(run)), "url": reverse("workspace:date_offer", args=[_number(known), run.clock])}
            for run in dates.open_to_offers(runs, offers, glass.by)
        ],
        "ladder": told_ladder(steps, glass),
        "ratings": _ratings(known, glass),
        "links": _links(known, glass),
    }


def _number(known: Seen) -> str:
    return known.matter.number


def _reminding(known: Seen, glass: Glass) -> dict[str, Any]:
    """The reminders so far, and whether one may remind now, or why it is enough for today."""
    made = reminding.reminders_of(known)
    awaited = reminding.awaited_others(known, glass.by) if glass.by.may(SPEAK) else []
    told = reminding.told_this_day(made, on=glass.today) if awaited else set()
    return {
        "made": [told_reminder(one) for one in made],
        "url": reverse("workspace:remind", args=[_number(known)]) if {one.id for one in awaited} - told else "",
        "enough": bool(awaited) and {one.id for one in awaited} <= told,
    }


def told_reminder(one: Reminder) -> dict[str, Any]:
    """One reminder: who reminded whom, when, with which words."""
    return {
        "sender": named(one.sender),
        "receiver": named(one.receiver),
        "person": named(one.person),
        "at": one.at,
        "text": one.text,
    }


def told_offer(shown: dates.OfferShown, known: Seen) -> dict[str, Any]:
    """One offer of a date: what was asked for, what has become of it, what who looks may do."""
    offer = shown.offer
    url = reverse("workspace:date_answer", args=[_number(known), offer.pk])
    return {
        "clock": words(clock_rule(offer.run)),
        "organisation": named(offer.organisation),
        "person": named(offer.person),
        "at": offer.at,
        "before": offer.run.legal_due,
        "date": offer.offered_date,
        "reason": offer.reason,
        "waiting": shown.waiting,
        "result": _result(shown),
        "answered_at": offer.answered_at,
        "answered_by": named(offer.answered_by) if offer.answered_by else "",
        "answer": offer.answer,
        "answer_url": url if shown.answerable else "",
        "withdraw_url": url if shown.withdrawable else "",
    }


def _result(shown: dates.OfferShown) -> tuple[str, str]:
    """What has become of an offer, in words and as a tone."""
    offer = shown.offer
    if shown.waiting:
        return _("等待答复"), "waiting"
    if offer.answered_by is None:
        return _("已过时，不再答复"), "neutral"
    if offer.taken is None:
        return _("已撤回"), "neutral"
    return (_("已同意"), "good") if offer.taken else (_("未同意"), "bad")


def told_ladder(steps: Sequence[Step], glass: Glass) -> list[dict[str, Any]]:
    """The ladder of each clock: the rungs reached with their day, then the next one and those after it."""
    told: dict[int, dict[str, Any]] = {}
    for step in steps:
        label = {"label": words(clock_rule(step.run)), "owner": named(step.run.owner), "rungs": []}
        ladder = told.setdefault(step.run.pk, label)
        waits = step.reached_at is None and all(rung["reached"] for rung in ladder["rungs"])
        ladder["rungs"].append(
            {
                "to": rung_words(step.to, glass),
                "day": _day_of(step.reached_at) if step.reached_at else step.day,
                "reached": step.reached_at is not None,
                "next": waits,
            }
        )
    return list(told.values())


def _day_of(moment: datetime) -> Any:
    return moment.astimezone(LEGAL_ZONE).date()


def rung_words(to: str, glass: Glass) -> str:
    """Whom a rung tells, in words: 协助机关·负责人, 协作中心·执法协作组, 提请协调小组."""
    if to == AGENDA:
        return _("提请协调小组")
    side, _dot, rest = to.partition(".")
    listed = glass.charter.groups if side == CENTRE_ROLE else glass.charter.posts
    found = next((one for one in listed if one.id == rest), None)
    return _("%(side)s·%(who)s") % {"side": role_words(side, glass), "who": words(found) if found else rest}


def _ratings(known: Seen, glass: Glass) -> dict[str, Any] | None:
    if not known.matter.final:
        return None
    shown = rating.ratings_of(known, glass.by)
    if not (shown.owed or shown.given):
        return None
    return {
        "owed": [
            {"name": named(one), "url": reverse("workspace:rate", args=[_number(known), one.code])}
            for one in shown.owed
        ],
        "given": [told_rating(one) for one in shown.given],
        "received": [told_rating(one) for one in shown.received],
    }


def told_rating(one: Rating) -> dict[str, Any]:
    """One rating as its giver, and once it is open the other side, sees it."""
    return {
        "rater": named(one.organisation),
        "rated": named(one.rated),
        "opened": one.opened,
        "scores": [
            {"label": label, "score": score, "negative": rating.is_negative(score)}
            for label, score in ((_("及时"), one.timeliness), (_("尽责"), one.effort))
        ],
        "comment": one.comment,
        "at": one.at,
    }


def _links(known: Seen, glass: Glass) -> dict[str, Any]:
    return {
        "rows": [told_link(one, known) for one in linking.links_of(known, glass.by)],
        "url": reverse("workspace:link", args=[_number(known)]) if glass.by.may(SPEAK) else "",
        "may_undo": glass.by.may(SPEAK),
    }


def told_link(one: linking.LinkShown, known: Seen) -> dict[str, Any]:
    """A linked matter with its state as the side knows it, and the way to undo the link where it is one's own."""
    other = one.other
    return {
        "number": other.number,
        "title": other.title or other.number,
        "url": reverse("workspace:matter", args=[other.number]),
        "state": words(procedure_of(other.procedure_version).state(other.shown_state)),
        "tone": tone_of(other, our_turn=other.our_turn),
        "kind": words(linking.KINDS[one.link.kind]),
        "organisation": named(one.link.organisation),
        "undo_url": reverse("workspace:unlink", args=[_number(known), one.link.pk]) if one.own else "",
    }
