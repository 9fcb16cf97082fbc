"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Governance(AppConfig):
    """协作治理."""

    name = "concord.capabilities.governance"
    label = "governance"
    verbose_name = "协作治理"
