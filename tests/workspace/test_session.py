"""Signing in and out, the doors of the demo, the language, and posts that begin, end and change."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
import time_machine
from django.conf import settings as current
from pytest_django import Settings

from concord.entrypoints.demo.personas import PERSONAS
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.models import Person, Post
from tests.support.worlds import BEGINNING, World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import BACKEND, Desk, missing, text_of

LOGIN, PERSONA = "/account/login/", "/persona/"
SECRET = "a long made-up secret"


@pytest.fixture
def in_demo(settings: Settings) -> None:
    settings.ENVIRONMENT = dataclasses.replace(current.ENVIRONMENT, demo=True)


@pytest.fixture
def persona(world: World) -> Person:
    """The first of the demo's people, in office."""
    one = PERSONAS[0]
    person = enrol(username=one.username, zh=one.zh, en=one.en, password=SECRET)
    appoint(person=person, organisation=world.places["asking"], kind=one.post, held_from=BEGINNING)
    return person


@pytest.mark.usefixtures("in_demo")
def test_a_persona_signs_in_with_one_click_in_the_demo(persona: Person, sit: Sit) -> None:
    desk = sit()
    door = desk.get(LOGIN)
    assert missing(door, [f'value="{persona.username}"', "松江 · 办案人员", "演示数据"]) == []
    assert desk.post(PERSONA, {"username": persona.username}).headers["Location"] == "/"
    page = desk.get("/")
    assert missing(page, [persona.zh, "演示数据"]) == []


def test_outside_of_the_demo_there_is_no_such_door(persona: Person, sit: Sit) -> None:
    desk = sit()
    assert desk.post(PERSONA, {"username": persona.username}).status_code == 404
    door = text_of(desk.get(LOGIN))
    assert "persona" not in door
    assert "演示数据" not in door
    assert desk.get("/").status_code == 302


@pytest.mark.usefixtures("in_demo", "persona")
@pytest.mark.parametrize("username", ["asking.leader", "", "none", "stranger"])
def test_the_demo_s_door_lets_in_nobody_else(username: str, sit: Sit) -> None:
    desk = sit()
    assert desk.post(PERSONA, {"username": username}).status_code == 404
    assert desk.get("/").status_code == 302


@pytest.mark.usefixtures("in_demo")
def test_the_demo_s_door_takes_no_visit_by_link(persona: Person, sit: Sit) -> None:
    desk = sit()
    assert desk.get(PERSONA, {"username": persona.username}).status_code == 405
    assert desk.get("/").status_code == 302


def test_a_form_from_elsewhere_is_refused(world: World) -> None:
    desk = Desk(world, "asking.case_officer", forgeries_refused=True)
    refused = desk.post("/cases/new/", {"number": "1", "name": "甲", "stage": "filed"})
    assert refused.status_code == 403
    assert "页面已经过期" in text_of(refused)


@pytest.mark.usefixtures("in_demo")
def test_signing_in_by_password_leads_back_to_the_page_asked_for(persona: Person, sit: Sit) -> None:
    desk = sit()
    right = {"login": persona.username, "password": SECRET}
    wrong = desk.post(LOGIN, {**right, "password": "wrong"})
    assert wrong.status_code == 200
    assert missing(wrong, ['role="alert"', f'value="{persona.username}"']) == []
    assert desk.get("/").status_code == 302
    assert desk.post(f"{LOGIN}?next=/cases/", {**right, "next": "/cases/"}).headers["Location"] == "/cases/"
    assert desk.get("/cases/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(elsewhere: str, persona: Person, sit: Sit) -> None:
    form = {"login": persona.username, "password": SECRET, "next": elsewhere}
    assert sit().post(LOGIN, form).headers["Location"] == "/"


def test_signing_out_ends_the_session(sit: Sit) -> None:
    desk = sit("asking.leader")
    assert desk.get("/").status_code == 200
    assert desk.post("/account/logout/").headers["Location"] == LOGIN
    assert desk.get("/").status_code == 302


@pytest.mark.parametrize(("language", "said"), [("en", "Directory"), ("zh-hans", "通讯录")])
def test_the_language_is_kept_and_the_page_too(language: str, said: str, sit: Sit) -> None:
    desk = sit("asking.leader", language="en" if language == "zh-hans" else "zh-hans")
    page = "/matters/?q=%E9%98%80%E9%97%A8&open=1"
    assert desk.post("/language/", {"language": language, "next": page}).headers["Location"] == page
    assert f"<h1>{said}</h1>" in text_of(desk.get("/directory/"))


@pytest.mark.parametrize("given", [{"language": "xx", "next": "/"}, {"language": "en", "next": "//elsewhere.example/"}])
def test_a_language_that_is_none_or_a_place_elsewhere_changes_nothing(given: dict[str, str], sit: Sit) -> None:
    assert sit("asking.leader").post("/language/", given).headers["Location"] == "/"


def test_a_post_that_ends_today_signs_out_of_its_powers(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    matter = world.matter_in("delivered")
    desk = sit("asked.leader")
    page = f"/matters/{matter.number}/"
    Post.objects.filter(person__username="asked.leader").update(held_until=date(2026, 2, 7))
    morning.move_to(time("2026-02-06T18:00"))
    desk.client.force_login(world.person("asked.leader"), backend=BACKEND)
    morning.move_to(time("2026-02-06T23:59:59"))
    assert desk.get(page).status_code == 200
    morning.move_to(time("2026-02-07T00:00"))
    refused = desk.get(page)
    assert refused.status_code == 403
    assert missing(refused, ["access.no_post", "2026年2月7日"]) == []
    for path in (page, f"{page}acts/accept/", "/directory/"):
        assert desk.get(path).headers["Location"].startswith(LOGIN)
    assert desk.post(f"{page}acts/accept/", {"version": "3"}).headers["Location"].startswith(LOGIN)
    matter.refresh_from_db()
    assert matter.state == "delivered"


def test_a_post_that_begins_tomorrow_opens_nothing_today(world: World, sit: Sit) -> None:
    newcomer = enrol(username="newcomer", zh="新人", en="Newcomer")
    appoint(person=newcomer, organisation=world.places["asked"], kind="leader", held_from=date(2026, 2, 7))
    assert sit("newcomer").get("/").status_code == 403


def test_a_person_who_left_is_signed_out(world: World, sit: Sit) -> None:
    desk = sit("asked.leader")
    person = world.person("asked.leader")
    person.is_active = False
    person.save()
    assert desk.get("/").status_code in {302, 403}


def test_a_person_with_two_posts_acts_in_the_chosen_one(world: World, sit: Sit) -> None:
    person = world.person("asking.auditor")
    second = appoint(person=person, organisation=world.places["asking"], kind="leader", held_from=BEGINNING)
    desk = sit("asking.auditor")
    assert desk.get("/cases/").status_code == 403
    assert missing(desk.get("/journal/"), ["以哪个岗位办理", f'value="{second.pk}"']) == []
    assert desk.post("/post/", {"post": str(second.pk)}).headers["Location"] == "/"
    assert desk.get("/cases/").status_code == 200
    assert desk.get("/journal/").status_code == 403


@pytest.mark.parametrize("wanted", ["", "x", "0", "9" * 30])
def test_a_post_of_somebody_else_cannot_be_chosen(wanted: str, world: World, sit: Sit) -> None:
    desk = sit("asking.case_officer")
    leader = Post.objects.get(person=world.person("asking.leader"))
    for post in (wanted, str(leader.pk)):
        desk.post("/post/", {"post": post})
        assert desk.get("/journal/").status_code == 403
        assert "松江 · 办案人员" in text_of(desk.get("/"))
