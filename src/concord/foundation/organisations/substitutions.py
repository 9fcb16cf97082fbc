"""Writes: leave with or without a substitute (请假代理), delegation (授权), and their end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Q

from concord.foundation.database.memory import forget
from concord.foundation.database.scope import writing
from concord.foundation.organisations.models import Person, Post, Substitution
from concord.foundation.organisations.queries import charter_on
from concord.foundation.organisations.safeguards import LEAVE, nobody_missing, require_separate
from concord.rules.coverage import Span
from concord.rules.errors import Conflict, InvalidInput, Problem, Said

LONGEST = timedelta(days=366)


def arrange(
    *,
    post: Post,
    substitute: Post | None,
    reason: str,
    first: date,
    last: date,
    by: Person,
    at: datetime,
    on: date,
    effective: bool = True,
) -> Substitution:
    """Arrange who acts in ``post`` from the first to the last day; a leave may have nobody where others cover it.

    Raises InvalidInput ``people.bad_substitution`` with every problem, Conflict ``people.leave_overlaps``,
    ``people.duties_apart``, ``people.uncovered`` (with the days and duties, and nothing is changed).
    """
    end = last + timedelta(days=1)
    problems = [*_bad_days(post, first, last, on=on), *_bad_substitute(post, substitute, reason, first, end, on=on)]
    if problems:
        said = Said("安排没有登记，有误的栏目已标出。", "Nothing was arranged; the fields concerned are marked.")
        raise InvalidInput("people.bad_substitution", said, problems=tuple(problems))
    if substitute is not None:
        require_separate(substitute.person, post.organisation_id, post.kind, Span(first, end), on=on)
    with writing(), nobody_missing(post.organisation_id, since=on):
        same = Substitution.objects.filter(post=post, reason=reason, held_from__lt=end, held_until__gt=first)
        if reason == LEAVE and same.filter(effective=True).exists():
            raise Conflict(
                "people.leave_overlaps",
                Said(
                    "这段时间已经登记了请假。请先结束原来的登记。",
                    "A leave is registered for these days already. End that one first.",
                ),
            )
        made = Substitution.objects.create(
            post=post,
            substitute=substitute,
            reason=reason,
            held_from=first,
            held_until=end,
            arranged_by=by,
            arranged_at=at,
            effective=effective,
        )
        forget()
    return made


def end_substitution(*, substitution: Substitution, at: datetime, on: date) -> None:
    """End it at once; whoever was away is back. One that begins today or later is taken back.

    Raises Conflict ``people.not_running`` when it is over, ``people.uncovered``.
    """
    if substitution.ended_at is not None or substitution.held_until <= on:
        raise not_running()
    with writing(), nobody_missing(substitution.post.organisation_id, since=on):
        if substitution.held_from >= on:
            substitution.effective = False
        else:
            substitution.held_until = on
        substitution.ended_at = at
        substitution.save(update_fields=["held_until", "effective", "ended_at"])
        forget()


def not_running() -> Conflict:
    """The error for a leave or delegation that is over already."""
    return Conflict("people.not_running", Said("该请假或者授权已经结束。", "This leave or delegation is over."))


def candidates(post: Post, *, first: date, end: date, on: date) -> list[Post]:
    """Who may stand in for the holder of ``post`` on all of these days."""
    rows = Post.objects.filter(
        Q(held_until__isnull=True) | Q(held_until__gte=end),
        organisation=post.organisation_id,
        effective=True,
        held_from__lte=first,
        person__is_active=True,
    ).exclude(person=post.person_id)
    powers = _powers(on)
    return [row for row in rows.select_related("person") if row.kind in powers or post.kind not in powers]


def _powers(on: date) -> frozenset[str]:
    return frozenset(post.id for post in charter_on(on).posts if post.powers)


def _bad_days(post: Post, first: date, last: date, *, on: date) -> list[Problem]:
    found = []
    if first < on:
        found.append(Problem("first", "past", Said("首日不能早于今天。", "The first day must not lie in the past.")))
    if last < first:
        found.append(Problem("last", "before_first", Said("末日不能早于首日。", "The last day must not precede it.")))
    elif last - first > LONGEST:
        found.append(Problem("last", "too_long", Said("最长登记一年。", "At most one year at once.")))
    if first < post.held_from or (post.held_until is not None and first >= post.held_until):
        said = Said("首日不在该岗位的任期内。", "The post is not held on the first day.")
        found.append(Problem("first", "outside_term", said))
    return found


def _bad_substitute(
    post: Post, substitute: Post | None, reason: str, first: date, end: date, *, on: date
) -> list[Problem]:
    if substitute is None:
        if reason == LEAVE:
            return []
        return [Problem("substitute", "missing", Said("请选择被授权人。", "Choose whom to delegate to."))]
    found = []
    if substitute.organisation_id != post.organisation_id or not substitute.effective:
        said = Said("代理人必须在本机关任职。", "The substitute must hold a post in the same organisation.")
        return [Problem("substitute", "elsewhere", said)]
    if substitute.person_id == post.person_id:
        said = Said("不能由本人代理本人。", "Nobody stands in for oneself.")
        found.append(Problem("substitute", "oneself", said))
    if not Span(first, end).lies_in(Span(substitute.held_from, substitute.held_until)):
        said = Said("代理人的任期没有覆盖全部日期。", "The substitute does not hold a post on all of these days.")
        found.append(Problem("substitute", "outside_term", said))
    if not substitute.person.is_active:
        said = Said("代理人的账号已停用。", "The substitute's account is closed.")
        found.append(Problem("substitute", "inactive", said))
    powers = _powers(on)
    if post.kind in powers and substitute.kind not in powers:
        said = Said(
            "该岗位行使执法权力，代理人的岗位也必须可以行使。",
            "This post exercises powers; only somebody whose own post does may stand in.",
        )
        found.append(Problem("substitute", "without_powers", said))
    return found
