"""How accounts behave: no self sign-up, locks that say until when, secrets sealed, which sign-ins need a code."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from concord.entrypoints.workspace.account_events import note_lock
from concord.entrypoints.workspace.jinja import instant
from concord.entrypoints.workspace.vouching import vouched_for
from concord.foundation.database.clock import now
from concord.foundation.notices.mailing import sender
from concord.foundation.organisations.models import Person

APP, ACTION = "allauth.account", "login_failed"
# A sign-in this fresh need not be repeated before the account is changed.
FRESH_SECONDS = 300


def keys_of(person: Person) -> tuple[str, str]:
    """Under which failures of a person are counted: of the password, and of the code."""
    return _password_key(person.username), f"mfa-auth-user-{person.pk}"


def locked_until(keys: tuple[str, ...], *, at: datetime) -> datetime | None:
    """Until when the lock on any of ``keys`` holds; None when there is none."""
    return locks({"": keys}, at=at).get("")


def locks(keys: dict[str, tuple[str, ...]], *, at: datetime) -> dict[str, datetime]:
    """For each name with a locked key: until when; one look into the cache for all."""
    rate = _lock_rate()
    places = {name: [_place(key) for key in of] for name, of in keys.items()}
    histories: dict[str, list[float]] = cache.get_many([place for of in places.values() for place in of])
    found: dict[str, datetime] = {}
    for name, of in places.items():
        for place in of:
            recent = [moment for moment in histories.get(place, []) if moment > at.timestamp() - rate.duration]
            if len(recent) >= rate.amount:
                until = datetime.fromtimestamp(recent[rate.amount - 1] + rate.duration, tz=UTC)
                found[name] = max(until, found.get(name, until))
    return found


def unlock(person: Person) -> None:
    """Forget the person's failures."""
    cache.delete_many([_place(key) for key in keys_of(person)])


def _password_key(username: str) -> str:
    return f"person:{username.lower()}"


def _lock_rate() -> ratelimit.Rate:
    return next(rate for rate in ratelimit.get_rates(app=APP, action=ACTION) if rate.per == "key")


def _place(key: str) -> str:
    place: str = ratelimit.get_cache_key(None, app=APP, action=ACTION, rate=_lock_rate(), key=key)
    return place


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth publishes no types
    """Accounts of people whom their organisation has enrolled."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "enter_current_password": gettext_lazy("现在的密码不对。"),
        "incorrect_code": gettext_lazy("验证码不对。"),
        "incorrect_password": gettext_lazy("密码不对。"),
        "invalid_password_reset": gettext_lazy("重置密码的链接无效或者已经用过。"),
        "rate_limited": gettext_lazy("短时间内尝试的次数太多，请过几分钟再试。"),
        "too_many_login_attempts": gettext_lazy("短时间内尝试的次数太多，请过几分钟再试。"),
        "username_password_mismatch": gettext_lazy("用户名或者密码不对。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth's signature
        """Nobody signs up; people are enrolled."""
        return False

    def get_from_email(self) -> str:
        """The sender of all our e-mail."""
        return sender()

    def is_reauthentication_required(self, *, app: str, **given: Any) -> bool:
        """Whether changes need the password or code again: unless one was given within five minutes."""
        records = get_authentication_records(self.request, self.request.user)
        if records and now().timestamp() - float(records[-1]["at"]) < FRESH_SECONDS:
            return False
        required: bool = super().is_reauthentication_required(app=app, **given)
        return required

    def get_login_stages(self) -> list[str]:
        """The steps of a sign-in, with our own about the second factor."""
        ours = f"{FactorStage.__module__}.{FactorStage.__qualname__}"
        theirs = f"{AuthenticateStage.__module__}.{AuthenticateStage.__qualname__}"
        return [ours if stage == theirs else stage for stage in super().get_login_stages()]

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002  allauth's signature
        """Where one goes after changing the password."""
        return reverse("mfa_index")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a locked account, saying until when; ValidationError."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refused:
            until = locked_until((self._get_login_attempts_cache_key(request, **credentials),), at=now())
            if until is None:
                raise
            raise ValidationError(lock_words(until), code="too_many_login_attempts") from refused

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002  allauth's signature
        """Write it down when this failure has locked the account."""
        username = str(credentials.get("username", ""))
        person = Person.objects.filter(username=username).first()
        if person is not None and locked_until((_password_key(username),), at=now()):
            note_lock(person)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002  allauth's signature
        # The same under every host name, so that the security officer's unlocking reaches it.
        return _password_key(str(credentials.get("username", "")))


def lock_words(until: datetime) -> str:
    """What a locked-out person is told."""
    said = _("连续输错太多次，账号已锁定到%(until)s。需要提前解锁的，请联系本机关的安全管理员。")
    return said % {"until": instant(until)}


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # as above
    """Second factors, their secrets sealed with the installation's key."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("验证码不对，或者已经用过。请等手机上出现下一个再试。"),
    }

    def get_totp_label(self, user: Person) -> str:
        """What the app on the phone calls the account."""
        return user.username

    def generate_authenticator_name(self, user: Person, type: str) -> str:  # noqa: A002, ARG002  allauth's signature
        """What a key is called whose owner gives it no name."""
        return _("安全密钥")

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, Any]:
        """How a key knows its owner: by a number and the names used here."""
        return {"id": user.uid.bytes, "display_name": user.zh, "name": user.username}

    def encrypt(self, text: str) -> str:
        """Seal a secret for the database."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a sealed secret."""
        return _seal().decrypt(encrypted_text.encode()).decode()


def _seal() -> Fernet:
    key = hashlib.sha256(b"second factors:" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class FactorStage(AuthenticateStage):  # type: ignore[misc]  # as above
    """The step that asks for the second factor, unless the provider of the sign-on vouches for one."""

    def _should_handle(self, request: HttpRequest) -> bool:
        sign_on = (self.login.signal_kwargs or {}).get("sociallogin")
        if sign_on is not None and vouched_for(sign_on):
            return False
        asked: bool = super()._should_handle(request)
        return asked
