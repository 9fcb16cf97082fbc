"""What happens to accounts goes into the journal, and into the session whether a second factor was shown."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed, user_logged_in
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.dispatch import receiver
from django.http import HttpRequest

from concord.entrypoints.workspace.vouching import vouched_for
from concord.foundation.access.queries import actor_for
from concord.foundation.database.clock import legal_date, now
from concord.foundation.database.scope import writing
from concord.foundation.journal import commands as journal
from concord.foundation.organisations.models import Person
from concord.foundation.organisations.queries import last_place

FACTOR_IN_SESSION = "second_factor"
OWN, PROVIDER = "own", "provider"
RECOVERY = Authenticator.Type.RECOVERY_CODES


def note_lock(person: Person) -> None:
    """Write that too many failures have locked the person's account."""
    record(event="account.locked", person=person)


def note_ended(person: Person) -> None:
    """Write that the person's session was ended, because no post is held any more."""
    record(event="account.sessions_ended", person=person)


@receiver(user_logged_in)
def _signed_in(request: HttpRequest, user: Person, sociallogin: Any = None, **_given: Any) -> None:
    if any(record["method"] == "mfa" for record in get_authentication_records(request, user)):
        request.session[FACTOR_IN_SESSION] = OWN
    elif sociallogin is not None and vouched_for(sociallogin):
        request.session[FACTOR_IN_SESSION] = PROVIDER
    record(event="account.signed_in", person=user, way="sign_on" if sociallogin else "password")


@receiver([authenticator_added, authenticator_reset])
def _factor_added(user: Person, authenticator: Authenticator, **_given: Any) -> None:
    record(event="account.factor_added", person=user, factor=authenticator.type)


@receiver(authenticator_removed)
def _factor_removed(request: HttpRequest, user: Person, authenticator: Authenticator, **_given: Any) -> None:
    left = Authenticator.objects.filter(user=user).exclude(type=RECOVERY)
    if request.session.get(FACTOR_IN_SESSION) == OWN and not left.exists():
        del request.session[FACTOR_IN_SESSION]
    record(event="account.factor_removed", person=user, factor=authenticator.type)


@receiver(authentication_failed)
def _code_refused(request: HttpRequest, user: Person, **_given: Any) -> None:
    key = f"mfa-auth-user-{user.pk}"
    if not ratelimit.consume(request, app="allauth.account", action="login_failed", key=key, dry_run=True):
        note_lock(user)


@receiver(password_changed)
def _password_changed(user: Person, **_given: Any) -> None:
    record(event="account.password_changed", person=user)


@receiver(social_account_added)
def _identity_tied(sociallogin: Any, **_given: Any) -> None:
    person = sociallogin.user
    record(event="account.identity_tied", person=person)


@receiver(social_account_removed)
def _identity_untied(socialaccount: Any, **_given: Any) -> None:
    person = socialaccount.user
    record(event="account.identity_untied", person=person)


def record(*, event: str, person: Person, **told: str) -> None:
    """Write what happened to a person's account, as the actor that the person is today.

    Of somebody who holds no post any more it is written for the organisation of the last one.
    """
    at = now()
    with writing():
        by = actor_for(person, post_id=None, at=at)
        place = None if by else last_place(person, on=legal_date(at))
        journal.record(
            event=event, at=at, by=by, organisation=place, internal=True, details={"person": person.pk, **told}
        )
