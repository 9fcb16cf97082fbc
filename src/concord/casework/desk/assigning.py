"""Assigning (分办): who handles a matter inside one's own organisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from concord.casework.models import Audience
from concord.casework.queries import READ, Seen, no_matter, seen, visible_to
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.notices import commands as notices
from concord.foundation.organisations.models import Department, Post
from concord.foundation.organisations.queries import posts_with
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, Problem, Said

ASSIGN = "matter:assign"


@dataclass(frozen=True, slots=True)
class Choices:
    """Who may be given a matter: the posts held there that read matters, and the departments of the day."""

    posts: Sequence[Post]
    departments: Sequence[Department]


def choices_for(by: Actor, *, on: date) -> Choices:
    """Whom a matter may be given to in the actor's organisation."""
    posts = posts_with([by.organisation.id], READ, on=on).select_related("department").order_by("id")
    departments = Department.objects.filter(_valid_on(on), organisation=by.organisation).order_by("id")
    return Choices(posts=list(posts), departments=list(departments))


def handling_of(known: Seen, by: Actor) -> Audience:
    """The row of the actor's own side, with who handles the matter there."""
    rows = Audience.objects.select_related("handler__person", "department")
    return rows.get(matter=known.matter, scope_id=by.scope_id)


def may_claim(known: Seen, row: Audience, by: Actor) -> bool:
    """Whether the actor may take the matter: it is open, nobody there has it, and an act of it is open to the post."""
    return row.open and row.handler_id is None and bool(known.possible(by))


def assign(*, matter: UUID, handler: int | None, department: int | None, by: Actor, at: datetime) -> Audience:
    """Give the matter to a post or a department of one's own organisation; returns the side's row.

    The handler's department is taken where none is named. Without ``matter:assign`` one may only take for oneself what
    nobody has yet. The new handler is told. Raises NotFound ``casework.no_matter``, NotAllowed
    ``casework.may_not_assign``, Conflict ``casework.not_open``, InvalidInput ``casework.bad_handler``.
    """
    on = legal_date(at)
    with writing():
        held = locked(visible_to(by).select_related("procedure_version", "origin", "target")).filter(uid=matter).first()
        if held is None:
            raise no_matter()
        known = seen(held, role=held.role, by=by, on=on)
        row = handling_of(known, by)
        if not row.open:
            raise _not_open()
        if not by.may(ASSIGN) and not (handler == by.post.id and department is None and may_claim(known, row, by)):
            raise _may_not()
        post, part = _chosen(handler, department, by=by, on=on)
        if (row.handler_id, row.department_id) == (post and post.id, part and part.id):
            return row
        row.handler, row.department = post, part
        row.save(update_fields=["handler", "department"])
        journal.record(
            event="matter.assign",
            at=at,
            by=by,
            subject=held.number,
            matter_uid=held.uid,
            internal=True,
            details={"handler": post.id if post else "", "department": part.id if part else ""},
        )
        if post is not None and post.person_id != by.person.id:
            title = held.title or held.number
            said = Said(
                f"{by.person.zh}把事项交给您办理：{title}",
                f"{by.person.en or by.person.zh} gave you a matter to handle: {title}",
            )
            notices.tell(posts=[post], kind="matter.assign", said=said, matter_uid=held.uid, at=at, subject=held.number)
    return row


def _chosen(
    handler: int | None, department: int | None, *, by: Actor, on: date
) -> tuple[Post | None, Department | None]:
    """The post and department named, both of the organisation and of that day."""
    offered = choices_for(by, on=on)
    post = next((one for one in offered.posts if one.id == handler), None)
    part = next((one for one in offered.departments if one.id == department), None)
    if (handler is not None and post is None) or (department is not None and part is None):
        field = "handler" if handler is not None and post is None else "department"
        said = Said(
            "请选择本机关今天在任、可以查看事项的岗位，或者今天仍在的科室。",
            "Choose a post held in your organisation today that may read matters, or a department that exists today.",
        )
        raise InvalidInput("casework.bad_handler", said, problems=(Problem(field, "unknown", said),))
    return post, part or (post.department if post else None)


def _valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_until__isnull=True) | Q(valid_until__gt=day))


def _may_not() -> NotAllowed:
    return NotAllowed(
        "casework.may_not_assign",
        Said(
            "您的岗位不能分办事项；还没有承办人、您又可以办理的事项，可以由您自己承办。",
            "Your post cannot assign matters; what nobody handles yet and you may act in, you can take yourself.",
        ),
    )


def _not_open() -> Conflict:
    return Conflict(
        "casework.not_open",
        Said("事项已经结束，不需要再分办。", "The matter is closed; there is nothing left to assign."),
    )
