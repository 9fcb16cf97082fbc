"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Notices(AppConfig):
    """通知."""

    name = "concord.foundation.notices"
    label = "notices"
    verbose_name = "通知"
