"""Tables: charter versions, organisations with hats and departments, persons, posts and substitutes with dates."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q


class CharterVersion(models.Model):
    """One version of the alliance's charter (章程) with every text that belongs to it, in force by resolution."""

    charter = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    effective_from = models.DateField()
    resolution = models.CharField(max_length=120, blank=True)
    texts = models.JSONField()
    adopted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["effective_from", "id"]

    def __str__(self) -> str:
        return f"{self.charter}@{self.effective_from}"


class HolidayText(models.Model):
    """A holiday notice that an operator loaded after the charter was adopted; the newest text of a year counts."""

    year = models.PositiveSmallIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64, unique=True)
    loaded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return str(self.year)


class Kind(models.TextChoices):
    """What an organisation is in the alliance."""

    MEMBER = "member", "成员"
    CENTRE = "centre", "协作中心"


class Organisation(models.Model):
    """A member authority of the alliance, or its centre; what it is called comes from the charter."""

    code = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    zh = models.CharField(max_length=60)
    en = models.CharField(max_length=60)
    mark = models.CharField(max_length=20, unique=True)
    position = models.PositiveSmallIntegerField()
    telephone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return self.zh


class Hat(models.Model):
    """The name an organisation bears in one line of business (市场监管 or 知识产权)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="hats")
    line = models.CharField(max_length=12)
    zh = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "line"], name="one_hat_per_line")]

    def __str__(self) -> str:
        return self.zh


class Department(models.Model):
    """A department (科室) of an organisation; the one that is the ``desk`` takes what nobody else has (联络窗口)."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="departments")
    zh = models.CharField(max_length=60)
    en = models.CharField(max_length=60, blank=True)
    desk = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["organisation", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="department_has_length"
            ),
        ]

    def __str__(self) -> str:
        return self.zh


class Competence(models.Model):
    """What a department is competent for, and when: an area of permissions, such as ``assistance``."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="competences")
    area = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        ordering: ClassVar = ["department", "area", "valid_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="competence_has_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} · {self.area}"


class PersonManager(BaseUserManager["Person"]):
    """Makes persons; nobody is a superuser here."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> Person:
        """A person who can sign in once a password is set."""
        person = self.model(username=username, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A human being who signs in; rights come from posts, never from the person."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(max_length=60, unique=True)
    zh = models.CharField(max_length=60)
    en = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    objects = PersonManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []

    def __str__(self) -> str:
        return self.zh


class Post(models.Model):
    """A post (岗位) that a person holds in an organisation for a time; the charter says what it may do.

    ``home`` is the member that seconded the person to the centre. A post that still waits for confirmation, or was
    refused or withdrawn, is not ``effective`` and gives no rights. ``successor`` takes over what is open when it ends.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts")
    kind = models.CharField(max_length=40)
    group = models.CharField(max_length=40, blank=True)
    held_from = models.DateField()
    held_until = models.DateField(null=True, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="posts")
    home = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    effective = models.BooleanField(default=True, db_default=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["held_from", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(held_until__isnull=True) | Q(held_until__gt=F("held_from")), name="post_has_length"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation} · {self.kind}"


class Substitution(models.Model):
    """For a time the holder of another post also acts in this one: on leave (请假代理) or by delegation (授权).

    Whoever acts so does it in the absent one's post and under their own name. A leave may have no substitute; a
    delegation is not ``effective`` before it is confirmed.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="substitutions")
    substitute = models.ForeignKey(Post, models.PROTECT, null=True, related_name="stands_in")
    reason = models.CharField(max_length=12)
    held_from = models.DateField()
    held_until = models.DateField()
    arranged_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    arranged_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    effective = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering: ClassVar = ["held_from", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(held_until__gt=F("held_from")), name="substitution_has_length"),
            models.CheckConstraint(condition=~Q(post=F("substitute")), name="nobody_stands_in_for_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.substitute} ⇒ {self.post}"


class Proposal(models.Model):
    """What the administrator proposes and the security officer confirms or refuses (三员分立): it waits until then.

    A post to be held, a longer term (``until``, its last day not included; null without an end), or a delegation.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="proposals")
    substitution = models.ForeignKey(Substitution, models.PROTECT, null=True, related_name="proposals")
    longer = models.BooleanField(default=False)
    until = models.DateField(null=True)
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "id"], condition=Q(decided_at__isnull=True), name="proposal_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.proposed_at:%Y-%m-%d}"


class Invitation(models.Model):
    """A link, good once and for a time, with which an invited person sets a password and signs in."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="invitations")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.person} {self.made_at:%Y-%m-%d}"
