"""What the security officer confirms: posts with powers or separate duties, longer terms of them, delegations."""

from __future__ import annotations

from datetime import date, datetime

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.memory import forget
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.notices import commands as notices
from concord.foundation.organisations import posts as post_rules
from concord.foundation.organisations.models import Proposal
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import Conflict, NotAllowed, NotFound, Said
from concord.rules.separation import separate_duties

CONFIRM = "people:confirm"


def is_grave(kind: str, *, on: date) -> bool:
    """Whether a post of this kind is confirmed by the security officer: it exercises powers or is held apart."""
    charter = charter_on(on)
    rule = next((post for post in charter.posts if post.id == kind), None)
    return rule is not None and (rule.powers or bool(separate_duties(charter.permissions_of(kind))))


def propose(proposal: Proposal, *, by: Actor, at: datetime) -> Proposal:
    """Let a proposal wait for the security officer, who is told."""
    proposal.organisation, proposal.proposed_by, proposal.proposed_at = by.organisation, by.person, at
    proposal.save()
    said = Said(
        f"有任职或者授权等待确认：{proposal.post.person.zh}",
        f"An appointment or delegation waits for you: {proposal.post.person.en or proposal.post.person.zh}",
    )
    notices.tell_organisation(
        organisation=by.organisation, permission=CONFIRM, kind="people.propose", said=said, matter_uid=None, at=at
    )
    return proposal


def decide(*, proposal: Proposal, accept: bool, by: Actor, at: datetime) -> None:
    """Confirm or refuse what an administrator proposed; rights begin with it, on the first day at the earliest.

    Raises NotAllowed without ``people:confirm`` and ``people.own_proposal`` for what one proposed or is to receive,
    Conflict ``people.decided`` and ``people.expired``.
    """
    if not by.may(CONFIRM) or proposal.organisation_id != by.organisation.id:
        raise NotAllowed(
            "people.may_not_confirm",
            Said("只有本机关的安全管理员可以确认。", "Only the security officer of the organisation confirms."),
        )
    on = legal_date(at)
    with writing():
        rows = Proposal.objects.select_related("post__person", "substitution__substitute__person")
        proposal = locked(rows).get(pk=proposal.pk)
        _require_decidable(proposal, by)
        proposal.decided_by, proposal.decided_at, proposal.accepted = by.person, at, accept
        proposal.save(update_fields=["decided_by", "decided_at", "accepted"])
        subject = proposal.post.person.username
        details: dict[str, str | int | list[str]] = {"proposal": proposal.pk, "post": proposal.post_id}
        if accept:
            _take_effect(proposal, on=on)
            journal.record(event="people.confirm", at=at, by=by, subject=subject, internal=True, details=details)
        else:
            journal.record(event="people.refuse", at=at, by=by, subject=subject, internal=True, details=details)


def _require_decidable(proposal: Proposal, by: Actor) -> None:
    if proposal.decided_at is not None:
        raise Conflict("people.decided", Said("该申请已经处理。", "This has been decided already."))
    concerned = {proposal.proposed_by_id, proposal.post.person_id}
    if proposal.substitution is not None and proposal.substitution.substitute is not None:
        concerned.add(proposal.substitution.substitute.person_id)
    if by.person.id in concerned:
        raise NotAllowed(
            "people.own_proposal",
            Said(
                "不能确认由自己提出或者涉及自己的任职和授权。",
                "Nobody confirms what they proposed themselves or what concerns them.",
            ),
        )


def _take_effect(proposal: Proposal, *, on: date) -> None:
    post, row = proposal.post, proposal.substitution
    end = proposal.until if proposal.longer else (row.held_until if row else post.held_until)
    if end is not None and end <= on:
        raise Conflict(
            "people.expired",
            Said("期限已过，不能再确认。请退回并重新提出。", "Its days are past. Refuse it and have it proposed anew."),
        )
    if proposal.longer:
        post_rules.prolong_post(post=post, until=proposal.until, on=on)
    elif row is not None:
        row.effective, row.held_from = True, max(row.held_from, on)
        row.save(update_fields=["effective", "held_from"])
        forget()
    else:
        post_rules.begin_post(post=post, on=on)


def waiting(by: Actor) -> list[Proposal]:
    """What waits for confirmation in the actor's organisation, oldest first."""
    rows = Proposal.objects.filter(organisation=by.organisation, decided_at__isnull=True).order_by("id")
    return list(
        rows.select_related(
            "post__person", "post__department", "proposed_by", "substitution__substitute__person", "post__home"
        )
    )


def proposal_of(by: Actor, pk: int) -> Proposal:
    """One proposal of the actor's organisation; NotFound ``people.no_proposal``."""
    found = Proposal.objects.filter(organisation=by.organisation, pk=pk).first()
    if found is None:
        raise NotFound("people.no_proposal", Said("没有这项申请。", "There is no such proposal."))
    return found
