"""Table of files: who brought which bytes; the bytes lie once under their digest."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import Organisation, Person


class File(models.Model):
    """One file as somebody brought it or the system made it; several may share the same bytes."""

    uid = models.UUIDField(unique=True, editable=False)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stored_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["digest"], name="file_by_digest")]

    def __str__(self) -> str:
        return self.name
