"""What the security officer does to the accounts of the organisation: see, unlock, reset, end sessions, tie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from concord.entrypoints.workspace.accounts import keys_of, locks
from concord.entrypoints.workspace.accounts import unlock as forget_failures
from concord.entrypoints.workspace.sign_on import PROVIDER
from concord.foundation.access.actor import Actor
from concord.foundation.database.clock import legal_date
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.notices.commands import tell
from concord.foundation.organisations.models import Organisation, Person, Post
from concord.foundation.organisations.queries import held_on
from concord.rules.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem, Said

PERMISSION = "security:manage"
LONGEST_IDENTIFIER = 191
PAGE = 100


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to know about somebody's account; ``factors`` are kinds, recovery codes left out."""

    person: Person
    factors: tuple[str, ...]
    sessions: int
    locked_until: datetime | None
    identity: str


def accounts_of(by: Actor, *, at: datetime, wanted: str = "") -> list[Account]:
    """The accounts of the organisation's people and of those who have left office; at most 100, by user name.

    ``wanted`` is part of a name. Raises NotAllowed ``account.not_security_officer``.
    """
    _require(by)
    people = _people_of(by.organisation, on=legal_date(at)).order_by("username")
    if wanted:
        people = people.filter(Q(zh__icontains=wanted) | Q(en__icontains=wanted) | Q(username__icontains=wanted))
    return _told(list(people[:PAGE]), at=at)


def account_of(by: Actor, uid: UUID, *, at: datetime) -> Account:
    """One of these accounts; NotFound ``account.no_such_person``, NotAllowed as ``accounts_of``."""
    _require(by)
    person = _people_of(by.organisation, on=legal_date(at)).filter(uid=uid).first()
    if person is None:
        raise _nobody()
    return _told([person], at=at)[0]


def unlock(*, person: Person, by: Actor, at: datetime) -> None:
    """Let the person try again at once. Raises NotAllowed, also for one's own account."""
    _require_over(person, by, at=at)
    with writing():
        forget_failures(person)
        journal.record(event="account.unlocked", at=at, by=by, internal=True, details={"person": person.pk})


def reset_factor(*, person: Person, by: Actor, at: datetime) -> None:
    """Take every second factor away, end the sessions, tell the person; the next sign-in sets one up again.

    Raises NotAllowed; Conflict ``account.no_factor`` when there is none.
    """
    _require_over(person, by, at=at)
    _reset(person, by=by, at=at)


def reset_factor_as_operator(*, username: str, at: datetime) -> None:
    """The same by whoever runs the installation, for the one security officer of an organisation.

    Raises NotFound ``account.no_such_user``, Conflict ``account.no_factor``.
    """
    person = Person.objects.filter(username=username).first()
    if person is None:
        raise NotFound(
            "account.no_such_user",
            Said(f"没有用户名“{username}”。", f"There is no user name {username!r}."),
        )
    _reset(person, by=None, at=at)


def _reset(person: Person, *, by: Actor | None, at: datetime) -> None:
    said = Said(
        "您的第二重验证已被重置，下次登录时需要重新设置。不是您要求的，请马上联系安全管理员。",
        "Your second factor was reset; set one up when you next sign in. "
        "If you did not ask for it, tell the security officer at once.",
    )
    with writing():
        removed, _each = Authenticator.objects.filter(user=person).delete()
        if not removed:
            raise Conflict(
                "account.no_factor",
                Said(
                    "这个账号没有设置第二重验证，不用重置。",
                    "This account has no second factor; there is nothing to reset.",
                ),
            )
        _end(person)
        journal.record(event="account.reset_factor", at=at, by=by, internal=True, details={"person": person.pk})
        held = Post.objects.filter(held_on(legal_date(at)), person=person)
        tell(posts=held, kind="account.reset_factor", said=said, matter_uid=None, at=at)


def end_sessions(*, person: Person, by: Actor, at: datetime) -> int:
    """Sign the person out everywhere; returns from how many places. Raises NotAllowed."""
    _require_over(person, by, at=at)
    with writing():
        ended = _end(person)
        journal.record(
            event="account.sessions_ended",
            at=at,
            by=by,
            internal=True,
            details={"person": person.pk, "sessions": ended},
        )
    return ended


def tie_identity(*, person: Person, identifier: str, by: Actor, at: datetime) -> None:
    """Tie the identity that the provincial sign-on knows the person by, its ``sub``; an earlier one is replaced.

    Raises NotAllowed, InvalidInput ``account.identifier``, Conflict ``account.identity_taken``.
    """
    _require_over(person, by, at=at)
    identifier = identifier.strip()
    if not 0 < len(identifier) <= LONGEST_IDENTIFIER or not identifier.isprintable():
        said = Said(
            "请填写统一身份认证平台给出的身份标识，最长 191 个字符。",
            "Give the identifier as the provincial sign-on shows it, at most 191 characters.",
        )
        raise InvalidInput("account.identifier", said, problems=(Problem("identifier", "malformed", said),))
    with writing():
        if SocialAccount.objects.filter(provider=PROVIDER, uid=identifier).exclude(user=person).exists():
            raise Conflict(
                "account.identity_taken",
                Said(
                    "这个身份已经关联了别的账号，请核对标识；确实要改的，先在原账号上解除。",
                    "This identity is tied to another account. Check it; to move it, untie it there first.",
                ),
            )
        SocialAccount.objects.filter(provider=PROVIDER, user=person).delete()
        SocialAccount.objects.create(provider=PROVIDER, uid=identifier, user=person)
        journal.record(event="account.identity_tied", at=at, by=by, internal=True, details={"person": person.pk})


def untie_identity(*, person: Person, by: Actor, at: datetime) -> None:
    """Let the identity go; the person signs in by password again. Raises NotAllowed."""
    _require_over(person, by, at=at)
    with writing():
        SocialAccount.objects.filter(provider=PROVIDER, user=person).delete()
        journal.record(event="account.identity_untied", at=at, by=by, internal=True, details={"person": person.pk})


def _require(by: Actor) -> None:
    if not by.may(PERMISSION):
        raise NotAllowed(
            "account.not_security_officer",
            Said(
                "只有本机关的安全管理员可以管理账号安全。",
                "Only the security officer of the organisation looks after its accounts.",
            ),
        )


def _require_over(person: Person, by: Actor, *, at: datetime) -> None:
    _require(by)
    if person.pk == by.person.pk:
        raise NotAllowed(
            "account.own_account",
            Said(
                "自己的账号请在“账户与安全”中处理，或者请另一位安全管理员办理。",
                "Look after your own account under “Account and security”, or ask another security officer.",
            ),
        )
    if not _people_of(by.organisation, on=legal_date(at)).filter(pk=person.pk).exists():
        raise _nobody()


def _nobody() -> NotFound:
    return NotFound(
        "account.no_such_person",
        Said(
            "本机关没有这个人，请从账号安全的名单中选择。",
            "There is no such person in your organisation; choose one from the list.",
        ),
    )


def _people_of(organisation: Organisation, *, on: date) -> QuerySet[Person]:
    """Who holds a post there on the day, and who held one and holds none anywhere any more."""
    theirs = Post.objects.filter(person=OuterRef("pk"), organisation=organisation)
    held = Post.objects.filter(held_on(on), person=OuterRef("pk"))
    return Person.objects.filter(Exists(theirs.filter(held_on(on))) | (Exists(theirs) & ~Exists(held)))


def _end(person: Person) -> int:
    keys = list(UserSession.objects.filter(user=person).values_list("session_key", flat=True))
    ended, _each = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=person).delete()
    return ended


def sessions_open(person: Person, *, at: datetime) -> list[UserSession]:
    """Where the person is signed in, oldest first; what is left of sessions that are over is forgotten."""
    known = list(UserSession.objects.filter(user=person).order_by("created_at", "id"))
    stored = Session.objects.filter(session_key__in=[one.session_key for one in known], expire_date__gt=at)
    mark = person.get_session_auth_hash()
    good = {one.session_key for one in stored if one.get_decoded().get(HASH_SESSION_KEY) == mark}
    over = [one.pk for one in known if one.session_key not in good]
    if over:
        UserSession.objects.filter(pk__in=over).delete()
    return [one for one in known if one.session_key in good]


def _told(people: list[Person], *, at: datetime) -> list[Account]:
    ids = [person.pk for person in people]
    factors: dict[int, list[str]] = {}
    for owner, kind in Authenticator.objects.filter(user__in=ids).values_list("user", "type").order_by("id"):
        if kind != Authenticator.Type.RECOVERY_CODES:
            factors.setdefault(owner, []).append(kind)
    locked = locks({str(person.pk): keys_of(person) for person in people}, at=at)
    sessions = _sessions_of(ids, at=at)
    identities = dict(SocialAccount.objects.filter(user__in=ids, provider=PROVIDER).values_list("user", "uid"))
    return [
        Account(
            person=person,
            factors=tuple(factors.get(person.pk, ())),
            sessions=sessions.get(person.pk, 0),
            locked_until=locked.get(str(person.pk)),
            identity=identities.get(person.pk, ""),
        )
        for person in people
    ]


def _sessions_of(ids: Iterable[int], *, at: datetime) -> dict[int, int]:
    """How many sessions of each person are open."""
    owners = dict(UserSession.objects.filter(user__in=list(ids)).values_list("session_key", "user"))
    counted: dict[int, int] = {}
    for key in Session.objects.filter(session_key__in=list(owners), expire_date__gt=at).values_list("pk", flat=True):
        counted[owners[key]] = counted.get(owners[key], 0) + 1
    return counted
