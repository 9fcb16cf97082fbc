"""What administrators and security officers do with people, posts and departments, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concord.casework.desk import confirming, departments, first_people, leaves, staffing
from concord.casework.desk.handing_over import hand_over_ended
from concord.casework.models import Audience, Matter
from concord.foundation.access.actor import Actor
from concord.foundation.access.commands import issue_token
from concord.foundation.access.queries import actor_for, actor_of_token
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.models import Department, Person, Post, Proposal, Substitution
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import ConcordError, Conflict, InvalidInput, NotAllowed, NotFound
from concord.rules.separation import SEPARATE
from tests.support.worlds import World, time

pytestmark = pytest.mark.django_db
TODAY, NINE = date(2026, 2, 5), "2026-02-05T09:00"
AT = time(NINE)


def post_of(world: World, name: str) -> Post:
    return Post.objects.select_related("person", "organisation").get(person=world.person(name), held_until=None)


@pytest.fixture
def manager(world: World) -> Actor:
    """The administrator of the first place."""
    return world.actor("asking.administrator")


@pytest.fixture
def officer(world: World) -> Actor:
    """Its security officer."""
    return world.actor("asking.security_officer")


def take_on(by: Actor, username: str = "yan.he", kind: str = "case_officer", last: date | None = None) -> Post:
    return staffing.take_on(
        username=username, zh="严禾", en="", telephone="", email="", kind=kind, first=TODAY, last=last, by=by, at=AT
    )


def test_a_post_with_powers_gives_no_rights_before_it_is_confirmed(manager: Actor, officer: Actor) -> None:
    post = take_on(manager)
    assert actor_for(post.person, post_id=None, at=AT) is None
    assert Notice.objects.filter(person=officer.person, kind="people.propose").count() == 1
    [proposal] = confirming.waiting(officer)
    confirming.decide(proposal=proposal, accept=True, by=officer, at=AT)
    actor = actor_for(post.person, post_id=None, at=AT)
    assert actor is not None
    assert actor.may("assistance:handle")
    events = list(Entry.objects.order_by("id").values_list("event", flat=True))
    assert events == ["people.take_on", "people.propose", "people.confirm"]
    with pytest.raises(Conflict, match=r"people\.decided"):
        confirming.decide(proposal=proposal, accept=False, by=officer, at=AT)


def test_a_post_without_powers_begins_at_once(manager: Actor) -> None:
    post = take_on(manager, kind="clerk")
    assert actor_for(post.person, post_id=None, at=AT) is not None
    assert Proposal.objects.count() == 0


def test_a_late_confirmation_gives_no_rights_backwards_and_a_past_term_none(manager: Actor, officer: Actor) -> None:
    late, past = take_on(manager, "late"), take_on(manager, "past", last=TODAY)
    later = AT + timedelta(days=3)
    first, second = confirming.waiting(officer)
    confirming.decide(proposal=first, accept=True, by=officer, at=later)
    late.refresh_from_db()
    assert late.held_from == date(2026, 2, 8)
    with pytest.raises(Conflict, match=r"people\.expired"):
        confirming.decide(proposal=second, accept=True, by=officer, at=later)
    past.refresh_from_db()
    assert not past.effective
    confirming.decide(proposal=second, accept=False, by=officer, at=later)
    assert confirming.waiting(officer) == []


def test_nobody_confirms_their_own_or_for_another_organisation(world: World, manager: Actor, officer: Actor) -> None:
    take_on(manager)
    [proposal] = confirming.waiting(officer)
    with pytest.raises(NotAllowed, match=r"people\.may_not_confirm"):
        confirming.decide(proposal=proposal, accept=True, by=manager, at=AT)
    with pytest.raises(NotAllowed, match=r"people\.may_not_confirm"):
        confirming.decide(proposal=proposal, accept=True, by=world.actor("asked.security_officer"), at=AT)
    with pytest.raises(NotFound, match=r"people\.no_proposal"):
        confirming.proposal_of(world.actor("asked.security_officer"), proposal.pk)
    assert confirming.proposal_of(officer, proposal.pk) == proposal
    Proposal.objects.update(proposed_by=officer.person)
    with pytest.raises(NotAllowed, match=r"people\.own_proposal"):
        confirming.decide(proposal=proposal, accept=True, by=officer, at=AT)
    own = leaves.delegate(
        post=post_of(world, "asking.clerk"),
        substitute=officer.post,
        first=TODAY,
        last=TODAY,
        by=manager,
        at=AT,
    )
    with pytest.raises(NotAllowed, match=r"people\.own_proposal"):
        confirming.decide(proposal=own.proposals.get(), accept=True, by=officer, at=AT)


@pytest.mark.parametrize("name", ["leader", "auditor", "security_officer"])
def test_only_the_administrator_manages_people(name: str, world: World, manager: Actor) -> None:
    by = world.actor(f"asking.{name}")
    post = post_of(world, "asking.clerk")
    department = departments.open_department(zh="一科", en="", desk=False, areas=[], by=manager, at=AT)
    for act in (
        lambda: take_on(by),
        lambda: staffing.end_post(post=post, last=TODAY, by=by, at=AT),
        lambda: staffing.move_post(post=post, department=None, by=by, at=AT),
        lambda: staffing.deactivate(person=post.person, by=by, at=AT),
        lambda: staffing.reactivate(person=post.person, by=by, at=AT),
        lambda: departments.open_department(zh="二科", en="", desk=False, areas=[], by=by, at=AT),
        lambda: departments.set_competences(department=department, areas=[], by=by, at=AT),
    ):
        with pytest.raises(NotAllowed, match=r"people\.may_not_manage"):
            act()


def test_people_of_other_organisations_are_out_of_reach(world: World, manager: Actor) -> None:
    theirs = post_of(world, "asked.clerk")
    with pytest.raises(NotFound, match=r"people\.no_post"):
        staffing.end_post(post=theirs, last=TODAY, by=manager, at=AT)
    with pytest.raises(NotFound, match=r"people\.no_person"):
        staffing.deactivate(person=theirs.person, by=manager, at=AT)
    appoint(person=world.person("asking.clerk"), organisation=world.places["asked"], kind="clerk", held_from=TODAY)
    with pytest.raises(Conflict, match=r"people\.posts_elsewhere"):
        staffing.deactivate(person=world.person("asking.clerk"), by=manager, at=AT)
    with pytest.raises(NotAllowed, match=r"people\.not_oneself"):
        staffing.deactivate(person=manager.person, by=manager, at=AT)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "king"}, "kind"),
        ({"first": TODAY - timedelta(days=1)}, "first"),
        ({"home": True}, "home"),
        ({"kind": "secondee"}, "home"),
        ({"last": TODAY - timedelta(days=1)}, "last"),
    ],
)
def test_what_cannot_be_appointed(changed: dict[str, object], field: str, world: World, manager: Actor) -> None:
    given_home = world.places["asked"] if changed.pop("home", None) else None
    wanted: dict[str, object] = {"kind": "clerk", "first": TODAY, "last": None, "home": given_home, **changed}
    person = world.person("stranger")
    with pytest.raises(InvalidInput) as refused:
        staffing.appoint(person=person, by=manager, at=AT, **wanted)  # type: ignore[arg-type]  # of the table above
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not Post.objects.filter(person=person).exists()


def test_a_longer_term_of_a_grave_post_waits_and_a_shorter_one_does_not(
    world: World, manager: Actor, officer: Actor
) -> None:
    post = post_of(world, "asking.case_officer")
    staffing.change_term(post=post, last=date(2026, 6, 30), by=manager, at=AT)
    post.refresh_from_db()
    assert post.held_until == date(2026, 7, 1)
    staffing.change_term(post=post, last=date(2026, 12, 31), by=manager, at=AT)
    post.refresh_from_db()
    assert post.held_until == date(2026, 7, 1)
    [proposal] = confirming.waiting(officer)
    confirming.decide(proposal=proposal, accept=True, by=officer, at=AT)
    post.refresh_from_db()
    assert post.held_until == date(2027, 1, 1)
    with pytest.raises(Conflict, match=r"people\.not_held"):
        staffing.change_term(post=post, last=None, by=manager, at=AT + timedelta(days=900))


def handled(matter: Matter, post: Post) -> Audience:
    rows = Audience.objects.filter(matter=matter, scope__organisation=post.organisation)
    rows.update(handler=post)
    return rows.get()


def test_open_matters_pass_to_the_successor_or_the_desk(world: World, manager: Actor) -> None:
    first, second = world.matter_in("delivered"), world.matter_in("delivered")
    leaving, successor = post_of(world, "asking.case_officer"), post_of(world, "asking.liaison")
    row, other = handled(first, leaving), handled(second, successor)
    at = time("2026-02-10T09:00")
    count = staffing.end_post(post=leaving, last=date(2026, 2, 9), by=manager, at=at, successor=successor)
    row.refresh_from_db()
    assert (count, row.handler) == (1, successor)
    desk = departments.open_department(zh="联络室", en="", desk=True, areas=[], by=manager, at=at)
    staffing.move_post(post=post_of(world, "asking.leader"), department=desk, by=manager, at=at)
    staffing.end_post(post=successor, last=date(2026, 2, 20), by=manager, at=at)
    hand_over_ended(payload={}, at=time("2026-02-20T09:00"))
    row.refresh_from_db()
    assert row.handler == successor
    hand_over_ended(payload={}, at=time("2026-02-21T09:00"))
    for one in (row, other):
        one.refresh_from_db()
        assert (one.handler, one.department) == (None, desk)
    entry = Entry.objects.filter(event="people.handover").latest("id")
    assert entry.details == {"post": successor.pk, "matters": 2}


def test_a_moved_post_keeps_matters_tokens_and_substitutes(world: World, manager: Actor) -> None:
    matter = world.matter_in("delivered")
    post, other = post_of(world, "asking.case_officer"), post_of(world, "asking.liaison")
    row = handled(matter, post)
    token, secret = issue_token(
        post=post,
        label="x",
        permissions=["matter:read"],
        expires_at=AT + timedelta(days=90),
        random_bytes=bytes(32),
        by=manager,
        at=AT,
    )
    leaves.take_leave(post=post, substitute=other, first=TODAY, last=date(2026, 3, 1), by=manager, at=AT)
    at = time("2026-02-10T09:00")
    department = departments.open_department(zh="一科", en="", desk=False, areas=[], by=manager, at=at)
    moved = staffing.move_post(post=post, department=department, by=manager, at=at)
    row.refresh_from_db()
    token.refresh_from_db()
    assert (row.handler, row.department, token.post) == (moved, department, moved)
    assert actor_of_token(secret, at=at) is not None
    assert [(one.post_id, one.held_from) for one in Substitution.objects.order_by("id")] == [
        (post.pk, TODAY),
        (moved.pk, date(2026, 2, 10)),
    ]
    assert actor_for(other.person, post_id=moved.pk, at=at) is not None
    actor = actor_for(other.person, post_id=moved.pk, at=at)
    assert actor is not None
    assert actor.post == moved


def test_a_department_is_dissolved_into_another(world: World, manager: Actor) -> None:
    matter = world.matter_in("delivered")
    first = departments.open_department(zh="一科", en="", desk=False, areas=["assistance"], by=manager, at=AT)
    desk = departments.open_department(zh="联络室", en="", desk=True, areas=[], by=manager, at=AT)
    post = staffing.move_post(post=post_of(world, "asking.case_officer"), department=first, by=manager, at=AT)
    row = handled(matter, post)
    Audience.objects.filter(pk=row.pk).update(department=first)
    with pytest.raises(Conflict, match=r"people\.begun_today"):
        departments.dissolve_department(department=first, successor=desk, by=manager, at=AT)
    at = time("2026-02-10T09:00")
    assert departments.dissolve_department(department=first, successor=None, by=manager, at=at) == (1, 1)
    row.refresh_from_db()
    assert row.department == desk
    assert row.handler is not None
    assert (row.handler.person, row.handler.department) == (post.person, desk)
    assert list(desk.competences.values_list("area", "valid_from")) == [("assistance", date(2026, 2, 10))]
    with pytest.raises(Conflict, match=r"people\.no_successor"):
        departments.dissolve_department(department=desk, successor=None, by=manager, at=at)
    assert Department.objects.get(pk=desk.pk).valid_until is None


@pytest.mark.parametrize(
    ("given_zh", "areas", "code"),
    [
        ("", [], "people.bad_department"),
        ("字" * 61, [], "people.bad_department"),
        ("一科", ["fishing"], "people.bad_area"),
    ],
)
def test_a_department_needs_a_name_and_known_areas(given_zh: str, areas: list[str], code: str, manager: Actor) -> None:
    with pytest.raises(InvalidInput) as refused:
        departments.open_department(zh=given_zh, en="", desk=False, areas=areas, by=manager, at=AT)
    assert refused.value.code == code
    assert not Department.objects.exists()


def test_one_liaison_desk_at_a_time(manager: Actor) -> None:
    departments.open_department(zh="联络室", en="", desk=True, areas=[], by=manager, at=AT)
    with pytest.raises(Conflict, match=r"people\.desk_exists"):
        departments.open_department(zh="另一室", en="", desk=True, areas=[], by=manager, at=AT)


class TestFirstPeople:
    def test_they_are_made_where_missing_and_only_there(self, world: World) -> None:
        place = world.places["asking"]
        with pytest.raises(Conflict, match=r"people\.both_there"):
            self.make(place.code)
        Post.objects.filter(organisation=place, kind="security_officer").update(effective=False)
        made = self.make(place.code)
        assert list(made) == ["guard"]
        post = Post.objects.get(person__username="guard")
        assert (post.kind, post.effective) == ("security_officer", True)

    def test_unknown_places_and_bad_names_are_refused(self, world: World) -> None:
        with pytest.raises(NotFound, match=r"people\.no_organisation"):
            self.make("000000")
        place = world.places["asking"]
        Post.objects.filter(organisation=place, kind="security_officer").update(effective=False)
        with pytest.raises(InvalidInput, match=r"people\.bad_person"):
            self.make(place.code, guard="asking.clerk")

    def make(self, code: str, *, guard: str = "guard") -> dict[str, str]:
        return first_people.make_first_people(
            code=code,
            usernames={"people:manage": "chief", "people:confirm": guard},
            random_bytes={"people:manage": bytes(32), "people:confirm": b"1" * 32},
            at=AT,
        )


KINDS = ("administrator", "security_officer", "auditor", "clerk")
terms = st.tuples(st.sampled_from(KINDS), st.integers(0, 8), st.none() | st.integers(1, 6))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("appoint"), terms, st.integers(0, 9)),
        st.tuples(st.just("stand in"), terms, st.integers(0, 9)),
        st.tuples(st.just("decide"), terms, st.integers(0, 9)),
    ),
    min_size=2,
    max_size=12,
)


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(course=steps)
def test_no_one_ever_holds_two_duties_that_are_apart(
    world: World, course: list[tuple[str, tuple[str, int, int | None], int]]
) -> None:
    manager, officer = world.actor("asking.administrator"), world.actor("asking.security_officer")
    with transaction.atomic():
        person = enrol(username="many.hats", zh="多帽", en="")
        own = appoint(person=person, organisation=world.places["asking"], kind="clerk", held_from=TODAY)
        for what, (kind, first, days), n in course:
            begun = TODAY + timedelta(days=first)
            last = None if days is None else begun + timedelta(days=days)
            try:
                with transaction.atomic():
                    _step(what, kind, begun, last, n, person=person, own=own, manager=manager, officer=officer)
            except ConcordError:
                continue
        for n in range(20):
            assert len(_duties_on(person, TODAY + timedelta(days=n))) <= 1
        transaction.set_rollback(True)


def _step(
    what: str,
    kind: str,
    begun: date,
    last: date | None,
    n: int,
    *,
    person: Person,
    own: Post,
    manager: Actor,
    officer: Actor,
) -> None:
    if what == "appoint":
        staffing.appoint(person=person, kind=kind, first=begun, last=last, by=manager, at=AT)
    elif what == "decide":
        waiting = confirming.waiting(officer)
        if waiting:
            confirming.decide(proposal=waiting[n % len(waiting)], accept=n % 3 > 0, by=officer, at=AT)
    else:
        post = Post.objects.filter(organisation=own.organisation, kind=kind).exclude(person=person).earliest("id")
        end = last or begun + timedelta(days=5)
        leaves.take_leave(post=post, substitute=own, first=begun, last=end, by=manager, at=AT)


def _duties_on(person: Person, on: date) -> set[str]:
    """What the person holds or is proposed for on the day: the law of the test."""
    charter = charter_on(on)
    found: set[str] = set()
    for post in Post.objects.filter(person=person):
        waits = post.proposals.filter(decided_at=None).exists()
        if (post.effective or waits) and post.held_from <= on and (post.held_until is None or on < post.held_until):
            found |= SEPARATE & charter.permissions_of(post.kind)
    for row in Substitution.objects.filter(substitute__person=person, effective=True):
        if row.held_from <= on < row.held_until:
            found |= SEPARATE & charter.permissions_of(row.post.kind)
    return found
