"""Nobody learns anything of a matter that is not shown to them, whichever way they look for it."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from concord.casework import queries
from concord.casework.desk import lists
from concord.casework.desk.lists import Wanted
from concord.casework.models import Act, Attachment, Case, Paper
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for, posts_held
from concord.foundation.files.models import File
from concord.foundation.journal.queries import entries_for
from concord.foundation.notices.models import Notice
from concord.foundation.notices.queries import notices_for
from concord.foundation.organisations.models import Person
from concord.rules.errors import NotFound
from tests.casework.wandering import JointWay, Run, Way, appoint_at_random, drive, joint_ways, posts, ways
from tests.support.worlds import World, speaking_as, time

pytestmark = pytest.mark.django_db
NOW = time("2026-03-10T09:00")
READERS = {"case_officer", "leader", "liaison", "secondee", "legal_officer", "clerk", "auditor"}
BOUNDED = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking whole worlds takes longer than reading one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def actors(person: Person) -> list[Actor]:
    """Everything this person can act as."""
    found = [actor_for(person, post_id=post.pk, at=NOW) for post in posts_held(person, on=NOW.date())]
    return [actor for actor in found if actor is not None]


def place_of(world: World, by: Actor) -> str:
    return next(place for place, organisation in world.places.items() if organisation == by.organisation)


def find_nothing(run: Run, by: Actor, papers: list[Paper], files: list[File]) -> None:
    """Look for a hidden matter in every way there is."""
    number, title, uid = run.matter.number, run.matter.title, run.matter.uid
    assert not queries.visible_to(by).filter(uid=uid).exists()
    for wanted in (Wanted(text=number), Wanted(text=title), Wanted(case=run.case)):
        assert lists.page_of_matters(by, wanted, limit=50).rows == ()
        assert lists.count_of_matters(by, wanted, most=50) == 0
    for reference in ({"uid": uid}, {"number": number}):
        with pytest.raises(NotFound, match=r"casework\.no_matter"):
            queries.matter_for(**reference, by=by)
    for paper in papers:
        with pytest.raises(NotFound, match=r"casework\.no_paper"):
            queries.paper_for(uid=paper.uid, by=by)
    for file in files:
        with pytest.raises(NotFound, match=r"casework\.no_file"):
            queries.file_for(uid=file.uid, by=by)


def find_ones_own_side(run: Run, by: Actor) -> None:
    """Of a matter that is shown, the others' inner work stays hidden."""
    known = queries.matter_for(uid=run.matter.uid, by=by)
    timeline = queries.timeline_of(known, by=by)
    assert timeline
    assert all(not act.internal or act.organisation == by.organisation for act in timeline)
    assert known.version == timeline[-1].seq
    others = [drafts for role, drafts in known.matter.drafts.items() if role != known.role]
    for name in {name for drafts in others for name in drafts}:
        assert known.facts.get(name) == known.matter.facts.get(name)
    moved = [act.to_state for act in timeline]
    assert known.state == moved[-1] or (known.matter.inner_role == known.role and known.state in moved)
    assert all(message.act in timeline for message in queries.messages_of(known))
    for told in known.joined:
        assert told.joined_at is not None


@pytest.mark.slow
@BOUNDED
@given(
    plans=st.lists(st.one_of(ways, joint_ways), min_size=1, max_size=3), people=st.lists(posts, min_size=1, max_size=3)
)
def test_what_is_not_shown_is_nowhere_to_be_found(
    toys: World, plans: list[Way | JointWay], people: list[list[tuple[str, str]]]
) -> None:
    with transaction.atomic():
        runs = [drive(toys, way, n) for n, way in enumerate(plans)]
        for run in runs:
            run.matter.refresh_from_db()
        papers = {run.matter.pk: list(Paper.objects.select_related("file").filter(matter=run.matter)) for run in runs}
        usual = [toys.person(f"{place}.{kind}") for place in toys.places for kind in ("leader", "auditor")]
        for person in [*usual, *(appoint_at_random(toys, wanted, n) for n, wanted in enumerate(people))]:
            for by in actors(person):
                with speaking_as(by):
                    look_around(toys, by, runs, papers)
        for notice in Notice.objects.filter(matter_uid__isnull=False).select_related("organisation"):
            [run] = [run for run in runs if run.matter.uid == notice.matter_uid]
            assert notice.organisation in {toys.places[place] for place in run.known_to()}
        transaction.set_rollback(True)


def look_around(world: World, by: Actor, runs: list[Run], papers: dict[int, list[Paper]]) -> None:
    place = place_of(world, by)
    shown = [run for run in runs if place in run.known_to() and by.post.kind in READERS]
    everything = lists.page_of_matters(by, Wanted(), limit=50)
    assert {row.pk for row in everything.rows} == {run.matter.pk for run in shown}
    assert lists.count_of_matters(by, Wanted(), most=50) == len(shown)
    for held in (True, False):
        assert {row.pk for row in lists.page_of_matters(by, Wanted(ours=held), limit=50).rows} <= {
            run.matter.pk for run in shown
        }
    own = {run.matter.case_id for run in runs if run.way.origin == place and by.post.kind in READERS}
    assert set(queries.cases_of(by).values_list("pk", flat=True)) == own
    for run in runs:
        if run in shown:
            find_ones_own_side(run, by)
            continue
        issued = papers[run.matter.pk]
        brought = [file for file in run.files if file.organisation != by.organisation]
        made = [paper.file for paper in issued if paper.organisation != by.organisation]
        find_nothing(run, by, issued, [*brought, *made])
    hidden = {run.matter.uid for run in runs} - {run.matter.uid for run in shown}
    if by.may("journal:read"):
        entries = entries_for(by, limit=200)
        assert all(entry.organisation == by.organisation for entry in entries)
        assert not {entry.matter_uid for entry in entries} & hidden
    told = {notice.matter_uid for notice in notices_for(by, limit=200)}
    assert not told & hidden


@BOUNDED
@given(plan=ways)
def test_files_of_inner_work_are_opened_by_its_side_alone(world: World, plan: Way) -> None:
    with transaction.atomic():
        run = drive(world, plan, 1)
        told = set(Attachment.objects.filter(act__internal=False).values_list("file_id", flat=True))
        for place in world.places:
            by = world.actor(f"{place}.leader")
            with speaking_as(by):
                for file in run.files:
                    mine = file.organisation == by.organisation
                    opens = opens_for(file, by)
                    assert opens == (mine or (file.pk in told and place in run.known_to()))
        assert Case.objects.count() == 1
        assert Act.objects.filter(matter=run.matter).count() == len(run.acts)
        transaction.set_rollback(True)


def opens_for(file: File, by: Actor) -> bool:
    try:
        queries.file_for(uid=file.uid, by=by)
    except NotFound:
        return False
    return True
