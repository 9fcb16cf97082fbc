"""What people see when something goes wrong: what happened, why, and what to do next."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from another site."""
    return render(request, "errors/csrf.html", {"reason": reason}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request could not be read at all, or was larger than what is taken."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "errors/413.html", {"said": "", "code": "request.too_large"}, status=413)
    return render(request, "errors/error.html", {"said": "", "code": "request.malformed"}, status=400)


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Seen, but not to be done."""
    return render(request, "errors/403.html", {"said": "", "code": ""}, status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's signature
    """There is no such address, or it must not be known to exist."""
    return render(request, "errors/404.html", {"said": "", "code": ""}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours: nothing of the request was kept half done."""
    return render(request, "errors/500.html", {"said": "", "code": ""}, status=500)
