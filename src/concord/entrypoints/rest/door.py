"""The door of the API: who speaks, what may be asked at all, and under whose scope the database answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from ninja.security import HttpBearer

from concord.entrypoints.rest.problems import RequestRefused, problem_response
from concord.entrypoints.rest.wire import check_text
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_of_token
from concord.foundation.access.tokens import PREFIX
from concord.foundation.database import scope
from concord.foundation.database.clock import now
from concord.foundation.files.policy import MAX_SIZE
from concord.rules.errors import NotAllowed, Said

ANY_POST = "any"
NO_POST = "none"
TOKEN = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")
LARGEST_BODY = 4 * 1024 * 1024
# A file comes with its multipart wrapping.
LARGEST_UPLOAD = MAX_SIZE + 64 * 1024
UPLOAD_TYPE = "multipart/form-data"
LONGEST_NUMBER = 18
View = Callable[..., HttpResponseBase]


class ApiRequest(HttpRequest):
    """A request that has passed the door: ``auth`` is whoever the token speaks for."""

    auth: Actor


class Token(HttpBearer):
    """Takes a bearer token and nothing else, and asks of its actor ``permission``, ``ANY_POST`` for a mere token.

    Operations that name no ``Token`` inherit one that asks for ``NO_POST``, which nobody holds.
    """

    openapi_description = "A token issued by the administrator of the organisation."

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002  Ninja passes it
        """The actor, its scope entered; None for no good token. Raises NotAllowed ``access.not_for_post``."""
        actor = actor_of_token(token, at=now()) if TOKEN.fullmatch(token) else None
        if actor is None:
            return None
        if self.permission != ANY_POST and not actor.may(self.permission):
            raise NotAllowed(
                "access.not_for_post",
                Said(
                    f"令牌没有此操作所需的权限（{self.permission}）。",
                    f"The token lacks the permission {self.permission} that this operation needs.",
                ),
            )
        scope.enter(str(actor.scope_id))
        return actor


def guarded(view: View) -> View:
    """Let in what can be read, speak for nobody until a token says otherwise, tell every failure as a problem.

    What the session's middleware has put on the request counts for nothing here.
    """

    @csrf_exempt
    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        with scope.speaking_for(scope.NOBODY):
            try:
                _refuse_unreadable(request)
                response = view(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001  the last place where an error can still be told as a problem
                response = problem_response(request, error)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response.headers["Allow"]
            response = problem_response(request, RequestRefused("request.method_not_offered"))
            response.headers["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Authorization", "Accept-Language"])
        return response

    return answered


@guarded
def unknown_address(request: HttpRequest) -> HttpResponseBase:
    """Whatever stands nowhere else under ``/api/``."""
    return problem_response(request, RequestRefused("request.no_such_address"))


def _refuse_unreadable(request: HttpRequest) -> None:
    """Refuse what is too large before it is read, and texts that no database keeps."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    most = LARGEST_UPLOAD if request.content_type == UPLOAD_TYPE else LARGEST_BODY
    if not length.isdecimal() or len(length) > LONGEST_NUMBER or int(length) > most:
        raise RequestRefused("request.too_large")
    check_text(request.path)
    for name, values in request.GET.lists():
        for text in (name, *values):
            check_text(text)
