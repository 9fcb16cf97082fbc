"""The app's label."""

from __future__ import annotations

from django.apps import AppConfig


class Workspace(AppConfig):
    """workspace entry point."""

    name = "concord.entrypoints.workspace"
    label = "workspace"

    def ready(self) -> None:
        """Listen to what happens to accounts."""
        from concord.entrypoints.workspace import account_events  # noqa: F401, PLC0415  models are loaded by now
