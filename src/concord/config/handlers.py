"""What failed before any view was reached: programs are told in the API's form, people on a page."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse

from concord.entrypoints.rest.problems import problem_response
from concord.entrypoints.workspace import errors

PROGRAMS = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request could not be read: a foreign host, too large, malformed."""
    if request.path.startswith(PROGRAMS):
        return problem_response(request, exception)
    return errors.bad_request(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours outside of every view; it is logged where it happened."""
    if request.path.startswith(PROGRAMS):
        fault = sys.exc_info()[1]
        return problem_response(request, fault if isinstance(fault, Exception) else RuntimeError("outside of views"))
    return errors.failed(request)
