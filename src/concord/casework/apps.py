"""The app's label; guards and followers register themselves when it is ready."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class Casework(AppConfig):
    """事项."""

    name = "concord.casework"
    label = "casework"
    verbose_name = "事项"

    def ready(self) -> None:
        """Register the guards that procedure files name, and what follows acts."""
        import_module("concord.casework.guards")
        import_module("concord.casework.desk.following")
