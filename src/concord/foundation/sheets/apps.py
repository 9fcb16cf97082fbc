"""The app's label."""

from __future__ import annotations

from django.apps import AppConfig


class Sheets(AppConfig):
    """表格."""

    name = "concord.foundation.sheets"
    label = "sheets"
    verbose_name = "表格"
