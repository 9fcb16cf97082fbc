"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Journal(AppConfig):
    """流水."""

    name = "concord.foundation.journal"
    label = "journal"
    verbose_name = "流水"
