"""Tables of evidence: items and their files, physical lots, custody, handovers, recognition, who may see what."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.casework.models import Act, Case, Matter
from concord.foundation.access.models import Scope
from concord.foundation.files.models import File
from concord.foundation.ledger.models import Sealed
from concord.foundation.organisations.models import Organisation, Person, Post


class Item(models.Model):
    """An item of evidence (证据项), registered by the organisation that collects it; sealed once, then unchangeable.

    ``record`` is the collection record (law X01 to X06 and form 12) as canonical JSON by the fields of the item's kind,
    see ``rules.evidence.records``; it may hold personal data and is emptied when the item is erased. ``holder`` is the
    one organisation in whose custody it is. ``version`` counts changes and catches a stale page.
    """

    class State(models.TextChoices):
        """How far an item has come."""

        COLLECTING = "collecting", "采集中"
        SEALING = "sealing", "封存中"
        SEALED = "sealed", "已封存"
        DISPOSED = "disposed", "已处置"
        ERASED = "erased", "已删除"

    uid = models.UUIDField(unique=True, editable=False)
    number = models.CharField(max_length=80, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holder = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=160)
    state = models.CharField(max_length=12, choices=State.choices, default=State.COLLECTING)
    handling = models.CharField(max_length=40)
    place = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    record = models.JSONField(default=dict)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()
    sealed = models.OneToOneField(Sealed, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField(null=True)
    derived_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="derivatives")
    derivation = models.CharField(max_length=12, blank=True)
    key = models.CharField(max_length=80, null=True)  # noqa: DJ001  null, so that the unique pair ignores keyless items
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "key"], name="item_once_per_key")]
        indexes: ClassVar = [
            models.Index(fields=["case", "id"], name="item_by_case"),
            models.Index(fields=["id"], condition=Q(state="sealing"), name="item_to_seal"),
        ]

    def __str__(self) -> str:
        return self.number


class Officer(models.Model):
    """An officer who took part in collecting an item, with the number of the law-enforcement card (执法证号)."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="officers")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    card_number = models.CharField(max_length=40)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "person"], name="officer_once_per_item")]

    def __str__(self) -> str:
        return self.card_number


class ItemFile(models.Model):
    """A file of an item under its path in the package (``payload/…``).

    ``claimed`` is the SHA-256 that the browser or the collecting device computed before the file left it. ``erased_at``
    says when the bytes were deleted by duty; digests stay.
    """

    item = models.ForeignKey(Item, models.CASCADE, related_name="files")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    path = models.CharField(max_length=240)
    sm3 = models.CharField(max_length=64, blank=True)
    claimed = models.CharField(max_length=64, blank=True)
    original_location = models.CharField(max_length=300, blank=True)
    redaction_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="redactions")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "path"], name="path_once_per_item")]

    def __str__(self) -> str:
        return self.path


class Lot(models.Model):
    """A lot (批次) of a physical sample: a number of equal things under one seal at one place."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="lots")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    unit = models.CharField(max_length=20)
    seal = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "number"], name="lot_once_per_item")]

    def __str__(self) -> str:
        return f"{self.item_id}#{self.number}"


class LotMove(models.Model):
    """A move of things from a lot: taken in, split off, sampled, used up in a test, returned, destroyed; append-only.

    What is taken in has no ``source``, what leaves custody no ``destination``; see ``rules.evidence.lots``.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="moves")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    source = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+")
    destination = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+")
    quantity = models.PositiveBigIntegerField()
    place = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["item", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "seq"], name="lot_moves_are_numbered")]

    def __str__(self) -> str:
        return f"{self.item_id}#{self.seq} {self.kind}"


class Handover(models.Model):
    """One item on its way to another organisation in a matter; valid only once both receipts are in the ledger.

    ``given`` and ``received`` are the numbers of the package's signed events; null until the job has signed them.
    ``digests_agree`` is what the receiver's own computation found.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="handovers")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    giver = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    given_act = models.ForeignKey(Act, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    given = models.PositiveIntegerField(null=True)
    received_act = models.ForeignKey(Act, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True)
    received = models.PositiveIntegerField(null=True)
    digests_agree = models.BooleanField(null=True)
    declined_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "matter"], name="handover_once_per_matter"),
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(received_at__isnull=True, declined_at__isnull=True),
                name="one_handover_under_way",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(given__isnull=True) | Q(received__isnull=True, received_at__isnull=False),
                name="handover_to_sign",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id}→{self.receiver_id}"


class Custody(models.Model):
    """One move in the chain of custody (保管链): who, what, why, when, on what, with what result; append-only.

    ``act`` is a code of ``rules.evidence.custody``; ``explains`` is the move before a gap that this one explains.
    """

    item = models.ForeignKey(Item, models.PROTECT, related_name="custody")
    seq = models.PositiveIntegerField()
    act = models.CharField(max_length=16)
    at = models.DateTimeField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    counterparty = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    purpose = models.CharField(max_length=300)
    medium = models.CharField(max_length=200)
    result = models.CharField(max_length=300)
    place = models.CharField(max_length=200, blank=True)
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="moves")
    explains = models.ForeignKey("self", models.PROTECT, null=True, related_name="explanations")

    class Meta:
        ordering: ClassVar = ["item", "seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "seq"], name="custody_is_numbered")]

    def __str__(self) -> str:
        return f"{self.item_id}#{self.seq} {self.act}"


class Presentation(models.Model):
    """An item told in a matter: everyone who sees the matter from then on may see the item."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="presentations")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="presentations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    field = models.CharField(max_length=40)
    act = models.ForeignKey(Act, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    own = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "matter"], name="item_once_per_matter")]

    def __str__(self) -> str:
        return f"{self.item_id}@{self.matter_id}"


class ItemAudience(models.Model):
    """Who may see an item: one row per scope; written only by the commands of evidence, in the act's transaction.

    ``granted_by`` is the matter in which it was first told to that side; none for the side that collected it.
    """

    scope = models.ForeignKey(Scope, models.PROTECT, related_name="+", db_index=False)
    sort_key = models.BigIntegerField()
    item = models.ForeignKey(Item, models.CASCADE, related_name="audience", db_index=False)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    granted_by = models.ForeignKey(Matter, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["item", "scope"], name="one_item_audience_per_scope")]
        indexes: ClassVar = [
            models.Index(fields=["scope", "-sort_key", "item"], name="item_audience_by_scope"),
            models.Index(fields=["scope", "kind", "-sort_key", "item"], name="item_audience_by_kind"),
            models.Index(fields=["scope", "state", "-sort_key", "item"], name="item_audience_by_state"),
            models.Index(fields=["scope", "organisation", "-sort_key", "item"], name="item_audience_by_giver"),
        ]

    def __str__(self) -> str:
        return f"{self.scope_id}:{self.item_id}"


class Recognition(models.Model):
    """What a city thinks of an item (互认): presumed by agreement, recognised after review, or objected to.

    Append-only but for ``current``, which the next row of the same city takes away. ``findings`` are the ids of the
    requirements that were not met then, ``charter`` the digest of the version they stand in.
    """

    class Outcome(models.TextChoices):
        """What a row says."""

        PRESUMED = "presumed", "推定认可"
        RECOGNISED = "recognised", "审查认可"
        OBJECTED = "objected", "提出异议"
        LAPSED = "lapsed", "逾期未提异议，推定认可"

    item = models.ForeignKey(Item, models.PROTECT, related_name="recognitions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    act = models.ForeignKey(Act, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    ground = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=40)
    cause = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=2000, blank=True)
    findings = models.JSONField(default=list)
    charter = models.CharField(max_length=64)
    at = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["item", "organisation"], condition=Q(current=True), name="one_current_recognition"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["kind", "cause", "outcome", "-id"], name="recognition_precedents"),
            models.Index(fields=["ground", "-id"], condition=Q(outcome="objected"), name="recognition_by_ground"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.organisation_id} {self.outcome}"


class Consent(models.Model):
    """The giver's consent to a use of an item beyond its handling code; an act of the giver's leader."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="consents")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+")
    act = models.ForeignKey(Act, models.PROTECT, related_name="+")
    use = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "organisation", "use"], name="consent_once_per_use")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.organisation_id} {self.use}"
