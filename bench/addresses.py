"""Concord's addresses, and one more that says “ok” behind the same middleware."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from concord.config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def ok(_request: HttpRequest) -> HttpResponse:
    """The cheapest page there is."""
    return HttpResponse("ok")


urlpatterns = [path("ok/", ok), *urlpatterns]
