"""The app's label and Chinese name."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class Evidence(AppConfig):
    """证据互认."""

    name = "concord.capabilities.evidence"
    label = "evidence"
    verbose_name = "证据互认"

    def ready(self) -> None:
        """Register what acts of procedures do with items, and what their answers may name."""
        import_module("concord.capabilities.evidence.handlers")
