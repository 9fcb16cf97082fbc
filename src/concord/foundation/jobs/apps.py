"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Jobs(AppConfig):
    """后台任务."""

    name = "concord.foundation.jobs"
    label = "jobs"
    verbose_name = "后台任务"
