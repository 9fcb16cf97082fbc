"""The second factor: who must have one, setting it up, signing in with it, recovery codes, taking it away."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from tests.support.one_time import code_at
from tests.support.signing_in import ACCOUNT, APP, CODE, LOGIN, PASSWORD, officer_with_app, sign_in, with_password
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

Morning = time_machine.Traveller
NEED_ONE = ["case_officer", "leader", "liaison", "secondee", "legal_officer", "auditor", "administrator"]
NEED_ONE += ["security_officer"]


def events(name: str) -> list[str]:
    """What the journal says that this person did, oldest first."""
    rows = Entry.objects.filter(event__startswith="account.", person__username=name)
    return [event.removeprefix("account.") for event in rows.order_by("id").values_list("event", flat=True)]


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("post", NEED_ONE)
def test_who_has_powers_sets_one_up_before_anything_else(post: str, world: World) -> None:
    with_password(world, f"asking.{post}")
    desk = Desk(world)
    assert sign_in(desk, f"asking.{post}").headers["Location"] == "/"
    for path in ("/", "/matters/", "/directory/", "/tokens/", "/security/", "/account/sessions/", "/account/password/"):
        assert desk.get(path).headers["Location"] == ACCOUNT
    assert desk.post("/post/", {"post": "1"}).headers["Location"] == ACCOUNT
    page = desk.get(ACCOUNT)
    assert missing(page, ["设置第二重验证", APP, "/account/factors/key/"]) == []
    assert 'class="side"' not in text_of(page)


@pytest.mark.parametrize("post", ["clerk", "service_provider"])
@pytest.mark.usefixtures("morning")
def test_who_has_none_may_go_on_without(post: str, world: World) -> None:
    with_password(world, f"asking.{post}")
    desk = Desk(world)
    sign_in(desk, f"asking.{post}")
    assert desk.get("/directory/").status_code == 200
    assert "未启用" in text_of(desk.get(ACCOUNT))


@pytest.mark.usefixtures("morning")
@pytest.mark.parametrize("change", [{"demo": True}, {"second_factor": False}])
def test_the_demo_and_an_installation_that_says_so_ask_nobody(
    change: dict[str, bool], world: World, settings: Settings
) -> None:
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, **change)
    with_password(world, "asking.leader")
    desk = Desk(world)
    sign_in(desk, "asking.leader")
    assert desk.get("/").status_code == 200


def test_the_whole_way_from_password_to_code(committed_world: World, morning: Morning) -> None:
    desk, secret, codes = officer_with_app(committed_world, "asking.leader", morning)
    assert len(set(codes)) == 10
    assert desk.get("/").status_code == 200
    desk.post("/account/logout/")
    assert sign_in(desk, "asking.leader").headers["Location"] == CODE
    assert desk.get("/").headers["Location"].startswith(LOGIN)
    assert missing(desk.get(CODE), ["第二重验证", 'autocomplete="one-time-code"']) == []
    wrong = desk.post(CODE, {"code": "000000"})
    assert missing(wrong, ["验证码不对"]) == []
    assert desk.post(CODE, {"code": code_at(secret, now())}).headers["Location"] == "/"
    assert desk.get("/").status_code == 200
    assert events("asking.leader") == ["signed_in", "factor_added", "factor_added", "signed_in"]


def test_a_code_is_good_for_a_while_and_once(world: World, morning: Morning) -> None:
    desk, secret, _codes = officer_with_app(world, "asking.leader", morning)
    desk.post("/account/logout/")
    sign_in(desk, "asking.leader")
    old = code_at(secret, now() - timedelta(seconds=90))
    assert "验证码不对" in text_of(desk.post(CODE, {"code": old}))
    good = code_at(secret, now())
    assert desk.post(CODE, {"code": good}).status_code == 302
    desk.post("/account/logout/")
    sign_in(desk, "asking.leader")
    assert "验证码不对" in text_of(desk.post(CODE, {"code": good}))
    morning.shift(timedelta(seconds=60))
    assert desk.post(CODE, {"code": code_at(secret, now())}).status_code == 302


def test_a_recovery_code_opens_once(world: World, morning: Morning) -> None:
    desk, _secret, codes = officer_with_app(world, "asking.leader", morning)
    again = desk.get("/account/factors/codes/")
    assert not [code for code in codes if code in text_of(again)]
    for expected in (302, 200):
        desk.post("/account/logout/")
        sign_in(desk, "asking.leader")
        assert desk.post(CODE, {"code": codes[3]}).status_code == expected
    assert desk.post(CODE, {"code": codes[4]}).status_code == 302
    assert "还剩 8 个" in text_of(desk.get(ACCOUNT))
    assert desk.post("/account/factors/codes/new/").headers["Location"] == "/account/factors/codes/"
    desk.post("/account/logout/")
    sign_in(desk, "asking.leader")
    assert desk.post(CODE, {"code": codes[5]}).status_code == 200


def test_taking_it_away_means_setting_it_up_again(world: World, morning: Morning) -> None:
    desk, _secret, _codes = officer_with_app(world, "asking.leader", morning)
    assert missing(desk.get("/account/factors/app/remove/"), ["停用手机验证码"]) == []
    assert desk.post("/account/factors/app/remove/").headers["Location"] == ACCOUNT
    assert not Authenticator.objects.exists()
    assert desk.get("/").headers["Location"] == ACCOUNT
    assert events("asking.leader")[-2:] == ["factor_removed", "factor_removed"]


def test_changes_ask_once_more_after_a_while(world: World, morning: Morning) -> None:
    desk, secret, _codes = officer_with_app(world, "asking.leader", morning)
    morning.shift(timedelta(minutes=6))
    away = "/account/factors/app/remove/"
    assert desk.get(away).headers["Location"] == f"/account/confirm/?next={away.replace('/', '%2F')}"
    page = desk.get(f"/account/confirm/?next={away}")
    assert missing(page, ["请再确认一次", "/account/confirm/code/"]) == []
    assert "密码不对" in text_of(desk.post("/account/confirm/", {"password": "wrong", "next": away}))
    by_code = desk.post("/account/confirm/code/", {"code": code_at(secret, now()), "next": away})
    assert by_code.headers["Location"] == away
    assert desk.get(away).status_code == 200


def test_a_session_from_before_does_not_get_by_without_it(world: World, morning: Morning) -> None:
    with_password(world, "asking.leader")
    before, now_set_up = Desk(world), Desk(world)
    sign_in(before, "asking.leader")
    assert before.get("/").headers["Location"] == ACCOUNT
    sign_in(now_set_up, "asking.leader")
    morning.shift(timedelta(seconds=5))
    found = now_set_up.get(APP)
    secret = text_of(found).split('totp-secret">')[1].split("<")[0]
    now_set_up.post(APP, {"code": code_at(secret, now())})
    assert before.get("/account/factors/key/").headers["Location"] == LOGIN
    assert "请重新登录" in text_of(before.get(LOGIN))
    assert before.get("/").headers["Location"].startswith(LOGIN)


def test_secrets_lie_sealed_in_the_database(world: World, morning: Morning) -> None:
    _desk, secret, _codes = officer_with_app(world, "asking.leader", morning)
    kept = Authenticator.objects.get(type=Authenticator.Type.TOTP)
    assert secret.replace(" ", "") not in str(kept.data)
    assert kept.wrap().validate_code(code_at(secret, now()))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("path", "said"), [(ACCOUNT, "<h1>"), ("/account/sessions/", "<table"), ("/account/identities/", "<h1>")]
)
def test_the_pages_of_one_s_own_account_open(path: str, said: str, language: str, sit: Sit) -> None:
    page = sit("asking.clerk", language=language).get(path)
    assert page.status_code == 200
    assert said in text_of(page)


@pytest.mark.usefixtures("world")
def test_no_query_more_on_a_page_for_it(sit: Sit, settings: Settings) -> None:
    counts = []
    for required in (True, False):
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, second_factor=required)
        desk = sit("asking.leader")
        desk.get("/directory/")
        with CaptureQueriesContext(connection) as caught:
            assert desk.get("/directory/").status_code == 200
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_the_password_is_changed_by_rule(world: World, morning: Morning) -> None:
    desk, _secret, _codes = officer_with_app(world, "asking.leader", morning)
    path = "/account/password/"
    assert missing(desk.get(path), ["至少 12 个字符", "不能是常见的密码"]) == []
    wrong = {"oldpassword": "wrong", "password1": "another long secret", "password2": "another long secret"}
    assert "现在的密码不对" in text_of(desk.post(path, wrong))
    short = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}
    assert desk.post(path, short).status_code == 200
    right = {**wrong, "oldpassword": PASSWORD}
    assert desk.post(path, right).headers["Location"] == ACCOUNT
    assert desk.get("/").status_code == 200
    assert events("asking.leader")[-1] == "password_changed"
    desk.post("/account/logout/")
    assert sign_in(desk, "asking.leader", "another long secret").headers["Location"] == CODE
