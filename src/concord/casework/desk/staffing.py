"""What an administrator does with people and their posts; what is grave waits for the security officer."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from concord.casework.desk.confirming import is_grave, propose
from concord.casework.desk.handing_over import hand_over
from concord.foundation.access.actor import Actor
from concord.foundation.access.models import Feed, Token
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations import commands as organisations
from concord.foundation.organisations import posts as post_rules
from concord.foundation.organisations.models import Department, Organisation, Person, Post, Proposal
from concord.foundation.organisations.queries import charter_on
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem, Said

MANAGE = "people:manage"
SECONDMENT = "secondment"
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
NAME_LONGEST, TELEPHONE_LONGEST, EMAIL_LONGEST = 60, 40, 254
DAY = timedelta(days=1)


def take_on(
    *,
    username: str,
    zh: str,
    en: str,
    telephone: str,
    email: str,
    kind: str,
    first: date,
    last: date | None,
    by: Actor,
    at: datetime,
    group: str = "",
    department: Department | None = None,
    home: Organisation | None = None,
) -> Post:
    """Make a person with a first post in the administrator's organisation; ``last`` is the last day of the term.

    Raises NotAllowed, InvalidInput ``people.bad_person`` with every problem, and whatever ``appoint`` raises; then
    nobody is made.
    """
    require_manager(by)
    problems = [*_bad_contact(zh, en, telephone, email)]
    if not USERNAME.fullmatch(username):
        said = Said(
            "登录名为2至60位小写字母、数字、点、横线。",
            "2 to 60 of: small letters, digits, dot, dash, underscore.",
        )
        problems.append(Problem("username", "form", said))
    elif Person.objects.filter(username=username).exists():
        said = Said("该登录名已被使用。", "This name is taken.")
        problems.append(Problem("username", "taken", said))
    if problems:
        raise _bad_person(problems)
    with writing():
        person = organisations.enrol(username=username, zh=zh, en=en, telephone=telephone, email=email)
        journal.record(event="people.take_on", at=at, by=by, subject=username, internal=True)
        return appoint(
            person=person,
            kind=kind,
            first=first,
            last=last,
            by=by,
            at=at,
            group=group,
            department=department,
            home=home,
        )


def change_contact(*, person: Person, zh: str, en: str, telephone: str, email: str, by: Actor, at: datetime) -> None:
    """Change how a person is called and reached; InvalidInput ``people.bad_person``."""
    require_manager(by)
    _require_ours(person, by)
    problems = _bad_contact(zh, en, telephone, email)
    if problems:
        raise _bad_person(problems)
    with writing():
        person.zh, person.en, person.telephone, person.email = zh, en, telephone, email
        person.save(update_fields=["zh", "en", "telephone", "email"])
        journal.record(event="people.contact", at=at, by=by, subject=person.username, internal=True)


def appoint(
    *,
    person: Person,
    kind: str,
    first: date,
    last: date | None,
    by: Actor,
    at: datetime,
    group: str = "",
    department: Department | None = None,
    home: Organisation | None = None,
) -> Post:
    """Give somebody a post in the administrator's organisation, from the first to the last day of a term.

    A post with powers, or with one of the duties held apart, waits until the security officer confirms it. Raises
    InvalidInput ``people.bad_appointment`` and those of ``organisations.commands.appoint``, NotAllowed.
    """
    require_manager(by)
    on = legal_date(at)
    problems = _bad_appointment(person, kind, first, department, home, own=by.organisation, on=on)
    if problems:
        said = Said("任职没有登记，有误的栏目已标出。", "Nothing was registered; the fields concerned are marked.")
        raise InvalidInput("people.bad_appointment", said, problems=tuple(problems))
    grave = is_grave(kind, on=on)
    with writing():
        post = organisations.appoint(
            person=person,
            organisation=by.organisation,
            kind=kind,
            held_from=first,
            held_until=last + DAY if last else None,
            group=group,
            department=department,
            home=home,
            effective=not grave,
        )
        if grave:
            propose(Proposal(post=post), by=by, at=at)
        details: dict[str, str | int | list[str]] = {"post": post.pk, "kind": kind, "from": first.isoformat()}
        subject = person.username
        if grave:
            journal.record(event="people.propose", at=at, by=by, subject=subject, internal=True, details=details)
        else:
            journal.record(event="people.appoint", at=at, by=by, subject=subject, internal=True, details=details)
    return post


def end_post(*, post: Post, last: date, by: Actor, at: datetime, successor: Post | None = None) -> int:
    """End a post after ``last`` (yesterday: at once); returns how many open matters passed on, if it is over already.

    What is open passes to the successor, or to the liaison desk. Raises NotAllowed, InvalidInput, Conflict
    ``people.uncovered`` with the days and duties.
    """
    _require_manager_of(post, by)
    on = legal_date(at)
    with writing():
        post_rules.end_post(post=post, until=last + DAY, on=on, successor=successor)
        Proposal.objects.filter(post=post, decided_at__isnull=True).update(
            decided_by=by.person, decided_at=at, accepted=False
        )
        details: dict[str, str | int | list[str]] = {"post": post.pk, "last": last.isoformat()}
        journal.record(event="people.end", at=at, by=by, subject=post.person.username, internal=True, details=details)
        over = not post.effective or last < on
        return hand_over(post=post, by=by, at=at) if over else 0


def change_term(*, post: Post, last: date | None, by: Actor, at: datetime) -> None:
    """Set the last day of a post; longer where the post is grave waits for the security officer."""
    _require_manager_of(post, by)
    on = legal_date(at)
    until = last + DAY if last else None
    if post.held_until == until:
        return
    longer = post.held_until is not None and (until is None or until > post.held_until)
    if not longer:
        end_post(post=post, last=last or on, by=by, at=at, successor=post.successor)
        return
    _require_running(post, on=on)
    details: dict[str, str | int | list[str]] = {"post": post.pk, "last": last.isoformat() if last else ""}
    with writing():
        if post.effective and is_grave(post.kind, on=on):
            post_rules.require_prolongable(post=post, until=until, on=on)
            propose(Proposal(post=post, longer=True, until=until), by=by, at=at)
        else:
            post_rules.prolong_post(post=post, until=until, on=on)
        journal.record(event="people.term", at=at, by=by, subject=post.person.username, internal=True, details=details)


def move_post(*, post: Post, department: Department | None, by: Actor, at: datetime) -> Post:
    """From today the post belongs to another department; its matters, tokens and calendar address go with it."""
    _require_manager_of(post, by)
    on = legal_date(at)
    if department is not None and department.organisation_id != by.organisation.id:
        raise no_department()
    with writing():
        moved = post_rules.move_post(post=post, department=department, on=on)
        if moved.pk != post.pk:
            Token.objects.filter(post=post, revoked_at__isnull=True).update(post=moved)
            Feed.objects.filter(post=post, revoked_at__isnull=True).update(post=moved)
            Proposal.objects.filter(post=post, decided_at__isnull=True).update(post=moved)
            hand_over(post=post, by=by, at=at)
        details: dict[str, str | int | list[str]] = {
            "post": moved.pk,
            "department": department.pk if department else "",
        }
        journal.record(event="people.move", at=at, by=by, subject=post.person.username, internal=True, details=details)
    return moved


def deactivate(*, person: Person, by: Actor, at: datetime) -> int:
    """A person leaves: every post ends at once and the account closes; returns how many open matters passed on.

    Raises Conflict ``people.uncovered``, and ``people.posts_elsewhere`` while another organisation has posts of them.
    """
    require_manager(by)
    _require_ours(person, by)
    if person == by.person:
        raise NotAllowed(
            "people.not_oneself", Said("不能停用自己的账号。", "Nobody closes their own account; a colleague does.")
        )
    on = legal_date(at)
    elsewhere = Post.objects.filter(person=person, effective=True).exclude(organisation=by.organisation)
    if elsewhere.exclude(held_until__lte=on).exists():
        raise Conflict(
            "people.posts_elsewhere",
            Said(
                "此人在其他机关还有岗位。请只结束本机关的岗位。",
                "This person holds a post elsewhere. End only the posts in your own organisation.",
            ),
        )
    with writing():
        posts = post_rules.deactivate(person=person, on=on)
        Proposal.objects.filter(post__in=posts, decided_at__isnull=True).update(
            decided_by=by.person, decided_at=at, accepted=False
        )
        journal.record(event="people.deactivate", at=at, by=by, subject=person.username, internal=True)
        return sum(hand_over(post=post, by=by, at=at) for post in posts)


def reactivate(*, person: Person, by: Actor, at: datetime) -> None:
    """Open the account of somebody who left; posts are given anew."""
    require_manager(by)
    _require_ours(person, by)
    with writing():
        post_rules.reactivate(person=person)
        journal.record(event="people.reactivate", at=at, by=by, subject=person.username, internal=True)


def require_manager(by: Actor) -> None:
    """NotAllowed ``people.may_not_manage`` for whoever does not manage people."""
    if not by.may(MANAGE):
        raise NotAllowed(
            "people.may_not_manage",
            Said("只有本机关的系统管理员可以管理人员。", "Only the administrator of the organisation manages people."),
        )


def no_department() -> NotFound:
    """The error for a department that does not exist or belongs to another organisation."""
    return NotFound("people.no_department", Said("本机关没有这个科室。", "There is no such department here."))


def no_person() -> NotFound:
    """The error for a person whom the organisation does not know."""
    return NotFound("people.no_person", Said("本机关没有此人。", "There is no such person here."))


def no_post() -> NotFound:
    """The error for a post that does not exist or belongs to another organisation."""
    return NotFound("people.no_post", Said("本机关没有这个岗位。", "There is no such post here."))


def _require_manager_of(post: Post, by: Actor) -> None:
    require_manager(by)
    if post.organisation_id != by.organisation.id:
        raise no_post()


def _require_ours(person: Person, by: Actor) -> None:
    if not Post.objects.filter(person=person, organisation=by.organisation).exists():
        raise no_person()


def _require_running(post: Post, *, on: date) -> None:
    if post.held_until is not None and post.held_until <= on:
        raise Conflict(
            "people.not_held", Said("该岗位已经结束，请重新任职。", "This post is over; appoint the person anew.")
        )


def _bad_person(problems: list[Problem]) -> InvalidInput:
    said = Said("人员没有保存，有误的栏目已标出。", "Nothing was saved; the fields concerned are marked.")
    return InvalidInput("people.bad_person", said, problems=tuple(problems))


def _bad_contact(zh: str, en: str, telephone: str, email: str) -> list[Problem]:
    found = []
    if not 1 <= len(zh) <= NAME_LONGEST:
        found.append(Problem("zh", "length", Said("请填写姓名，不超过60字。", "Give a name of 1 to 60 characters.")))
    if len(en) > NAME_LONGEST:
        found.append(Problem("en", "length", Said("英文名不超过60个字符。", "At most 60 characters.")))
    if len(telephone) > TELEPHONE_LONGEST:
        found.append(Problem("telephone", "length", Said("电话不超过40个字符。", "At most 40 characters.")))
    if email:
        try:
            validate_email(email)
        except ValidationError:
            found.append(Problem("email", "form", Said("邮箱格式不正确。", "This is no e-mail address.")))
    if len(email) > EMAIL_LONGEST:
        found.append(Problem("email", "length", Said("邮箱过长。", "The address is too long.")))
    return found


def _bad_appointment(
    person: Person,
    kind: str,
    first: date,
    department: Department | None,
    home: Organisation | None,
    *,
    own: Organisation,
    on: date,
) -> list[Problem]:
    found = []
    rule = next((post for post in charter_on(max(first, on)).posts if post.id == kind), None)
    if rule is None:
        found.append(Problem("kind", "unknown", Said("章程中没有这种岗位。", "The charter knows no such post.")))
    if first < on:
        found.append(Problem("first", "past", Said("首日不能早于今天。", "The first day must not lie in the past.")))
    if not person.is_active:
        found.append(
            Problem("person", "inactive", Said("该账号已停用，请先启用。", "The account is closed; open it first."))
        )
    if department is not None and department.organisation_id != own.id:
        found.append(Problem("department", "unknown", Said("请选择本机关的科室。", "Choose a department of yours.")))
    seconded = rule is not None and rule.staffing == SECONDMENT
    if seconded and (home is None or home == own):
        said = Said("派驻干部须填写派出机关。", "Say which member seconded the officer.")
        found.append(Problem("home", "missing", said))
    if not seconded and home is not None:
        said = Said("只有派驻岗位填写派出机关。", "Only a seconded officer comes from another member.")
        found.append(Problem("home", "not_seconded", said))
    return found
