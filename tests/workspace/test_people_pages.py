"""The pages of people: registering, appointing and confirming, leave, departments, the directory, invitations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from concord.foundation.organisations.models import (
    Competence,
    Department,
    Invitation,
    Person,
    Post,
    Proposal,
    Substitution,
)
from tests.support.mail import Letterbox, mail_server
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import missing, text_of

ADMINISTRATOR, SECURITY = "asking.administrator", "asking.security_officer"
PERSON = {
    "username": "yan.he",
    "zh": "严禾",
    "en": "Yan He",
    "telephone": "021-0110 0300",
    "email": "yan.he@example.org",
    "kind": "case_officer",
    "first": "2026-02-06",
    "last": "2026-12-31",
}
LINK = re.compile(r"/invitation/concord_[A-Za-z0-9_-]{43}/")
SECRET = "linden-bridge-at-seven"


def post_of(world: World, name: str) -> Post:
    return Post.objects.get(person=world.person(name))


def test_a_person_is_registered_confirmed_and_invited_and_signs_in(sit: Sit) -> None:
    desk = sit(ADMINISTRATOR)
    made = desk.post("/people/new/", PERSON)
    assert made.status_code == 302
    post = Post.objects.get(person__username="yan.he")
    assert (post.effective, post.held_until) == (False, date(2027, 1, 1))
    here = f"/people/{post.person.uid}/"
    assert missing(desk.get(here), ["严禾", "待确认", "2026年12月31日"]) == []
    officer = sit(SECURITY)
    assert missing(officer.get("/confirmations/"), ["任职 · 严禾", "办案人员"]) == []
    [proposal] = Proposal.objects.all()
    assert officer.post(f"/confirmations/{proposal.pk}/", {"decision": "accept"}).status_code == 302
    post.refresh_from_db()
    assert post.effective
    [link] = LINK.findall(text_of(desk.post(f"{here}invite/")))
    assert link not in text_of(desk.get(here))
    guest = sit()
    assert missing(guest.get(link), ["严禾", "yan.he"]) == []
    weak = guest.post(link, {"password": "short", "again": "short"})
    assert weak.status_code == 422
    differing = guest.post(link, {"password": SECRET, "again": SECRET + "x"})
    assert missing(differing, ["两次输入的密码不一致"]) == []
    assert guest.post(link, {"password": SECRET, "again": SECRET}).headers["Location"] == "/account/login/"
    post.person.refresh_from_db()
    assert post.person.check_password(SECRET)
    assert guest.get(link).status_code == 404


@pytest.fixture
def letterbox(settings: Settings) -> Iterator[Letterbox]:
    with mail_server() as (box, port):
        settings.MAIL_IS_SENT = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "concord@example.org"
        settings.ADDRESS = "https://concord.example.org"
        yield box


def has_address(world: World, name: str) -> Person:
    person = world.person(name)
    person.email = "post@example.org"
    person.save()
    return person


def test_an_invitation_goes_to_the_address_and_nobody_else_sees_its_link(
    world: World, sit: Sit, letterbox: Letterbox
) -> None:
    person, desk = has_address(world, "asking.clerk"), sit(ADMINISTRATOR)
    here = f"/people/{person.uid}/"
    assert missing(desk.get(here), ["发送邀请"]) == []
    assert desk.post(f"{here}invite/").headers["Location"] == here
    after = text_of(desk.get(here))
    assert "邀请已发送到post@example.org" in after
    assert LINK.findall(after) == []
    assert letterbox.receivers == [["post@example.org"]]
    [message], [text] = letterbox.messages, letterbox.texts()
    assert str(message["Subject"]).strip() == "协保：邀请您设置登录密码 / Concord: set your password"
    assert "https://concord.example.org/invitation/" in text
    assert "2026年2月9日09:30前有效" in text
    assert "until 09:30 on 9 February 2026, Beijing time" in text
    for hidden in (person.zh, person.en, person.username):
        assert hidden not in message.as_string() + text
    first, again = LINK.findall(text)
    assert first == again
    assert sit().post(first, {"password": SECRET, "again": SECRET}).headers["Location"] == "/account/login/"
    assert sit().get(first).status_code == 404


@pytest.mark.parametrize("fault", ["refused", "closed", "absent"])
def test_a_link_that_no_mail_server_takes_is_shown_to_be_handed_over(
    fault: str, world: World, sit: Sit, letterbox: Letterbox, settings: Settings
) -> None:
    person, desk = has_address(world, "asking.clerk"), sit(ADMINISTRATOR)
    match fault:
        case "refused":
            letterbox.refuses = {person.email}
        case "closed":
            letterbox.closed = True
        case _:
            settings.EMAIL_PORT = 1
    answer = desk.post(f"/people/{person.uid}/invite/")
    assert missing(answer, ["邮件服务器没有接收发往post@example.org的邮件", "请交给本人"]) == []
    [link] = LINK.findall(text_of(answer))
    assert sit().get(link).status_code == 200
    assert letterbox.messages == []


def test_without_an_address_the_link_is_shown(world: World, sit: Sit, letterbox: Letterbox) -> None:
    answer = sit(ADMINISTRATOR).post(f"/people/{world.person('asking.clerk').uid}/invite/")
    assert missing(answer, ["没有登记邮箱"]) == []
    assert len(LINK.findall(text_of(answer))) == 1
    assert letterbox.messages == []


def test_an_invitation_ends_when_revoked_and_after_72_hours(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    desk, here = sit(ADMINISTRATOR), f"/people/{world.person('asking.clerk').uid}/"
    [first] = LINK.findall(text_of(desk.post(f"{here}invite/")))
    [second] = LINK.findall(text_of(desk.post(f"{here}invite/")))
    assert sit().get(first).status_code == 404
    assert sit().get(second).status_code == 200
    invitation = Invitation.objects.get(revoked_at__isnull=True)
    desk.post(f"{here}invitations/{invitation.pk}/end/")
    assert missing(sit().get(second), ["邀请链接无效"]) == []
    [third] = LINK.findall(text_of(desk.post(f"{here}invite/")))
    morning.move_to(time("2026-02-09T09:29"))
    assert sit().get(third).status_code == 200
    morning.move_to(time("2026-02-09T09:31"))
    assert sit().get(third).status_code == 404


def test_faults_of_a_form_stand_beside_their_fields(sit: Sit) -> None:
    wrong = {**PERSON, "username": "Yan He", "zh": "", "email": "nowhere"}
    page = sit(ADMINISTRATOR).post("/people/new/", wrong)
    assert page.status_code == 422
    assert missing(page, ["有 3 处需要更正", "请填写姓名", "邮箱格式不正确", "小写字母", "021-0110 0300"]) == []
    page = sit(ADMINISTRATOR).post("/people/new/", {**PERSON, "first": "soon"})
    assert missing(page, ["日期写作"]) == []
    page = sit(ADMINISTRATOR).post("/people/new/", {**PERSON, "first": ""})
    assert missing(page, ["请填写日期"]) == []


def test_a_post_that_nobody_else_covers_is_not_ended(world: World, sit: Sit) -> None:
    post = post_of(world, "asking.leader")
    page = sit(ADMINISTRATOR).post(f"/people/posts/{post.pk}/", {"do": "end", "end": "2026-02-10"})
    assert page.status_code == 422
    assert missing(page, ["请先指定代理人或者接任人", "自2026-02-11起无人可以", "签发"]) == []
    post.refresh_from_db()
    assert post.held_until is None


def test_a_post_is_ended_shortened_and_moved(world: World, sit: Sit) -> None:
    desk = sit(ADMINISTRATOR)
    clerk, second = post_of(world, "asking.clerk"), post_of(world, "asking.liaison")
    assert desk.get(f"/people/posts/{clerk.pk}/").status_code == 200
    assert desk.post(f"/people/posts/{clerk.pk}/", {"do": "term", "term": "2026-06-30"}).status_code == 302
    clerk.refresh_from_db()
    assert clerk.held_until == date(2026, 7, 1)
    assert desk.post("/departments/", {"zh": "联络室", "desk": "1", "areas": ["assistance"]}).status_code == 302
    department = Department.objects.get()
    assert desk.post(f"/people/posts/{second.pk}/", {"do": "move", "department": department.pk}).status_code == 302
    assert Post.objects.get(person=second.person, held_until=None).department == department
    ended = desk.post(f"/people/posts/{clerk.pk}/", {"do": "end", "end": "2026-02-06"})
    assert ended.status_code == 302
    clerk.refresh_from_db()
    assert clerk.held_until == date(2026, 2, 7)


def test_an_account_is_closed_unless_a_duty_would_be_left(world: World, sit: Sit) -> None:
    desk = sit(ADMINISTRATOR)
    leader, clerk = world.person("asking.leader"), world.person("asking.clerk")
    refused = desk.post(f"/people/{leader.uid}/close/")
    assert missing(refused, ["无人可以"]) == []
    assert desk.post(f"/people/{clerk.uid}/close/").status_code == 302
    clerk.refresh_from_db()
    assert not clerk.is_active
    desk.post(f"/people/{clerk.uid}/close/")
    clerk.refresh_from_db()
    assert clerk.is_active


def test_somebody_registers_leave_and_comes_back_early(world: World, sit: Sit) -> None:
    own, other = post_of(world, "asking.case_officer"), post_of(world, "asking.liaison")
    desk = sit("asking.case_officer")
    asked = {"reason": "leave", "post": own.pk, "first": "2026-02-06", "last": "2026-02-10"}
    assert desk.post("/leave/", {**asked, "substitute": other.pk}).status_code == 302
    assert missing(desk.get("/leave/"), ["进行中", "代理人"]) == []
    substitute = sit("asking.liaison")
    assert missing(substitute.get("/"), ["代松江case_officer（至2026年2月10日"]) == []
    assert substitute.post("/post/", {"post": own.pk}).status_code == 302
    assert missing(substitute.get("/matters/"), ["办案人员"]) == []
    overlapping = desk.post("/leave/", {**asked, "substitute": other.pk})
    assert missing(overlapping, ["已经登记了请假"]) == []
    row = Substitution.objects.get()
    assert desk.post(f"/leave/{row.pk}/end/").status_code == 302
    row.refresh_from_db()
    assert row.ended_at is not None
    assert "代松江case_officer" not in text_of(sit("asking.liaison").get("/"))


def test_the_story_of_a_matter_names_both(world: World, sit: Sit) -> None:
    matter = world.matter_in("delivered")
    absent, substitute = post_of(world, "asked.case_officer"), post_of(world, "asked.liaison")
    asked = {"reason": "leave", "post": absent.pk, "first": "2026-02-06", "last": "2026-02-10"}
    assert sit("asked.case_officer").post("/leave/", {**asked, "substitute": substitute.pk}).status_code == 302
    desk = sit("asked.liaison")
    desk.post("/post/", {"post": absent.pk})
    assert desk.fill(f"/matters/{matter.number}/acts/accept/").status_code == 302
    names = f"{substitute.person.zh}（代{absent.person.zh}）"
    assert missing(sit("asking.leader").get(f"/matters/{matter.number}/"), [names]) == []


def test_leave_for_oneself_only_and_for_others_by_the_administrator(world: World, sit: Sit) -> None:
    own, other = post_of(world, "asking.case_officer"), post_of(world, "asking.liaison")
    asked = {"reason": "leave", "post": own.pk, "first": "2026-02-06", "last": "2026-02-10", "substitute": other.pk}
    assert sit("asking.leader").post("/leave/", asked).status_code == 422
    assert sit("asking.leader").get(f"/people/posts/{own.pk}/leave/").status_code == 403
    assert sit(ADMINISTRATOR).post(f"/people/posts/{own.pk}/leave/", asked).status_code == 302
    row = Substitution.objects.get()
    assert sit("asking.leader").post(f"/leave/{row.pk}/end/").status_code == 404
    assert sit("asked.administrator").get(f"/people/posts/{own.pk}/leave/").status_code == 404


def test_a_delegation_waits_and_is_sent_back(world: World, sit: Sit) -> None:
    own, other = post_of(world, "asking.leader"), post_of(world, "asking.liaison")
    asked = {"reason": "delegation", "post": own.pk, "first": "2026-02-06", "last": "2026-02-10"}
    desk = sit("asking.leader")
    assert missing(desk.post("/leave/", asked), ["请选择被授权人"]) == []
    assert desk.post("/leave/", {**asked, "substitute": other.pk}).status_code == 302
    [proposal] = Proposal.objects.all()
    sit(SECURITY).post(f"/confirmations/{proposal.pk}/", {"decision": "refuse"})
    assert not Substitution.objects.get().effective
    again = sit(SECURITY).post(f"/confirmations/{proposal.pk}/", {"decision": "accept"})
    assert again.status_code == 409


def test_the_directory_knows_who_was_competent_on_a_day(
    world: World, sit: Sit, morning: time_machine.Traveller
) -> None:
    desk = sit(ADMINISTRATOR)
    desk.post("/departments/", {"zh": "执法一科", "areas": ["assistance"]})
    desk.post("/departments/", {"zh": "综合科", "desk": "1"})
    first = Department.objects.get(zh="执法一科")
    officer = post_of(world, "asking.case_officer")
    desk.post(f"/people/posts/{officer.pk}/", {"do": "move", "department": first.pk})
    morning.move_to(time("2026-02-10T09:30"))
    desk = sit(ADMINISTRATOR)
    assert missing(desk.get(f"/departments/{first.pk}/"), ["执法一科", "撤销科室", "1个岗位、0件在办事项"]) == []
    desk.post(f"/departments/{first.pk}/", {"do": "areas", "areas": ["transfer"]})
    assert Competence.objects.filter(department=first).count() == 2
    morning.move_to(time("2026-02-12T09:30"))
    desk = sit(ADMINISTRATOR)
    assert desk.post(f"/departments/{first.pk}/", {"do": "dissolve"}).status_code == 302
    reader = sit("third.clerk")
    then = text_of(reader.get("/directory/", {"day": "2026-02-07", "area": "assistance"}))
    assert "执法一科" in then
    later = text_of(reader.get("/directory/", {"day": "2026-02-11", "area": "assistance"}))
    assert "执法一科" not in later
    assert "综合科" in later
    now_in_force = text_of(reader.get("/directory/"))
    assert "执法一科" not in now_in_force
    assert "综合科" in now_in_force


@pytest.mark.parametrize(
    ("path", "may", "may_not"),
    [
        ("/people/", "administrator", "leader"),
        ("/people/new/", "administrator", "auditor"),
        ("/departments/", "administrator", "security_officer"),
        ("/confirmations/", "security_officer", "administrator"),
        ("/leave/", "service_provider", ""),
    ],
)
def test_each_page_is_for_its_duty(path: str, may: str, may_not: str, sit: Sit) -> None:
    assert sit(f"asking.{may}").get(path).status_code == 200
    if may_not:
        assert sit(f"asking.{may_not}").get(path).status_code == 403


@pytest.mark.parametrize("path", ["/people/", "/departments/", "/confirmations/", "/directory/", "/leave/"])
def test_a_page_costs_the_same_with_many_people(path: str, sit: Sit) -> None:
    desk = sit(SECURITY if path == "/confirmations/" else ADMINISTRATOR)
    manager = sit(ADMINISTRATOR)
    manager.post("/departments/", {"zh": "一科", "areas": ["assistance"]})
    manager.post("/people/new/", PERSON)
    desk.get(path)
    with CaptureQueriesContext(connection) as few:
        assert desk.get(path).status_code == 200
    for n in range(12):
        manager.post("/people/new/", {**PERSON, "username": f"person.{n}", "last": "2026-02-20"})
        manager.post("/departments/", {"zh": f"{n}科", "areas": ["assistance", "transfer"]})
    with CaptureQueriesContext(connection) as many:
        assert desk.get(path).status_code == 200
    assert len(many) == len(few)
    assert len(many) <= 24
