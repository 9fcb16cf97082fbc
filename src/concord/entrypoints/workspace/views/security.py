"""The desk of the security officer: who is locked out, who has no second factor, who is signed in where."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from concord.entrypoints.workspace import account_security as security
from concord.entrypoints.workspace.account_security import Account
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.models import Post
from concord.foundation.organisations.queries import charter_on, held_on
from concord.rules.errors import InvalidInput

FACTOR_WORDS: dict[str, Callable[[], str]] = {"totp": lambda: _("手机验证码"), "webauthn": lambda: _("安全密钥")}


@page("security:manage")
def accounts(request: Handled) -> HttpResponse:
    """The accounts of the organisation."""
    wanted = request.GET.get("q", "").strip()[:60]
    found = security.accounts_of(request.actor, at=now(), wanted=wanted)
    posts = _posts_of(request, [account.person.pk for account in found])
    rows = [_row(account, posts) for account in found]
    context = {"rows": rows, "wanted": wanted, "full": len(rows) == security.PAGE}
    return render(request, "workspace/security.html", context)


@page("security:manage")
def account(request: Handled, uid: UUID) -> HttpResponse:
    """One account and what may be done to it."""
    found = security.account_of(request.actor, uid, at=now())
    return _shown(request, found)


@page("security:manage")
def account_act(request: Handled, uid: UUID, act: str) -> HttpResponse:
    """Do one of the things; then back to the account."""
    found = security.account_of(request.actor, uid, at=now())
    if request.method != "POST":
        return redirect("workspace:security_account", uid)
    person, by, at = found.person, request.actor, now()
    match act:
        case "unlock":
            security.unlock(person=person, by=by, at=at)
            messages.success(request, _("账号已经解锁，可以马上再试。"))
        case "reset":
            security.reset_factor(person=person, by=by, at=at)
            messages.success(request, _("第二重验证已经重置，本人会收到通知；下次登录时重新设置。"))
        case "end":
            ended = security.end_sessions(person=person, by=by, at=at)
            said = ngettext("已结束 %(num)s 处登录。", "已结束 %(num)s 处登录。", ended)
            messages.success(request, said % {"num": ended})
        case "tie":
            return _tie(request, found)
        case "untie":
            security.untie_identity(person=person, by=by, at=at)
            messages.success(request, _("身份已经解除关联。"))
        case _:
            raise Http404
    return redirect("workspace:security_account", uid)


def _tie(request: Handled, found: Account) -> HttpResponse:
    identifier = request.POST.get("identifier", "")
    try:
        security.tie_identity(person=found.person, identifier=identifier, by=request.actor, at=now())
    except InvalidInput as fault:
        return _shown(request, found, identifier=identifier, problem=words(fault.said), status=fault.status)
    messages.success(request, _("身份已经关联。"))
    return redirect("workspace:security_account", found.person.uid)


def _shown(request: Handled, found: Account, *, status: int = 200, **typed: str) -> HttpResponse:
    sign_on = settings.ENVIRONMENT.sign_on
    context = {
        "row": _row(found, _posts_of(request, [found.person.pk])),
        "own": found.person.pk == request.actor.person.pk,
        "sign_on": sign_on.name if sign_on else "",
        "identifier": found.identity,
        "problem": "",
        **typed,
    }
    return render(request, "workspace/security_account.html", context, status=status)


def _posts_of(request: Handled, people: list[int]) -> dict[int, list[str]]:
    """The posts that these people hold in the organisation today, in words."""
    today = legal_date(now())
    labels = {post.id: words(post) for post in charter_on(today).posts}
    held = Post.objects.filter(held_on(today), organisation=request.actor.organisation, person__in=people)
    found: dict[int, list[str]] = {}
    for person, kind in held.values_list("person", "kind"):
        found.setdefault(person, []).append(labels.get(kind, kind))
    return found


def _row(found: Account, posts: dict[int, list[str]]) -> dict[str, Any]:
    return {
        "uid": found.person.uid,
        "person": found.person,
        "username": found.person.username,
        "active": found.person.is_active,
        "posts": posts.get(found.person.pk, []),
        "factors": sorted({FACTOR_WORDS[kind]() for kind in found.factors}),
        "sessions": found.sessions,
        "locked_until": found.locked_until,
        "identity": found.identity,
    }
