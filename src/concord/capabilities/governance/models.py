"""Table of drafts: changes of the charter in the making."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import CharterVersion, Organisation, Person


class CharterDraft(models.Model):
    """A draft (草案) of the next version of the charter: all its texts, seen by its organisation and the centre.

    ``base`` is the digest of the version it was copied from; ``hands`` are the ids of all who changed it, of whom none
    may adopt it. ``version`` counts changes and catches a stale page; with ``adopted`` the draft is closed.
    """

    uid = models.UUIDField(unique=True, editable=False)
    charter = models.CharField(max_length=40)
    base = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    texts = models.JSONField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    hands = models.JSONField(default=list)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0)
    adopted = models.ForeignKey(CharterVersion, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-changed_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["organisation", "-changed_at"], name="draft_by_organisation")]

    def __str__(self) -> str:
        return self.title
