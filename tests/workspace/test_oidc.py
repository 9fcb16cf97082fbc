"""Signing in through a provincial provider: a real one on loopback, honest and not."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from pytest_django import Settings

from concord.config.env import SignOn
from concord.entrypoints.workspace.sign_on import PROVIDER
from concord.entrypoints.workspace.vouching import says_several
from concord.foundation.database.clock import now
from concord.foundation.journal.models import Entry
from tests.support.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider, new_key, serving
from tests.support.one_time import code_at
from tests.support.signing_in import ACCOUNT, CODE, LOGIN, officer_with_app, sign_in, with_password
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

Morning = time_machine.Traveller
GO, NAME = "/account/sign-on/", "浙政通"
ONWARD = re.compile(r'http-equiv="refresh" content="0;url=([^"]+)"')


@pytest.fixture
def provider(settings: Settings, monkeypatch: pytest.MonkeyPatch, morning: Morning) -> Iterator[IdentityProvider]:  # noqa: ARG001  it must be morning
    """The provider, known to the installation; it does not vouch for factors."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(IdentityProvider()) as served:
        known = SignOn(NAME, served.address, CLIENT, CLIENT_SECRET, vouches_for_factors=False)
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, sign_on=known)
        yield served


@pytest.fixture
def vouching(provider: IdentityProvider, settings: Settings) -> IdentityProvider:
    """The same, trusted with second factors."""
    known = dataclasses.replace(settings.ENVIRONMENT.sign_on, vouches_for_factors=True)
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, sign_on=known)
    return provider


def tie(world: World, name: str, subject: str) -> None:
    """The identity is already tied to that person."""
    SocialAccount.objects.create(user=world.person(name), provider=PROVIDER, uid=subject)


def leave(desk: Desk, **form: str) -> str:
    """Press the button; returns the provider's address that the page goes on to."""
    page = desk.post(GO, form)
    assert page.status_code == 200
    found = ONWARD.search(text_of(page))
    assert found is not None
    return html.unescape(found.group(1))


def come_by(desk: Desk, provider: IdentityProvider, **form: str) -> HttpResponse:
    """The whole way there and back."""
    back = provider.authorize(leave(desk, **form))
    return desk.get(back.removeprefix("http://testserver"))


def test_a_tied_identity_signs_in(provider: IdentityProvider, world: World) -> None:
    tie(world, "asking.clerk", provider.subject)
    desk = Desk(world)
    assert missing(desk.get(LOGIN), [f"用{NAME}登录"]) == []
    assert come_by(desk, provider).headers["Location"] == "/"
    assert desk.get("/directory/").status_code == 200
    (question,) = provider.asked
    assert (question["scope"], question["code_challenge_method"]) == ("openid", "S256")
    assert len(question["nonce"]) == 32
    entry = Entry.objects.get(event="account.signed_in")
    assert entry.details == {"person": world.person("asking.clerk").pk, "way": "sign_on"}


def test_the_way_leads_back_to_the_page_asked_for(provider: IdentityProvider, world: World) -> None:
    tie(world, "asking.clerk", provider.subject)
    assert come_by(Desk(world), provider, next="/directory/").headers["Location"] == "/directory/"
    away = come_by(Desk(world), provider, next="https://elsewhere.example/")
    assert away.headers["Location"] == "/"


def test_nobody_enrols_by_it(provider: IdentityProvider, world: World) -> None:
    desk = Desk(world)
    told = come_by(desk, provider)
    assert told.status_code == 403
    assert missing(told, ["还没有关联账号", "安全管理员", provider.subject]) == []
    assert desk.get("/directory/").headers["Location"].startswith(LOGIN)
    assert not SocialAccount.objects.exists()


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "x" * 32},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "http://127.0.0.1:9"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another"},
    "over": {"exp": 1_700_000_000},
    "no end": {"exp": None},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
def test_a_token_that_is_not_right_is_refused(claims: dict[str, Any], provider: IdentityProvider, world: World) -> None:
    tie(world, "asking.clerk", provider.subject)
    provider.claims = claims
    _refused(Desk(world), provider)


def test_another_s_signature_is_refused(provider: IdentityProvider, world: World) -> None:
    tie(world, "asking.clerk", provider.subject)
    provider.key = new_key()
    _refused(Desk(world), provider)


@pytest.mark.parametrize(("algorithm", "key"), [("HS256", "a shared secret of thirty-two bytes"), ("none", None)])
def test_no_other_way_of_signing_is_taken(
    algorithm: str, key: str | None, provider: IdentityProvider, world: World
) -> None:
    tie(world, "asking.clerk", provider.subject)
    provider.algorithm, provider.key = algorithm, key
    _refused(Desk(world), provider)


def _refused(desk: Desk, provider: IdentityProvider) -> None:
    told = come_by(desk, provider)
    assert told.status_code == 401
    assert "没有通过核验" in text_of(told)
    assert desk.get("/directory/").headers["Location"].startswith(LOGIN)
    assert not Entry.objects.filter(event="account.signed_in").exists()


def test_an_answer_belongs_to_the_browser_that_asked_and_is_used_once(provider: IdentityProvider, world: World) -> None:
    tie(world, "asking.clerk", provider.subject)
    asking, other = Desk(world), Desk(world)
    back = provider.authorize(leave(asking)).removeprefix("http://testserver")
    assert other.get(back).status_code == 401
    assert other.get("/directory/").status_code == 302
    assert asking.get(back).headers["Location"] == "/"
    assert Desk(world).get(back).status_code == 401


def test_a_person_turned_back_there_is_told(provider: IdentityProvider, world: World) -> None:
    desk = Desk(world)
    state = provider.authorize(leave(desk)).split("state=")[1]
    back = desk.get("/account/sign-on/back/", {"error": "access_denied", "state": state})
    assert back.headers["Location"] == "/account/sign-on/cancelled/"
    assert "登录已取消" in text_of(desk.get("/account/sign-on/cancelled/"))
    assert provider.asked


def test_a_provider_that_does_not_answer(provider: IdentityProvider, world: World, settings: Settings) -> None:
    silent = dataclasses.replace(settings.ENVIRONMENT.sign_on, issuer="http://127.0.0.1:9")
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, sign_on=silent)
    told = Desk(world).post(GO)
    assert told.status_code == 503
    assert "现在没有回应" in text_of(told)
    assert provider.asked == []


@pytest.mark.usefixtures("morning")
def test_where_there_is_none_there_is_no_door(world: World) -> None:
    desk = Desk(world)
    assert desk.post(GO).status_code == 404
    assert desk.get("/account/sign-on/back/").status_code == 404
    assert GO not in text_of(desk.get(LOGIN))


def test_powers_still_need_a_second_factor(provider: IdentityProvider, world: World) -> None:
    provider.claims = {"amr": ["pwd", "otp", "mfa"]}
    tie(world, "asking.leader", provider.subject)
    desk = Desk(world)
    come_by(desk, provider)
    assert desk.get("/").headers["Location"] == ACCOUNT


def test_a_provider_trusted_with_it_may_vouch(vouching: IdentityProvider, world: World, morning: Morning) -> None:
    _desk, secret, _codes = officer_with_app(world, "asking.leader", morning)
    tie(world, "asking.leader", vouching.subject)
    vouching.claims = {"amr": ["pwd", "otp", "mfa"]}
    sure = Desk(world)
    assert come_by(sure, vouching).headers["Location"] == "/"
    assert sure.get("/").status_code == 200
    vouching.claims = {"amr": ["pwd"]}
    unsure = Desk(world)
    assert come_by(unsure, vouching).headers["Location"] == CODE
    assert unsure.post(CODE, {"code": code_at(secret, now())}).headers["Location"] == "/"
    assert unsure.get("/").status_code == 200


@pytest.mark.parametrize(
    ("claims", "several"),
    [
        ({"amr": ["mfa"]}, True),
        ({"amr": ["pwd", "otp"]}, False),
        ({"amr": "mfa"}, False),
        ({"amr": None}, False),
        ({}, False),
        ({"acr": "phr"}, True),
        ({"acr": "1"}, False),
        ({"acr": "https://refeds.org/profile/mfa", "amr": ["pwd"]}, True),
    ],
)
def test_what_counts_as_several_factors(claims: dict[str, Any], several: bool) -> None:  # noqa: FBT001  an expectation
    assert says_several(claims) is several


def test_one_ties_one_s_own_and_lets_it_go(provider: IdentityProvider, world: World) -> None:
    with_password(world, "asking.clerk")
    desk = Desk(world)
    sign_in(desk, "asking.clerk")
    assert missing(desk.get(ACCOUNT), [NAME, 'value="connect"']) == []
    assert come_by(desk, provider, process="connect").headers["Location"] == ACCOUNT
    tied = SocialAccount.objects.get()
    assert (tied.uid, tied.user) == (provider.subject, world.person("asking.clerk"))
    assert set(tied.extra_data["id_token"]) == {"iss", "sub"}
    assert "已关联" in text_of(desk.get(ACCOUNT))
    assert come_by(Desk(world), provider).headers["Location"] == "/"
    assert desk.post("/account/identities/", {"account": str(tied.pk)}).headers["Location"] == ACCOUNT
    assert come_by(Desk(world), provider).status_code == 403
    known = Entry.objects.filter(event__contains="identity").order_by("id").values_list("event", flat=True)
    assert list(known) == ["account.identity_tied", "account.identity_untied"]


def test_tying_asks_who_it_is_after_a_while(provider: IdentityProvider, world: World, morning: Morning) -> None:
    with_password(world, "asking.clerk")
    desk = Desk(world)
    sign_in(desk, "asking.clerk")
    morning.shift(timedelta(minutes=6))
    assert come_by(desk, provider, process="connect").headers["Location"] == "/account/confirm/"
    assert not SocialAccount.objects.exists()


def test_another_s_identity_is_not_taken(provider: IdentityProvider, world: World) -> None:
    tie(world, "asked.clerk", provider.subject)
    with_password(world, "asking.clerk")
    desk = Desk(world)
    sign_in(desk, "asking.clerk")
    come_by(desk, provider, process="connect")
    assert "已经关联了别人的账号" in text_of(desk.get(ACCOUNT))
    assert SocialAccount.objects.get().user == world.person("asked.clerk")


def test_the_security_officer_ties_the_first_time(provider: IdentityProvider, world: World, sit: Sit) -> None:
    person = world.person("asking.clerk")
    officer = sit("asking.security_officer")
    path = f"/security/{person.uid}/"
    assert officer.post(f"{path}tie/", {"identifier": f" {provider.subject} "}).headers["Location"] == path
    assert missing(officer.get(path), [provider.subject, "解除关联"]) == []
    assert come_by(Desk(world), provider).headers["Location"] == "/"
    other = world.person("asking.service_provider")
    taken = officer.post(f"/security/{other.uid}/tie/", {"identifier": provider.subject})
    assert (taken.status_code, "account.identity_taken" in text_of(taken)) == (409, True)
    officer.post(f"{path}untie/")
    assert come_by(Desk(world), provider).status_code == 403


@pytest.mark.parametrize("typed", ["", "  ", "x" * 192, "a\nb"])
def test_an_identifier_that_is_none_is_said_beside_the_field(
    typed: str, provider: IdentityProvider, world: World, sit: Sit
) -> None:
    person = world.person("asking.clerk")
    page = sit("asking.security_officer").post(f"/security/{person.uid}/tie/", {"identifier": typed})
    assert page.status_code == 422
    assert missing(page, ["请填写统一身份认证平台给出的身份标识", 'aria-invalid="true"']) == []
    assert not SocialAccount.objects.exists()
    assert provider.asked == []
