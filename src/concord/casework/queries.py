"""Reads of matters; every one starts from ``visible_to``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, TypedDict
from uuid import UUID

from django.db.models import F, Max, Q, QuerySet
from django_stubs_ext import WithAnnotations

from concord.casework.definitions import procedure_followed, procedure_of
from concord.casework.models import (
    Act,
    Attachment,
    Case,
    ClockRun,
    Matter,
    Message,
    Paper,
    Participant,
)
from concord.foundation.access.actor import Actor
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Organisation, Post
from concord.foundation.organisations.queries import posts_with
from concord.rules.canonical import JSON
from concord.rules.errors import InvalidInput, NotFound, Problem, Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure, rounds
from concord.rules.procedure.parties import CENTRE_ROLE

READ = "matter:read"


# The organisations of every role, whether they see the matter yet or not.
Parties: TypeAlias = Mapping[str, tuple[Organisation, ...]]


class Showing(TypedDict):
    """What ``visible_to`` puts on a row: the side that looks, the state it knows, whose turn, its place in lists."""

    role: str
    sort_key: int
    shown_state: str
    our_turn: bool


ShownMatter: TypeAlias = "WithAnnotations[Matter, Showing]"


def visible_to(by: Actor) -> QuerySet[ShownMatter]:
    """The matters that ``by`` may see: one join on ``audience``.

    Each row carries ``role``, ``sort_key``, ``shown_state``, the state as the actor's side knows it, and ``our_turn``,
    whether the matter waits for the actor's organisation.
    """
    rows: QuerySet[ShownMatter] = Matter.objects.filter(audience__scope_id=by.scope_id).annotate(
        role=F("audience__role"),
        sort_key=F("audience__sort_key"),
        shown_state=F("audience__state"),
        our_turn=F("audience__ours"),
    )
    return rows if by.may(READ) else rows.none()


@dataclass(frozen=True, slots=True)
class Seen:
    """One matter as one side sees it. ``version`` is the number of the last act that side knows of.

    ``parties`` gives the organisations of every role; ``done`` the acts that every organisation does for itself and the
    one that looks has already done; ``awaited`` the organisations whose turn it is, while several still are to act;
    ``joined`` who takes part and already sees the matter.
    """

    matter: Matter
    procedure: Procedure
    role: str
    state: str
    version: int
    facts: dict[str, JSON]
    parties: dict[str, tuple[Organisation, ...]]
    done: frozenset[str] = frozenset()
    awaited: frozenset[int] = frozenset()
    joined: tuple[Participant, ...] = ()

    def turn_of(self, organisation: Organisation) -> bool:
        """Whether the matter waits for ``organisation``, alone or among others."""
        return self.matter.holder_id == organisation.id or organisation.id in self.awaited

    def possible(self, by: Actor) -> tuple[ActRule, ...]:
        """The acts that ``by`` may do now, in the order of the procedure file."""
        open_now = self.procedure.possible(self.state, self.role)
        return tuple(act for act in open_now if by.may(act.permission) and act.id not in self.done)


def matter_for(*, uid: UUID | None = None, number: str | None = None, by: Actor, on: date | None = None) -> Seen:
    """The matter as ``by`` sees it; NotFound ``casework.no_matter`` for what does not exist or is not shown.

    With ``on``, under the version of the procedure that an act on that day follows.
    """
    rows = visible_to(by).select_related("procedure_version", "origin", "target", "holder", "case")
    matter = rows.filter(Q(uid=uid) if uid is not None else Q(number=number)).first()
    if matter is None:
        raise no_matter()
    return seen(matter, role=matter.role, by=by, on=on)


def no_matter() -> NotFound:
    """The error for a matter that does not exist or must not be known to exist."""
    return NotFound(
        "casework.no_matter",
        Said(
            "没有找到该事项，或者您无权查看。请核对编号。",
            "No such matter, or it is not shown to you. Check the number.",
        ),
    )


def seen(matter: Matter, *, role: str, by: Actor, on: date | None = None) -> Seen:
    """What the side ``role`` knows of ``matter``; ``on`` as in ``matter_for``."""
    known_state = matter.state if matter.inner_role in {"", role} else matter.outer_state
    last = acts_known(matter, by=by).aggregate(last=Max("seq"))["last"]
    procedure = procedure_of(matter.procedure_version) if on is None else procedure_followed(matter, on=on)
    parties: dict[str, tuple[Organisation, ...]] = dict.fromkeys(procedure.roles, ())
    taking_part = list(Participant.objects.filter(matter=matter).select_related("organisation"))
    for one in taking_part:
        parties[one.role] += (one.organisation,)
    possible = procedure.possible(known_state, role)
    done = rounds.done_already(procedure, possible, told(matter, procedure), by.organisation.id)
    return Seen(
        matter=matter,
        procedure=procedure,
        role=role,
        state=known_state,
        version=last or 0,
        facts={**matter.facts, **matter.drafts.get(role, {})},
        parties=parties,
        done=done,
        awaited=frozenset(one.organisation_id for one in taking_part if one.awaited),
        joined=tuple(one for one in taking_part if one.joined_at is not None),
    )


def acts_known(matter: Matter, *, by: Actor) -> QuerySet[Act]:
    """The acts of a visible matter that the actor's organisation knows of: its own, and those let out by others."""
    return Act.objects.filter(matter=matter).filter(Q(internal=False) | Q(organisation=by.organisation))


def told(matter: Matter, procedure: Procedure) -> list[rounds.Told]:
    """The acts that all participants know of, where each of several organisations may have to do one; else none."""
    if not procedure.many:
        return []
    rows = Act.objects.filter(matter=matter, internal=False).order_by("seq")
    return list(rows.values_list("act", "organisation_id", "from_state", "to_state"))


def cases_of(by: Actor) -> QuerySet[Case]:
    """The cases of the actor's organisation."""
    if not by.may(READ):
        return Case.objects.none()
    return Case.objects.filter(organisation=by.organisation).select_related("person", "organisation")


def case_for(*, uid: UUID, by: Actor) -> Case:
    """One case of the actor's organisation; NotFound ``casework.no_case``."""
    case = cases_of(by).filter(uid=uid).first()
    if case is None:
        raise no_case()
    return case


def no_case() -> NotFound:
    """The error for a case that does not exist or belongs to another organisation."""
    return NotFound(
        "casework.no_case",
        Said("没有找到该案件，或者您无权查看。", "No such case, or it is not shown to you."),
    )


def bad_cursor() -> InvalidInput:
    """The error for a place in a list that is none."""
    said = Said("翻页标记无效，请从第一页重新开始。", "The page cursor is not valid; start from the first page.")
    return InvalidInput("casework.bad_cursor", said, problems=(Problem("after", "bad_cursor", said),))


def holding_together(matters: Sequence[Matter]) -> dict[int, tuple[Organisation, ...]]:
    """Those who hold a role besides whoever began each matter and the centre, by the matter's id; one query."""
    found: dict[int, tuple[Organisation, ...]] = {}
    if not matters:
        return found
    origins = {matter.id: matter.origin_id for matter in matters}
    for one in Participant.objects.filter(matter__in=list(matters)).select_related("organisation"):
        if one.role != CENTRE_ROLE and one.organisation_id != origins[one.matter_id]:
            found[one.matter_id] = (*found.get(one.matter_id, ()), one.organisation)
    return found


def pressing(matters: Iterable[Matter]) -> dict[int, ClockRun]:
    """The running clock of each matter that is to be watched first, by the matter's id; one query."""
    return first_due(ClockRun.objects.filter(matter__in=list(matters), running=True, suspended_on__isnull=True))


def first_due(runs: Iterable[ClockRun]) -> dict[int, ClockRun]:
    """Of these clocks the one of each matter that counts and ends first, by the matter's id."""
    counting = [run for run in runs if run.running and run.suspended_on is None]
    return {run.matter_id: run for run in sorted(counting, key=lambda run: (run.safe_due, run.id), reverse=True)}


def timeline_of(known: Seen, *, by: Actor) -> list[Act]:
    """The acts that the actor's side knows of, oldest first, with who did them and what they issued and attached."""
    rows = acts_known(known.matter, by=by).select_related("person", "post__person", "organisation", "paper__file")
    return list(rows.prefetch_related("attachments__file").order_by("seq"))


def files_told(known: Seen, *, by: Actor) -> dict[str, File]:
    """The files told in the acts that the actor's side knows of, by uid."""
    rows = Attachment.objects.filter(act__in=acts_known(known.matter, by=by)).select_related("file")
    return {str(row.file.uid): row.file for row in rows}


def clocks_of(known: Seen) -> list[ClockRun]:
    """The clocks of the matter, running ones first."""
    runs = list(ClockRun.objects.filter(matter=known.matter).select_related("owner").order_by("-running", "id"))
    for run in runs:
        run.matter = known.matter
    return runs


def messages_of(known: Seen) -> list[Message]:
    """The messages between the sides with their receipts, oldest first."""
    rows = Message.objects.filter(matter=known.matter)
    return list(rows.select_related("act", "sender", "receiver", "read_by").order_by("id"))


def at_work(matter: Matter, organisation: Organisation, *, on: date) -> list[Post]:
    """Those of the organisation who have worked on the matter and may read it, or else everybody there who may."""
    posts = list(posts_with([organisation.id], READ, on=on))
    acts = list(Act.objects.filter(matter=matter, organisation=organisation).values_list("person_id", "post_id"))
    people, in_posts = {person for person, _ in acts}, {post for _, post in acts}
    return [one for one in posts if one.person_id in people or one.pk in in_posts] or posts


def paper_for(*, uid: UUID, by: Actor) -> Paper:
    """A paper of a matter that the actor sees; NotFound ``casework.no_paper``."""
    paper = (
        Paper.objects.filter(uid=uid, matter__audience__scope_id=by.scope_id)
        .select_related("file", "matter", "organisation")
        .first()
    )
    if paper is None or not by.may(READ):
        raise NotFound(
            "casework.no_paper",
            Said("没有找到该文书，或者您无权查看。", "No such paper, or it is not shown to you."),
        )
    return paper


def file_for(*, uid: UUID, by: Actor) -> File:
    """A file of one's own organisation, or one told in an act that the actor's side knows of; NotFound."""
    told = Attachment.objects.filter(file__uid=uid, matter__audience__scope_id=by.scope_id).filter(
        Q(act__internal=False) | Q(act__organisation=by.organisation)
    )
    issued = Paper.objects.filter(file__uid=uid, matter__audience__scope_id=by.scope_id)
    file = File.objects.filter(uid=uid).first()
    own = file is not None and file.organisation_id == by.organisation.id
    if file is None or not by.may(READ) or not (own or told.exists() or issued.exists()):
        raise NotFound(
            "casework.no_file",
            Said("没有找到该文件，或者您无权查看。", "No such file, or it is not shown to you."),
        )
    return file
