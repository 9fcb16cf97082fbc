"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Ledger(AppConfig):
    """存证账本."""

    name = "concord.foundation.ledger"
    label = "ledger"
    verbose_name = "存证账本"
