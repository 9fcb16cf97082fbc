"""What others have asked of the reader's organisation and wait for: reminders, and offers of another date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.definitions import clock_rule
from concord.casework.desk.assigning import ASSIGN
from concord.casework.desk.dates import offers_to_answer
from concord.casework.desk.lists import rows_with
from concord.casework.desk.reminding import StandingReminder
from concord.casework.models import DateOffer, Reminder
from concord.entrypoints.workspace.jinja import day, instant, named
from concord.entrypoints.workspace.presenting import Glass, rows_of, words

SHOWN = 5


def asked_of_us(
    glass: Glass,
    posts: Collection[int],
    reminders: Mapping[int, StandingReminder],
    *,
    listed: Collection[str],
) -> list[dict[str, Any]]:
    """The offers of a date to answer, then the matters one was reminded of that stand in none of the lists.

    ``posts`` are the reader's; ``listed`` are the numbers of the matters that the page shows with their reminder.
    Reminders of what others handle here are shown to whoever assigns.
    """
    by = glass.by
    offers = offers_to_answer(by, on=glass.today, limit=SHOWN)
    mine = [matter for matter, one in reminders.items() if one.handler in {None, *posts} or by.may(ASSIGN)]
    rows = [row for row in rows_with(by, mine) if row.number not in listed][-SHOWN:]
    told = zip(rows, rows_of(rows, glass), strict=True)
    return [_offer(one) for one in offers] + [
        {
            "title": line["title"],
            "url": line["url"],
            "number": line["number"],
            "said": reminded(reminders[row.id]),
            "icon": "bell-ringing",
            "act": line["act"] or _("查看"),
            "act_url": line["act_url"] or line["url"],
        }
        for row, line in told
    ]


def reminded(one: Reminder) -> str:
    """By whom and when one was reminded, with the words that came along."""
    said = _("%(organisation)s%(person)s于%(at)s催办") % {
        "organisation": named(one.sender),
        "person": named(one.person),
        "at": instant(one.at),
    }
    return _("%(said)s：%(text)s") % {"said": said, "text": one.text} if one.text else said


def _offer(offer: DateOffer) -> dict[str, Any]:
    said = _("%(organisation)s商请改期，待答复：“%(clock)s”由%(before)s改为%(date)s") % {
        "organisation": named(offer.organisation),
        "clock": words(clock_rule(offer.run)),
        "before": day(offer.run.legal_due),
        "date": day(offer.offered_date),
    }
    number = offer.matter.number
    return {
        "title": offer.matter.title or number,
        "url": reverse("workspace:matter", args=[number]),
        "number": number,
        "said": said,
        "icon": "calendar-question",
        "act": _("答复"),
        "act_url": reverse("workspace:date_answer", args=[number, offer.pk]),
    }
