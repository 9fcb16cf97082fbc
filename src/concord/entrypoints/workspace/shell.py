"""What every page of the workspace knows: who acts, in which post, and where one may go."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.jinja import named, plain_day
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.secondment import home_of, own_posts
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import posts_held
from concord.foundation.database.clock import legal_date, now
from concord.foundation.notices.queries import unread_count
from concord.foundation.organisations.models import Post
from concord.foundation.organisations.queries import charter_on, stood_in_by


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the shell around every page."""
    actor: Actor | None = getattr(request, "actor", None)
    known: dict[str, Any] = {
        "actor": actor,
        "request": request,
        "demo": settings.ENVIRONMENT.demo,
        "posts": [],
        "menu": [],
        "unread": 0,
    }
    if actor is not None:
        on = legal_date(now())
        names = {post.id: words(post) for post in charter_on(on).posts}
        until = {row.post_id: row.held_until - timedelta(days=1) for row in stood_in_by(actor.person, on=on)}
        known["posts"] = [
            {
                "id": post.id,
                "label": names.get(post.kind, post.kind),
                "instead": _instead(post, until[post.id]) if post.person_id != actor.person.id else "",
                "absent": named(post.person) if post.person_id != actor.person.id else "",
                "until": until.get(post.id),
                "organisation": named(post.organisation),
                "current": post.id == actor.post.id,
            }
            for post in posts_held(actor.person, on=on)
        ]
        known["menu"] = menu(request, actor)
        known["printed_on"] = on
        known["unread"] = unread_count(actor)
    return known


def _instead(post: Post, last: date) -> str:
    """In whose place one acts, and until when."""
    return _("代%(absent)s（至%(day)s）") % {"absent": named(post.person), "day": plain_day(last)}


def menu(request: HttpRequest, actor: Actor) -> list[tuple[str, str, str, bool]]:
    """The pages that the actor's post may open: label, address, icon, whether it is the current one."""
    held = own_posts(actor.person, on=legal_date(now()))
    offered = [
        (_("今日"), reverse("workspace:today"), "sun", "matter:read"),
        (_("事项"), reverse("workspace:matters"), "inbox", "matter:read"),
        (_("工作组"), reverse("workspace:queues"), "users-group", "matter:read"),
        *([(_("我的城市"), reverse("workspace:desk"), "building-community", "matter:read")] if home_of(held) else []),
        (_("日历"), reverse("workspace:calendar"), "calendar-due", "matter:read"),
        (_("案件"), reverse("workspace:cases"), "folder", "case:open"),
        (_("证据"), reverse("workspace:evidence"), "certificate", "evidence:read"),
        (_("提请协调"), reverse("workspace:agenda"), "gavel", "governance:propose"),
        (_("导入表格"), reverse("workspace:sheets"), "table-import", "sheet:take"),
        (_("导出"), reverse("workspace:exports"), "table-export", "directory:read"),
        (_("章程"), reverse("workspace:charter"), "scale", "charter:read"),
        (_("管辖"), reverse("workspace:competence"), "map-pin", "charter:read"),
        (_("通讯录"), reverse("workspace:directory"), "address-book", "directory:read"),
        (_("人员管理"), reverse("workspace:people"), "users", "people:manage"),
        (_("科室管理"), reverse("workspace:departments"), "sitemap", "people:manage"),
        (_("待确认"), reverse("workspace:confirmations"), "user-check", "people:confirm"),
        (_("流水"), reverse("workspace:journal"), "history", "journal:read"),
        (_("存证账本"), reverse("workspace:ledger"), "shield-check", "ledger:read"),
        (_("账号安全"), reverse("workspace:security"), "shield-lock", "security:manage"),
        (_("接口令牌"), reverse("workspace:tokens"), "key", "token:issue"),
    ]
    return [
        (label, address, icon, request.path.startswith(address) if address != "/" else request.path == "/")
        for label, address, icon, permission in offered
        if actor.may(permission)
    ]
