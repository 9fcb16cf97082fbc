"""The pages of notices: read by opening, filtered, and how one wants to be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from concord.foundation.notices.models import Notice, NoticeSetting
from tests.support.mail import Letterbox, mail_server
from tests.support.worlds import World, time
from tests.workspace.conftest import Sit

pytestmark = pytest.mark.django_db
SETTINGS = "/notices/settings/"


@pytest.fixture
def letterbox(settings: Settings) -> Iterator[Letterbox]:
    with mail_server() as (box, port):
        settings.MAIL_IS_SENT = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "concord@example.org"
        yield box


def addressed(world: World, who: str) -> None:
    person = world.person(who)
    person.email = "somebody@example.org"
    person.save()


def test_opening_a_notice_marks_it_as_read_and_leads_to_its_matter(world: World, sit: Sit) -> None:
    matter = world.matter_in("submitted")
    notice = Notice.objects.filter(person=world.person("asking.leader")).latest("id")
    answer = sit("asking.leader").get(f"/notices/{notice.pk}/")
    assert answer.headers["Location"] == f"/m/{matter.uid}/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_nobody_opens_the_notice_of_another(world: World, sit: Sit) -> None:
    world.matter_in("submitted")
    notice = Notice.objects.filter(person=world.person("asking.leader")).latest("id")
    assert sit("asked.leader").get(f"/notices/{notice.pk}/").status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_only_the_unread_ones(world: World, sit: Sit) -> None:
    world.matter_in("submitted")
    leader = sit("asking.leader")
    assert "：送签 — " in leader.get("/notices/", {"unread": "1"}).content.decode()
    leader.post("/notices/")
    assert "暂无通知" in leader.get("/notices/", {"unread": "1"}).content.decode()
    assert "暂无通知" not in leader.get("/notices/").content.decode()


def test_settings_are_kept(world: World, sit: Sit) -> None:
    officer = sit("asking.case_officer")
    answer = officer.fill(SETTINGS, mail="each", quiet_from="21:00", quiet_until="07:30", muted=["lead", "casework"])
    assert answer.status_code == 302
    setting = NoticeSetting.objects.get(person=world.person("asking.case_officer"))
    assert (setting.mail, f"{setting.quiet_from:%H:%M}", f"{setting.quiet_until:%H:%M}") == ("each", "21:00", "07:30")
    assert setting.muted == ["casework", "lead"]
    assert 'value="each" checked' in officer.get(SETTINGS).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        pytest.param({"mail": "pigeon"}, "请选择一种方式", id="unknown way"),
        pytest.param({"quiet_from": "21:00", "quiet_until": ""}, "同时填写起止时间", id="one end"),
    ],
)
def test_settings_that_make_no_sense_are_refused(world: World, sit: Sit, typed: dict[str, str], said: str) -> None:
    answer = sit("asking.case_officer").fill(SETTINGS, **typed)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not NoticeSetting.objects.filter(person=world.person("asking.case_officer")).exists()


def test_changing_the_wish_plans_waiting_mail_anew(world: World, sit: Sit, letterbox: Letterbox) -> None:
    addressed(world, "asking.leader")
    world.matter_in("submitted")
    leader = sit("asking.leader")
    leader.fill(SETTINGS, mail="digest", digest_at="16:00")
    waiting = Notice.objects.filter(person=world.person("asking.leader"), mail_after__isnull=False)
    assert {notice.mail_after for notice in waiting} == {time("2026-02-06T16:00")}
    page = leader.get(SETTINGS).content.decode()
    assert "协助调查 · 送签" in page
    assert leader.fill(SETTINGS, mail="none").status_code == 302
    assert not waiting.all().exists()
    assert letterbox.messages == []


def test_a_test_mail_arrives(world: World, sit: Sit, letterbox: Letterbox) -> None:
    addressed(world, "asking.leader")
    answer = sit("asking.leader").post(SETTINGS + "test/")
    assert answer.status_code == 302
    assert letterbox.receivers == [["somebody@example.org"]]
    [text] = letterbox.texts()
    assert "这是一封测试邮件" in text
    assert "This is a test." in text


def test_a_test_mail_that_cannot_go_says_why(world: World, sit: Sit, letterbox: Letterbox) -> None:
    assert sit("asking.leader").post(SETTINGS + "test/").status_code == 409
    addressed(world, "asking.leader")
    letterbox.closed = True
    answer = sit("asking.leader").post(SETTINGS + "test/")
    assert answer.status_code == 503
    assert "邮件服务器没有接收" in answer.content.decode()


def test_the_badge_counts_no_further_than_a_hundred(world: World, sit: Sit) -> None:
    person, post = world.person("asking.leader"), world.actor("asking.leader").organisation
    made = time("2026-02-06T09:00")
    Notice.objects.bulk_create(
        Notice(person=person, organisation=post, kind="x", zh="x", en="x", made_at=made + timedelta(seconds=n))
        for n in range(150)
    )
    assert "99+" in sit("asking.leader").get("/notices/").content.decode()
