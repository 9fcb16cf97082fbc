"""Tables: scopes (who can be shown a thing), API tokens, calendar feeds."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.foundation.organisations.models import Organisation, Post


class Scope(models.Model):
    """One audience that things can be shown to: an organisation."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="scope")

    def __str__(self) -> str:
        return str(self.organisation)


class Token(models.Model):
    """A key with which a program of an organisation speaks for one of its post-holders, within listed permissions."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    label = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    permissions = models.JSONField()
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-issued_at"]

    def __str__(self) -> str:
        return self.label


class Feed(models.Model):
    """An address under which a calendar program fetches what is due in a post; whoever has it reads, so it can end."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post"], condition=Q(revoked_at__isnull=True), name="one_feed_per_post")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.made_at:%Y-%m-%d}"
