"""People of one's own organisation: who holds which post, until when, and what nobody would do (人员与科室)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from concord.casework.desk import confirming, invitations, leaves, staffing
from concord.casework.desk.handing_over import open_matters_of
from concord.entrypoints.workspace.asking import (
    NOTHING_WRONG,
    Option,
    Refusal,
    asked,
    day_or_none,
    day_typed,
    refusal_of,
)
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.presenting import Glass, glass_of, words
from concord.entrypoints.workspace.routing import Handled, page
from concord.entrypoints.workspace.views.directory import post_words
from concord.foundation.database.clock import now
from concord.foundation.organisations import people
from concord.foundation.organisations.models import Department, Invitation, Organisation, Post
from concord.foundation.organisations.queries import charter_on, departments_on, members
from concord.foundation.organisations.safeguards import gap_said, gaps_of
from concord.rules.errors import ConcordError

AHEAD = 30
CONTACT = ("zh", "en", "telephone", "email")
APPOINTMENT = ("kind", "group", "department", "home", "first", "last")


@page("people:manage")
def people_page(request: Handled) -> HttpResponse:
    """Everybody of the organisation with posts and terms; gaps and terms that end within thirty days."""
    by, glass = request.actor, glass_of(request.actor)
    rows = people.people_of(by.organisation)
    soon = glass.today + timedelta(days=AHEAD)
    posts = [post for person in rows for post in person.shown_posts]
    ending = [post for post in posts if post.effective and post.held_until and glass.today < post.held_until <= soon]
    context = {
        "rows": [_row(person, glass) for person in rows],
        "gaps": [
            words(gap_said(gap, glass.charter)) for gap in gaps_of(by.organisation, since=glass.today, days=AHEAD)
        ],
        "ending": [
            {"post": _post(post, glass), "name": named(post.person), "uid": post.person.uid}
            for post in sorted(ending, key=lambda post: post.held_until or glass.today)
        ],
        "waiting": len(confirming.waiting(by)),
    }
    return render(request, "workspace/people.html", context)


def _row(person: people.PersonOfOffice, glass: Glass) -> dict[str, Any]:
    return {
        "uid": person.uid,
        "name": named(person),
        "username": person.username,
        "telephone": person.telephone,
        "email": person.email,
        "active": person.is_active,
        "posts": [_post(post, glass) for post in person.shown_posts],
    }


def _post(post: Post, glass: Glass) -> dict[str, Any]:
    """A post as the tables show it; ``last`` is the last day of the term."""
    over = post.held_until is not None and post.held_until <= glass.today
    waiting = not post.effective and any(one.decided_at is None for one in post.proposals.all())
    standing = (
        ("waiting", _("待确认"))
        if waiting
        else ("neutral", _("未生效"))
        if not post.effective
        else ("neutral", _("已结束"))
        if over
        else ("active", _("未到任"))
        if post.held_from > glass.today
        else ("good", _("在任"))
    )
    return {
        "id": post.pk,
        "label": post_words(post, glass),
        "department": named(post.department) if post.department else "",
        "home": named(post.home) if post.home else "",
        "first": post.held_from,
        "last": post.held_until - timedelta(days=1) if post.held_until else None,
        "tone": standing[0],
        "standing": standing[1],
        "running": post.effective and not over,
    }


@page("people:manage")
def person_new(request: Handled) -> HttpResponse:
    """Register a person with a first post."""
    typed = {name: request.POST.get(name, "").strip() for name in ("username", *CONTACT, *APPOINTMENT)}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            made = staffing.take_on(
                username=typed["username"],
                zh=typed["zh"],
                en=typed["en"],
                telephone=typed["telephone"],
                email=typed["email"],
                **_appointment(typed, request),
                by=request.actor,
                at=now(),
            )
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            _say_appointed(request, made)
            return redirect("workspace:person", uid=made.person.uid)
    glass = glass_of(request.actor)
    hint = _("2至60位小写字母、数字、点、横线，例如：zhang.san")
    fields = [
        asked("username", _("登录名"), typed["username"], refusal, help_text=hint),
        *_contact_fields(typed, refusal),
        *_appointment_fields(typed, refusal, request.actor.organisation, glass),
    ]
    context = {"fields": fields, "problems": refusal.summary}
    return render(request, "workspace/person_new.html", context, status=refusal.status)


@page("people:manage")
def person(request: Handled, uid: UUID) -> HttpResponse:
    """One person: contacts, posts, leaves, invitations."""
    found = people.person_of(request.actor.organisation, uid)
    typed = {name: getattr(found, name) for name in CONTACT}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in CONTACT}
        try:
            staffing.change_contact(person=found, **typed, by=request.actor, at=now())
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            messages.success(request, _("联系方式已保存。"))
            return redirect("workspace:person", uid=uid)
    return _person_page(request, found, _contact_fields(typed, refusal), refusal)


def _person_page(
    request: Handled, found: people.PersonOfOffice, fields: list[dict[str, Any]], refusal: Refusal, *, link: str = ""
) -> HttpResponse:
    glass, at = glass_of(request.actor), now()
    invited = Invitation.objects.filter(person=found, organisation=request.actor.organisation)
    context = {
        "person": _row(found, glass),
        "fields": fields,
        "problems": refusal.summary,
        "link": link,
        "by_mail": settings.MAIL_IS_SENT,
        "invitations": [
            {
                "id": one.pk,
                "made_at": one.made_at,
                "expires_at": one.expires_at,
                "good": one.used_at is None and one.revoked_at is None and one.expires_at > at,
                "standing": _invitation_words(one, expired=one.expires_at <= at),
            }
            for one in invited
        ],
        "leaves": [leave_row(row, glass) for row in leaves.leaves_of(list(found.shown_posts), on=glass.today)],
    }
    return render(request, "workspace/person.html", context, status=refusal.status)


def leave_row(row: Any, glass: Glass) -> dict[str, Any]:
    """A leave or delegation as the tables show it."""
    return {
        "id": row.pk,
        "post": post_words(row.post, glass),
        "person": named(row.post.person),
        "substitute": named(row.substitute.person) if row.substitute else _("无"),
        "reason": _("请假") if row.reason == "leave" else _("授权"),
        "first": row.held_from,
        "last": row.held_until - timedelta(days=1),
        "waiting": not row.effective,
        "running": row.effective and row.held_from <= glass.today,
    }


def _invitation_words(one: Invitation, *, expired: bool) -> str:
    if one.used_at is not None:
        return _("已使用")
    if one.revoked_at is not None:
        return _("已撤销")
    return _("已过期") if expired else _("有效")


@page("people:manage")
def person_appoint(request: Handled, uid: UUID) -> HttpResponse:
    """Give a person another post."""
    found = people.person_of(request.actor.organisation, uid)
    typed = {name: request.POST.get(name, "").strip() for name in APPOINTMENT}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        try:
            made = staffing.appoint(person=found, **_appointment(typed, request), by=request.actor, at=now())
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            _say_appointed(request, made)
            return redirect("workspace:person", uid=uid)
    context = {
        "person": {"uid": uid, "name": named(found)},
        "fields": _appointment_fields(typed, refusal, request.actor.organisation, glass_of(request.actor)),
        "problems": refusal.summary,
    }
    return render(request, "workspace/person_appoint.html", context, status=refusal.status)


@page("people:manage")
def person_invite(request: Handled, uid: UUID) -> HttpResponse:
    """Make an invitation; its link goes out by e-mail, or is shown this once where it cannot."""
    found = people.person_of(request.actor.organisation, uid)
    if request.method != "POST":
        return redirect("workspace:person", uid=uid)
    made, secret = invitations.invite(person=found, random_bytes=secrets.token_bytes(32), by=request.actor, at=now())
    path = reverse("workspace:invitation", args=[secret])
    if invitations.send(invitation=made, link=f"{settings.ADDRESS}{path}"):
        messages.success(request, _("邀请已发送到%(address)s。") % {"address": found.email})
        return redirect("workspace:person", uid=uid)
    typed = {name: getattr(found, name) for name in CONTACT}
    link = request.build_absolute_uri(path)
    return _person_page(request, found, _contact_fields(typed, NOTHING_WRONG), NOTHING_WRONG, link=link)


@page("people:manage")
def invitation_end(request: Handled, uid: UUID, pk: int) -> HttpResponse:
    """Revoke an invitation."""
    if request.method == "POST":
        found = Invitation.objects.filter(pk=pk, person__uid=uid).select_related("person").first()
        if found is None:
            raise invitations.no_invitation()
        invitations.revoke(invitation=found, by=request.actor, at=now())
        messages.success(request, _("邀请已撤销。"))
    return redirect("workspace:person", uid=uid)


@page("people:manage")
def person_close(request: Handled, uid: UUID) -> HttpResponse:
    """Close the account of somebody who leaves, or open it again."""
    found = people.person_of(request.actor.organisation, uid)
    if request.method != "POST":
        return redirect("workspace:person", uid=uid)
    try:
        if found.is_active:
            moved = staffing.deactivate(person=found, by=request.actor, at=now())
            messages.success(request, _("账号已停用，岗位已全部结束。") + _handed_over(moved))
        else:
            staffing.reactivate(person=found, by=request.actor, at=now())
            messages.success(request, _("账号已启用，请重新任职。"))
    except ConcordError as error:
        typed = {name: getattr(found, name) for name in CONTACT}
        fresh = people.person_of(request.actor.organisation, uid)
        return _person_page(request, fresh, _contact_fields(typed, NOTHING_WRONG), refusal_of(error))
    return redirect("workspace:person", uid=uid)


@page("people:manage")
def post_change(request: Handled, pk: int) -> HttpResponse:
    """End a post, set its last day, or move it to another department."""
    post = people.post_in(request.actor.organisation, pk)
    typed = {name: request.POST.get(name, "").strip() for name in ("end", "successor", "term", "department")}
    refusal = NOTHING_WRONG
    if request.method == "POST":
        do: dict[str, Callable[[], str]] = {
            "end": lambda: _end(request, post, typed),
            "term": lambda: _term(request, post, typed),
            "move": lambda: _move(request, post, typed),
        }
        try:
            done = do.get(request.POST.get("do", ""), lambda: "")()
        except ConcordError as error:
            refusal = refusal_of(error)
        else:
            if done:
                messages.success(request, done)
            return redirect("workspace:person", uid=post.person.uid)
    return _post_page(request, post, typed, refusal)


def _post_page(request: Handled, post: Post, typed: dict[str, str], refusal: Refusal) -> HttpResponse:
    glass = glass_of(request.actor)
    others = people.posts_held_in(request.actor.organisation, on=glass.today)
    last = post.held_until - timedelta(days=1) if post.held_until else None
    successors = [(str(one.pk), _told(one, glass), "") for one in others if one.pk != post.pk]
    departments = _department_options(request.actor.organisation, glass.today)
    given = {
        "end": typed["end"] or glass.today.isoformat(),
        "term": typed["term"] or (last.isoformat() if last else ""),
        "department": typed["department"] or (str(post.department_id) if post.department_id else ""),
    }
    context = {
        "person": {"uid": post.person.uid, "name": named(post.person)},
        "held": _post(post, glass),
        "matters": open_matters_of(post),
        "problems": refusal.summary,
        "end_fields": [
            asked("end", _("在岗的最后一天"), given["end"], refusal, kind="date"),
            asked(
                "successor",
                _("接任人"),
                typed["successor"],
                refusal,
                kind="person",
                required=False,
                options=successors,
                help_text=_("在办事项移交给接任人；不填的，由联络窗口接收。"),
            ),
        ],
        "term_fields": [
            asked(
                "term",
                _("任期最后一天"),
                given["term"],
                refusal,
                kind="date",
                required=False,
                help_text=_("不填为长期。行使执法权力的岗位延长任期，须经安全管理员确认。"),
            )
        ],
        "move_fields": [
            asked(
                "department",
                _("科室"),
                given["department"],
                refusal,
                kind="person",
                required=False,
                options=departments,
            )
        ],
    }
    return render(request, "workspace/post.html", context, status=refusal.status)


def _end(request: Handled, post: Post, typed: dict[str, str]) -> str:
    chosen = typed["successor"]
    successor = people.post_in(request.actor.organisation, int(chosen)) if chosen.isdecimal() else None
    last = day_typed(typed, "end")
    moved = staffing.end_post(post=post, last=last, by=request.actor, at=now(), successor=successor)
    return _("任职结束日期已登记。") + _handed_over(moved)


def _term(request: Handled, post: Post, typed: dict[str, str]) -> str:
    staffing.change_term(post=post, last=day_or_none(typed, "term"), by=request.actor, at=now())
    if post.proposals.filter(decided_at__isnull=True).exists():
        return _("任期变更已提交，待安全管理员确认。")
    return _("任期已变更。")


def _move(request: Handled, post: Post, typed: dict[str, str]) -> str:
    department = _department(request.actor.organisation, typed["department"])
    staffing.move_post(post=post, department=department, by=request.actor, at=now())
    return _("科室已调整，在办事项随岗位转入。")


def _handed_over(count: int) -> str:
    if not count:
        return ""
    return ngettext("%(num)s件在办事项已移交。", "%(num)s件在办事项已移交。", count) % {"num": count}


def _say_appointed(request: Handled, post: Post) -> None:
    if post.effective:
        messages.success(request, _("任职已登记。"))
    else:
        messages.success(request, _("任职已提交，待安全管理员确认后生效。"))


def _appointment(typed: dict[str, str], request: Handled) -> dict[str, Any]:
    """What was typed about a post; InvalidInput for a day that is none."""
    return {
        "kind": typed["kind"],
        "group": typed["group"],
        "department": _department(request.actor.organisation, typed["department"]),
        "home": Organisation.objects.filter(code=typed["home"]).first() if typed["home"] else None,
        "first": day_typed(typed, "first"),
        "last": day_or_none(typed, "last"),
    }


def _department(organisation: Organisation, wanted: str) -> Department | None:
    if not wanted:
        return None
    rows = Department.objects.filter(organisation=organisation, valid_until__isnull=True)
    found = next((row for row in rows if str(row.pk) == wanted), None)
    if found is None:
        raise staffing.no_department()
    return found


def _department_options(organisation: Organisation, on: date) -> list[Option]:
    rows = departments_on(on).filter(organisation=organisation)
    return [(str(row.pk), named(row), _("联络窗口") if row.desk else "") for row in rows]


def _contact_fields(typed: dict[str, str], refusal: Refusal) -> list[dict[str, Any]]:
    return [
        asked("zh", _("姓名"), typed["zh"], refusal),
        asked("en", _("英文名"), typed["en"], refusal, required=False),
        asked("telephone", _("电话"), typed["telephone"], refusal, required=False),
        asked("email", _("邮箱"), typed["email"], refusal, required=False),
    ]


def _appointment_fields(
    typed: dict[str, str], refusal: Refusal, organisation: Organisation, glass: Glass
) -> list[dict[str, Any]]:
    kinds = [(one.id, words(one), "") for one in charter_on(glass.today).posts]
    groups = [(one.id, words(one), "") for one in glass.charter.groups]
    homes = [(one.code, named(one), "") for one in members()] if organisation.kind == "centre" else []
    fields = [
        asked("kind", _("岗位"), typed["kind"], refusal, kind="person", options=kinds),
        asked(
            "department",
            _("科室"),
            typed["department"],
            refusal,
            kind="person",
            required=False,
            options=_department_options(organisation, glass.today),
        ),
        asked("first", _("首日"), typed["first"] or glass.today.isoformat(), refusal, kind="date"),
        asked(
            "last",
            _("任期最后一天"),
            typed["last"],
            refusal,
            kind="date",
            required=False,
            help_text=_("不填为长期。"),
        ),
    ]
    if homes:
        fields += [
            asked("group", _("工作组"), typed["group"], refusal, kind="person", required=False, options=groups),
            asked(
                "home",
                _("派出机关"),
                typed["home"],
                refusal,
                kind="person",
                required=False,
                options=homes,
                help_text=_("派驻干部必填。"),
            ),
        ]
    return fields


def _told(post: Post, glass: Glass) -> str:
    return f"{named(post.person)} · {post_words(post, glass)}"
