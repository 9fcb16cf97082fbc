"""Notices by e-mail, through a real server: when they go, what they say, what happens when it fails."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from concord.charters import folder
from concord.foundation.access.actor import Actor
from concord.foundation.database.scope import SYSTEM, enter
from concord.foundation.notices import mailing
from concord.foundation.notices.commands import mark_read, tell
from concord.foundation.notices.mailing import send_due
from concord.foundation.notices.models import Notice, NoticeSetting
from concord.foundation.organisations.commands import put_charter_into_force
from concord.rules.errors import Said
from tests.foundation.people import AT, officer
from tests.support.mail import Letterbox, mail_server

pytestmark = pytest.mark.django_db
SECRET = Said("金华王某某销售假冒水泵", "Wang of Jinhua sells fake pumps")
MATTER = UUID(int=7)
NUMBER = "G60-2026-00012"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _charter_in_force() -> None:
    enter(SYSTEM)
    put_charter_into_force(
        texts=folder.read(folder.shipped(), "cn", "g60"),
        charter_id="g60",
        resolution="",
        effective_from=date(2021, 10, 21),
        at=AT,
    )


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


def reader(name: str = "a", *, mail: str = "each", address: str | None = None) -> Actor:
    actor = officer(name)
    actor.person.email = f"{name}@example.org" if address is None else address
    actor.person.save()
    NoticeSetting.objects.create(person=actor.person, mail=mail)
    return actor


def told(*actors: Actor, at: datetime = AT, kind: str = "assistance.issue", subject: str = NUMBER) -> None:
    posts = [actor.post for actor in actors]
    tell(posts=posts, kind=kind, said=SECRET, matter_uid=MATTER, at=at, subject=subject)


def test_a_notice_goes_out_once_and_says_nothing_personal(letterbox: Letterbox) -> None:
    told(reader())
    assert send_due(at=AT) == 1
    [text] = letterbox.texts()
    assert letterbox.receivers == [["a@example.org"]]
    for said in (NUMBER, "协助调查 · 签发", "https://concord.example.org/m/00000000-0000-0000-0000-000000000007/"):
        assert said in text
    [message] = letterbox.messages
    whole = message.as_string() + text
    for hidden in ("王某某", "Wang", "水泵", "pumps", "张三"):
        assert hidden not in whole
    assert send_due(at=AT + HOUR) == 0
    assert Notice.objects.get().mailed_at == AT


def test_a_digest_gathers_the_day(letterbox: Letterbox) -> None:
    actor = reader(mail="digest")
    for hours in range(3):
        told(actor, at=AT + hours * HOUR, kind="casework.warn")
    assert send_due(at=AT + 10 * HOUR) == 0
    assert send_due(at=AT + DAY) == 1
    [text] = letterbox.texts()
    assert "您有 3 条新通知" in text
    assert "You have 3 new notices" in text
    assert text.count("期限提醒") == 3


def test_a_long_list_is_cut_with_its_number(letterbox: Letterbox) -> None:
    actor = reader()
    for number in range(mailing.LINES + 4):
        told(actor, at=AT + timedelta(seconds=number))
    assert send_due(at=AT + HOUR) == 1
    [text] = letterbox.texts()
    assert "另有 4 条" in text


@pytest.mark.parametrize("mode", ["none", "digest"])
def test_nothing_goes_before_its_time_or_against_the_wish(letterbox: Letterbox, mode: str) -> None:
    told(reader(mail=mode))
    assert send_due(at=AT + HOUR) == 0
    assert letterbox.messages == []


def test_quiet_hours_are_kept(letterbox: Letterbox) -> None:
    actor = reader()
    NoticeSetting.objects.filter(person=actor.person).update(quiet_from=time(9), quiet_until=time(14))
    told(actor)  # half past nine in Shanghai
    assert send_due(at=AT + HOUR) == 0
    assert send_due(at=AT + 5 * HOUR) == 1
    assert len(letterbox.messages) == 1


def test_what_was_read_meanwhile_is_not_mailed(letterbox: Letterbox) -> None:
    actor = reader(mail="digest")
    told(actor)
    mark_read(by=actor, at=AT + HOUR)
    assert send_due(at=AT + DAY) == 0
    assert letterbox.messages == []
    assert Notice.objects.get().mail_after is None


@pytest.mark.parametrize("change", ["post ended", "inactive", "no address"])
def test_nobody_gone_is_written_to(letterbox: Letterbox, change: str) -> None:
    actor = reader(mail="digest")
    told(actor)
    match change:
        case "post ended":
            actor.post.held_until = date(2026, 3, 3)
            actor.post.save()
        case "inactive":
            actor.person.is_active = False
            actor.person.save()
        case _:
            actor.person.email = ""
            actor.person.save()
    assert send_due(at=AT + DAY) == 0
    assert letterbox.messages == []


def test_one_refused_address_stops_nobody_and_is_told_in_the_application(letterbox: Letterbox) -> None:
    told(reader("a"), reader("b"))
    letterbox.refuses = {"a@example.org"}
    assert send_due(at=AT) == 1
    assert letterbox.receivers == [["b@example.org"]]
    said = Notice.objects.get(kind=mailing.REFUSED)
    assert (said.person.username, said.mail_after) == ("a-case_officer", None)
    assert send_due(at=AT + HOUR) == 0


def test_a_server_that_takes_nothing_now_is_tried_again(letterbox: Letterbox) -> None:
    told(reader())
    letterbox.closed = True
    with pytest.raises(smtplib.SMTPDataError):
        send_due(at=AT)
    letterbox.closed = False
    assert send_due(at=AT + HOUR) == 1


def test_an_absent_server_loses_nothing(letterbox: Letterbox, settings: Settings) -> None:
    told(reader())
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    with pytest.raises(OSError, match="refused"):
        send_due(at=AT)
    settings.EMAIL_PORT = port
    assert send_due(at=AT + HOUR) == 1
    assert len(letterbox.messages) == 1


def test_without_a_mail_server_no_time_is_kept(settings: Settings) -> None:
    settings.MAIL_IS_SENT = False
    told(reader())
    assert Notice.objects.get().mail_after is None
    assert send_due(at=AT) == 0


def test_telling_many_costs_no_more_statements_than_telling_one(
    letterbox: Letterbox,
) -> None:
    actors = [reader(name) for name in "abcdefgh"]
    with CaptureQueriesContext(connection) as one:
        told(actors[0])
    with CaptureQueriesContext(connection) as many:
        told(*actors, at=AT + HOUR)
    assert len(many) == len(one)
    assert letterbox.messages == []
