"""The demo as it stands once it is set up: everybody finds work, and setting it up again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from concord.casework import queries
from concord.casework.definitions import adopt
from concord.casework.desk import confirming, lists, rating, views
from concord.casework.desk.cases import CasesWanted, page_of_cases
from concord.casework.desk.lists import Wanted
from concord.casework.models import (
    Act,
    Attachment,
    Case,
    ClockRun,
    DateOffer,
    Escalation,
    Link,
    Matter,
    Message,
    Paper,
    Participant,
    Rating,
    Reminder,
    SavedView,
)
from concord.charters import folder
from concord.entrypoints.demo.personas import PERSONAS
from concord.entrypoints.demo.seeding import seed
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for, posts_held
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.files import storage
from concord.foundation.journal.models import Entry
from concord.foundation.notices.queries import unread_count
from concord.foundation.organisations.models import Competence, Department, Organisation, Person, Post, Substitution
from concord.foundation.organisations.queries import calendar_on
from concord.rules.errors import NotFound
from tests.support.database import DATABASE

NOW = datetime(2026, 11, 23, 8, 5, tzinfo=LEGAL_ZONE)
TODAY = NOW.date()
FEW = 8
# Around Spring Festival, Qingming, Labour Day, the Dragon Boat, National Day and into an unannounced year.
DAYS = (
    "2026-02-18", "2026-03-02", "2026-04-05", "2026-05-03", "2026-06-19", "2026-07-13",
    "2026-08-31", "2026-09-27", "2026-10-04", "2026-12-31", "2027-01-01", "2027-02-08",
)  # fmt: skip
# What day it is makes no difference between two databases; that the stories fit one does.
TOLD_ON = DAYS if DATABASE == "sqlite" else DAYS[:1]


def put_into_force() -> None:
    enter(SYSTEM)
    texts = folder.read(folder.shipped(), "cn", "g60")
    adopt(texts=texts, charter_id="g60", resolution="", effective_from=date(2019, 1, 1), at=NOW)


def tell_the_stories() -> None:
    put_into_force()
    seed(now=NOW, matters=0)


@pytest.fixture
def alliance(db: None) -> Iterator[None]:  # noqa: ARG001  a fixture asks for what it stands on
    put_into_force()
    yield
    enter(SYSTEM)


stories_told = pytest.mark.begins_with.with_args(tell_the_stories)


def actor(username: str, *, at: datetime = NOW) -> Actor:
    found = actor_for(Person.objects.get(username=username), post_id=None, at=at)
    assert found is not None
    return found


def desk(username: str, *, at: datetime = NOW) -> list[tuple[str, date | None, set[str]]]:
    """What the person's bureau holds and may do: state, next due date, acts open to the person."""
    by = actor(username, at=at)
    held = lists.page_of_matters(by, Wanted(ours=True), limit=100).rows
    seen = [queries.matter_for(uid=matter.uid, by=by) for matter in held]
    return [(known.state, known.matter.next_due, {act.id for act in known.possible(by)}) for known in seen]


def count_of_all() -> dict[str, int]:
    people = (Person, Post, Department, Competence, Substitution)
    desk = (Reminder, DateOffer, Escalation, Rating, Link, SavedView)
    tables = (*people, *desk, Case, Matter, Act, Paper, Message, Attachment, Entry)
    return {table.__name__: table.objects.count() for table in tables}


def _without_row_numbers(details: dict[str, Any]) -> dict[str, Any]:
    """A database goes on counting rows, even of a demo that was taken back."""
    return {name: value for name, value in details.items() if name == "seq" or not isinstance(value, int)}


def told() -> dict[str, list[Any]]:
    """What two demos of the same day must agree on."""
    return {
        "matters": list(Matter.objects.order_by("number").values_list("number", "uid", "title", "state", "next_due")),
        "acts": list(Act.objects.order_by("id").values_list("matter__number", "act", "at", "answers_digest")),
        "papers": list(Paper.objects.order_by("id").values_list("number", "letter_digest", "file__digest")),
        "journal": [
            (entry.event, entry.at, _without_row_numbers(entry.details)) for entry in Entry.objects.order_by("id")
        ],
        "files": list(Attachment.objects.order_by("id").values_list("file__uid", "file__digest", "file__name")),
    }


@stories_told
@pytest.mark.django_db
def test_everybody_finds_what_the_sign_in_page_promises() -> None:
    calendar = calendar_on(TODAY)
    soon = {calendar.next_working(TODAY), calendar.next_working(calendar.next_working(TODAY))}

    for officer, leader in (("shen.yun", "gu.mingyuan"), ("ye.qing", "fang.zhen")):
        mine, theirs = desk(officer), desk(leader)
        assert any(state == "delivered" and "accept" in acts for state, _, acts in mine), officer
        assert any(state == "accepted" and due in soon and "submit_answer" in acts for state, due, acts in mine)
        assert any(due is not None and due < TODAY and acts for _, due, acts in mine), officer
        assert any(state == "answer_submitted" and "answer" in acts for state, _, acts in theirs), leader
        assert any(due == TODAY for _, due, _ in mine), officer
        assert any(due is not None and due < TODAY and acts for _, due, acts in theirs), leader
    assert any(state == "drafted" and "revise" in acts for state, _, acts in desk("shen.yun"))
    assert any(state == "submitted" and "issue" in acts for state, _, acts in desk("gu.mingyuan"))

    waiting = lists.page_of_matters(actor("lu.wen"), Wanted(ours=False), limit=100).rows
    assert sum(matter.next_due is not None and matter.next_due < TODAY for matter in waiting) >= 3
    assert {persona.username for persona in PERSONAS} <= set(Person.objects.values_list("username", flat=True))
    assert 0 < unread_count(actor("gu.mingyuan")) < 10


@stories_told
@pytest.mark.django_db
def test_the_bystander_sees_nothing_between_other_bureaus() -> None:
    bystander = actor("he.an")
    seen = set(queries.visible_to(bystander).values_list("id", flat=True))
    own = {matter.pk for matter in Matter.objects.all() if bystander.organisation in {matter.origin, matter.target}}
    assert seen == own
    assert Matter.objects.count() - len(own) >= 12


@stories_told
@pytest.mark.django_db
def test_a_newcomer_meets_more_than_assistance() -> None:
    seen = {
        name: Counter(
            queries.visible_to(actor(name)).exclude(procedure="assistance").values_list("procedure", "shown_state")
        )
        for name in ("gu.mingyuan", "fang.zhen", "lu.wen")
    }
    leads = {("lead", "outcome_reported"): 1, ("lead", "accepted"): 1}
    operations = {("operation", "plan_circulated"): 1, ("operation", "closed"): 1}
    docket = {("patent_adjudication", "hearing_notified"): 1}
    mediations = {("mediation", one): 1 for one in ("agreement_sealed", "not_mediated", "consent_given")}
    development = {("financing_application", "closed"): 1, ("talent_dispatch", "closed"): 1}
    assert seen["gu.mingyuan"] == {**leads, **operations, **docket, **development}
    assert seen["fang.zhen"] == {**leads, **operations, ("jurisdiction", "closed"): 1}
    assert seen["lu.wen"] == {**operations, **mediations, **development, ("case_transfer", "referred"): 1}


@stories_told
@pytest.mark.django_db
def test_one_signature_is_missing_and_three_months_have_moved() -> None:
    missing = Participant.objects.filter(matter__procedure="operation", matter__final=False, awaited=True)
    assert [one.organisation.position for one in missing] == [4]
    assert any("countersign" in acts for _, _, acts in desk("fang.zhen"))
    ruling = ClockRun.objects.get(matter__procedure="patent_adjudication", clock="ruling", running=True)
    assert len(ruling.exclusions) == 3
    assert ruling.suspended_on is None
    assert ruling.legal_due > TODAY
    running = {"designation", "joint_confirmation"}
    others = ClockRun.objects.filter(clock__in=running, running=True)
    assert {run.clock for run in others} == running
    assert all(run.legal_due > TODAY for run in others)


@stories_told
@pytest.mark.django_db
def test_a_story_is_one_case_with_its_evidence() -> None:
    per_case = Counter(Act.objects.values_list("matter__case__name", flat=True))
    del per_case[None]
    assert len(per_case) == 7
    assert min(per_case.values()) >= 15
    media = Counter(Attachment.objects.values_list("file__media_type", flat=True))
    assert set(media) == {"application/pdf", "image/png", "text/csv"}
    assert not Matter.objects.filter(origin__address="").exists()
    assert Organisation.objects.filter(address__contains="虚构").count() == 10


@stories_told
@pytest.mark.django_db
def test_bureaus_have_departments_and_somebody_is_away() -> None:
    for bureau in Organisation.objects.filter(position__gt=0):
        assert [one.zh for one in bureau.departments.filter(desk=True)] == ["综合科"]
        assert bureau.posts.filter(kind="liaison", department__desk=True).exists()
        assert not bureau.posts.filter(department=None).exists()
        assert bureau.posts.filter(kind="case_officer", department__competences__area="assistance").exists()
    held = [(post.organisation.position, post.kind) for post in posts_held(actor("lu.wen").person, on=TODAY)]
    assert held == [(0, "secondee"), (1, "liaison")]
    assert not Post.objects.filter(kind="secondee", home=None).exists()
    shen = actor("shen.yun").person
    assert [post.person.zh for post in posts_held(shen, on=TODAY)] == ["沈昀", "罗晚"]
    waiting = confirming.waiting(actor("jiang.lan"))
    assert [(one.post.person.zh, one.post.kind) for one in waiting] == [("林疏", "case_officer")]


@stories_told
@pytest.mark.django_db
def test_leads_lie_ready_to_be_handed_over() -> None:
    rows = page_of_cases(actor("shen.yun"), CasesWanted(begun=False), limit=100)
    assert len(rows) == 24
    assert all(row.party and row.party_address and row.cause and row.mark and row.content for row in rows)
    assert all(row.found_date and TODAY - timedelta(days=40) < row.found_date < TODAY for row in rows)
    assert {row.source for row in rows} == {"inspection", "report", "other_department", "superior"}
    assert len({row.number for row in rows}) == 24


@stories_told
@pytest.mark.django_db
def test_people_speak_around_their_matters() -> None:
    shen, ye = actor("shen.yun"), actor("ye.qing")
    assert Counter(Reminder.objects.values_list("receiver__position", flat=True)) == {1: 2, 3: 1, 4: 1}
    assert sorted(DateOffer.objects.values_list("taken", flat=True), key=str) == [None, True]
    waiting = DateOffer.objects.get(answered_at__isnull=True)
    assert waiting.run.running
    assert waiting.offered_date > TODAY
    assert Link.objects.count() == 3
    assert sorted(Rating.objects.values_list("opened", flat=True)) == [False, True, True]
    half = Rating.objects.get(opened=False).matter
    assert half.pk in {row.pk for row in rating.ratings_waiting(ye, limit=20)}
    climbed = set(Escalation.objects.values_list("to", flat=True))
    assert climbed == {"requested.leader", "centre.enforcement", "agenda"}
    assert [view.shared for view in views.views_of(shen, "matters")] == [True, False]
    assert [view.shared for view in views.views_of(actor("gu.mingyuan"), "matters")] == [True]


@pytest.mark.slow
@pytest.mark.usefixtures("alliance")
def test_seeding_again_changes_nothing_even_on_another_day() -> None:
    seed(now=NOW, matters=FEW)
    before, said = count_of_all(), told()
    seed(now=NOW, matters=FEW)
    seed(now=NOW + timedelta(days=40))
    assert count_of_all() == before
    assert told() == said


@pytest.mark.slow
@pytest.mark.usefixtures("alliance")
def test_the_same_day_gives_the_same_demo() -> None:
    demos = []
    for hour in (0, 9):
        with transaction.atomic():
            seed(now=NOW + timedelta(hours=hour), matters=FEW)
            demos.append(told())
            transaction.set_rollback(True)
    assert Matter.objects.count() == 0
    assert demos[0]["matters"]
    assert demos[0] == demos[1]


@pytest.mark.slow
@pytest.mark.usefixtures("alliance")
def test_numbers_run_with_the_time() -> None:
    seed(now=NOW, matters=FEW)
    assert [matter.begun_at for matter in Matter.objects.order_by("number")] == sorted(
        Matter.objects.values_list("begun_at", flat=True)
    )
    for series in set(Paper.objects.values_list("organisation", "kind", "year")):
        organisation, kind, year = series
        papers = Paper.objects.filter(organisation=organisation, kind=kind, year=year).order_by("n")
        assert [paper.n for paper in papers] == list(range(1, len(papers) + 1))
        assert [paper.issued_at for paper in papers] == sorted(paper.issued_at for paper in papers)
    assert max(Entry.objects.values_list("at", flat=True)) < NOW.replace(hour=0, minute=0)


@pytest.mark.slow
@pytest.mark.usefixtures("alliance")
def test_it_tells_how_far_it_has_come() -> None:
    heard: list[tuple[str, int, int]] = []
    seed(now=NOW, matters=0, on_progress=lambda day, done, steps: heard.append((day, done, steps)))
    days, done, steps = zip(*heard, strict=True)
    assert list(done) == list(range(1, len(heard) + 1))
    assert set(steps) == {len(heard)}
    assert list(days) == sorted(days)
    assert days[-1] < TODAY.isoformat()


@pytest.mark.usefixtures("alliance")
def test_what_breaks_off_leaves_nothing_behind() -> None:
    def breaks(_day: str, done: int, _steps: int) -> None:
        if done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed(now=NOW, matters=0, on_progress=breaks)
    assert set(count_of_all().values()) == {0}


@pytest.mark.usefixtures("alliance")
def test_a_procedure_too_young_for_the_stories_is_refused() -> None:
    with pytest.raises(NotFound) as refused:
        seed(now=datetime(2026, 1, 20, 9, tzinfo=LEGAL_ZONE), matters=0)
    assert refused.value.code == "charter.no_procedure_in_force"
    assert not Person.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("day", TOLD_ON)
@pytest.mark.usefixtures("alliance")
def test_the_stories_can_be_told_on_any_day(day: str) -> None:
    now = datetime.fromisoformat(f"{day}T07:30:00+08:00")
    seed(now=now, matters=FEW)
    calendar = calendar_on(now.date())
    today = now.date() if calendar.is_working(now.date()) else calendar.next_working(now.date())
    dues = [due for _, due, _ in desk("shen.yun", at=now) if due is not None]
    assert today in dues
    assert any(due < now.date() for due in dues)
    assert any(due > today for due in dues)
    assert all(act.at < now and calendar.is_working(act.at.astimezone(LEGAL_ZONE).date()) for act in Act.objects.all())


@pytest.mark.slow
@pytest.mark.usefixtures("alliance")
def test_the_whole_demo_fills_the_lists(settings: Any) -> None:
    seed(now=NOW)
    assert Matter.objects.count() >= 200
    states = Counter(Matter.objects.values_list("state", flat=True))
    assert set(states) >= {"drafted", "submitted", "delivered", "accepted", "answer_submitted", "closed", "withdrawn"}
    outcomes = set(Matter.objects.filter(final=True).values_list("outcome", flat=True))
    assert outcomes >= {"answered", "refused", "withdrawn"}
    assert Matter.objects.filter(final=False, next_due__lt=TODAY).count() >= 5
    members = Organisation.objects.filter(position__gt=0)
    assert all(
        Matter.objects.filter(origin=one).exists() and Matter.objects.filter(target=one).exists() for one in members
    )
    for paper in Paper.objects.select_related("file"):
        assert storage.path_of(settings.FILES_ROOT, paper.file.digest).read_bytes().startswith(b"%PDF-")
