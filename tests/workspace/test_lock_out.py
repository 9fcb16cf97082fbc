"""Too many failures lock an account for a quarter of an hour; the security officer ends that and what else is stuck."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext

from concord.entrypoints.workspace import account_security
from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from concord.foundation.notices.models import Notice
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.models import Post
from concord.rules.errors import NotAllowed
from tests.support.one_time import code_at
from tests.support.signing_in import ACCOUNT, CODE, LOGIN, officer_with_app, sign_in, with_password
from tests.support.worlds import BEGINNING, World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

Morning = time_machine.Traveller
SECURITY = "/security/"
UNTIL = "已锁定到2026年2月6日 09:45"


def events() -> list[str]:
    """What the journal says about accounts, oldest first."""
    rows = Entry.objects.filter(event__startswith="account.").order_by("id")
    return [event.removeprefix("account.") for event in rows.values_list("event", flat=True)]


def fail(desk: Desk, username: str, times: int = 5) -> None:
    """Type a wrong password so many times."""
    for _time in range(times):
        assert "用户名或者密码不对" in text_of(sign_in(desk, username, "wrong"))


def test_five_failures_lock_and_time_unlocks(world: World, morning: Morning) -> None:
    with_password(world, "asking.clerk")
    desk = Desk(world)
    fail(desk, "asking.clerk")
    assert events() == ["locked"]
    locked = sign_in(desk, "asking.clerk")
    assert locked.status_code == 200
    assert missing(locked, [UNTIL, "安全管理员"]) == []
    assert sign_in(Desk(world), "asking.clerk").status_code == 200
    morning.shift(timedelta(minutes=14, seconds=59))
    assert UNTIL in text_of(sign_in(desk, "asking.clerk"))
    morning.shift(timedelta(seconds=2))
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/"
    assert events() == ["locked", "signed_in"]


@pytest.mark.usefixtures("morning")
def test_four_failures_do_not(world: World) -> None:
    with_password(world, "asking.clerk")
    desk = Desk(world)
    fail(desk, "asking.clerk", 4)
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/"
    assert events() == ["signed_in"]


@pytest.mark.usefixtures("morning")
def test_others_at_the_same_address_go_on_and_unknown_names_look_the_same(world: World) -> None:
    with_password(world, "asking.clerk")
    desk = Desk(world)
    fail(desk, "nobody.at.all")
    assert UNTIL in text_of(sign_in(desk, "nobody.at.all"))
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/"
    assert events() == ["signed_in"]


@pytest.mark.usefixtures("morning")
def test_one_address_cannot_try_many_names(world: World) -> None:
    desk = Desk(world)
    for n in range(30):
        assert "用户名或者密码不对" in text_of(sign_in(desk, f"name{n}", "wrong"))
    assert "请过几分钟再试" in text_of(sign_in(desk, "name31", "wrong"))


def test_wrong_codes_lock_too(world: World, morning: Morning) -> None:
    desk, secret, _codes = officer_with_app(world, "asking.leader", morning)
    desk.post("/account/logout/")
    sign_in(desk, "asking.leader")
    for _time in range(5):
        assert "验证码不对" in text_of(desk.post(CODE, {"code": "000000"}))
    assert "请过几分钟再试" in text_of(desk.post(CODE, {"code": code_at(secret, now())}))
    assert events()[-1] == "locked"


def test_the_security_officer_unlocks(world: World, sit: Sit) -> None:
    person = with_password(world, "asking.clerk")
    desk = Desk(world)
    fail(desk, "asking.clerk")
    officer = sit("asking.security_officer")
    assert missing(officer.get(SECURITY), ["已锁定", "asking.clerk"]) == []
    page = officer.get(f"{SECURITY}{person.uid}/")
    assert missing(page, ["锁定到2026年2月6日 09:45", "解锁"]) == []
    assert officer.post(f"{SECURITY}{person.uid}/unlock/").headers["Location"] == f"{SECURITY}{person.uid}/"
    assert missing(officer.get(f"{SECURITY}{person.uid}/"), ["没有锁定", "账号已经解锁"]) == []
    assert sign_in(desk, "asking.clerk").headers["Location"] == "/"
    assert events() == ["locked", "unlocked", "signed_in"]


def test_a_lost_factor_is_reset_and_its_owner_told(world: World, sit: Sit, morning: Morning) -> None:
    desk, _secret, _codes = officer_with_app(world, "asking.leader", morning)
    person = world.person("asking.leader")
    officer = sit("asking.security_officer")
    assert missing(officer.get(f"{SECURITY}{person.uid}/"), ["手机验证码", "1 处登录中"]) == []
    officer.post(f"{SECURITY}{person.uid}/reset/")
    assert not Authenticator.objects.exists()
    assert desk.get("/").headers["Location"].startswith(LOGIN)
    sign_in(desk, "asking.leader")
    assert desk.get("/").headers["Location"] == ACCOUNT
    notice = Notice.objects.get(person=person)
    assert (notice.kind, notice.matter_uid) == ("account.reset_factor", None)
    entry = Entry.objects.get(event="account.reset_factor")
    assert (entry.person, entry.details) == (world.person("asking.security_officer"), {"person": person.pk})
    assert missing(sit("asking.auditor").get("/journal/"), ["重置第二重验证", f"<small>人员</small> {person.zh}"]) == []
    again = officer.post(f"{SECURITY}{person.uid}/reset/")
    assert again.status_code == 409
    assert "account.no_factor" in text_of(again)


@pytest.mark.parametrize("act", ["unlock", "reset", "end", "tie", "untie"])
def test_not_to_oneself_nor_to_other_organisations(act: str, world: World, sit: Sit) -> None:
    officer = sit("asking.security_officer")
    own = world.person("asking.security_officer")
    refused = officer.post(f"{SECURITY}{own.uid}/{act}/", {"identifier": "x"})
    assert (refused.status_code, "account.own_account" in text_of(refused)) == (403, True)
    other = world.person("asked.leader")
    unknown = officer.post(f"{SECURITY}{other.uid}/{act}/", {"identifier": "x"})
    assert (unknown.status_code, "account.no_such_person" in text_of(unknown)) == (404, True)
    assert events() == []


def test_nothing_else_is_done_there(world: World, sit: Sit) -> None:
    officer = sit("asking.security_officer")
    path = f"{SECURITY}{world.person('asking.leader').uid}/"
    assert officer.post(f"{path}delete/").status_code == 404
    assert officer.get(f"{path}reset/").headers["Location"] == path
    assert events() == []


@pytest.mark.parametrize("post", ["leader", "administrator", "auditor"])
def test_the_desk_is_the_security_officer_s(post: str, world: World, sit: Sit) -> None:
    path = f"{SECURITY}{world.person('asking.clerk').uid}/"
    for refused in (
        sit(f"asking.{post}").get(SECURITY),
        sit(f"asking.{post}").get(path),
        sit(f"asking.{post}").post(f"{path}end/"),
    ):
        assert refused.status_code == 403
    with pytest.raises(NotAllowed, match=r"account\.not_security_officer"):
        account_security.accounts_of(world.actor(f"asking.{post}"), at=now())


def test_who_has_gone_elsewhere_is_another_s_to_look_after(world: World, sit: Sit) -> None:
    person = world.person("asking.clerk")
    Post.objects.filter(person=person).update(held_until=date(2026, 2, 1))
    officer = sit("asking.security_officer")
    assert "asking.clerk" in text_of(officer.get(SECURITY))
    appoint(person=person, organisation=world.places["asked"], kind="clerk", held_from=date(2026, 2, 2))
    assert "asking.clerk" not in text_of(officer.get(SECURITY))
    assert "asking.clerk" in text_of(sit("asked.security_officer").get(SECURITY))


def test_the_list_is_searched_and_costs_the_same_for_many(world: World, sit: Sit) -> None:
    officer = sit("asking.security_officer")
    officer.get(SECURITY)
    with CaptureQueriesContext(connection) as few:
        assert officer.get(SECURITY).status_code == 200
    for n in range(30):
        person = enrol(username=f"clerk{n}", zh=f"某{n}", en=f"Clerk {n}")
        appoint(person=person, organisation=world.places["asking"], kind="clerk", held_from=BEGINNING)
    with CaptureQueriesContext(connection) as many:
        assert officer.get(SECURITY).status_code == 200
    assert len(many) == len(few)
    found = text_of(officer.get(SECURITY, {"q": "某29"}))
    assert "clerk29" in found
    assert "clerk28" not in found
    assert "没有找到这个人" in text_of(officer.get(SECURITY, {"q": "无此人"}))
