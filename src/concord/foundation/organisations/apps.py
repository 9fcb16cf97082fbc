"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Organisations(AppConfig):
    """机构与人员."""

    name = "concord.foundation.organisations"
    label = "organisations"
    verbose_name = "机构与人员"
