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
        """Register the guards that procedure files name, what follows acts, and what sheets may become."""
        import_module("concord.casework.guards")
        import_module("concord.casework.desk.following")
        import_module("concord.casework.desk.lead_sheets")
        import_module("concord.casework.desk.people_sheets")
