"""The calendar of due dates, and the address under which a calendar program fetches them."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import icalendar
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework.desk import feeds, lists
from concord.casework.desk.lists import DueDay, Wanted
from concord.casework.queries import ShownMatter
from concord.entrypoints.workspace.calendar_sheet import DAYS_OF_WEEK, MONTH, WEEK, Span, span_of, weeks
from concord.entrypoints.workspace.jinja import in_english, named
from concord.entrypoints.workspace.presenting import Glass, glass_of, rows_of, words
from concord.entrypoints.workspace.routing import Handled, page, public
from concord.foundation.access import queries
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import now
from concord.foundation.database.scope import speaking_for
from concord.rules.days import WEEKDAYS_EN, WEEKDAYS_ZH

MOST_IN_FEED = 300
OURS, ALL = "ours", "all"
REFRESHED = timedelta(hours=4)


@page("matter:read")
def calendar(request: Handled) -> HttpResponse:
    """What is due on which day, in a month or a week, with the days off and those worked in exchange."""
    by, glass = request.actor, glass_of(request.actor)
    span = span_of(request.GET.get("view", ""), request.GET.get("on", ""), today=glass.today)
    whose = ALL if request.GET.get("whose") == ALL else OURS
    sheet = weeks(span, glass.calendar, today=glass.today, due=_due(by, glass, span, whose))
    context = {
        "title": span.title,
        "view": span.view,
        "whose": whose,
        "ways": _ways(span, whose, glass),
        "weekdays": [_weekday(n) for n in range(DAYS_OF_WEEK)],
        "weeks": sheet,
        "any_due": any(cell["count"] for week in sheet for cell in week),
    }
    return render(request, "workspace/calendar.html", context)


def _due(by: Actor, glass: Glass, span: Span, whose: str) -> dict[date, dict[str, Any]]:
    """What is due on each day of the span, with where the list of that day is."""
    wanted = Wanted(ours=True) if whose == OURS else Wanted(open_only=True)
    days = lists.due_days(by, wanted, first=span.first, last=span.last)
    every = [matter for one in days for matter in one.first]
    lines = dict(zip([matter.id for matter in every], rows_of(every, glass), strict=True))
    turn = {"turn": OURS} if whose == OURS else {"open": "1"}
    return {
        one.day: {
            "items": [_item(lines[matter.id], late=one.day < glass.today) for matter in one.first],
            "count": one.count,
            "more": _more(one),
            "url": f"{reverse('workspace:matters')}?"
            + urlencode({**turn, "due_from": one.day.isoformat(), "due_until": one.day.isoformat()}),
        }
        for one in days
    }


def _more(one: DueDay) -> str:
    """How many matters of the day are not named, in figures; empty for none."""
    left = one.count - len(one.first)
    return f"{left}+" if one.count > lists.MOST_ON_A_DAY else str(left or "")


def _item(line: dict[str, Any], *, late: bool) -> dict[str, Any]:
    shown = {name: line[name] for name in ("title", "url", "number", "procedure", "state")}
    return {**shown, "tone": "bad" if late else line["state_tone"]}


def _weekday(n: int) -> str:
    return WEEKDAYS_EN[n] if in_english() else f"周{WEEKDAYS_ZH[n]}"


def _ways(span: Span, whose: str, glass: Glass) -> dict[str, str]:
    """Where the switches of the page lead."""

    def way(**changed: str) -> str:
        return "?" + urlencode({"view": span.view, "on": span.on.isoformat(), "whose": whose, **changed})

    return {
        "earlier": way(on=span.earlier.isoformat()),
        "later": way(on=span.later.isoformat()),
        "today": way(on=glass.today.isoformat()),
        "month": way(view=MONTH),
        "week": way(view=WEEK),
        "mine": way(whose=OURS),
        "all": way(whose=ALL),
    }


@page("matter:read")
def calendar_feed(request: Handled) -> HttpResponse:
    """The calendar address of the actor's post: make one (shown once), end it."""
    by, address = request.actor, ""
    if request.method == "POST":
        at = now()
        if request.POST.get("do") == "end":
            feeds.end_feed(by=by, at=at)
            return redirect("workspace:calendar_feed")
        _feed, secret = feeds.make_feed(by=by, random_bytes=secrets.token_bytes(32), at=at)
        address = request.build_absolute_uri(reverse("workspace:feed", args=[secret]))
    held, glass = queries.feed_of(by), glass_of(by)
    labels = {post.id: words(post) for post in glass.charter.posts}
    context = {
        "address": address,
        "feed_of": f"{named(by.organisation)} · {labels.get(by.post.kind, by.post.kind)}",
        "made_at": held.made_at if held else None,
    }
    return render(request, "workspace/calendar_feed.html", context)


@public
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:  # noqa: ARG001  the secret is all that counts
    """What is due in a post, for a calendar program: number, procedure, state and legal date, nothing else."""
    at = now()
    actor = queries.actor_of_feed(secret, at=at)
    if actor is None:
        raise Http404
    with speaking_for(str(actor.scope_id)):
        made = _calendar_of(actor, at)
    response = HttpResponse(made.to_ical(), content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _in_post(by: Actor) -> list[ShownMatter]:
    """What the post handles and what nobody handles yet, where it is the organisation's turn, most pressing first."""
    handled = lists.page_of_matters(by, lists.mine([by.post.id]), limit=MOST_IN_FEED).rows
    free = lists.page_of_matters(by, Wanted(ours=True, unassigned=True, order="due"), limit=MOST_IN_FEED).rows
    return [*handled, *free]


def _calendar_of(by: Actor, at: datetime) -> icalendar.Calendar:
    made = icalendar.Calendar()
    made.add("prodid", "-//Concord//due dates//ZH")
    made.add("version", "2.0")
    made.add("x-wr-calname", _("协保期限 · %(organisation)s") % {"organisation": named(by.organisation)})
    made.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    for row in rows_of(_in_post(by), glass_of(by)):
        if row["due"] is not None:
            made.add_component(_event(row, at))
    return made


def _event(row: dict[str, Any], at: datetime) -> icalendar.Event:
    on = row["due"]["date"]
    event = icalendar.Event()
    event.add("uid", f"{row['number']}@concord")
    event.add("dtstamp", at)
    event.add("dtstart", on)
    event.add("dtend", on + timedelta(days=1))
    event.add("summary", f"{row['number']} {row['procedure']} · {row['state']}")
    event.add("transp", "TRANSPARENT")
    return event
