"""Writes: telling the people of an organisation, and their reading of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import LEGAL_ZONE, legal_date
from concord.foundation.database.scope import writing
from concord.foundation.notices.models import Notice, NoticeSetting
from concord.foundation.notices.policy import DEFAULT, wish_of
from concord.foundation.organisations.models import Organisation, Post
from concord.foundation.organisations.queries import calendar_on, posts_with, with_substitutes
from concord.rules.errors import InvalidInput, Problem, Said
from concord.rules.mail_times import MODES

LONGEST = 200


def tell_organisation(
    *,
    organisation: Organisation,
    permission: str,
    kind: str,
    said: Said,
    matter_uid: UUID | None,
    at: datetime,
    subject: str = "",
) -> int:
    """Tell everyone who holds ``permission`` in the organisation on that day; returns how many people it reached.

    Each person is told once, whatever number of posts they hold, and telling the same about the same matter at the
    same instant again changes nothing. Texts beyond 200 characters are cut.
    """
    with writing():
        posts = posts_with([organisation.id], permission, on=legal_date(at))
        return tell(posts=posts, kind=kind, said=said, matter_uid=matter_uid, at=at, subject=subject)


def tell(
    *,
    posts: Iterable[Post],
    kind: str,
    said: Said,
    matter_uid: UUID | None,
    at: datetime,
    subject: str = "",
    but: int | None = None,
) -> int:
    """Tell the holders of these posts and whoever stands in for them, each person once per organisation.

    Returns how many were told; ``but`` is the person who need not be told. ``subject``, a matter's number, is what an
    e-mail calls it by. The same about the same matter at the same instant again changes nothing. Texts beyond 200
    characters are cut.
    """
    posts = [post for post in with_substitutes(posts, on=legal_date(at)) if post.person_id != but]
    told = sorted({(post.person_id, post.organisation_id) for post in posts})
    mailed = _mailed_after({post.person_id for post in posts if post.person.email}, kind, at=at)
    with writing():
        Notice.objects.bulk_create(
            [
                Notice(
                    person_id=person,
                    organisation_id=organisation,
                    kind=kind,
                    zh=_cut(said.zh),
                    en=_cut(said.en),
                    subject=subject,
                    matter_uid=matter_uid,
                    made_at=at,
                    mail_after=mailed.get(person),
                )
                for person, organisation in told
            ],
            ignore_conflicts=True,
        )
    return len(told)


def mark_read(*, by: Actor, at: datetime, ids: Collection[int] | None = None) -> int:
    """Mark the actor's own unread notices as read, all of them or those in ``ids``; returns how many changed."""
    with writing():
        unread = Notice.objects.filter(person=by.person, organisation=by.organisation, read_at__isnull=True)
        if ids is not None:
            unread = unread.filter(id__in=ids)
        return unread.update(read_at=at)


def choose(*, setting: NoticeSetting, by: Actor, at: datetime) -> None:
    """Keep how the actor wants to be told, and plan the e-mails that still wait anew.

    Raises InvalidInput ``notices.bad_setting`` for an unknown way, or quiet hours with one end only.
    """
    problems: list[Problem] = []
    if setting.mail not in MODES:
        problems.append(Problem("mail", "unknown", Said("请选择一种方式。", "Choose one of the ways.")))
    if (setting.quiet_from is None) != (setting.quiet_until is None):
        field = "quiet_from" if setting.quiet_from is None else "quiet_until"
        said = Said("免打扰时段请同时填写起止时间，或者都不填。", "Give both ends of the quiet hours, or neither.")
        problems.append(Problem(field, "missing", said))
    if problems:
        said = Said("设置没有保存，请更正标出的项目。", "The settings were not kept; mend the marked fields.")
        raise InvalidInput("notices.bad_setting", said, problems=tuple(problems))
    wish, calendar, moment = wish_of(setting), calendar_on(legal_date(at)), at.astimezone(LEGAL_ZONE)
    with writing():
        setting.person = by.person
        setting.save()
        waiting = Notice.objects.filter(person=by.person, mail_after__isnull=False, mailed_at__isnull=True)
        for kind in set(waiting.order_by().values_list("kind", flat=True)):
            waiting.filter(kind=kind).update(mail_after=wish.sends_at(moment, kind, calendar))


def _mailed_after(persons: Collection[int], kind: str, *, at: datetime) -> Mapping[int, datetime | None]:
    """When a notice of that kind may go out to each person by e-mail, where e-mail is sent at all."""
    if not persons or not settings.MAIL_IS_SENT:
        return {}
    wishes = {one.person_id: wish_of(one) for one in NoticeSetting.objects.filter(person__in=persons)}
    calendar, moment = calendar_on(legal_date(at)), at.astimezone(LEGAL_ZONE)
    return {person: wishes.get(person, DEFAULT).sends_at(moment, kind, calendar) for person in persons}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
