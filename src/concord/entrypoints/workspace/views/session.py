"""Signing in as a demo persona, and choosing the post to act in."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from concord.entrypoints.demo.personas import PERSONAS
from concord.entrypoints.workspace.jinja import named
from concord.entrypoints.workspace.middleware import POST_IN_SESSION
from concord.entrypoints.workspace.presenting import words
from concord.entrypoints.workspace.routing import Handled, page, public
from concord.entrypoints.workspace.views.assigning import back_to
from concord.foundation.access.queries import posts_held
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.models import Person, Post
from concord.foundation.organisations.queries import charter_on

DEMO_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@public
@require_POST
def persona(request: HttpRequest) -> HttpResponse:
    """Sign in as a demo persona with one click; there is no such door outside of the demo."""
    if not settings.ENVIRONMENT.demo:
        raise Http404
    wanted = request.POST.get("username", "")
    person = Person.objects.filter(username=wanted).first() if wanted in {one.username for one in PERSONAS} else None
    if person is None:
        raise Http404
    login(request, person, backend=DEMO_BACKEND)
    UserSession.objects.create_from_request(request)
    return redirect("workspace:today")


class SignIn(LoginView):  # type: ignore[misc]  # allauth publishes no types
    """The sign-in page; in the demo it offers the personas."""

    permission = "public"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the personas, the provincial sign-on, and whether a password can be renewed by e-mail."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        sign_on = settings.ENVIRONMENT.sign_on
        context["personas"] = personas() if settings.ENVIRONMENT.demo else []
        context["sign_on"] = sign_on.name if sign_on else ""
        context["by_mail"] = settings.MAIL_IS_SENT
        return context


def personas() -> list[dict[str, str]]:
    """The demo's people with what each comes to do."""
    on = legal_date(now())
    labels = {post.id: words(post) for post in charter_on(on).posts}
    rows = Post.objects.filter(person__username__in=[one.username for one in PERSONAS])
    posts: dict[str, Post] = {}
    for held in rows.select_related("person", "organisation").order_by("id"):
        posts.setdefault(held.person.username, held)
    return [
        {
            "username": one.username,
            "name": named(posts[one.username].person),
            "organisation": named(posts[one.username].organisation),
            "post": labels.get(one.post, one.post),
            "does": words(one.does),
        }
        for one in PERSONAS
        if one.username in posts
    ]


@page("directory:read")
def post(request: Handled) -> HttpResponse:
    """Act in another of one's own posts, and go on where the form was or says."""
    wanted = request.POST.get("post", "")
    held = posts_held(request.actor.person, on=legal_date(now()))
    if any(str(one.id) == wanted for one in held):
        request.session[POST_IN_SESSION] = int(wanted)
    return HttpResponseRedirect(back_to(request, "/"))
