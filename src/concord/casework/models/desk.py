"""Tables of the work around matters: reminders, offers of a date, escalations, ratings, links, views, words to find."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from concord.casework.models.matters import ClockRun, Matter
from concord.foundation.access.models import Scope
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Organisation, Person


class Reminder(models.Model):
    """One organisation reminded another of a matter that waits for it (催办)."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="reminders")
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.matter_id}: {self.sender_id} → {self.receiver_id}"


class DateOffer(models.Model):
    """The owner of an agreed clock offers another date for its end (商请期限); the other side takes it or not."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="date_offers")
    run = models.ForeignKey(ClockRun, models.PROTECT, related_name="date_offers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    offered_date = models.DateField()
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    taken = models.BooleanField(null=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(answered_at__isnull=True), name="one_open_offer_per_run"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.offered_date}"


class Escalation(models.Model):
    """A rung of the charter's ladder that an overdue clock has reached; ``to`` as the charter writes it."""

    run = models.ForeignKey(ClockRun, models.PROTECT, related_name="escalations")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="escalations")
    after = models.CharField(max_length=12)
    to = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "after", "to"], name="each_rung_once")]

    def __str__(self) -> str:
        return f"{self.run_id} → {self.to}"


class Rating(models.Model):
    """How one side found the other's work on an ended matter; ``opened`` once both have rated, and then both see."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="ratings")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    rated = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    timeliness = models.PositiveSmallIntegerField()
    effort = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    opened = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "organisation", "rated"], name="one_rating_per_side"),
            models.CheckConstraint(
                condition=Q(timeliness__range=(1, 5), effort__range=(1, 5)), name="ratings_from_one_to_five"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id}: {self.organisation_id} → {self.rated_id}"


class Link(models.Model):
    """Two matters that belong together (关联); shown only to whoever may see both."""

    first = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    second = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="linked_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="linked_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} + {self.second_id}"


class SavedView(models.Model):
    """Filters of a list that a person keeps under a name; ``shared`` ones are offered to the whole organisation."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)
    shared = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "organisation", "page", "name"], name="one_view_of_a_name")
        ]

    def __str__(self) -> str:
        return self.name


class WordsEdition(models.Model):
    """How far all matters' words are brought to an edition: up to the matter ``reached``, or ``done``; one row."""

    edition = models.PositiveIntegerField(default=0)
    reached = models.BigIntegerField(default=0)
    done = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.edition}:{'done' if self.done else self.reached}"


class Words(models.Model):
    """The words by which a matter is found: those every side may see (``scope`` null), or one side's own.

    The words themselves stand in the index that ``foundation/database/search`` keeps for this table; a search in it
    yields ids only.
    """

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="words")
    scope = models.ForeignKey(Scope, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "scope"], name="one_row_of_words_per_side"),
            models.UniqueConstraint(
                fields=["matter"], condition=Q(scope__isnull=True), name="one_row_of_words_for_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id}:{self.scope_id}"


class SilenceStatement(models.Model):
    """That at a day's end letters of ``asking`` waited for ``asked`` without an answer, sealed (未答复证明).

    Without ``asked`` it says that nothing of ``asking`` waited for anybody. ``uid`` is that of the sealed package.
    """

    uid = models.UUIDField(unique=True, editable=False)
    date = models.DateField()
    asking = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    asked = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", db_index=False)
    count = models.PositiveIntegerField()
    stated_at = models.DateTimeField()
    sealed = models.OneToOneField(Sealed, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-date", "asking", "asked"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["date", "asking", "asked"], name="one_statement_per_pair"),
            models.UniqueConstraint(
                fields=["date", "asking"], condition=Q(asked__isnull=True), name="one_statement_of_nothing"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asking", "-date", "-id"], name="statement_by_asking"),
            models.Index(fields=["asked", "-date", "-id"], name="statement_by_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.asking_id} → {self.asked_id}"
