"""The language a command speaks unless it is told."""

from __future__ import annotations

import os


def preferred_language() -> str:
    """``en`` when the environment's locale is English, else ``zh``."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    return "en" if locale.startswith("en") else "zh"
