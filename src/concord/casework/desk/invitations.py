"""Invitations: a link, good once and for 72 hours, with which a new person sets a password; kept only as a digest.

Where e-mail is sent, the link goes to the invited person's address and nobody else sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from concord.casework.desk.staffing import no_person, require_manager
from concord.foundation.access.actor import Actor
from concord.foundation.access.tokens import digest_of, secret_from
from concord.foundation.database.clock import LEGAL_ZONE
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.notices.mailing import letter
from concord.foundation.organisations.models import Invitation, Person, Post
from concord.rules.errors import InvalidInput, NotFound, Problem, Said

GOOD_FOR = timedelta(hours=72)
SUBJECT = "协保：邀请您设置登录密码 / Concord: set your password"


def invite(*, person: Person, random_bytes: bytes, by: Actor, at: datetime) -> tuple[Invitation, str]:
    """Invite somebody of the administrator's organisation; returns the row and the secret, shown only now.

    An earlier invitation that is still good ends with it. Raises NotAllowed, NotFound ``people.no_person``.
    """
    require_manager(by)
    if not person.is_active or not Post.objects.filter(person=person, organisation=by.organisation).exists():
        raise no_person()
    secret = secret_from(random_bytes)
    with writing():
        Invitation.objects.filter(person=person, used_at__isnull=True, revoked_at__isnull=True).update(revoked_at=at)
        made = Invitation.objects.create(
            person=person,
            organisation=by.organisation,
            digest=digest_of(secret),
            made_by=by.person,
            made_at=at,
            expires_at=at + GOOD_FOR,
        )
        journal.record(event="people.invite", at=at, by=by, subject=person.username, internal=True)
    return made, secret


def send(*, invitation: Invitation, link: str) -> bool:
    """Mail the link to the address registered for the invited person; whether the mail server took it.

    Nothing is sent without a mail server or an address: then the administrator hands the link over.
    """
    address = invitation.person.email
    if not settings.MAIL_IS_SENT or not address:
        return False
    place, until = invitation.organisation, invitation.expires_at.astimezone(LEGAL_ZONE)
    opening = Said(
        f"{place.zh}邀请您使用协保。请打开链接，设置登录密码：",
        f"{place.en} invites you to Concord. Open the link to set your password:",
    )
    closing = Said(
        f"链接在北京时间{until.year}年{until.month}月{until.day}日{until:%H:%M}前有效，用过即失效，请勿转发。"
        "没有在等这份邀请的，不必理会：不打开链接，什么也不会改变。",
        f"The link works once, until {until:%H:%M} on {until.day} {until:%B %Y}, Beijing time; do not pass it on. "
        "If you were not expecting an invitation, ignore this message: nothing changes unless the link is opened.",
    )
    try:
        letter(address, subject=SUBJECT, opening=opening, link=link, closing=closing).send()
    except (OSError, SMTPException):
        return False
    return True


def revoke(*, invitation: Invitation, by: Actor, at: datetime) -> None:
    """End an invitation at once; one that was used or is over stays as it is."""
    require_manager(by)
    if invitation.organisation_id != by.organisation.id:
        raise no_invitation()
    with writing():
        rows = Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True, revoked_at__isnull=True)
        if rows.update(revoked_at=at):
            subject = invitation.person.username
            journal.record(event="people.invitation_end", at=at, by=by, subject=subject, internal=True)


def invitation_behind(secret: str, *, at: datetime) -> Invitation:
    """The invitation of a link while it is good; NotFound ``people.no_invitation``."""
    found = _good(secret, at=at).first()
    if found is None:
        raise no_invitation()
    return found


def accept(*, secret: str, password: str, at: datetime) -> Person:
    """Set the password of the person invited; the link is good no more.

    Raises NotFound ``people.no_invitation``, InvalidInput ``people.weak_password`` with what is wrong with it.
    """
    with writing():
        invitation = locked(_good(secret, at=at)).first()
        if invitation is None:
            raise no_invitation()
        person = invitation.person
        try:
            validate_password(password, person)
        except ValidationError as wrong:
            said = Said("密码不符合要求，请另设一个。", "The password does not meet the rules; choose another.")
            problems = tuple(Problem("password", "weak", Said(text, text)) for text in wrong.messages)
            raise InvalidInput("people.weak_password", said, problems=problems) from None
        person.set_password(password)
        person.save(update_fields=["password"])
        invitation.used_at = at
        invitation.save(update_fields=["used_at"])
        journal.record(event="people.accept", at=at, by=None, subject=person.username)
    return person


def no_invitation() -> NotFound:
    """The error for a link that is none, was used, revoked or is too old: the same for all."""
    return NotFound(
        "people.no_invitation",
        Said(
            "邀请链接无效：可能已使用、已撤销或者超过72小时。请联系本机关系统管理员重新发送。",
            "This link is not good: used, revoked or older than 72 hours. Ask your administrator for a new one.",
        ),
    )


def _good(secret: str, *, at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.select_related("person", "organisation").filter(
        digest=digest_of(secret),
        expires_at__gt=at,
        used_at__isnull=True,
        revoked_at__isnull=True,
        person__is_active=True,
    )
