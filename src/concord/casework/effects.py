"""What follows from an act: facts, files, state, who sees it, who is told; inside the act's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Case as Choice
from django.db.models import Value, When
from django.db.models.functions import Coalesce

from concord.casework import queries
from concord.casework.counting import Ends
from concord.casework.models import Act, Attachment, Audience, Matter, Message, Participant
from concord.casework.queries import READ, Parties, Seen
from concord.foundation.access.models import Scope
from concord.foundation.database.clock import legal_date
from concord.foundation.files.models import File
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.models import Organisation, Post
from concord.foundation.organisations.queries import charter_on, posts_with
from concord.rules.canonical import JSON
from concord.rules.errors import Said
from concord.rules.procedure import Act as ActRule
from concord.rules.procedure import Procedure, facts, rounds
from concord.rules.procedure.leading import decides, duty_of

TITLE_LENGTH = 200
READER = ("organisation_id", "kind", "person__email")
PLACES = ("state", "open", "due", "late_after", "ours", "duty", "sort_key", "handler_id", "department_id")


def fold(
    matter: Matter, procedure: Procedure, rule: ActRule, taken: Mapping[str, JSON], *, at: datetime
) -> dict[str, list[str]]:
    """Fold the answers into the matter's facts and title.

    Returns the files that this act lets out of earlier internal acts: field → uids.
    """
    folded = facts.fold(procedure, rule, taken, matter.facts, matter.drafts)
    matter.facts, matter.drafts = folded.facts, folded.drafts
    if rule.role == procedure.initiating_role and procedure.title and procedure.title in taken:
        matter.title = str(taken[procedure.title])[:TITLE_LENGTH]
    matter.acted_at = at
    return folded.released


def attach(act: Act, files: Mapping[str, Sequence[File]], released: Mapping[str, list[str]]) -> None:
    """Tie files to the act: those it tells itself, and those it lets out."""
    rows = [
        Attachment(matter=act.matter, act=act, field=name, file=file) for name, told in files.items() for file in told
    ]
    let_out = {uid: name for name, uids in released.items() for uid in uids}
    if let_out:
        found = File.objects.filter(uid__in=let_out).order_by("id")
        rows += [Attachment(matter=act.matter, act=act, field=let_out[str(file.uid)], file=file) for file in found]
    Attachment.objects.bulk_create(rows)


def move(matter: Matter, rule: ActRule, known: Seen) -> None:
    """Bring the states forward; the others keep the state they know while one side works internally."""
    if rule.to is not None:
        matter.state = rule.to
        matter.final = known.procedure.state(rule.to).final
        matter.inner_role = rule.role if rule.internal else ""
    if not rule.internal and rule.to is not None:
        matter.outer_state = rule.to
        if matter.final:
            matter.outcome = facts.outcome(known.procedure, known.state, rule.to)
    if not matter.outer_state:
        matter.outer_state = matter.state
    matter.version += 1


def settle(matter: Matter, procedure: Procedure, known: Seen) -> Collection[int]:
    """Write the matter's row, and return who is awaited: who holds it; nobody holds it alone while several are."""
    holders = {role: [one.id for one in held_by] for role, held_by in known.parties.items()}
    waiting = rounds.awaited(procedure, matter.state, queries.told(matter, procedure), holders)
    matter.holder_id = waiting[0] if len(waiting) == 1 else None
    if procedure.many:
        Participant.objects.filter(matter=matter).update(
            awaited=Choice(When(organisation__in=waiting, then=True), default=False)
        )
    handling = matter.facts.get("handling")
    matter.handling = handling if isinstance(handling, str) else matter.handling
    matter.save()
    return waiting


def show(matter: Matter, role: str, organisation: Organisation, *, at: datetime) -> Audience:
    """Let an organisation see the matter from now on; ``place`` gives its row what lists ask for."""
    Participant.objects.filter(matter=matter, role=role, organisation=organisation).update(joined_at=at)
    return Audience.objects.create(
        scope=Scope.objects.get(organisation=organisation),
        matter=matter,
        role=role,
        sort_key=sort_key(at),
        procedure=matter.procedure,
        origin_id=matter.origin_id,
        target_id=matter.target_id,
    )


def sort_key(at: datetime) -> int:
    """Microseconds since 1970: lists are sorted by the last act each side knows of."""
    return int(at.timestamp() * 1_000_000)


def join(matter: Matter, procedure: Procedure, rule: ActRule, parties: Parties, at: datetime) -> list[Audience]:
    """Let those see the matter whose turn may come, or whom the act notifies; returns the rows of all who see it."""
    sides = list(Audience.objects.filter(matter=matter).select_related("scope").order_by("id"))
    if rule.internal:
        return sides
    invited = procedure.roles_who_may_act(matter.outer_state) | set(rule.notifies)
    roles = sorted(invited - {side.role for side in sides})
    return [*sides, *(show(matter, role, one, at=at) for role in roles for one in parties[role])]


def place(
    act: Act, rule: ActRule, known: Seen, sides: Sequence[Audience], *, waiting: Collection[int], ends: Ends | None
) -> None:
    """Bring the lists of every side up to date; whoever first works on the matter there handles it."""
    matter, procedure = known.matter, known.procedure
    due, late_after = ends or (sides[0].due, sides[0].late_after)
    for row in sides:
        before = [getattr(row, name) for name in PLACES]
        row.state = matter.state if matter.inner_role in {"", row.role} else matter.outer_state
        row.open, row.due, row.late_after = not matter.final, due, late_after
        row.ours = row.open and row.scope.organisation_id in waiting
        row.duty = duty_of(procedure.possible(row.state, row.role), procedure) if row.ours else ""
        if not rule.internal or row.role == rule.role:
            row.sort_key = sort_key(act.at)
        if row.handler_id is None and row.scope.organisation_id == act.organisation_id and not decides(rule):
            row.handler_id, row.department_id = act.post_id, act.post.department_id
        row.save(update_fields=[name for name, was in zip(PLACES, before, strict=True) if getattr(row, name) != was])


def send(act: Act, parties: Parties, sides: Sequence[Audience]) -> list[Organisation]:
    """Send the act to every other organisation that sees the matter, and mark what it answers; returns the receivers.

    Sender and receiver stand in one installation, so a message is delivered in the moment it is submitted.
    """
    if act.internal:
        return []
    roles = dict.fromkeys(side.role for side in sides)
    receivers = [one for role in roles for one in parties[role] if one != act.organisation]
    Message.objects.bulk_create(
        Message(
            matter=act.matter,
            act=act,
            sender=act.organisation,
            receiver=receiver,
            submitted_at=act.at,
            delivered_at=act.at,
        )
        for receiver in receivers
    )
    received = Message.objects.filter(matter=act.matter, receiver=act.organisation, answered_at__isnull=True)
    received.update(
        answered_at=act.at,
        read_at=Coalesce("read_at", Value(act.at)),
        read_by=Coalesce("read_by", Value(act.person_id)),
    )
    return receivers


def tell(
    act: Act,
    procedure: Procedure,
    rule: ActRule,
    parties: Parties,
    receivers: Iterable[Organisation],
) -> None:
    """Notify the people concerned: on each side whoever has worked on the matter and still may read it.

    Where none of them may do what comes next, everybody of that side who may is told too.
    """
    matter = act.matter
    said = Said(
        f"{act.organisation.zh}：{rule.zh} — {matter.title or matter.number}",
        f"{act.organisation.en}: {rule.en} — {matter.title or matter.number}",
    )
    today = legal_date(act.at)
    charter = charter_on(today)
    sides = {organisation.id for organisation in (act.organisation, *([] if act.internal else receivers))}
    readers = list(posts_with(sides, READ, on=today).select_related(None).select_related("person").only(*READER))
    worked = list(Act.objects.filter(matter=matter).values_list("person_id", "organisation_id", "post_id"))
    workers, posts_at_work = {one[:2] for one in worked}, {one[2] for one in worked}
    told: list[Post] = []
    for role, organisation in ((role, one) for role, held_by in parties.items() for one in held_by):
        posts = [post for post in readers if post.organisation_id == organisation.id]
        following = procedure.possible(matter.state if matter.inner_role in {"", role} else matter.outer_state, role)
        permission = following[0].permission if following else READ
        able = [post for post in posts if permission in charter.permissions_of(post.kind)]
        at_work = [one for one in posts if (one.person_id, organisation.id) in workers or one.pk in posts_at_work]
        told += at_work if any(post in able for post in at_work) else [*at_work, *able]
    kind, subject, doer = f"{procedure.id}.{rule.id}", matter.number, act.person_id
    notices.tell(posts=told, kind=kind, said=said, matter_uid=matter.uid, at=act.at, subject=subject, but=doer)
