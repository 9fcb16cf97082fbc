"""The app's label and Chinese name."""

from __future__ import annotations

from django.apps import AppConfig


class Files(AppConfig):
    """文件."""

    name = "concord.foundation.files"
    label = "files"
    verbose_name = "文件"
