"""Leave with a substitute, for oneself; what waits for the security officer's word; accepting an invitation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from concord.casework.desk import confirming, invitations, leaves
from concord.entrypoints.workspace.asking import NOTHING_WRONG, Refusal, asked, day_typed, refusal_of
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of
from concord.entrypoints.workspace.routing import Handled, error_page, page, public
from concord.entrypoints.workspace.views.directory import post_words
from concord.entrypoints.workspace.views.people import leave_row
from concord.foundation.database.clock import now
from concord.foundation.organisations import people
from concord.foundation.organisations.models import Post, Proposal
from concord.foundation.organisations.queries import stood_in_by
from concord.foundation.organisations.substitutions import candidates
from concord.rules.errors import ConcordError, InvalidInput, Problem, Said

ASKED = ("post", "substitute", "first", "last", "reason")


@page("directory:read")
def leave(request: Handled) -> HttpResponse:
    """My leaves and delegations, and for whom I stand in; POST registers one."""
    by, glass = request.actor, glass_of(request.actor)
    posts = leaves.own_posts(by, on=glass.today)
    return _leave_page(request, posts, "workspace:leave", [], glass)


@page("people:manage")
def leave_for(request: Handled, pk: int) -> HttpResponse:
    """Register a leave for a colleague."""
    post = people.post_in(request.actor.organisation, pk)
    return _leave_page(request, [post], "workspace:leave_for", [pk], glass_of(request.actor))


def _leave_page(request: Handled, posts: list[Post], name: str, args: list[int], glass: Glass) -> HttpResponse:
    by = request.actor
    typed = {field: request.POST.get(field, "").strip() for field in ASKED}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            said = _arrange(request, posts, typed)
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, said)
            return redirect(name, *args)
    person = posts[0].person if posts else by.person
    context = {
        "whose": named(person) if person != by.person else "",
        "fields": _fields(posts, typed, refusal, glass) if posts else [],
        "problems": refusal.summary,
        "rows": [leave_row(row, glass) for row in leaves.leaves_of(posts, on=glass.today)],
        "standing": [
            {
                "person": named(row.post.person),
                "post": post_words(row.post, glass),
                "last": row.held_until - timedelta(days=1),
            }
            for row in stood_in_by(person, on=glass.today)
        ],
    }
    return render(request, "workspace/leave.html", context, status=refusal.status)


def _fields(posts: list[Post], typed: dict[str, str], refusal: Refusal, glass: Glass) -> list[dict[str, Any]]:
    substitutes = {
        one.pk: (str(one.pk), f"{named(one.person)} · {post_words(one, glass)}", "")
        for post in posts
        for one in candidates(post, first=glass.today, end=glass.today, on=glass.today)
    }
    reasons = [
        ("leave", _("请假代理"), _("本人不在岗，由代理人办理")),
        ("delegation", _("授权"), _("本人在岗，同时授权他人办理；经安全管理员确认后生效")),
    ]
    own = [(str(post.pk), f"{named(post.organisation)} · {post_words(post, glass)}", "") for post in posts]
    chosen = typed["post"] or (str(posts[0].pk) if len(posts) == 1 else "")
    return [
        asked("reason", _("种类"), typed["reason"] or "leave", refusal, kind="choice", options=reasons),
        asked("post", _("岗位"), chosen, refusal, kind="person", options=own),
        asked("first", _("首日"), typed["first"], refusal, kind="date"),
        asked("last", _("末日"), typed["last"], refusal, kind="date"),
        asked(
            "substitute",
            _("代理人"),
            typed["substitute"],
            refusal,
            kind="person",
            required=False,
            options=list(substitutes.values()),
            help_text=_("行使执法权力的岗位，只能由岗位也有执法权力的人员代理。"),
        ),
    ]


def _arrange(request: Handled, posts: list[Post], typed: dict[str, str]) -> str:
    by, at = request.actor, now()
    post = next((one for one in posts if str(one.pk) == typed["post"]), None)
    if post is None:
        said = Said("请选择岗位。", "Choose a post.")
        raise InvalidInput("people.bad_substitution", said, problems=(Problem("post", "missing", said),))
    wanted = typed["substitute"]
    substitute = people.post_in(post.organisation, int(wanted)) if wanted.isdecimal() else None
    first, last = day_typed(typed, "first"), day_typed(typed, "last")
    if typed["reason"] != "delegation":
        leaves.take_leave(post=post, substitute=substitute, first=first, last=last, by=by, at=at)
        return _("请假已登记，代理人已收到通知。") if substitute else _("请假已登记。")
    if substitute is None:
        said = Said("请选择被授权人。", "Choose whom to delegate to.")
        raise InvalidInput("people.bad_substitution", said, problems=(Problem("substitute", "missing", said),))
    leaves.delegate(post=post, substitute=substitute, first=first, last=last, by=by, at=at)
    return _("授权已提交，待安全管理员确认后生效。")


@page("directory:read")
def leave_end(request: Handled, pk: int) -> HttpResponse:
    """Come back early, or end a delegation."""
    if request.method == "POST":
        leaves.end_early(substitution=leaves.leave_of(request.actor, pk), by=request.actor, at=now())
        messages.success(request, _("已结束，自现在起由本人办理。"))
    return redirect("workspace:leave")


@page("people:confirm")
def confirmations(request: Handled) -> HttpResponse:
    """What waits for the security officer."""
    by, glass = request.actor, glass_of(request.actor)
    rows = [_proposal(one, glass) for one in confirming.waiting(by)]
    return render(request, "workspace/confirmations.html", {"rows": rows})


@page("people:confirm")
def confirmation(request: Handled, pk: int) -> HttpResponse:
    """Confirm or refuse one proposal."""
    if request.method == "POST":
        accept = request.POST.get("decision") == "accept"
        proposal = confirming.proposal_of(request.actor, pk)
        confirming.decide(proposal=proposal, accept=accept, by=request.actor, at=now())
        messages.success(request, _("已确认，按所列日期生效。") if accept else _("已退回，不生效。"))
    return redirect("workspace:confirmations")


def _proposal(one: Proposal, glass: Glass) -> dict[str, Any]:
    row = one.substitution
    first, until = one.post.held_from, one.until if one.longer else one.post.held_until
    if row is not None:
        first, until = row.held_from, row.held_until
    what = _("授权") if row else (_("延长任期") if one.longer else _("任职"))
    return {
        "id": one.pk,
        "what": what,
        "person": named(one.post.person),
        "post": post_words(one.post, glass),
        "department": named(one.post.department) if one.post.department else "",
        "home": named(one.post.home) if one.post.home else "",
        "substitute": named(row.substitute.person) if row and row.substitute else "",
        "first": first,
        "last": until - timedelta(days=1) if until else None,
        "by": named(one.proposed_by),
        "at": one.proposed_at,
    }


@public
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """The invited person sets a password; the link is good once."""
    refusal = NOTHING_WRONG
    try:
        found = invitations.invitation_behind(secret, at=now())
        if request.method == "POST":
            try:
                _accept(request, secret)
            except InvalidInput as error:
                refusal = refusal_of(error)
            else:
                messages.success(request, _("密码已设置，请用登录名和新密码登录。"))
                return redirect("account_login")
    except ConcordError as error:
        return error_page(request, error)
    context = {
        "person": named(found.person),
        "username": found.person.username,
        "organisation": named(found.organisation),
        "problems": refusal.summary,
    }
    return render(request, "workspace/invitation.html", context, status=refusal.status)


def _accept(request: HttpRequest, secret: str) -> None:
    password = request.POST.get("password", "")
    if password != request.POST.get("again", ""):
        said = Said("两次输入的密码不一致。", "The two passwords differ.")
        raise InvalidInput("people.weak_password", said, problems=(Problem("again", "differs", said),))
    invitations.accept(secret=secret, password=password, at=now())
