"""What people see when something goes wrong: what happened, why, and what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from another site."""
    return render(request, "errors/csrf.html", {"reason": reason}, status=403)
