"""What every page of the workspace knows: who acts, in which language, and where one may go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of the shell around every page."""
    return {"actor": getattr(request, "actor", None), "request": request}
