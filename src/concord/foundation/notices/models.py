"""Table of notices: what a person should know, in the application."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import Organisation, Person


class Notice(models.Model):
    """One message to one person; it names a matter but carries nothing personal."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=100)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    matter_uid = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["person", "read_at", "-id"], name="notice_by_person")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "kind", "matter_uid", "zh", "made_at"], name="one_notice_of_a_kind_per_instant"
            )
        ]

    def __str__(self) -> str:
        return self.zh
