"""Table of the cases and leads under which an organisation gathers its matters."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import Organisation, Person


class Case(models.Model):
    """A case or lead (案件、线索) of one organisation, under which its matters are gathered; seen by that one only.

    What is known of it beyond number and name is optional; ``amount`` is in whole fen, ``source`` and ``cause`` are
    codes as procedures use them.
    """

    uid = models.UUIDField(unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    number = models.CharField(max_length=80)
    name = models.CharField(max_length=160)
    stage = models.CharField(max_length=20)
    source = models.CharField(default="", max_length=40, blank=True)
    found_date = models.DateField(null=True)
    party = models.CharField(default="", max_length=120, blank=True)
    party_code = models.CharField(default="", max_length=18, blank=True)
    party_address = models.CharField(default="", max_length=200, blank=True)
    cause = models.CharField(default="", max_length=40, blank=True)
    mark = models.CharField(default="", max_length=120, blank=True)
    right_number = models.CharField(default="", max_length=40, blank=True)
    amount = models.BigIntegerField(null=True)
    content = models.CharField(default="", max_length=3000, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-opened_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "number"], name="case_number_once_per_organisation")
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "-id"], name="case_latest")]

    def __str__(self) -> str:
        return f"{self.name}（{self.number}）"
