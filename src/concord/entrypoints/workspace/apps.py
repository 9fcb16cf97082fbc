"""The app's label."""

from __future__ import annotations

from django.apps import AppConfig


class Workspace(AppConfig):
    """workspace entry point."""

    name = "concord.entrypoints.workspace"
    label = "workspace"
