"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Access(AppConfig):
    """权限."""

    name = "concord.foundation.access"
    label = "access"
    verbose_name = "权限"
