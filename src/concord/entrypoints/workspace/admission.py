"""Whether somebody signed in may go on: an account that is over ends the session, powers ask for a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION, note_ended
from concord.entrypoints.workspace.routing import PUBLIC
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.models import Person, Post
from concord.foundation.organisations.queries import charter_on

PROGRAMS = "/api/"
# Besides posts with powers: who manages people or accounts, or reads what everybody did.
GUARDED = {"people:manage", "people:confirm", "security:manage", "token:issue", "journal:read"}
ALWAYS_OPEN = {"account_logout", "set_language"}
SETTING_UP = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
}


def needs_factor(actor: Actor) -> bool:
    """Whether the post asks for a second factor; nobody's does in the demo or where it is optional."""
    environment = settings.ENVIRONMENT
    if environment.demo or not environment.second_factor:
        return False
    posts = charter_on(legal_date(now())).posts
    powers = any(post.powers for post in posts if post.id == actor.post.kind)
    return powers or bool(GUARDED & actor.permissions)


class AdmissionMiddleware:
    """Stands behind the one that puts the actor on the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; who may go on is looked at once its view is known."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: tuple[Any, ...], _given: dict[str, Any]
    ) -> HttpResponseBase | None:
        """The page that stands in the way, or None."""
        match = request.resolver_match
        if request.path.startswith(PROGRAMS) or match is None or match.view_name in ALWAYS_OPEN:
            return None
        if not request.user.is_authenticated:
            return _account_over(request) if SESSION_KEY in request.session else None
        if getattr(getattr(view, "view_class", view), "permission", None) == PUBLIC:
            return None
        actor: Actor | None = request.actor  # type: ignore[attr-defined]  # set by the middleware before
        if actor is None:
            return _no_post(request)
        return _without_factor(request, actor, match.view_name)


def _without_factor(request: HttpRequest, actor: Actor, view_name: str) -> HttpResponseBase | None:
    """Who needs a second factor and has not shown one sets one up, or signs in again with it, and does nothing else."""
    if FACTOR_IN_SESSION in request.session or not needs_factor(actor):
        return None
    if is_mfa_enabled(request.user):
        return _sign_in_again(request)
    request.needs_factor = True  # type: ignore[attr-defined]  # templates leave the menu out
    return None if view_name in SETTING_UP else redirect("mfa_index")


def _account_over(request: HttpRequest) -> HttpResponse:
    """The account was ended while its session was open."""
    request.session.flush()
    return render(request, "account/account_inactive.html", status=403)


def _no_post(request: HttpRequest) -> HttpResponse:
    """The last post has ended, or none has begun: so has the session."""
    person = cast("Person", request.user)
    last = Post.objects.filter(person=person, held_until__isnull=False).order_by("-held_until").first()
    note_ended(person)
    _leave(request)
    on = legal_date(now())
    ended = last.held_until if last is not None and last.held_until is not None and last.held_until <= on else None
    return render(request, "account/no_post.html", {"ended": ended}, status=403)


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """A second factor has been set up elsewhere since; this session has not shown it."""
    _leave(request)
    messages.info(request, _("您的账号已经设置了第二重验证，请重新登录。"))
    return redirect("account_login")


def _leave(request: HttpRequest) -> None:
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)
