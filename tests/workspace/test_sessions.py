"""Sessions: seen and ended by their owner, ended by the security officer, ended with the account."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session

from concord.entrypoints.workspace.tasks import sweep_sessions
from concord.entrypoints.workspace.views.account import browser_words
from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from concord.foundation.organisations.models import Person, Post
from tests.support.signing_in import LOGIN, PASSWORD, sign_in, with_password
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

Morning = time_machine.Traveller
SESSIONS, OWN_PAGE = "/account/sessions/", "/directory/"


@pytest.fixture
def clerk(world: World, morning: Morning) -> Person:  # noqa: ARG001  it must be morning
    """Somebody with a password whose post asks for no second factor."""
    return with_password(world, "asking.clerk")


def signed_in(world: World) -> Desk:
    """The clerk at another browser."""
    desk = Desk(world)
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/"
    return desk


@pytest.mark.usefixtures("clerk")
def test_one_s_sessions_are_listed_and_others_of_them_ended(world: World) -> None:
    first, second, third = (signed_in(world) for _desk in range(3))
    page = text_of(first.get(SESSIONS))
    assert page.count('name="session"') == 2
    assert page.count("本次登录") == 1
    wanted = re.findall(r'name="session" value="(\d+)"', page)
    assert first.post(SESSIONS, {"session": wanted[0]}).headers["Location"] == SESSIONS
    states = {first.get(OWN_PAGE).status_code, second.get(OWN_PAGE).status_code, third.get(OWN_PAGE).status_code}
    assert states == {200, 302}
    assert first.post(SESSIONS).headers["Location"] == SESSIONS
    assert [desk.get(OWN_PAGE).status_code for desk in (first, second, third)] == [200, 302, 302]


@pytest.mark.parametrize("ending", ["ended", "outlived", "password"])
def test_a_session_that_is_over_is_not_listed(ending: str, clerk: Person, world: World) -> None:
    first, second = signed_in(world), signed_in(world)
    stored = Session.objects.filter(session_key=second.client.session.session_key)
    match ending:
        case "ended":
            stored.delete()
        case "outlived":
            stored.update(expire_date=time("2026-02-06T09:29"))
        case _:
            old = second.client.session
            old[HASH_SESSION_KEY] = "of another password"
            old.save()
    assert 'name="session"' not in text_of(first.get(SESSIONS))
    assert UserSession.objects.filter(user=clerk).count() == 1


@pytest.mark.parametrize("named", ["0", "99999", "x", "1; DROP"])
@pytest.mark.usefixtures("clerk")
def test_a_session_that_is_not_one_s_own_stays(named: str, world: World) -> None:
    desk, other = signed_in(world), Desk(world)
    with_password(world, "asked.clerk")
    sign_in(other, "asked.clerk")
    theirs = re.findall(r'name="session" value="(\d+)"', text_of(other.get(SESSIONS)))
    assert theirs == []
    assert desk.post(SESSIONS, {"session": named}).headers["Location"] == SESSIONS
    assert other.get(OWN_PAGE).status_code == 200
    assert desk.get(OWN_PAGE).status_code == 200


def test_the_security_officer_ends_them_all(clerk: Person, world: World, sit: Sit) -> None:
    desks = [signed_in(world) for _desk in range(2)]
    officer = sit("asking.security_officer")
    assert "2 处登录中" in text_of(officer.get("/security/"))
    officer.post(f"/security/{clerk.uid}/end/")
    assert "已结束 2 处登录" in text_of(officer.get(f"/security/{clerk.uid}/"))
    assert [desk.get(OWN_PAGE).status_code for desk in desks] == [302, 302]
    entry = Entry.objects.get(event="account.sessions_ended")
    assert entry.details == {"person": clerk.pk, "sessions": 2}


def test_a_session_ends_with_the_last_post_and_says_why(
    clerk: Person, world: World, morning: Morning, sit: Sit
) -> None:
    morning.move_to(time("2026-02-06T21:00"))
    desk = signed_in(world)
    Post.objects.filter(person=clerk).update(held_until=date(2026, 2, 7))
    assert desk.get(OWN_PAGE).status_code == 200
    morning.move_to(time("2026-02-07T00:00:30"))
    told = desk.get(OWN_PAGE)
    assert told.status_code == 403
    assert missing(told, ["access.no_post", "2026年2月7日", "系统管理员"]) == []
    assert desk.get(OWN_PAGE).headers["Location"].startswith(LOGIN)
    entry = Entry.objects.get(event="account.sessions_ended")
    assert (entry.person, entry.details) == (None, {"person": clerk.pk})
    assert (entry.organisation, entry.internal) == (world.places["asking"], True)
    auditor = sit("asking.auditor")
    assert missing(auditor.get("/journal/", {"event": "account.sessions_ended"}), ["系统", clerk.zh]) == []


def test_a_session_ends_with_the_account_and_says_so(clerk: Person, world: World) -> None:
    desk = signed_in(world)
    Person.objects.filter(pk=clerk.pk).update(is_active=False)
    told = desk.get(OWN_PAGE)
    assert told.status_code == 403
    assert "账号已停用" in text_of(told)
    assert desk.get(OWN_PAGE).headers["Location"].startswith(LOGIN)
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/account/inactive/"


@pytest.mark.usefixtures("clerk")
def test_another_password_ends_the_other_sessions(world: World) -> None:
    here, there = signed_in(world), signed_in(world)
    form = {"oldpassword": PASSWORD, "password1": "quite another secret", "password2": "quite another secret"}
    assert here.post("/account/password/", form).headers["Location"] == "/account/"
    assert here.get(OWN_PAGE).status_code == 200
    assert there.get(OWN_PAGE).headers["Location"].startswith(LOGIN)


@pytest.mark.usefixtures("clerk")
def test_a_session_is_over_after_half_a_day(world: World, morning: Morning) -> None:
    desk = signed_in(world)
    morning.shift(timedelta(hours=12, seconds=1))
    assert desk.get(OWN_PAGE).headers["Location"].startswith(LOGIN)


@pytest.mark.usefixtures("clerk")
def test_sessions_that_have_run_out_are_forgotten_and_no_other(world: World, morning: Morning) -> None:
    old = signed_in(world)
    morning.shift(timedelta(hours=11))
    new = signed_in(world)
    assert (Session.objects.count(), UserSession.objects.count()) == (2, 2)
    sweep_sessions(payload={}, at=now())
    assert (Session.objects.count(), UserSession.objects.count()) == (2, 2)
    morning.shift(timedelta(hours=1, seconds=1))
    sweep_sessions(payload={}, at=now())
    [left] = UserSession.objects.all()
    assert list(Session.objects.values_list("session_key", flat=True)) == [left.session_key]
    assert new.get(OWN_PAGE).status_code == 200
    assert old.get(OWN_PAGE).headers["Location"].startswith(LOGIN)


@pytest.mark.usefixtures("clerk")
def test_a_session_that_is_just_beginning_is_not_forgotten(world: World, morning: Morning) -> None:
    signed_in(world)
    Session.objects.all().delete()
    sweep_sessions(payload={}, at=now())
    assert UserSession.objects.count() == 1
    morning.shift(timedelta(hours=1, seconds=1))
    sweep_sessions(payload={}, at=now())
    assert not UserSession.objects.exists()


CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (f"{CHROME} Safari/537.36", "Chrome · Windows"),
        (f"{CHROME} Safari/537.36 Edg/142.0.0.0", "Edge · Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome · Android"),
        ("curl/8.0", "其他程序"),
        ("", "其他程序"),
    ],
)
def test_a_browser_is_called_by_its_name(agent: str, words: str) -> None:
    assert browser_words(agent) == words


@pytest.mark.usefixtures("clerk")
@pytest.mark.parametrize("path", ["/account/password/forgotten/", "/account/password/new/"])
def test_without_a_mail_server_no_password_is_renewed_by_mail(path: str, world: World) -> None:
    desk = Desk(world)
    assert desk.get(path).status_code == 404
    assert "请联系本机关的系统管理员重新发送邀请" in text_of(desk.get(LOGIN))
