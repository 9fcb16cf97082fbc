"""Whatever happens with people, at every moment each open request has somebody who can do one of its next acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.casework.definitions import procedure_of
from concord.casework.desk import confirming, departments, leaves, staffing
from concord.casework.desk.handing_over import hand_over_ended
from concord.casework.models import Audience, Matter, Participant
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.organisations.models import Department, Organisation, Person, Post, Proposal, Substitution
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import ConcordError
from tests.support.worlds import World

BEGUN = datetime(2026, 3, 10, 1, 0, tzinfo=UTC).date()
STATES = ("delivered", "accepted", "answer_submitted")
KINDS = ("case_officer", "leader", "liaison", "clerk", "administrator", "security_officer")
FEW = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
# What happens, to the how-manieth one, with the how-manieth other, for how many days.
Event: TypeAlias = tuple[str, int, int, int]
events = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "appoint",
                "end",
                "end",
                "term",
                "leave",
                "leave",
                "delegate",
                "return",
                "decide",
                "open",
                "dissolve",
                "move",
                "deactivate",
                "wait",
                "wait",
            )
        ),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(0, 12),
    ),
    min_size=5,
    max_size=40,
)


@dataclass
class Office:
    """One organisation in which people come and go."""

    world: World
    place: Organisation
    day: int = 0
    taken: int = 0

    @property
    def at(self) -> datetime:
        """Nine in the morning in Shanghai of the day."""
        return datetime.combine(BEGUN + timedelta(days=self.day), time(1, 0), tzinfo=UTC)

    def by(self, permission: str) -> Actor:
        """Somebody there today who may do this; there is always one."""
        for person in Person.objects.filter(is_active=True).order_by("id"):
            own = Post.objects.filter(person=person, organisation=self.place).values_list("id", flat=True)
            for post in own:
                actor = actor_for(person, post_id=post, at=self.at)
                if actor is not None and actor.organisation == self.place and actor.may(permission):
                    return actor
        raise AssertionError(f"nobody may {permission}")

    def post(self, n: int) -> Post:
        """The how-manieth post, round and round."""
        posts = self.posts()
        return posts[n % len(posts)]

    def posts(self) -> list[Post]:
        """Every post there ever was, those that are over too."""
        return list(Post.objects.filter(organisation=self.place).order_by("id"))

    def happen(self, event: Event) -> None:
        """Do it, or be refused: then nothing has changed."""
        try:
            with transaction.atomic():
                self._happen(*event)
        except ConcordError:
            return

    def _happen(self, what: str, n: int, other: int, days: int) -> None:
        today = BEGUN + timedelta(days=self.day)
        if what == "wait":
            self.day += days
            hand_over_ended(payload={}, at=self.at)
        elif what == "decide":
            self._decide(n, accept=other % 3 > 0)
        elif what in {"open", "dissolve", "move"}:
            self._reorganise(what, n, other)
        elif what in {"leave", "delegate", "return"}:
            self._stand_in(what, n, other, today, today + timedelta(days=days))
        else:
            self._staff(what, n, other, today, today + timedelta(days=days))

    def _decide(self, n: int, *, accept: bool) -> None:
        waiting = list(Proposal.objects.filter(organisation=self.place).order_by("id"))
        if waiting:
            chosen, officer = waiting[n % len(waiting)], self.by("people:confirm")
            confirming.decide(proposal=chosen, accept=accept, by=officer, at=self.at)

    def _staff(self, what: str, n: int, other: int, today: date, last: date) -> None:
        manager, post, another = self.by("people:manage"), self.post(n), self.post(other)
        if what == "appoint":
            self.taken += 1
            staffing.take_on(
                username=f"new.{self.taken}",
                zh="新人",
                en="",
                telephone="",
                email="",
                kind=KINDS[n % len(KINDS)],
                first=today,
                last=last if other % 2 else None,
                by=manager,
                at=self.at,
            )
        elif what == "end":
            until = last - timedelta(days=1)
            staffing.end_post(post=post, last=until, by=manager, at=self.at, successor=another)
        elif what == "term":
            staffing.change_term(post=post, last=last, by=manager, at=self.at)
        else:
            staffing.deactivate(person=post.person, by=manager, at=self.at)

    def _stand_in(self, what: str, n: int, other: int, today: date, last: date) -> None:
        manager, post, another = self.by("people:manage"), self.post(n), self.post(other)
        if what == "leave":
            substitute = another if other % 4 else None
            leaves.take_leave(post=post, substitute=substitute, first=today, last=last, by=manager, at=self.at)
        elif what == "delegate":
            leaves.delegate(post=post, substitute=another, first=today, last=last, by=manager, at=self.at)
        else:
            rows = list(Substitution.objects.filter(post__organisation=self.place).order_by("id"))
            if rows:
                leaves.end_early(substitution=rows[n % len(rows)], by=manager, at=self.at)

    def _reorganise(self, what: str, n: int, other: int) -> None:
        manager = self.by("people:manage")
        known = list(Department.objects.filter(organisation=self.place).order_by("id"))
        if what == "open":
            departments.open_department(
                zh=f"{n}科", en="", desk=other % 3 == 0, areas=["assistance"], by=manager, at=self.at
            )
        elif known and what == "move":
            staffing.move_post(post=self.post(n), department=known[other % len(known)], by=manager, at=self.at)
        elif known:
            successor = known[other % len(known)] if other % 2 else None
            dissolved = known[n % len(known)]
            departments.dissolve_department(department=dissolved, successor=successor, by=manager, at=self.at)

    def able(self) -> set[str]:
        """What those who are there today may do: the law of the test, not of the code."""
        today, charter = BEGUN + timedelta(days=self.day), charter_on(BEGUN)
        held = {
            post.pk: post
            for post in self.posts()
            if post.effective
            and post.person.is_active
            and post.held_from <= today
            and (post.held_until is None or today < post.held_until)
        }
        rows = [
            row
            for row in Substitution.objects.filter(effective=True)
            if row.held_from <= today < row.held_until and row.post_id in held
        ]
        away = {row.post_id for row in rows if row.reason == "leave"}
        acting = {pk for pk in held if pk not in away}
        acting |= {row.post_id for row in rows if row.substitute_id in held and row.substitute_id not in away}
        return {name for pk in acting for name in charter.permissions_of(held[pk].kind)}


def look_at(office: Office, matters: list[Matter]) -> None:
    """Each open request has somebody at the office who can do one of its next acts there, and no one gone has it."""
    able = office.able()
    for matter in Matter.objects.filter(pk__in=[one.pk for one in matters], final=False):
        [role] = Participant.objects.filter(matter=matter, organisation=office.place).values_list("role", flat=True)
        procedure = procedure_of(matter.procedure_version)
        known_state = matter.state if matter.inner_role in {"", role} else matter.outer_state
        following = {act.permission for act in procedure.possible(known_state, role)}
        assert following
        assert following & able, (matter.state, following)
    today = BEGUN + timedelta(days=office.day)
    for row in Audience.objects.filter(scope__organisation=office.place, handler__isnull=False).select_related(
        "handler"
    ):
        assert row.handler is not None
        assert row.handler.effective
        assert row.handler.held_until is None or row.handler.held_until > today


@pytest.fixture
def matters(world: World) -> list[Matter]:
    """Open requests that wait for the office, in various states."""
    return [world.matter_in(state) for state in STATES]


@pytest.mark.slow
@FEW
@given(course=events)
def test_each_open_request_always_has_somebody_who_can_act(
    world: World, matters: list[Matter], course: list[Event]
) -> None:
    with transaction.atomic():
        office = Office(world, world.places["asked"])
        for event in course:
            office.happen(event)
            look_at(office, matters)
        transaction.set_rollback(True)
