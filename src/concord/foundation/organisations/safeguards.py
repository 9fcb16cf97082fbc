"""What no change of people may do: leave a duty of an organisation to nobody, or unite duties held apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db.models import Q

from concord.foundation.database.locking import locked
from concord.foundation.database.memory import remembered
from concord.foundation.organisations.models import Organisation, Person, Post, Proposal, Substitution
from concord.foundation.organisations.queries import charter_on
from concord.rules.charter import Charter
from concord.rules.coverage import Duty, Gap, Held, Span, Staff, Standing, gaps, opened, strictest
from concord.rules.errors import Conflict, Problem, Said
from concord.rules.separation import SEPARATE, Tenure, clash, separate_duties

LEAVE, DELEGATION = "leave", "delegation"
SHOWN = 5
KEPT_STAFFED = ("people:manage", "people:confirm")


def duties_of(charter: Charter, *, on: date) -> tuple[Duty, ...]:
    """What must always find somebody: a next act in every state of every procedure in force, and managing people."""
    return remembered(("duties", charter.digest, on), lambda: strictest(_duties(charter, on=on)))


def _duties(charter: Charter, *, on: date) -> Iterator[Duty]:
    yield from (Duty(frozenset({permission})) for permission in KEPT_STAFFED)
    for name in charter.in_force:
        procedure = charter.procedure(name, on=on)
        for state in procedure.states:
            for role in procedure.roles:
                acts = () if state.final else procedure.possible(state.id, role)
                yield Duty(frozenset(act.permission for act in acts))


def staff_of(organisation_id: int, *, since: date) -> Staff:
    """Who works in the organisation from ``since`` on, with leaves, substitutes and confirmed delegations."""
    charter = charter_on(since)
    posts = Post.objects.filter(organisation=organisation_id, effective=True, person__is_active=True)
    posts = posts.filter(Q(held_until__isnull=True) | Q(held_until__gt=since))
    rows = Substitution.objects.filter(post__organisation=organisation_id, effective=True, held_until__gt=since)
    return Staff(
        held=tuple(
            Held(post.id, charter.permissions_of(post.kind), Span(post.held_from, post.held_until)) for post in posts
        ),
        standing=tuple(
            Standing(row.post_id, row.substitute_id, Span(row.held_from, row.held_until), away=row.reason == LEAVE)
            for row in rows
        ),
    )


def gaps_of(organisation: Organisation, *, since: date, days: int) -> tuple[Gap, ...]:
    """The gaps that begin within so many days, each a duty that somebody has on some day."""
    staff = staff_of(organisation.id, since=since)
    able = frozenset().union(*(one.permissions for one in staff.held))
    duties = [duty for duty in duties_of(charter_on(since), on=since) if duty.met_by(able)]
    found = gaps(staff, duties, since=since)
    return tuple(gap for gap in found if gap.span.first < since + timedelta(days=days))


@contextmanager
def nobody_missing(organisation_id: int, *, since: date) -> Iterator[None]:
    """Inside a transaction, around a change of people: Conflict ``people.uncovered`` if it leaves a duty to nobody.

    The organisation's row is locked, so that two changes cannot each rely on what the other takes away.
    """
    locked(Organisation.objects.filter(pk=organisation_id)).get()
    before = staff_of(organisation_id, since=since)
    yield
    after = staff_of(organisation_id, since=since)
    charter = charter_on(since)
    found = opened(before, after, duties_of(charter, on=since), since=since)
    if found:
        raise _uncovered(found, charter)


def _uncovered(found: tuple[Gap, ...], charter: Charter) -> Conflict:
    said = Said(
        f"这样安排会出现无人办理的工作（{len(found)}项）。请先指定代理人或者接任人，再办理。",
        f"This would leave {len(found)} duties to nobody. Name a substitute or a successor first.",
    )
    return Conflict(
        "people.uncovered",
        said,
        problems=tuple(Problem("", "uncovered", gap_said(gap, charter)) for gap in found[:SHOWN]),
    )


def gap_said(gap: Gap, charter: Charter) -> Said:
    """A gap in words: what nobody does, and when."""
    known = {rule.id: rule for rule in charter.permissions}
    rules = [known[name] for name in sorted(gap.duty.alternatives)]
    zh, en = "或者".join(f"“{rule.zh}”" for rule in rules), " or ".join(f"“{rule.en}”" for rule in rules)
    first, end = gap.span.first, gap.span.end
    if end is None:
        return Said(f"自{first}起无人可以{zh}。", f"From {first} on nobody can do {en}.")
    last = end - timedelta(days=1)
    return Said(f"{first}至{last}无人可以{zh}。", f"From {first} to {last} nobody can do {en}.")


def require_separate(
    person: Person, organisation_id: int, kind: str, span: Span, *, on: date, but: Post | None = None
) -> None:
    """Conflict ``people.duties_apart`` if the person would hold two separate duties there on one day.

    What still waits for confirmation counts as held, and so does what one does in place of another; ``but`` is the
    post itself when it is asked about again.
    """
    charter = charter_on(on)
    permissions = charter.permissions_of(kind)
    if not separate_duties(permissions):
        return
    other = clash(Tenure(permissions, span), _tenures(person, organisation_id, charter, but=but))
    if other is not None:
        rules = {rule.id: rule for rule in charter.permissions}
        held = [rules[name] for name in sorted(separate_duties(other.permissions | permissions)) if name in rules]
        zh, en = "、".join(rule.zh for rule in held), "; ".join(rule.en for rule in held)
        raise Conflict(
            "people.duties_apart",
            Said(
                f"同一人在同一机关不能同时承担：{zh}。请另选一人，或者先结束其中一个岗位。",
                f"One person may not hold these together in one organisation: {en}. Choose another person.",
            ),
        )


def _tenures(person: Person, organisation_id: int, charter: Charter, *, but: Post | None) -> list[Tenure]:
    kinds = {post.id for post in charter.posts if SEPARATE & charter.permissions_of(post.id)}
    waiting = Q(proposals__decided_at__isnull=True, proposals__isnull=False)
    posts = Post.objects.filter(Q(effective=True) | waiting, person=person, organisation=organisation_id)
    rows = [post for post in posts.filter(kind__in=kinds).distinct() if post != but]
    found = [Tenure(charter.permissions_of(post.kind), Span(post.held_from, post.held_until)) for post in rows]
    longer = Proposal.objects.filter(post__in=rows, longer=True, decided_at__isnull=True).select_related("post")
    found += [Tenure(charter.permissions_of(one.post.kind), Span(one.post.held_from, one.until)) for one in longer]
    standing = Substitution.objects.filter(
        Q(effective=True) | waiting,
        substitute__person=person,
        post__organisation=organisation_id,
        post__kind__in=kinds,
    )
    found += [
        Tenure(charter.permissions_of(row.post.kind), Span(row.held_from, row.held_until))
        for row in standing.select_related("post").distinct()
    ]
    return found
