"""The first administrator and security officer of an organisation, made by whoever runs the installation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from concord.casework.desk.invitations import GOOD_FOR
from concord.casework.desk.staffing import USERNAME
from concord.foundation.access.tokens import digest_of, secret_from
from concord.foundation.database.clock import legal_date
from concord.foundation.database.locking import locked
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.commands import appoint, enrol
from concord.foundation.organisations.models import Invitation, Organisation, Person
from concord.foundation.organisations.queries import charter_on, posts_with
from concord.rules.errors import Conflict, InvalidInput, NotFound, Problem, Said

NEEDED = ("people:manage", "people:confirm")


def make_first_people(
    *, code: str, usernames: Mapping[str, str], random_bytes: Mapping[str, bytes], at: datetime
) -> dict[str, str]:
    """Make whoever is missing of those who manage people and who confirm it; returns username → invitation secret.

    ``usernames`` gives, per permission of ``NEEDED``, who is to hold it; so does ``random_bytes`` for their secrets.
    Raises NotFound ``people.no_organisation``, InvalidInput ``people.bad_person``, Conflict ``people.both_there``.
    """
    on = legal_date(at)
    with writing():
        organisation = locked(Organisation.objects.filter(code=code)).first()
        if organisation is None:
            said = Said(f"章程中没有代码为“{code}”的机关。", f"The charter knows no organisation {code!r}.")
            raise NotFound("people.no_organisation", said)
        missing = [one for one in NEEDED if not posts_with([organisation.id], one, on=on).exists()]
        if not missing:
            raise Conflict(
                "people.both_there",
                Said(
                    "该机关已有系统管理员和安全管理员，请由他们在页面上办理。",
                    "There is an administrator and a security officer already; they do the rest on the pages.",
                ),
            )
        made = {}
        for permission in missing:
            person = _person(usernames[permission])
            appoint(person=person, organisation=organisation, kind=_kind(permission, at=at), held_from=on)
            secret = secret_from(random_bytes[permission])
            Invitation.objects.create(
                person=person,
                organisation=organisation,
                digest=digest_of(secret),
                made_at=at,
                expires_at=at + GOOD_FOR,
            )
            journal.record(event="people.take_on", at=at, by=None, subject=person.username)
            made[person.username] = secret
    return made


def _person(username: str) -> Person:
    if not USERNAME.fullmatch(username) or Person.objects.filter(username=username).exists():
        said = Said(
            f"登录名“{username}”不可用：须为2至60位小写字母、数字、点、横线，且未被使用。",
            f"The name {username!r} cannot be used: 2 to 60 small letters, digits, dots, dashes, and not taken.",
        )
        raise InvalidInput("people.bad_person", said, problems=(Problem("username", "form", said),))
    return enrol(username=username, zh=username, en=username)


def _kind(permission: str, *, at: datetime) -> str:
    """The kind of post that has the permission."""
    return next(rule.posts[0] for rule in charter_on(legal_date(at)).permissions if rule.id == permission)
