"""Puts the actor on the request and lets the database connection speak for that actor's scope only."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database import scope
from concord.foundation.database.clock import now
from concord.foundation.database.memory import remembering
from concord.foundation.organisations.models import Person

POST_IN_SESSION = "post"


class ActorRequest(HttpRequest):
    """A request behind the middleware: ``actor`` is None for visitors and for people without a post today."""

    actor: Actor | None


class ActorMiddleware:
    """Sets ``request.actor`` from the session and enters its scope; leaves the scope whatever happens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as the actor, or as nobody."""
        actor = None
        with remembering():
            if isinstance(request.user, Person):
                actor = actor_for(request.user, post_id=request.session.get(POST_IN_SESSION), at=now())
            request.actor = actor  # type: ignore[attr-defined]  # ActorRequest is how views name this request
            with scope.speaking_for(str(actor.scope_id) if actor else scope.NOBODY):
                return self.get_response(request)
