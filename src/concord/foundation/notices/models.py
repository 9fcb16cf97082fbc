"""Tables of notices: what a person should know, and how that person wants to be told."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.foundation.organisations.models import Organisation, Person


class Notice(models.Model):
    """One message to one person; it names a matter but carries nothing personal.

    ``subject`` is what an e-mail may call it by: the matter's number. ``mail_after`` is when it may go out by e-mail,
    null when it does not; ``mailed_at`` when it went.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=100)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    subject = models.CharField(max_length=40, default="")
    matter_uid = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_after = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["person", "organisation", "-id"], name="notice_by_person"),
            models.Index(fields=["person", "organisation"], condition=Q(read_at__isnull=True), name="notice_unread"),
            models.Index(
                fields=["mail_after"],
                condition=Q(mail_after__isnull=False, mailed_at__isnull=True),
                name="notice_to_be_mailed",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "kind", "matter_uid", "zh", "made_at"], name="one_notice_of_a_kind_per_instant"
            )
        ]

    def __str__(self) -> str:
        return self.zh


class NoticeSetting(models.Model):
    """How a person wants to be told beside the application: by e-mail at once, once a day, or not; and when never.

    ``mail`` is ``each``, ``digest`` or ``none``; ``muted`` lists the kinds (``area`` or ``area.act``) that are not
    mailed; times are on Shanghai's clock.
    """

    person = models.OneToOneField(Person, models.CASCADE, related_name="notice_setting")
    mail = models.CharField(max_length=8, default="digest")
    digest_at = models.TimeField(default=time(8, 30))
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    on_working_days_only = models.BooleanField(default=True)
    muted = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.person_id} {self.mail}"
