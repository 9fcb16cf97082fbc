"""Tables of the ledger (存证账本): what goes into the log beside the journal, where it stands, who co-signed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.foundation.files.models import File
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Organisation

LONGEST_LEAF = 1024


class Kind(models.TextChoices):
    """What a submitted leaf logs; journal entries are not submitted, the sequencer finds them."""

    SEAL = "seal", "封存"
    SILENCE = "silence", "未答复证明"
    SNAPSHOT = "snapshot", "快照"
    RUN = "run", "分配"
    EVENT = "event", "保管事件"
    DIRECTORY = "directory", "密钥目录"
    POLICY = "policy", "策略"
    ANCHOR = "anchor", "锚定"
    RENEWAL = "renewal", "续期"


class Salt(models.Model):
    """32 random bytes that hide a journal entry in its leaf. Deleting the row erases the person; it never changes."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="+")
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return str(self.entry_id)


class Submission(models.Model):
    """One leaf that is no journal entry, committed with the act it belongs to; ``leaf_index`` is its place."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    subject = models.CharField(max_length=120)
    leaf = models.BinaryField(max_length=LONGEST_LEAF)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField()
    leaf_index = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(leaf_index__isnull=True), name="submission_pending")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject"], name="one_submission_per_subject"),
            models.UniqueConstraint(
                fields=["leaf_index"], condition=Q(leaf_index__isnull=False), name="one_submission_per_leaf"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Standing(models.Model):
    """Where the log stands (one row): how many leaves are durable, and the hashes from which the tree grows on.

    ``first`` is the place of the log's first leaf: 0 unless another log came before, whose rows keep theirs.
    """

    first = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    hashes = models.BinaryField(default=bytes)
    origin = models.CharField(max_length=120, blank=True)
    tiles = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """A signed state of the log; published once enough witnesses co-signed, its ``note`` then carries their lines."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-size"]

    def __str__(self) -> str:
        return str(self.size)


class ClosedLog(models.Model):
    """A log that goes on under another origin: its last published checkpoint and its files prove its rows for good.

    It proves the rows with places from ``first`` up to, and without, ``until``.
    """

    origin = models.CharField(max_length=120, unique=True)
    first = models.BigIntegerField()
    until = models.BigIntegerField()
    note = models.TextField()
    tiles = models.CharField(max_length=500)
    closed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["first", "id"]

    def __str__(self) -> str:
        return self.origin


class Cosigner(models.Model):
    """What the log knows of a witness: up to which size it co-signed, when, and why it last refused."""

    name = models.CharField(max_length=120, unique=True)
    size = models.BigIntegerField(default=0)
    cosigned_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Incident(models.Model):
    """Something wrong with the ledger for a time; people are told of it once."""

    kind = models.CharField(max_length=12)
    reason = models.CharField(max_length=60, blank=True)
    began_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind"], condition=Q(ended_at__isnull=True), name="one_open_incident")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.began_at:%Y-%m-%d %H:%M}"


class Sealed(models.Model):
    """A sealed package (证据包): everything it is made of but the bytes of its files, which lie with the files.

    The texts are, byte for byte, what was signed; with ``proof``, an encoded tlog-proof of the submitted leaf, the
    package can be written out at any time and is always the same. ``tokens`` are time-stamp responses as
    ``{"name", "gm", "response", "at", "late"}``; ``owing`` names the stampers that have not answered yet. What begins
    with ``head`` is leaf and proof of the newest event, once one was added after the sealing. ``finished``: nothing
    more is awaited.
    """

    class State(models.TextChoices):
        """Whether the leaf is in a published state of the log yet."""

        QUEUED = "queued", "待入账"
        PROVEN = "proven", "已入账"

    uid = models.UUIDField(unique=True, editable=False)
    package = models.CharField(max_length=56, unique=True)
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=120)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    manifest = models.TextField()
    events = models.JSONField()
    chunks = models.JSONField(default=list)
    disclosure = models.TextField(blank=True)
    directory = models.TextField(blank=True)
    tokens = models.JSONField(default=list)
    owing = models.JSONField(default=list)
    submission = models.OneToOneField(Submission, models.PROTECT, related_name="+")
    proof = models.TextField(blank=True)
    head_submission = models.OneToOneField(Submission, models.PROTECT, null=True, related_name="+")
    head_proof = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    sealed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    finished = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(finished=False), name="sealed_unfinished")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "subject"], name="one_package_per_subject")]

    def __str__(self) -> str:
        return self.package


class SealedFile(models.Model):
    """A file of a sealed package, under the path that its manifest lists."""

    sealed = models.ForeignKey(Sealed, models.PROTECT, related_name="files")
    path = models.CharField(max_length=240)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["sealed", "path"], name="path_once_per_package")]

    def __str__(self) -> str:
        return self.path
