"""Tables of casework: what runs, who takes part, what was done, what is due, what was written and sent."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import Q

from concord.casework.models.cases import Case
from concord.foundation.access.models import Scope
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Department, Organisation, Person, Post

# What is not due at all comes after everything that is.
NEVER = date.max
OPEN, OURS, THEIRS = Q(open=True), Q(open=True, ours=True), Q(open=True, ours=False)
NOBODYS = Q(open=True, ours=True, handler__isnull=True)
HANDLED = Q(handler__isnull=False)


class ProcedureVersion(models.Model):
    """One dated version of a procedure, kept as the text that was adopted; a matter runs on one of them."""

    procedure = models.CharField(max_length=60)
    in_force_from = models.DateField()
    digest = models.CharField(max_length=64, unique=True)
    text = models.TextField()

    class Meta:
        ordering: ClassVar = ["procedure", "in_force_from"]

    def __str__(self) -> str:
        return f"{self.procedure}@{self.in_force_from}"


class Matter(models.Model):
    """A matter (事项): one run of one procedure version.

    ``facts`` are what every participant knows; ``drafts`` hold, per role, what that side has said internally and
    not yet let out. ``outer_state`` is the state as the others know it while ``inner_role`` works behind the door.
    ``version`` counts acts and catches a stale page.
    """

    uid = models.UUIDField(unique=True, editable=False)
    number = models.CharField(max_length=40, unique=True)
    procedure_version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="+")
    procedure = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=40)
    outer_state = models.CharField(max_length=40)
    inner_role = models.CharField(max_length=40, blank=True)
    final = models.BooleanField(default=False)
    origin = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    target = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    holder = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="matters")
    begun_at = models.DateTimeField()
    acted_at = models.DateTimeField()
    next_due = models.DateField(null=True)
    handling = models.CharField(max_length=40, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict)
    drafts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["case"], name="matter_by_case")]

    def __str__(self) -> str:
        return self.number


class Audience(models.Model):
    """Who may see a matter: one row per scope; written only by casework, in the act's transaction.

    Beside the place in lists it holds what lists are filtered by, as that side knows it, so that one index answers:
    the state, whose turn it is and for what (``duty``: ``sign`` or ``work``), the next safe day (``due``) and the first
    legal last day of a counting clock (``late_after``), both ``NEVER`` without one; and who handles the matter there.
    """

    scope = models.ForeignKey(Scope, models.PROTECT, related_name="+", db_index=False)
    sort_key = models.BigIntegerField()
    matter = models.ForeignKey(Matter, models.CASCADE, related_name="audience", db_index=False)
    role = models.CharField(max_length=40)
    procedure = models.CharField(max_length=60)
    state = models.CharField(max_length=40, blank=True, default="")
    open = models.BooleanField(default=True)
    ours = models.BooleanField(default=False)
    duty = models.CharField(max_length=8, blank=True, default="")
    due = models.DateField(default=NEVER)
    late_after = models.DateField(default=NEVER)
    origin = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    target = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+", db_index=False)
    handler = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+", db_index=False)
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["matter", "scope"], name="one_audience_row_per_scope")]
        indexes: ClassVar = [
            models.Index(fields=["scope", "-sort_key", "matter"], name="audience_by_scope"),
            models.Index(fields=["scope", "state", "-sort_key", "matter"], name="audience_by_state"),
            models.Index(fields=["scope", "procedure", "-sort_key", "matter"], name="audience_by_procedure"),
            models.Index(fields=["scope", "duty", "due", "matter"], condition=OURS, name="audience_to_do"),
            models.Index(fields=["scope", "due", "matter"], condition=THEIRS, name="audience_waiting"),
            models.Index(fields=["scope", "due", "matter"], condition=OPEN, name="audience_open"),
            models.Index(fields=["scope", "late_after", "matter"], condition=OPEN, name="audience_late"),
            models.Index(fields=["handler", "due", "matter"], condition=OPEN, name="audience_by_handler"),
            models.Index(fields=["handler", "-sort_key", "matter"], condition=HANDLED, name="audience_handled"),
            models.Index(fields=["handler", "due", "matter"], condition=OURS, name="audience_to_do_by_post"),
            models.Index(fields=["scope", "duty", "due", "matter"], condition=NOBODYS, name="audience_nobodys"),
            models.Index(fields=["scope", "-sort_key", "matter"], condition=OPEN, name="audience_open_latest"),
            models.Index(fields=["scope", "origin", "-sort_key", "matter"], name="audience_by_origin"),
            models.Index(fields=["scope", "target", "-sort_key", "matter"], name="audience_by_target"),
            models.Index(fields=["scope", "origin", "target", "late_after"], condition=OPEN, name="audience_between"),
        ]

    def __str__(self) -> str:
        return f"{self.scope_id}:{self.matter_id}"


class Participant(models.Model):
    """An organisation's role in a matter; it sees the matter from ``joined_at`` on.

    ``awaited``: the role is held by many and this organisation is still to do what comes next.
    """

    matter = models.ForeignKey(Matter, models.CASCADE, related_name="participants")
    role = models.CharField(max_length=40)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    joined_at = models.DateTimeField(null=True)
    awaited = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "role", "organisation"], name="organisation_once_per_role")
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.organisation}"


class Act(models.Model):
    """One act (行为), immutable: who did what, when, and what was said, as canonical JSON."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="acts")
    seq = models.PositiveIntegerField()
    act = models.CharField(max_length=40)
    role = models.CharField(max_length=40)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    from_state = models.CharField(max_length=40, blank=True)
    to_state = models.CharField(max_length=40)
    internal = models.BooleanField()
    answers = models.JSONField()
    answers_digest = models.CharField(max_length=64)
    key = models.CharField(max_length=80, null=True)  # noqa: DJ001  null, so that the unique pair ignores keyless acts
    key_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["matter", "seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter", "seq"], name="acts_are_numbered"),
            models.UniqueConstraint(fields=["organisation", "key"], name="a_key_acts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_id}#{self.seq} {self.act}"


class Attachment(models.Model):
    """A file told in an act; ``internal`` until its side lets it out."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="attachments")
    act = models.ForeignKey(Act, models.PROTECT, related_name="attachments")
    field = models.CharField(max_length=40)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["act", "field", "file"], name="file_once_per_field")]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.file_id}"


class ClockRun(models.Model):
    """A running or ended clock (期限) with the rule it started under; anyone can recompute it from these columns.

    Days are counted from ``start_date`` (back from it when ``counts_back``), hours from ``started_at``; a clock without
    ``limit`` ends on the agreed day ``nominal``. ``extensions`` are the limits given, in order (``["15WD"]``);
    ``exclusions`` the spans of days not counted, both ends with them (``[["2026-03-02", "2026-03-06"]]``). While
    ``suspended_on`` is set the clock stands still. ``rule_digest`` is that of the procedure version it started under.
    """

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="clocks")
    clock = models.CharField(max_length=40)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    limit = models.CharField(max_length=12, blank=True)
    start_date = models.DateField()
    started_at = models.DateTimeField()
    nominal = models.DateField()
    legal_due = models.DateField()
    safe_due = models.DateField()
    due_at = models.DateTimeField(null=True)
    counts_back = models.BooleanField(default=False)
    suspended_on = models.DateField(null=True)
    extensions = models.JSONField(default=list)
    exclusions = models.JSONField(default=list)
    provisional = models.BooleanField(default=False)
    rule_digest = models.CharField(max_length=64)
    calendar_digest = models.CharField(max_length=64)
    running = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=40, blank=True)
    warned = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["matter", "clock", "owner"], condition=Q(running=True), name="one_running_clock_per_owner"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "safe_due"], condition=Q(running=True), name="running_clock_by_owner")
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.clock} {self.legal_due}"


class NumberSeries(models.Model):
    """The last number given out per organisation, kind and year; locked while one is taken, so never a gap."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "kind", "year"], name="one_series")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.kind} {self.year}: {self.last}"


class Paper(models.Model):
    """A paper (文书) that an act issued: its number, the stored original, and what it was made with."""

    uid = models.UUIDField(unique=True, editable=False)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="papers")
    act = models.OneToOneField(Act, models.PROTECT, related_name="paper")
    kind = models.CharField(max_length=40)
    form = models.CharField(max_length=80)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    number = models.CharField(max_length=80)
    year = models.PositiveSmallIntegerField()
    n = models.PositiveIntegerField()
    letter = models.JSONField()
    letter_digest = models.CharField(max_length=64)
    template_digest = models.CharField(max_length=64)
    charter_digest = models.CharField(max_length=64)
    engine = models.CharField(max_length=40)
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "kind", "year", "n"], name="paper_numbers_once"),
            models.UniqueConstraint(fields=["organisation", "number"], name="paper_number_text_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Message(models.Model):
    """What an act told another participant, with receipts (回执): ours for sending, theirs for answering."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="messages")
    act = models.ForeignKey(Act, models.PROTECT, related_name="messages")
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    delivered_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["act", "receiver"], name="one_message_per_act_and_receiver")
        ]
        indexes: ClassVar = [
            models.Index(fields=["receiver", "matter"], condition=Q(read_at__isnull=True), name="unread_by_receiver")
        ]

    def __str__(self) -> str:
        return f"{self.act_id} → {self.receiver_id}"
