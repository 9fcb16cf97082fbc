"""Where e-mail is set up, a forgotten password is renewed by a link; the second factor stays."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.core import mail
from pytest_django import Settings

from tests.support.signing_in import CODE, PASSWORD, officer_with_app, sign_in
from tests.support.worlds import World
from tests.workspace.conftest import Sit
from tests.workspace.desk import Desk, missing, text_of

FORGOTTEN, SENT, NEW = "/account/password/forgotten/", "/account/password/forgotten/sent/", "a quite other secret"
LINK = re.compile(r"http://testserver(/account/password/new/\S+)")


@pytest.fixture(autouse=True)
def by_mail(settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    settings.DEFAULT_FROM_EMAIL = "concord@example.gov.cn"


def test_the_link_sets_a_password_once(world: World, sit: Sit, morning: time_machine.Traveller) -> None:
    officer, _secret, _codes = officer_with_app(world, "asking.leader", morning)
    person = world.person("asking.leader")
    person.email = "leader@example.gov.cn"
    person.save()
    desk = sit()
    assert FORGOTTEN in text_of(desk.get("/account/login/"))
    assert desk.post(FORGOTTEN, {"email": person.email}).headers["Location"] == SENT
    assert "请查收邮件" in text_of(desk.get(SENT))
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("协保：重置密码", [person.email])
    assert message.from_email.endswith("<concord@example.gov.cn>")
    assert person.zh not in str(message.body)
    assert person.username not in str(message.body)
    link = LINK.search(str(message.body))
    assert link is not None
    form = desk.get(link.group(1)).headers["Location"]
    assert missing(desk.get(form), ["设置新密码", "至少 12 个字符"]) == []
    assert desk.post(form, {"password1": "short", "password2": "short"}).status_code == 200
    assert desk.post(form, {"password1": NEW, "password2": NEW}).headers["Location"] == "/account/password/new/"
    assert "请用新密码登录" in text_of(desk.get("/account/password/new/"))
    assert officer.get("/").status_code == 302
    assert sign_in(desk, "asking.leader", PASSWORD).status_code == 200
    assert sign_in(desk, "asking.leader", NEW).headers["Location"] == CODE
    assert "无效或者已经用过" in text_of(Desk(world).get(link.group(1)))


@pytest.mark.usefixtures("world", "morning")
def test_an_address_that_nobody_has_is_answered_alike_and_gets_nothing(sit: Sit) -> None:
    assert sit().post(FORGOTTEN, {"email": "nobody@example.gov.cn"}).headers["Location"] == SENT
    assert mail.outbox == []


@pytest.mark.usefixtures("world", "morning")
@pytest.mark.parametrize("key", ["1-abc-def", "zzz-1"])
def test_a_link_that_is_none_says_so(key: str, sit: Sit) -> None:
    assert "无效或者已经用过" in text_of(sit().get(f"/account/password/new/{key}/"))
