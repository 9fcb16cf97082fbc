"""The app's label."""

from __future__ import annotations

from django.apps import AppConfig


class Rest(AppConfig):
    """rest entry point."""

    name = "concord.entrypoints.rest"
    label = "rest"
