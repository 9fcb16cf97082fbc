"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Jobs(AppConfig):
    """后台任务."""

    name = "concord.foundation.jobs"
    label = "jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        """Import every app's ``tasks``, so that each process knows all jobs by name."""
        autodiscover_modules("tasks")
