"""Today: what is mine, what is due and why, what waits for others."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.casework import queries
from concord.entrypoints.workspace.presenting import rows_of
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.shell import menu
from concord.entrypoints.workspace.views.lists import glass_of
from concord.entrypoints.workspace.views.notices import told_notice
from concord.foundation.notices import queries as notices

ON_TODAY = 50
WAITING_SHOWN = 15
NEAR = 2


@page("directory:read")
def today(request: Handled) -> HttpResponse:
    """What is mine, what is due and why, what waits for others; whoever handles no matters goes to their own work."""
    if not request.actor.may("matter:read"):
        return redirect(menu(request, request.actor)[-1][1])
    by, glass = request.actor, glass_of(request.actor)
    held = rows_of(queries.open_by_due(by, held=True, limit=ON_TODAY), glass)
    waiting = rows_of(queries.open_by_due(by, held=False, limit=WAITING_SHOWN), glass)
    signing = [line for line in held if line["signing"]]
    mine = [line for line in held if line["act"] and not line["signing"]]
    over = [line for line in held if line["due"] and line["due"]["over"]]
    near = [line for line in held if line["due"] and not line["due"]["over"] and line["due"]["days_left"] <= NEAR]
    listed = reverse("workspace:matters")
    context = {
        "today_date": glass.today,
        "mine": mine,
        "signing": signing,
        "waiting": waiting,
        "notices": [told_notice(notice) for notice in notices.notices_for(by, before=None, limit=6)],
        "figures": [
            {"label": _("待我办理"), "value": len(mine), "tone": "active", "url": f"{listed}?open=1"},
            {"label": _("待我签发"), "value": len(signing), "tone": "active", "url": f"{listed}?open=1"},
            {"label": _("两个工作日内到期"), "value": len(near), "tone": "waiting", "url": f"{listed}?open=1"},
            {"label": _("已超期"), "value": len(over), "tone": "bad", "url": f"{listed}?overdue=1"},
        ],
    }
    return render(request, "workspace/today.html", context)
