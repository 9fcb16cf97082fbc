"""Requests of Songjiang to Jinhua that are already under way when a journey begins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from concord.casework import commands, queries
from concord.casework.models import Matter
from concord.foundation.access.actor import Actor
from concord.foundation.access.queries import actor_for
from concord.foundation.organisations.models import Person
from tests.journeys.people import FANG, GU, SHEN, YE
from tests.support.worlds import REQUEST, speaking_as, time

JINHUA = "330700"
WAY: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("submit", SHEN, {}),
    ("issue", GU, {}),
    ("accept", YE, {}),
    ("submit_answer", YE, {"answers": ["属实", "库存三十件"]}),
    ("answer", FANG, {}),
)


def under_way(last: str, *, at: str = "2026-02-06T09:20", title: str = REQUEST["case_ref"]) -> Matter:
    """A request whose last act was ``last`` (``draft`` or one of ``WAY``), all of it done at one moment."""
    entropy = hashlib.sha256(f"{title} {at}".encode()).digest()
    shen = actor(SHEN, at)
    with speaking_as(shen):
        matter = commands.begin(
            procedure="assistance",
            act="draft",
            parties={"requested": JINHUA},
            answers={**REQUEST, "case_ref": title},
            by=shen,
            at=time(at),
            key=f"{title} draft",
            entropy=entropy,
        )
    for name, username, answers in WAY[: [act for act, _by, _said in WAY].index(last) + 1 if last != "draft" else 0]:
        perform(matter, name, username, at=at, **answers)
    matter.refresh_from_db()
    return matter


def perform(matter: Matter, act: str, username: str, *, at: str, **answers: Any) -> None:
    """One more act, by somebody who has just looked."""
    by = actor(username, at)
    with speaking_as(by):
        commands.perform(
            matter=matter.uid,
            act=act,
            answers=answers,
            by=by,
            at=time(at),
            version=queries.matter_for(uid=matter.uid, by=by).version,
            key=f"{matter.number} {act} {at}",
            entropy=hashlib.sha256(f"{matter.number} {act} {at}".encode()).digest(),
        )


def actor(username: str, at: str) -> Actor:
    """The person in post at that time."""
    found = actor_for(Person.objects.get(username=username), post_id=None, at=time(at))
    assert found is not None
    return found
