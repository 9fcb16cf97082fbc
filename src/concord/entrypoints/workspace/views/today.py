"""Today: what is mine, what is due and why, what waits for others, and how much goes between the cities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
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
from concord.casework.queries import ShownMatter
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
Rows = Sequence[ShownMatter]


@page("directory:read")
def today(request: Handled) -> HttpResponse:
    """What is mine, what is due and why, what waits for others; whoever handles no matters goes to their own work."""
    by = request.actor
    if not by.may("matter:read"):
        return redirect(menu(request, by)[-1][1])
    glass = glass_of(by)
    posts = tuple(post_ids_of(by.person, on=glass.today))
    parts = _parts(by, posts, glass)
    context = {
        "today_date": glass.today,
        "desk_url": reverse("workspace:desk") if home_of(own_posts(by.person, on=glass.today)) else "",
        **parts,
        "colleagues": [(value, label) for value, label, _help in options_of(glass)[0]] if by.may(ASSIGN) else [],
        "figures": _figures(by, glass, parts),
        "to_rate": [
            {"title": one.title or one.number, "url": reverse("workspace:matter", args=[one.number])}
            for one in ratings_waiting(by, limit=TO_RATE)
        ],
        "map": traffic_map(lists.between(by, on=glass.today), by),
        "notices": [told_notice(notice) for notice in notices.notices_for(by, before=None, limit=NOTICES)],
    }
    return render(request, "workspace/today.html", context)


def _first(by: Actor, wanted: Wanted) -> Rows:
    return lists.page_of_matters(by, wanted, limit=SHOWN).rows


def _parts(by: Actor, posts: tuple[int, ...], glass: Glass) -> dict[str, Any]:
    """The four lists of the page; their lines are made together, so that they share their queries."""
    signing, mine, unclaimed = lists.to_sign(by), lists.mine(posts), lists.nobodys(by)
    waiting = lists.waiting_for_others()
    asked: dict[str, tuple[Wanted, Rows, str]] = {
        "signing": (signing, _first(by, signing), "turn=sign&order=due"),
        "mine": (mine, _first(by, mine), "handler=me&turn=ours&order=due"),
        "unclaimed": (unclaimed, _first(by, unclaimed), "handler=none&turn=work&order=due"),
        "waiting": (waiting, lists.first_waiting(by, posts, limit=SHOWN), "turn=theirs&order=due"),
        "soon": (_this_week(glass), lists.page_of_matters(by, _this_week(glass), limit=SOON).rows, ""),
    }
    every = {matter.id: matter for _wanted, rows, _query in asked.values() for matter in rows}
    lines = dict(zip(every, rows_of(list(every.values()), glass), strict=True))
    return {
        name: {
            "rows": [{**lines[one.id], **_reason(name, one, lines[one.id], glass)} for one in rows],
            "count": _told(lists.count_of_matters(by, wanted, most=COUNTED)),
            "url": f"{reverse('workspace:matters')}?{query}",
        }
        for name, (wanted, rows, query) in asked.items()
    }


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


def _this_week(glass: Glass) -> Wanted:
    return Wanted(ours=True, due_until=_sunday(glass.today))


def _sunday(on: date) -> date:
    return on + timedelta(days=6 - on.weekday())


def _figures(by: Actor, glass: Glass, parts: dict[str, Any]) -> list[dict[str, Any]]:
    """How much there is to do, and how soon; each figure leads to its list."""
    own = Wanted(ours=True)
    day, sunday = glass.today.isoformat(), _sunday(glass.today).isoformat()
    today = replace(own, due_from=glass.today, due_until=glass.today)
    week = replace(own, due_from=glass.today, due_until=_sunday(glass.today))
    late = replace(own, overdue_on=glass.today)
    listed = reverse("workspace:matters")

    def counted(label: str, tone: str, wanted: Wanted, **asked: str) -> dict[str, Any]:
        value = _told(lists.count_of_matters(by, wanted, most=COUNTED))
        return {"label": label, "tone": tone, "value": value, "url": f"{listed}?{urlencode({'turn': 'ours', **asked})}"}

    return [
        {"label": label, "tone": "active", "value": parts[name]["count"], "url": parts[name]["url"]}
        for name, label in (("signing", _("待我签发")), ("mine", _("我承办的")), ("unclaimed", _("尚无人承办")))
    ] + [
        counted(_("今天到期"), "waiting", today, due_from=day, due_until=day),
        counted(_("本周到期"), "waiting", week, due_from=day, due_until=sunday),
        counted(_("已超期"), "bad", late, overdue="1"),
    ]


def _told(count: int) -> str:
    return str(count) if count <= COUNTED else f"{COUNTED}+"
