"""Today: what is mine, what is due and why, what waits for others, and how much goes between the cities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from concord.casework.desk import lists
from concord.casework.desk.assigning import ASSIGN
from concord.casework.desk.lists import Wanted
from concord.casework.desk.rating import ratings_waiting
from concord.casework.desk.reminding import StandingReminder, standing_reminders
from concord.casework.queries import ShownMatter
from concord.entrypoints.workspace.asked import asked_of_us, reminded
from concord.entrypoints.workspace.handling import options_of
from concord.entrypoints.workspace.presenting import Glass, glass_of, rows_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.secondment import home_of, own_posts
from concord.entrypoints.workspace.shell import menu
from concord.entrypoints.workspace.traffic import traffic_map
from concord.entrypoints.workspace.views.notices import told_notice
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import post_ids_of
from concord.foundation.database.clock import legal_date
from concord.foundation.notices import queries as notices
from concord.rules.clocks import remaining

SHOWN = 15
SOON = 8
COUNTED = 99
NOTICES = 6
TO_RATE = 3
TO_DO = ("signing", "mine", "unclaimed")
LISTS = (*TO_DO, "waiting", "soon")
Asked: TypeAlias = tuple[Wanted, Mapping[str, str]]


@page("directory:read")
def today(request: Handled) -> HttpResponse:
    """What is mine, what is due and why, what waits for others; whoever handles no matters goes to their own work."""
    by = request.actor
    if not by.may("matter:read"):
        return redirect(menu(request, by)[-1][1])
    glass = glass_of(by)
    posts = tuple(post_ids_of(by.person, on=glass.today))
    reminders = standing_reminders(by)
    asked = _asked(by, posts, glass)
    counts = lists.counts_of_matters(by, [wanted for wanted, _query in asked.values()], most=COUNTED)
    told = {
        name: {"count": _told(count), "url": f"{reverse('workspace:matters')}?{urlencode(query)}"}
        for (name, (_wanted, query)), count in zip(asked.items(), counts, strict=True)
    }
    parts = _parts(posts, glass, asked, reminders)
    listed = {row["number"] for name in TO_DO for row in parts[name]}
    context = {
        "today_date": glass.today,
        "desk_url": reverse("workspace:desk") if home_of(own_posts(by.person, on=glass.today)) else "",
        **{name: {"rows": rows, **told[name]} for name, rows in parts.items()},
        "asked": asked_of_us(glass, posts, reminders, listed=listed),
        "colleagues": [(value, label) for value, label, _help in options_of(glass)[0]] if by.may(ASSIGN) else [],
        "figures": _figures(told),
        "to_rate": [
            {"title": one.title or one.number, "url": reverse("workspace:matter", args=[one.number])}
            for one in ratings_waiting(by, limit=TO_RATE)
        ],
        "map": traffic_map(lists.between(by, on=glass.today), by),
        "notices": [told_notice(notice) for notice in notices.notices_for(by, before=None, limit=NOTICES)],
    }
    return render(request, "workspace/today.html", context)


def _asked(by: Actor, posts: tuple[int, ...], glass: Glass) -> dict[str, Asked]:
    """What the page counts and shows the first of, by name: the matters asked for, and how their list is asked for."""
    own, today, sunday = Wanted(ours=True), glass.today, _sunday(glass.today)
    day, last = today.isoformat(), sunday.isoformat()
    return {
        "signing": (lists.to_sign(by), {"turn": "sign", "order": "due"}),
        "mine": (lists.mine(posts), {"handler": "me", "turn": "ours", "order": "due"}),
        "unclaimed": (lists.nobodys(by), {"handler": "none", "turn": "work", "order": "due"}),
        "waiting": (lists.waiting_for_others(), {"turn": "theirs", "order": "due"}),
        "soon": (replace(own, due_until=sunday), {"turn": "ours", "due_until": last}),
        "today": (replace(own, due_from=today, due_until=today), {"turn": "ours", "due_from": day, "due_until": day}),
        "week": (replace(own, due_from=today, due_until=sunday), {"turn": "ours", "due_from": day, "due_until": last}),
        "late": (replace(own, overdue_on=today), {"turn": "ours", "overdue": "1"}),
    }


def _parts(
    posts: tuple[int, ...], glass: Glass, asked: Mapping[str, Asked], reminders: Mapping[int, StandingReminder]
) -> dict[str, list[dict[str, Any]]]:
    """The lines of the page's lists; the first of what waits is what these posts handle.

    The lines are made together, so that they share their queries.
    """
    by, wanted = glass.by, {name: asked[name][0] for name in LISTS}
    first = lists.first_of_each(by, {**wanted, "own": lists.waiting_for_others(posts)}, limit=SHOWN)
    first["waiting"] = list(dict.fromkeys([*first.pop("own"), *first["waiting"]]))[:SHOWN]
    first["soon"] = first["soon"][:SOON]
    rows = {row.id: row for row in lists.rows_with(by, list({one for ids in first.values() for one in ids}))}
    lines = dict(zip(rows, rows_of(list(rows.values()), glass), strict=True))

    def line(name: str, one: int) -> dict[str, Any]:
        told = reminded(reminders[one]) if name in TO_DO and one in reminders else ""
        return {**lines[one], **_reason(name, rows[one], lines[one], glass), "reminded": told}

    return {name: [line(name, one) for one in ids if one in rows] for name, ids in first.items()}


def _reason(part: str, matter: ShownMatter, line: dict[str, Any], glass: Glass) -> dict[str, Any]:
    """Why a matter stands in this part of the page, and what may be done about it from here."""
    if part == "signing":
        return {"why": _("您的岗位可以签发：%(act)s") % {"act": line["act"]} if line["act"] else "", "claiming": None}
    if part == "mine":
        return {"why": _("由您承办，轮到本机关"), "claiming": None}
    if part == "unclaimed":
        claiming = {"url": reverse("workspace:assign", args=[matter.number]), "may": bool(line["act"])}
        return {"why": _("轮到本机关，尚无人承办"), "claiming": claiming}
    waited = -remaining(glass.today, legal_date(matter.acted_at), glass.calendar)
    said = ngettext("已等待 %(num)s 个工作日", "已等待 %(num)s 个工作日", waited) % {"num": waited}
    return {"why": said, "claiming": None}


def _sunday(on: date) -> date:
    return on + timedelta(days=6 - on.weekday())


def _figures(told: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """How much there is to do, and how soon; each figure leads to its list."""
    named = (
        ("signing", _("待我签发"), "active"),
        ("mine", _("我承办的"), "active"),
        ("unclaimed", _("尚无人承办"), "active"),
        ("today", _("今天到期"), "waiting"),
        ("week", _("本周到期"), "waiting"),
        ("late", _("已超期"), "bad"),
    )
    return [{"label": label, "tone": tone, **told[name]} for name, label, tone in named]


def _told(count: int) -> str:
    return str(count) if count <= COUNTED else f"{COUNTED}+"
