"""How a view of the workspace is reached: a permission on every route, one place where errors become pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from concord.casework.desk import receipts
from concord.entrypoints.workspace.middleware import ActorRequest
from concord.entrypoints.workspace.presenting import words
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date, now
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import ConcordError, NotAllowed, NotFound, Said

P = ParamSpec("P")
PUBLIC = "public"


class Handled(ActorRequest):
    """The request as a guarded view gets it: somebody acts."""

    actor: Actor


def page(
    permission: str,
) -> Callable[
    [Callable[Concatenate[Handled, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Guard a view with a permission of the charter; ConcordErrors become pages that say what to do next."""

    def around(
        view: Callable[Concatenate[Handled, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            _refuse_null_characters(request)
            handled = cast("Handled", request)
            try:
                if handled.actor is None:
                    raise _no_post()
                if not handled.actor.may(permission):
                    raise _not_for_post(permission, handled.actor)
                return view(handled, *args, **kwargs)
            except ConcordError as error:
                return error_page(request, error)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the fitness test of routes
        return guarded

    return around


def public(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Mark a view that anybody may reach."""
    view.permission = PUBLIC  # type: ignore[attr-defined]  # read by the fitness test of routes
    return view


@contextmanager
def refusals_noted(by: Actor, *, what: str = "matter", uid: UUID | None = None, number: str = "") -> Iterator[None]:
    """Around a look-up: what exists and is not shown leaves a record of the refusal; the error goes on."""
    try:
        yield
    except NotFound:
        receipts.note_refusal(by=by, at=now(), what=what, uid=uid, number=number)
        raise


def error_page(request: HttpRequest, error: ConcordError) -> HttpResponse:
    """The page of an error: what happened, why, what to do next, in the reader's language."""
    template = {403: "errors/403.html", 404: "errors/404.html", 409: "errors/409.html"}.get(
        error.status, "errors/error.html"
    )
    context = {"said": words(error.said), "code": error.code, "status": error.status}
    return render(request, template, context, status=error.status)


def _refuse_null_characters(request: HttpRequest) -> None:
    """PostgreSQL keeps none in a text, and nobody types one."""
    sent = [text for given in (request.GET, request.POST) for _, values in given.lists() for text in values]
    if any("\0" in text for text in (request.path, *sent)):
        raise SuspiciousOperation("null character")


def _no_post() -> NotAllowed:
    return NotAllowed(
        "access.no_post",
        Said(
            "您今天没有在任的岗位，不能办理业务。请联系本机关的系统管理员。",
            "You hold no post today, so nothing can be done here. Ask the administrator of your organisation.",
        ),
    )


def _not_for_post(permission: str, actor: Actor) -> NotAllowed:
    charter = charter_on(legal_date(now()))
    names = {power.id: Said(power.zh, power.en) for power in charter.permissions}
    names |= {post.id: Said(post.zh, post.en) for post in charter.posts}
    asked, held = (names.get(one, Said(one, one)) for one in (permission, actor.post.kind))
    return NotAllowed(
        "access.not_for_post",
        Said(
            f"这一页用于“{asked.zh}”，您现在的岗位（{held.zh}）没有这项权限。如有其他岗位，请在右上角切换。",
            f"This page is for “{asked.en}”, which your present post ({held.en}) may not do. "
            "If you hold another post, switch to it at the top right.",
        ),
    )
