"""Notices by e-mail: what is due goes out, one message a person; nothing personal is in it.

A message says how many notices there are, what kind each is, the number of its matter and where to read it. A person's
notices are marked as soon as the server has taken their message: a process killed in between sends that one message
again, and none is lost. The jobs room runs one sender at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import formataddr
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import escape

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import writing
from concord.foundation.notices.commands import tell
from concord.foundation.notices.models import Notice
from concord.foundation.notices.policy import kind_words
from concord.foundation.organisations.models import Person, Post
from concord.foundation.organisations.queries import charter_on, held_on
from concord.rules.errors import Conflict, Said, Unavailable

PERSONS = 200
LINES = 50
REFUSED = "notices.refused"
REFUSED_SAID = Said(
    "邮件服务器拒收发往您邮箱的通知，请联系系统管理员核对邮箱地址。通知仍会显示在这里。",
    "The mail server refuses your address; ask the administrator to check it. Notices still arrive here.",
)


def send_due(*, at: datetime) -> int:
    """Send what may go out by ``at``; returns how many messages the server took.

    Notices already read, and those of people without an address or a post today, are let go. Raises OSError or
    smtplib.SMTPException when the server cannot be reached or refuses everything; what was sent before stays marked.
    """
    if not settings.MAIL_IS_SENT:
        return 0
    waiting = Notice.objects.filter(mail_after__lte=at, mailed_at__isnull=True)
    persons = list(waiting.order_by().values_list("person_id", flat=True).distinct()[:PERSONS])
    if not persons:
        return 0
    with get_connection() as server:
        return sum(_send(person, server, at=at) for person in sorted(persons))


def send_test(*, by: Actor) -> None:
    """Send the actor a message at once, to see that e-mail arrives.

    Raises Conflict ``notices.no_mail`` without a mail server or an address, Unavailable ``notices.mail_failed``.
    """
    if not settings.MAIL_IS_SENT or not by.person.email:
        raise Conflict(
            "notices.no_mail",
            Said(
                "没有配置邮件服务器，或者您没有登记邮箱。请联系系统管理员。",
                "No mail server is set up, or you have no address; ask the administrator.",
            ),
        )
    try:
        letter(
            by.person.email,
            subject="协保：测试邮件 / Concord: test message",
            opening=Said(
                "这是一封测试邮件。收到它，说明协保的通知可以发到这个邮箱。调整发送时间或者停止发送：",
                "This is a test. It shows that notices of Concord reach this address. "
                "To change when they come, or to stop them:",
            ),
            link=f"{settings.ADDRESS}/notices/settings/",
            closing=Said("邮件中不含案件内容。", "E-mail carries no content of cases."),
        ).send()
    except (OSError, SMTPException) as error:
        said = Said(
            "邮件服务器没有接收这封邮件，请稍后再试，或联系系统管理员核对邮箱。",
            "The mail server did not take the message; try later, or ask the administrator to check your address.",
        )
        raise Unavailable("notices.mail_failed", said) from error


def _send(person: int, server: BaseEmailBackend, *, at: datetime) -> bool:
    """Send one person's message, then mark it: no transaction stays open while a mail server takes its time."""
    due = Notice.objects.filter(person=person, mail_after__lte=at, mailed_at__isnull=True)
    rows = list(due.select_related("person").order_by("id"))
    reader = rows[0].person
    held = Post.objects.filter(held_on(legal_date(at)), person=person).values_list("organisation_id", flat=True)
    places = set(held)
    told = [one for one in rows if one.read_at is None and one.organisation_id in places]
    sent = refused = False
    if told and reader.email and reader.is_active:
        try:
            message(reader, told, at=at, connection=server).send()
            sent = True
        except SMTPRecipientsRefused:
            refused = True
    with writing():
        marked = Notice.objects.filter(id__in=[one.id for one in rows])
        marked.update(**({"mailed_at": at} if sent else {"mail_after": None}))
        if refused:
            _say_refused(reader, at=at)
    return sent


def _say_refused(reader: Person, *, at: datetime) -> None:
    """In the application only: a notice without an e-mail of its own."""
    posts = list(Post.objects.filter(held_on(legal_date(at)), person=reader).select_related("person")[:1])
    tell(posts=posts, kind=REFUSED, said=REFUSED_SAID, matter_uid=None, at=at)
    Notice.objects.filter(person=reader, kind=REFUSED).update(mail_after=None)


def message(
    reader: Person, told: Sequence[Notice], *, at: datetime, connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    """The e-mail that tells ``reader`` of these notices, in Chinese and in English, as text and as HTML."""
    lines = [line(one, at=at) for one in told[:LINES]]
    more = len(told) - len(lines)
    address = settings.ADDRESS
    opening = Said(f"您有 {len(told)} 条新通知：", f"You have {len(told)} new notice{'s' if len(told) > 1 else ''}:")
    if more:
        lines.append((Said(f"另有 {more} 条", f"and {more} more"), f"{address}/notices/"))
    closing = Said(
        "请登录查看内容。邮件中不含案件内容。调整发送时间或者停止发送：",
        "Sign in to read them; e-mail carries no content of cases. To change when it comes, or to stop it:",
    )
    settings_address = f"{address}/notices/settings/"
    plain = "\n\n".join(
        "\n".join([opening_words, *(f"· {pick(said)}\n  {link}" for said, link in lines), "", closing_words])
        for opening_words, closing_words, pick in (
            (opening.zh, f"{closing.zh}{settings_address}", _zh),
            (opening.en, f"{closing.en} {settings_address}", _en),
        )
    )
    listed = "".join(
        f'<li><a href="{escape(link)}">{escape(said.zh)}</a> <small>{escape(said.en)}</small></li>'
        for said, link in lines
    )
    html = (
        f"<p>{escape(opening.zh)}<br><small>{escape(opening.en)}</small></p><ul>{listed}</ul>"
        f"<p>{escape(closing.zh)}<br><small>{escape(closing.en)}</small><br>"
        f'<a href="{escape(settings_address)}">{escape(settings_address)}</a></p>'
    )
    subject = f"协保：{len(told)} 条新通知 / Concord: {len(told)} new"
    return _mail(reader.email, subject, plain=plain, html=html, connection=connection)


def letter(address: str, *, subject: str, opening: Said, link: str, closing: Said) -> EmailMultiAlternatives:
    """An e-mail around one link, in Chinese and in English, as text and as HTML."""
    plain = f"{opening.zh}\n\n{link}\n\n{closing.zh}\n\n{opening.en}\n\n{link}\n\n{closing.en}"
    html = (
        f"<p>{escape(opening.zh)}<br><small>{escape(opening.en)}</small></p>"
        f'<p><a href="{escape(link)}">{escape(link)}</a></p>'
        f"<p>{escape(closing.zh)}<br><small>{escape(closing.en)}</small></p>"
    )
    return _mail(address, subject, plain=plain, html=html)


def sender() -> str:
    """Who our e-mail comes from."""
    return formataddr(("协保 Concord", settings.DEFAULT_FROM_EMAIL))


def _mail(
    address: str, subject: str, *, plain: str, html: str, connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    made = EmailMultiAlternatives(subject, plain, sender(), [address], connection=connection)
    made.attach_alternative(html, "text/html")
    return made


def line(notice: Notice, *, at: datetime) -> tuple[Said, str]:
    """What the e-mail says of one notice, and where it leads: number, kind, when; never the notice's own words."""
    said = kind_words(notice.kind, charter_on(legal_date(at)))
    made = notice.made_at.astimezone(LEGAL_ZONE)
    place = f"/m/{notice.matter_uid}/" if notice.matter_uid else "/notices/"
    parts = [notice.subject] if notice.subject else []
    return (
        Said(
            " · ".join([*parts, said.zh, f"{made.month}月{made.day}日 {made:%H:%M}"]),
            " · ".join([*parts, said.en, f"{made:%d %b %H:%M}"]),
        ),
        settings.ADDRESS + place,
    )


def _zh(said: Said) -> str:
    return said.zh


def _en(said: Said) -> str:
    return said.en
