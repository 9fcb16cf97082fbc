"""Tables of sheets that wait to be taken over: what was read from a file, row by row, as it was typed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import Organisation, Person


class Sheet(models.Model):
    """One file of rows that somebody brought; ``kind`` names what the rows are to become."""

    uid = models.UUIDField(unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=160)
    made_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="sheet_by_organisation")]

    def __str__(self) -> str:
        return self.name


class SheetRow(models.Model):
    """One row as it was typed: ``cells`` by column; ``made`` names what it became once it was taken."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    made = models.CharField(max_length=80, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["sheet", "number"], name="rows_are_numbered")]

    def __str__(self) -> str:
        return f"{self.sheet_id}#{self.number}"
