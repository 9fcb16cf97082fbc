"""Notices: what one was told, how one wants to be told."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from concord.entrypoints.workspace.paging import ROWS, row_id
from concord.entrypoints.workspace.presenting import glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.database.clock import now
from concord.foundation.notices import commands, queries
from concord.foundation.notices.mailing import line, send_test
from concord.foundation.notices.models import Notice, NoticeSetting
from concord.rules.errors import InvalidInput
from concord.rules.mail_times import DIGEST, EACH, NONE

PREVIEWED = 8


def told_notice(notice: Notice) -> dict[str, Any]:
    """A notice as a list shows it; opening it marks it as read."""
    address = reverse("workspace:notice", args=[notice.pk]) if notice.matter_uid else ""
    return {"text": words(notice), "made_at": notice.made_at, "unread": notice.read_at is None, "url": address}


@page("directory:read")
def notices_page(request: Handled) -> HttpResponse:
    """The notices of the actor, all or the unread ones; marking all as read."""
    by = request.actor
    if request.method == "POST":
        commands.mark_read(by=by, at=now())
        return redirect("workspace:notices")
    before, unread = request.GET.get("before", ""), bool(request.GET.get("unread"))
    rows = queries.notices_for(by, before=row_id(before), limit=ROWS + 1, unread=unread)
    kept = "&unread=1" if unread else ""
    first = reverse("workspace:notices") + ("?unread=1" if unread else "")
    context = {
        "rows": [told_notice(notice) for notice in rows[:ROWS]],
        "only_unread": unread,
        "older_url": f"?before={rows[ROWS - 1].id}{kept}" if len(rows) > ROWS else "",
        "newer_url": first if before else "",
    }
    return render(request, "workspace/notices.html", context)


@page("directory:read")
def open_notice(request: Handled, pk: int) -> HttpResponse:
    """Mark one notice as read and go to what it speaks of."""
    notice = queries.notice_for(request.actor, pk)
    commands.mark_read(by=request.actor, at=now(), ids=[notice.pk])
    if notice.matter_uid is None:
        return redirect("workspace:notices")
    return redirect("workspace:matter_by_uid", uid=notice.matter_uid)


@page("directory:read")
def notice_settings(request: Handled) -> HttpResponse:
    """How and when one is told by e-mail; what the next e-mail would say."""
    by, at = request.actor, now()
    setting = queries.setting_of(by)
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        _take(request, setting)
        try:
            commands.choose(setting=setting, by=by, at=at)
        except InvalidInput as error:
            problems = [(problem.field, words(problem.said)) for problem in error.problems]
        else:
            messages.success(request, _("设置已保存。"))
            return redirect("workspace:notice_settings")
    glass = glass_of(by)
    areas = [(name, words(glass.charter.procedure(name, on=glass.today))) for name in glass.charter.in_force]
    waiting = queries.next_mail(by)
    context = {
        "setting": setting,
        "modes": [
            (DIGEST, _("每天汇总一次"), _("一封邮件列出当天的全部通知")),
            (EACH, _("逐条发送"), _("每几分钟发送一次新的通知")),
            (NONE, _("不发邮件"), _("只在系统内查看")),
        ],
        "areas": [("casework", _("期限提醒")), *areas],
        "mail_is_sent": settings.MAIL_IS_SENT,
        "address": by.person.email,
        "preview": [words(line(notice, at=at)[0]) for notice in waiting[:PREVIEWED]],
        "waiting": len(waiting),
        "next_at": min((one.mail_after for one in waiting if one.mail_after), default=None),
        "problems": problems,
    }
    return render(request, "workspace/notice_settings.html", context, status=422 if problems else 200)


@require_POST
@page("directory:read")
def test_mail(request: Handled) -> HttpResponse:
    """Send oneself a message now."""
    send_test(by=request.actor)
    messages.success(request, _("测试邮件已交给邮件服务器。"))
    return redirect("workspace:notice_settings")


def _take(request: Handled, setting: NoticeSetting) -> None:
    """Put what was typed on the setting."""
    typed = request.POST
    setting.mail = typed.get("mail", "")[:8]
    setting.digest_at = _clock(typed.get("digest_at")) or setting.digest_at
    setting.quiet_from, setting.quiet_until = _clock(typed.get("quiet_from")), _clock(typed.get("quiet_until"))
    setting.on_working_days_only = bool(typed.get("on_working_days_only"))
    setting.muted = sorted(set(typed.getlist("muted")))[:100]


def _clock(text: str | None) -> time | None:
    try:
        return time.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None
