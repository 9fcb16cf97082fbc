"""Worlds to act in: an alliance with people in every post, a steady clock and a steady chance.

A world leaves the connection speaking for the system, so that a test may look at the tables themselves; whatever an
actor does or looks at through the world is done under that actor's own scope, as the edges do it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, TypeAlias

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from concord.casework import commands, queries
from concord.casework.definitions import adopt
from concord.casework.desk.cases import open_case
from concord.casework.models import Act, Case, Matter
from concord.casework.queries import Seen
from concord.charters import folder
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import SYSTEM, enter, writing
from concord.foundation.files import commands as files
from concord.foundation.files.models import File
from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import charter_on, organisations
from concord.rules.identifiers import uuid7
from tests.support.standing import Ground
from tests.support.toy_charter import toy_files

BEGINNING = date(2019, 1, 1)
PLACES = ("asking", "asked", "third")
REQUEST: Mapping[str, Any] = {
    "case_ref": "某某公司涉嫌销售侵犯注册商标专用权商品案",
    "case_stage": "filed",
    "reason": "为查清来源，需要核实有关情况。",
    "questions": ["核实主体", "核实库存"],
    "handling": "case_only",
}
NATIONAL_REQUEST: Mapping[str, Any] = {name: REQUEST[name] for name in ("case_ref", "reason", "questions")}
ERRAND: Mapping[str, Any] = {
    "subject": "取一份档案",
    "urgency": "normal",
    "handling": "case_only",
    "tasks": ["到馆", "取件"],
}
ERRAND_NOTE = """#import "/cn/papers/letterhead.typ": item, letter, official, paragraphs
#official((
  ..paragraphs("请办理下列事项："),
  ..letter.facts.tasks.enumerate().map(((at, task)) => item(at + 1, task)).flatten(),
))
"""
JOINT: Mapping[str, Any] = {
    "aim": "清理商标旧案",
    "opening": "2026-02-01",
    "hearing": "2026-03-10",
    "outsider": "东泽商会",
}
JOINT_PLAN = """#import "/cn/papers/letterhead.typ": letter, official, paragraphs
#official((..paragraphs("主持：" + letter.parties.host + "；会办：" + letter.parties.partner + "。"),))
"""
BULLETIN = """#import "/cn/papers/letterhead.typ": letter, official, paragraphs
#official((..paragraphs(letter.facts.words),))
"""
# The alliance's own templates of papers.
TOY_PAPERS: Mapping[str, str] = {
    "toy/papers/errand/errand_note.typ": ERRAND_NOTE,
    "toy/papers/joint/joint_plan.typ": JOINT_PLAN,
    "toy/papers/bulletin/bulletin_sheet.typ": BULLETIN,
}
# Acts one after another: which, by whom, when, with which answers.
Way: TypeAlias = tuple[tuple[str, str, str, Mapping[str, Any]], ...]
TO_SUBMITTED: Way = (("submit", "asking.case_officer", "2026-02-05T11:00", {}),)
TO_DELIVERED: Way = (*TO_SUBMITTED, ("issue", "asking.leader", "2026-02-06T09:00", {}))
TO_ACCEPTED: Way = (*TO_DELIVERED, ("accept", "asked.case_officer", "2026-02-09T09:00", {}))
TO_ANSWER_SUBMITTED: Way = (
    *TO_ACCEPTED,
    ("submit_answer", "asked.case_officer", "2026-03-02T09:00", {"answers": ["属实", "库存三十件"]}),
)
TO_ANSWERED: Way = (*TO_ANSWER_SUBMITTED, ("answer", "asked.leader", "2026-03-03T09:00", {}))
REFUSAL: Mapping[str, Any] = {"ground": "outside_competence", "note": "不属于本机关职权"}
TO_REFUSED: Way = (*TO_DELIVERED, ("refuse", "asked.leader", "2026-02-09T09:00", REFUSAL))
# How assistance of the nine reaches each state.
WAYS: Mapping[str, Way] = {
    "drafted": (),
    "submitted": TO_SUBMITTED,
    "delivered": TO_DELIVERED,
    "accepted": TO_ACCEPTED,
    "answer_submitted": TO_ANSWER_SUBMITTED,
    "answered": TO_ANSWERED,
    "refused": TO_REFUSED,
    "closed": (*TO_ANSWERED, ("close", "asking.case_officer", "2026-03-04T09:00", {})),
    "withdrawn": (*TO_DELIVERED, ("withdraw", "asking.leader", "2026-02-09T09:00", {"note": "不再需要"})),
}


def time(text: str) -> datetime:
    """An instant: as it says with an offset, else by the legal clock (``2026-02-06T09:00`` is nine in Shanghai)."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=LEGAL_ZONE)).astimezone(UTC)


@contextmanager
def speaking_as(by: Actor) -> Iterator[None]:
    """Speak for the actor's scope inside the block, for the system afterwards."""
    enter(str(by.scope_id))
    try:
        yield
    finally:
        if not connection.needs_rollback:
            enter(SYSTEM)


class World:
    """An alliance in force since 2019 with one person in each kind of post of some members and the centre.

    People are named ``asking.leader``: the place (``asking``, ``asked``, ``third`` are the first three members, then
    ``centre``) and the kind of post. ``cities`` puts a member, by its code, at a place, at more than the three if need
    be. ``stranger`` is a person without any post.
    """

    def __init__(
        self,
        charter: str,
        texts: Mapping[str, str],
        request: Mapping[str, Any] = REQUEST,
        cities: Mapping[str, str] | None = None,
    ) -> None:
        self.request = request
        self._drawn = 0
        enter(SYSTEM)
        adopt(texts=texts, charter_id=charter, resolution="", effective_from=BEGINNING, at=time("2019-01-01T09:00"))
        middle, *members = organisations()
        self.places: dict[str, Organisation] = dict(zip(PLACES, members, strict=False))
        known = {member.code: member for member in members}
        self.places |= {place: known[code] for place, code in (cities or {}).items()}
        self.places["centre"] = middle
        assert len(set(self.places.values())) == len(self.places), "one member at two places"
        kinds = [post.id for post in charter_on(BEGINNING).posts]
        with writing():
            people = [
                Person(username=f"{place}.{kind}", zh=f"{organisation.zh}{kind}", en=kind, telephone="0571-1")
                for place, organisation in self.places.items()
                for kind in kinds
            ]
            Person.objects.bulk_create([*people, Person(username="stranger", zh="路人", en="Stranger")])
            Post.objects.bulk_create(
                Post(
                    person=person,
                    organisation=self.places[person.username.split(".")[0]],
                    kind=person.en,
                    held_from=BEGINNING,
                )
                for person in people
            )

    def person(self, name: str) -> Person:
        """The person of that name."""
        return Person.objects.get(username=name)

    def actor(self, name: str, *, at: str = "2026-02-05T09:00") -> Actor:
        """The person of that name in post at that time."""
        actor = actor_for(self.person(name), post_id=None, at=time(at))
        assert actor is not None
        return actor

    def people(self) -> list[str]:
        """Everybody who holds a post."""
        return list(Person.objects.exclude(username="stranger").values_list("username", flat=True).order_by("id"))

    def random_bytes(self) -> bytes:
        """The next 32 bytes, the same in every run."""
        self._drawn += 1
        return hashlib.sha256(f"world {self._drawn}".encode()).digest()

    def begin(
        self,
        *,
        by: str = "asking.case_officer",
        at: str = "2026-02-05T10:00",
        asked: str = "asked",
        procedure: str = "assistance",
        act: str = "draft",
        parties: Mapping[str, Sequence[str]] | None = None,
        case: Case | None = None,
        key: str | None = None,
        **answers: Any,
    ) -> Matter:
        """Begin a matter with the place ``asked``; the answers are those of ``request`` where not given."""
        entropy = self.random_bytes()
        actor = self.actor(by, at=at)
        with speaking_as(actor):
            return commands.begin(
                procedure=procedure,
                act=act,
                parties={"requested": self.places[asked].code} if parties is None else parties,
                answers={**self.request, **answers} if procedure == "assistance" else answers,
                by=actor,
                at=time(at),
                key=key or entropy.hex(),
                entropy=entropy,
                case=case,
            )

    def do(
        self,
        matter: Matter,
        act: str,
        *,
        by: str,
        at: str,
        version: int | None = None,
        key: str | None = None,
        **answers: Any,
    ) -> Act:
        """Do one act as somebody who has just looked at the matter, or who last saw ``version``."""
        actor = self.actor(by, at=at)
        entropy = self.random_bytes()
        with speaking_as(actor):
            seen = queries.matter_for(uid=matter.uid, by=actor).version if version is None else version
            return commands.perform(
                matter=matter.uid,
                act=act,
                answers=answers,
                by=actor,
                at=time(at),
                version=seen,
                key=key or entropy.hex(),
                entropy=entropy,
            )

    def matter_in(self, state: str, **answers: Any) -> Matter:
        """A request for assistance that has come into ``state`` on the usual way."""
        matter = self.begin(**answers)
        for act, by, at, given in WAYS[state]:
            self.do(matter, act, by=by, at=at, **given)
        matter.refresh_from_db()
        return matter

    def look(self, matter: Matter, *, by: str, at: str = "2026-02-05T09:00") -> Seen:
        """The matter as that person sees it, under the rules that an act at that time follows."""
        actor = self.actor(by, at=at)
        with speaking_as(actor):
            return queries.matter_for(uid=matter.uid, by=actor, on=legal_date(time(at)))

    def open_case(
        self, *, by: str, number: str = "案字〔2026〕1号", stage: str = "filed", name: str = "某某案"
    ) -> Case:
        """A case of the person's organisation."""
        actor = self.actor(by)
        at = time("2026-02-05T08:00")
        with speaking_as(actor):
            return open_case(number=number, name=name, stage=stage, by=actor, at=at, entropy=self.random_bytes())

    def upload(self, name: str, *, by: str, at: str = "2026-02-05T09:00") -> File:
        """A small text file that somebody brings."""
        actor = self.actor(by, at=at)
        entropy = self.random_bytes()
        with speaking_as(actor):
            return files.store(
                content=f"{name} {entropy.hex()}".encode(),
                name=name,
                by=actor,
                at=time(at),
                uid=uuid7(time(at), entropy[:10]),
            )


@cache
def _nine_cities() -> dict[str, str]:
    return folder.read(folder.shipped(), "cn", "g60")


def toy_world(cities: Mapping[str, str] | None = None) -> World:
    """The invented alliance of three places, with assistance, the errand, joint work and the bulletin."""
    return World("toy", {**toy_files(), **TOY_PAPERS}, cities=cities)


def g60_world(cities: Mapping[str, str] | None = None) -> World:
    """The nine cities, as shipped."""
    return World("g60", _nine_cities(), cities=cities)


def national_world(cities: Mapping[str, str] | None = None) -> World:
    """The invented alliance without a procedure of its own for assistance: the national base is in force."""
    texts = {path: text for path, text in toy_files().items() if "/procedures/assistance/" not in path}
    texts |= {path: text for path, text in toy_files().items() if path.startswith("cn/")}
    own = texts["toy/charter.toml"]
    adopted = own.replace("assistance = 2026-01-01", "assistance = 2022-11-01")
    assert adopted != own
    return World("toy", texts | {"toy/charter.toml": adopted}, NATIONAL_REQUEST, cities)


WORLDS: Mapping[str, Callable[..., World]] = {
    "g60": g60_world,
    "toy": toy_world,
    "national": national_world,
}


# Which fixture stands on which ground, and whoever asks for which fixtures commits.
GROUNDS: Mapping[str, Callable[[], World]] = {"world": g60_world, "toys": toy_world}
COMMITTING = {"transactional_db", "live_server"}


@pytest.fixture(scope="module")
def ground(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:  # noqa: ARG001  needed
    """What those tests of a file stand on that are undone by a rollback."""
    shared = Ground()
    yield shared
    with django_db_blocker.unblock():
        shared.take_away()


@pytest.fixture
def under_foot(request: pytest.FixtureRequest, ground: Ground, django_db_blocker: DjangoDbBlocker) -> None:
    """Lay the ground that the test begins with; none for a test that commits."""
    marked = request.node.get_closest_marker("django_db")
    commits = not COMMITTING.isdisjoint(request.fixturenames) or (marked and marked.kwargs.get("transaction"))
    begins_with = request.node.get_closest_marker("begins_with")
    wanted = begins_with.args if begins_with else [GROUNDS[name] for name in request.fixturenames if name in GROUNDS]
    with django_db_blocker.unblock():
        ground.lay(wanted[0] if wanted and not commits else None)


@pytest.fixture
def world(db: None, ground: Ground) -> World:  # noqa: ARG001  the database is needed, not its value
    """The nine cities."""
    return ground.made_by(g60_world)


@pytest.fixture
def toys(db: None, ground: Ground) -> World:  # noqa: ARG001  as above
    """The invented alliance."""
    return ground.made_by(toy_world)


@pytest.fixture
def committed_world(transactional_db: None) -> World:  # noqa: ARG001  as above
    """The nine cities, committed, for threads and processes."""
    return g60_world()


def everything() -> dict[str, tuple[int, str]]:
    """Every table with the number of its rows and a digest over them, to prove that nothing changed."""
    found: dict[str, tuple[int, str]] = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  a table of ours
            rows = sorted(json.dumps(row, default=str) for row in cursor.fetchall())
            found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
    return found
