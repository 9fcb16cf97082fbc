"""The hand-written stories as texts: long enough, in order, in office hours, by people who exist."""

import tomllib
from datetime import date, time
from itertools import pairwise

import pytest

from concord.entrypoints.demo import steps
from concord.entrypoints.demo.enrolling import PEOPLE
from concord.entrypoints.demo.fillers import LATEST, MATTERS, Sides, planned
from concord.entrypoints.demo.personas import PERSONAS
from concord.entrypoints.demo.steps import Step
from concord.entrypoints.demo.timetable import around
from concord.foundation.database.clock import LEGAL_ZONE
from tests.support.shipped_calendar import CHINA

TODAY = date(2026, 11, 23)
TIMETABLE = around(TODAY, CHINA)
TOLD = steps.told(TIMETABLE, sealing=True)
STORIES = sorted({step.case for step in TOLD})
PLACES = tomllib.loads(PEOPLE.read_text(encoding="utf-8"))["places"]
NOT_ACTS = {steps.OPEN_CASE, steps.READ, steps.READ_NOTICES}
MADE_UP = {
    place: Sides(f"地{place}", f"地{place}市监", (f"{place}.a", f"{place}.b"), (f"{place}.c",))
    for place in range(1, 10)
}
LISTS = planned(TIMETABLE, MADE_UP, reach=249, national_beyond=217, matters=MATTERS)


def of(story: str) -> list[Step]:
    return [step for step in TOLD if step.case == story]


def test_there_are_stories_enough_and_they_tell_more_than_assistance() -> None:
    assert len(STORIES) == 14
    told = {step.procedure for step in TOLD if step.parties is not None}
    assert told == {
        "assistance", "case_transfer", "entrusted_service", "evidence_recognition", "financing_application",
        "identification", "jurisdiction", "lead", "mediation", "operation", "patent_adjudication", "talent_dispatch",
    }  # fmt: skip


def test_days_and_instants_in_answers_are_counted_from_today() -> None:
    filed = next(step for step in of("kettles") if step.do == "file_case")
    assert filed.answers["filed_at"] == TIMETABLE.at(-6, time(10, 30)).isoformat()
    excluded = next(step for step in of("kettles") if step.do == "exclude_time")
    assert excluded.answers["excluded_from"] == TIMETABLE.day(-25).isoformat()
    plan = next(step for step in of("burners") if step.do == "revise")
    assert plan.answers["operation_to"] == TIMETABLE.day(10).isoformat()
    assert plan.answers["launch_at"] == TIMETABLE.at(6, time(9)).isoformat()


def test_twelve_stories_have_fifteen_acts_or_more() -> None:
    assert sum(sum(step.do not in NOT_ACTS for step in of(story)) >= 15 for story in STORIES) >= 12


@pytest.mark.parametrize("story", STORIES)
def test_a_story_is_told_in_the_order_of_time(story: str) -> None:
    assert all(earlier.at < later.at for earlier, later in pairwise(of(story)))


@pytest.mark.parametrize("steps_of", [TOLD, LISTS], ids=["stories", "lists"])
def test_everything_happens_on_working_days_in_office_hours_before_today(steps_of: list[Step]) -> None:
    for step in steps_of:
        local = step.at.astimezone(LEGAL_ZONE)
        assert local.date() < TODAY
        assert CHINA.is_working(local.date())
        assert time(8, 30) <= local.time() < time(11, 45) or time(13, 30) <= local.time() < time(17, 30), step


def test_everybody_in_the_stories_exists_and_nobody_twice() -> None:
    names = [person["username"] for place in PLACES for person in place["people"]]
    names += [persona.username for persona in PERSONAS]
    assert len(set(names)) == len(names)
    assert {step.by for step in TOLD} <= set(names)


def test_no_telephone_could_ring() -> None:
    numbers = [persona.telephone for persona in PERSONAS]
    numbers += [place["telephone"] for place in PLACES]
    numbers += [person["telephone"] for place in PLACES for person in place["people"]]
    assert len(set(numbers)) >= len(PERSONAS) + 9
    assert all(number.partition("-")[2].startswith("0") for number in numbers)
    assert all("虚构" in place["address"] for place in PLACES)


def test_days_and_years_are_put_into_the_texts() -> None:
    said = [str(step.answers) for step in TOLD]
    assert not any("{day" in text or "{year}" in text for text in said)
    first = TIMETABLE.day(-30)
    assert any(f"〔{first.year}〕第0417号" in text for text in said)


def test_the_lists_differ_and_leave_the_last_days_to_the_stories() -> None:
    begun = [step for step in LISTS if step.parties is not None]
    assert len(begun) == MATTERS
    assert max(step.at for step in begun).date() <= TIMETABLE.day(-LATEST)
    assert len({step.answers["case_ref"] for step in begun}) > MATTERS * 0.95
    assert {step.do for step in LISTS} >= {"refuse", "withdraw", "escalate", "notify_delay", "offer_date", "close"}


def test_the_lists_are_planned_the_same_every_time() -> None:
    assert planned(TIMETABLE, MADE_UP, reach=249, national_beyond=217, matters=MATTERS) == LISTS


def test_the_lists_reach_no_further_back_than_they_may() -> None:
    short = planned(TIMETABLE, MADE_UP, reach=31, national_beyond=31, matters=MATTERS)
    assert min(step.at for step in short).date() >= TIMETABLE.day(-31)
