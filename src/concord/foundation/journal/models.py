"""Tables of the journal (流水): acts and reads; both append-only by trigger."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.foundation.organisations.models import Organisation, Person, Post


class Entry(models.Model):
    """One thing that happened; the row commits with the change it tells of.

    ``details`` holds no free text about people: identifiers, states, digests. ``subject`` is what people read
    (a number); ``matter_uid`` ties the entry to its matter, ``internal`` keeps it inside the acting organisation.
    ``leaf_index`` is its place in the ledger, null until the ledger has taken it in; nothing else of a row changes.
    """

    at = models.DateTimeField()
    event = models.CharField(max_length=80)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=80, blank=True)
    matter_uid = models.UUIDField(null=True)
    internal = models.BooleanField(default=False)
    details = models.JSONField(default=dict)
    leaf_index = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-at", "-id"], name="entry_by_organisation"),
            models.Index(fields=["organisation", "event", "-at", "-id"], name="entry_by_event"),
            # The operator class lets PostgreSQL look for beginnings under any collation.
            models.Index(
                fields=["organisation", "subject", "-at", "-id"],
                opclasses=["int8_ops", "varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
                name="entry_by_subject",
            ),
            models.Index(fields=["matter_uid", "id"], name="entry_by_matter"),
            models.Index(fields=["id"], condition=Q(leaf_index__isnull=True), name="entry_pending"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["leaf_index"], condition=Q(leaf_index__isnull=False), name="one_entry_per_leaf"
            )
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.event}"


class Read(models.Model):
    """Somebody looked at a sensitive thing, or was refused; written in a transaction of its own."""

    at = models.DateTimeField()
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)
    refused = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-id"], name="read_by_organisation"),
            models.Index(fields=["subject", "-id"], name="read_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.what} {self.subject}"
