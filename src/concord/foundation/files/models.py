"""Tables of files: who brought which bytes, which lie once under their digest; and of uploads in pieces."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from concord.foundation.organisations.models import Organisation, Person


class File(models.Model):
    """One file as somebody brought it or the system made it; several may share the same bytes."""

    uid = models.UUIDField(unique=True, editable=False)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stored_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["digest"], name="file_by_digest")]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A large file on its way, in pieces of ``chunk_size`` bytes; ``received`` counts those that are here.

    ``sha256`` is what the sender says of the whole, empty when it was not known at the start. ``touched_at`` is when
    anything last came; what is not touched for long is swept away.
    """

    class State(models.TextChoices):
        """How far an upload has come."""

        OPEN = "open", "上传中"
        COMPLETE = "complete", "已完成"
        REFUSED = "refused", "未接收"

    uid = models.UUIDField(unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    chunk_size = models.PositiveIntegerField()
    received = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    begun_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    file = models.ForeignKey(File, models.CASCADE, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["organisation"], condition=models.Q(state="open"), name="upload_under_way"),
            models.Index(fields=["touched_at"], name="upload_by_touch"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def chunks(self) -> int:
        """How many pieces the whole has."""
        return -(-self.size // self.chunk_size)


class UploadChunk(models.Model):
    """One piece that is here, with the SHA-256 it arrived with; ``index`` counts from 0."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    index = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["upload", "index"], name="chunk_once_per_upload")]

    def __str__(self) -> str:
        return f"{self.upload_id}#{self.index}"
