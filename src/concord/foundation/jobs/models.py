"""Table of schedules; the jobs themselves lie in the tables of django-tasks-db."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Schedule(models.Model):
    """When a job that runs by itself is due next; how often is declared beside its handler."""

    name = models.CharField(max_length=80, unique=True)
    next_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["next_at"]

    def __str__(self) -> str:
        return f"{self.name} {self.next_at:%Y-%m-%d %H:%M}"
