"""Leave with a substitute, delegation, and the return: so that no request waits for somebody who is away."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from concord.casework.desk.confirming import propose
from concord.casework.desk.staffing import MANAGE
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.notices import commands as notices
from concord.foundation.organisations import substitutions
from concord.foundation.organisations.models import Post, Proposal, Substitution
from concord.foundation.organisations.queries import held_on
from concord.foundation.organisations.safeguards import DELEGATION, LEAVE
from concord.rules.days import day_said
from concord.rules.errors import NotAllowed, NotFound, Said


def take_leave(
    *, post: Post, substitute: Post | None, first: date, last: date, by: Actor, at: datetime
) -> Substitution:
    """Register a leave in a post, one's own or, as administrator, a colleague's; the substitute is told.

    Raises NotAllowed ``people.not_own_post``, and as ``substitutions.arrange``.
    """
    _require_own(post, by)
    with writing():
        made = substitutions.arrange(
            post=post,
            substitute=substitute,
            reason=LEAVE,
            first=first,
            last=last,
            by=by.person,
            at=at,
            on=legal_date(at),
        )
        record(event="people.leave", row=made, by=by, at=at)
        if substitute is not None:
            _tell(substitute, post, first, last, at=at)
    return made


def delegate(*, post: Post, substitute: Post, first: date, last: date, by: Actor, at: datetime) -> Substitution:
    """Propose that another also acts in a post; it takes effect once the security officer has confirmed it.

    Raises as ``take_leave``.
    """
    _require_own(post, by)
    with writing():
        made = substitutions.arrange(
            post=post,
            substitute=substitute,
            reason=DELEGATION,
            first=first,
            last=last,
            by=by.person,
            at=at,
            on=legal_date(at),
            effective=False,
        )
        propose(Proposal(post=post, substitution=made), by=by, at=at)
        record(event="people.delegate", row=made, by=by, at=at)
    return made


def end_early(*, substitution: Substitution, by: Actor, at: datetime) -> None:
    """Come back before the last day, or end a delegation; a proposal still waiting is withdrawn with it."""
    _require_own(substitution.post, by)
    with writing():
        substitutions.end_substitution(substitution=substitution, at=at, on=legal_date(at))
        Proposal.objects.filter(substitution=substitution, decided_at__isnull=True).update(
            decided_by=by.person, decided_at=at, accepted=False
        )
        record(event="people.return", row=substitution, by=by, at=at)


def leaves_of(posts: list[Post], *, on: date) -> list[Substitution]:
    """Leaves and delegations of these posts that are not over, and those that wait for confirmation."""
    waiting = Q(proposals__decided_at__isnull=True, proposals__isnull=False)
    rows = Substitution.objects.filter(Q(effective=True) | waiting, post__in=posts, held_until__gt=on)
    return list(
        rows.select_related("post__person", "substitute__person", "post__organisation").order_by("held_from", "id")
    )


def own_posts(by: Actor, *, on: date) -> list[Post]:
    """The posts that the person holds, without those of others."""
    rows = Post.objects.filter(held_on(on), person=by.person).select_related("organisation", "person", "department")
    return list(rows.order_by("id"))


def leave_of(by: Actor, pk: int) -> Substitution:
    """One leave or delegation that the actor may end; NotFound ``people.no_leave``."""
    rows = Substitution.objects.select_related("post__person", "post__organisation", "substitute__person")
    found = rows.filter(pk=pk).first()
    if found is None or not _may(found.post, by):
        raise NotFound("people.no_leave", Said("没有这项请假或者授权。", "There is no such leave or delegation."))
    return found


def _may(post: Post, by: Actor) -> bool:
    return post.person_id == by.person.id or (by.may(MANAGE) and post.organisation_id == by.organisation.id)


def _require_own(post: Post, by: Actor) -> None:
    if not _may(post, by):
        raise NotAllowed(
            "people.not_own_post",
            Said(
                "只能登记本人岗位的请假和授权，他人的由系统管理员登记。",
                "One registers leave for one's own posts; the administrator does it for others.",
            ),
        )


def record(*, event: str, row: Substitution, by: Actor, at: datetime) -> None:
    """Write into the journal what happened to a leave or delegation; inside its transaction."""
    details: dict[str, str | int | list[str]] = {
        "post": row.post_id,
        "from": row.held_from.isoformat(),
        "until": row.held_until.isoformat(),
    }
    if row.substitute_id is not None:
        details["substitute"] = row.substitute_id
    journal.record(event=event, at=at, by=by, subject=row.post.person.username, internal=True, details=details)


def _tell(substitute: Post, post: Post, first: date, last: date, *, at: datetime) -> None:
    begun, ended = day_said(first), day_said(last)
    said = Said(
        f"{begun.zh}至{ended.zh}由您代理{post.person.zh}的岗位，右上角可切换。",
        f"From {begun.en} to {ended.en} you stand in for {post.person.en or post.person.zh}; switch at the top right.",
    )
    notices.tell(posts=[substitute], kind="people.leave", said=said, matter_uid=None, at=at)
