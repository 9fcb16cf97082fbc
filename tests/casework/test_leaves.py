"""While somebody is away: who acts in whose place, under whose name, and who is told."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from concord.casework import commands, queries
from concord.casework.desk import confirming, leaves
from concord.casework.models import Act, Audience, Matter
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for, post_ids_of, posts_held
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.models import Post, Substitution
from concord.rules.errors import Conflict, InvalidInput, NotAllowed
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 2, 5), date(2026, 2, 12)
AT = time("2026-02-05T08:00")


def post_of(world: World, name: str) -> Post:
    return Post.objects.select_related("person", "organisation").get(person=world.person(name))


def leave(world: World, absent: str, substitute: str | None, last: date = LAST) -> Substitution:
    return leaves.take_leave(
        post=post_of(world, absent),
        substitute=post_of(world, substitute) if substitute else None,
        first=FIRST,
        last=last,
        by=world.actor(absent),
        at=AT,
    )


def standing_in(world: World, substitute: str, absent: str, at: str) -> Actor:
    actor = actor_for(world.person(substitute), post_id=post_of(world, absent).pk, at=time(at))
    assert actor is not None
    return actor


def perform(world: World, matter: Matter, act: str, by: Actor, at: str) -> Act:
    seen = queries.matter_for(uid=matter.uid, by=by)
    entropy = world.random_bytes()
    return commands.perform(
        matter=matter.uid,
        act=act,
        answers={},
        by=by,
        at=time(at),
        version=seen.version,
        key=entropy.hex(),
        entropy=entropy,
    )


def test_the_substitute_acts_in_the_post_and_under_their_own_name(world: World) -> None:
    matter = world.matter_in("delivered")
    leave(world, "asked.case_officer", "asked.liaison")
    by = standing_in(world, "asked.liaison", "asked.case_officer", "2026-02-09T09:00")
    act = perform(world, matter, "accept", by, "2026-02-09T09:00")
    absent = post_of(world, "asked.case_officer")
    assert (act.person, act.post) == (world.person("asked.liaison"), absent)
    entry = Entry.objects.get(event="assistance.accept")
    assert (entry.person, entry.post) == (act.person, absent)
    row = Audience.objects.get(matter=matter, scope__organisation=world.places["asked"])
    assert row.handler == absent


def test_rights_end_with_the_last_day_and_on_the_return(world: World) -> None:
    row = leave(world, "asked.case_officer", "asked.liaison")
    substitute, absent = world.person("asked.liaison"), post_of(world, "asked.case_officer")
    own = post_of(world, "asked.liaison")
    assert post_ids_of(substitute, on=LAST) == [own.pk, absent.pk]
    assert post_ids_of(substitute, on=LAST + timedelta(days=1)) == [own.pk]
    assert post_ids_of(substitute, on=FIRST - timedelta(days=1)) == [own.pk]
    leaves.end_early(substitution=row, by=world.actor("asked.case_officer"), at=time("2026-02-08T09:00"))
    assert [post.pk for post in posts_held(substitute, on=date(2026, 2, 8))] == [own.pk]
    assert absent.pk in post_ids_of(substitute, on=date(2026, 2, 7))
    with pytest.raises(Conflict, match=r"people\.not_running"):
        leaves.end_early(substitution=row, by=world.actor("asked.case_officer"), at=time("2026-02-08T10:00"))


def test_who_drafted_does_not_sign_in_place_of_a_leader(world: World) -> None:
    leave(world, "asking.leader", "asking.case_officer")
    matter = world.matter_in("submitted")
    drafter = standing_in(world, "asking.case_officer", "asking.leader", "2026-02-06T09:00")
    assert drafter.may("assistance:sign")
    with pytest.raises(Conflict, match=r"casework\.signer_drafted"):
        perform(world, matter, "issue", drafter, "2026-02-06T09:00")


def test_another_substitute_signs_in_place_of_a_leader(world: World) -> None:
    leave(world, "asking.leader", "asking.liaison")
    matter = world.matter_in("submitted")
    signer = standing_in(world, "asking.liaison", "asking.leader", "2026-02-06T09:00")
    assert perform(world, matter, "issue", signer, "2026-02-06T09:00").act == "issue"


def test_the_substitute_is_told_what_the_absent_is_told(world: World) -> None:
    leave(world, "asking.leader", "asking.secondee")
    matter = world.matter_in("submitted")
    told = Notice.objects.filter(matter_uid=matter.uid, kind="assistance.submit")
    assert set(told.values_list("person__username", flat=True)) == {"asking.leader", "asking.secondee"}
    by = standing_in(world, "asking.secondee", "asking.leader", "2026-02-06T09:00")
    perform(world, matter, "issue", by, "2026-02-06T09:00")
    issued = Notice.objects.filter(matter_uid=matter.uid, kind="assistance.issue", organisation=by.organisation)
    assert "asking.secondee" not in set(issued.values_list("person__username", flat=True))


def test_a_delegation_acts_only_once_confirmed(world: World) -> None:
    post, substitute = post_of(world, "asking.leader"), post_of(world, "asking.liaison")
    made = leaves.delegate(
        post=post, substitute=substitute, first=FIRST, last=LAST, by=world.actor("asking.leader"), at=AT
    )
    assert post.pk not in post_ids_of(substitute.person, on=FIRST)
    officer = world.actor("asking.security_officer")
    confirming.decide(proposal=made.proposals.get(), accept=True, by=officer, at=AT)
    assert post.pk in post_ids_of(substitute.person, on=FIRST)


def test_a_withdrawn_delegation_waits_no_more(world: World) -> None:
    post, substitute = post_of(world, "asking.leader"), post_of(world, "asking.liaison")
    by = world.actor("asking.leader")
    made = leaves.delegate(post=post, substitute=substitute, first=FIRST, last=LAST, by=by, at=AT)
    leaves.end_early(substitution=made, by=by, at=AT)
    assert confirming.waiting(world.actor("asking.security_officer")) == []
    assert post.pk not in post_ids_of(substitute.person, on=FIRST)


@pytest.mark.parametrize(
    ("absent", "substitute", "first", "last", "field"),
    [
        ("asking.leader", "asking.clerk", FIRST, LAST, "substitute"),
        ("asking.leader", "asked.leader", FIRST, LAST, "substitute"),
        ("asking.leader", "asking.leader", FIRST, LAST, "substitute"),
        ("asking.leader", "asking.liaison", FIRST - timedelta(days=1), LAST, "first"),
        ("asking.leader", "asking.liaison", LAST, FIRST, "last"),
        ("asking.leader", "asking.liaison", FIRST, FIRST + timedelta(days=400), "last"),
    ],
)
def test_what_cannot_be_arranged(
    absent: str, substitute: str, first: date, last: date, *, field: str, world: World
) -> None:
    with pytest.raises(InvalidInput) as refused:
        leaves.take_leave(
            post=post_of(world, absent),
            substitute=post_of(world, substitute),
            first=first,
            last=last,
            by=world.actor(absent),
            at=AT,
        )
    assert {problem.field for problem in refused.value.problems} == {field}
    assert not Substitution.objects.exists()


def test_a_substitute_whose_term_ends_within_the_leave_is_refused(world: World) -> None:
    Post.objects.filter(person=world.person("asking.liaison")).update(held_until=LAST)
    with pytest.raises(InvalidInput, match="bad_substitution"):
        leave(world, "asking.leader", "asking.liaison")


def test_a_leave_that_leaves_a_duty_to_nobody_is_refused_with_days_and_duties(world: World) -> None:
    with pytest.raises(Conflict) as refused:
        leave(world, "asking.leader", None)
    assert refused.value.code == "people.uncovered"
    said = " ".join(problem.said.zh for problem in refused.value.problems)
    assert "2026-02-05至2026-02-12无人可以“签发、退回、拒绝、撤回”" in said
    assert not Substitution.objects.exists()


def test_a_leave_that_others_cover_needs_no_substitute(world: World) -> None:
    row = leave(world, "asking.case_officer", None)
    assert row.substitute is None


def test_a_substitute_goes_on_leave_only_with_somebody_for_both(world: World) -> None:
    leave(world, "asking.leader", "asking.liaison")
    with pytest.raises(Conflict, match=r"people\.uncovered"):
        leave(world, "asking.liaison", "asking.case_officer")


def test_nobody_stands_in_for_a_duty_held_apart_from_their_own(world: World) -> None:
    with pytest.raises(Conflict, match=r"people\.duties_apart"):
        leave(world, "asking.administrator", "asking.security_officer")
    leave(world, "asking.administrator", "asking.clerk")
    with pytest.raises(Conflict, match=r"people\.leave_overlaps"):
        leave(world, "asking.administrator", "asking.clerk")


def test_leave_is_for_oneself_or_by_the_administrator(world: World) -> None:
    post, substitute = post_of(world, "asking.leader"), post_of(world, "asking.liaison")
    for name in ("asking.case_officer", "asked.administrator"):
        with pytest.raises(NotAllowed, match=r"people\.not_own_post"):
            leaves.take_leave(post=post, substitute=substitute, first=FIRST, last=LAST, by=world.actor(name), at=AT)
    manager = world.actor("asking.administrator")
    leaves.take_leave(post=post, substitute=substitute, first=FIRST, last=LAST, by=manager, at=AT)
    notice = Notice.objects.get(person=substitute.person, kind="people.leave")
    assert notice.zh.startswith("2026年2月")
    assert re.match(r"From \d+ Feb 2026 to \d+ Feb 2026 you stand in for ", notice.en)
