"""One's own account: second factors, password, sessions, provincial sign-on; allauth works, the pages are ours."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from allauth.socialaccount import views as identities
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions import views as sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from concord.entrypoints.workspace.account_events import FACTOR_IN_SESSION, OWN
from concord.entrypoints.workspace.account_security import sessions_open
from concord.entrypoints.workspace.routing import public
from concord.entrypoints.workspace.sign_on import PROVIDER, Callback, OpenIdClient, SignOnAdapter, Unreachable
from concord.foundation.database.clock import now

OWN_ACCOUNT = "own account"
PUBLIC = "public"


class Account(factors.IndexView):  # type: ignore[misc]  # allauth publishes no types
    """The account at a glance; who must set up a second factor first chooses one here."""

    permission = OWN_ACCOUNT

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Add what is beside the second factors."""
        context: dict[str, Any] = super().get_context_data(**given)
        user, found = self.request.user, context["authenticators"]
        recovery = found.get(Authenticator.Type.RECOVERY_CODES)
        sign_on = settings.ENVIRONMENT.sign_on
        context |= {
            "totp": found.get(Authenticator.Type.TOTP),
            "security_keys": found.get(Authenticator.Type.WEBAUTHN, []),
            "codes_left": len(recovery.get_unused_codes()) if recovery else None,
            "sign_on": sign_on.name if sign_on else "",
            "identities": list(SocialAccount.objects.filter(user=user, provider=PROVIDER)) if sign_on else [],
            "has_password": user.has_usable_password(),
        }
        return context


class SecondStep(factors.AuthenticateView):  # type: ignore[misc]  # as above
    """The second step of a sign-in: a code or a key."""

    permission = PUBLIC

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Say which ways this person has."""
        context: dict[str, Any] = super().get_context_data(**given)
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        return context | {"by_app": Authenticator.Type.TOTP in kinds, "by_key": Authenticator.Type.WEBAUTHN in kinds}


class ConfirmByPassword(account.ReauthenticateView):  # type: ignore[misc]  # as above
    """The password once more before the account is changed."""

    permission = OWN_ACCOUNT


class ConfirmByCode(factors.ReauthenticateView):  # type: ignore[misc]  # as above
    """The code once more."""

    permission = OWN_ACCOUNT


class ConfirmByKey(keys.ReauthenticateWebAuthnView):  # type: ignore[misc]  # as above
    """The key once more."""

    permission = OWN_ACCOUNT

    def form_invalid(self, form: Any) -> HttpResponse:
        """A key that is not right leads back to this page, not out."""
        for message in form.errors.get("credential", []):
            messages.error(self.request, message)
        return redirect(self.request.get_full_path())


class _Adding:
    """Whoever has just set a second factor up has shown it."""

    request: HttpRequest

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep it in the session."""
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]  # the view beside it
        self.request.session[FACTOR_IN_SESSION] = OWN
        return answer


class AddApp(_Adding, totp.ActivateTOTPView):  # type: ignore[misc]  # as above
    """Set up the app on the phone."""

    permission = OWN_ACCOUNT

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Show the secret in groups of four, as people copy it."""
        context: dict[str, Any] = super().get_context_data(**given)
        secret = context["form"].secret
        return context | {"secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))}


class RemoveApp(totp.DeactivateTOTPView):  # type: ignore[misc]  # as above
    """Take the app on the phone away."""

    permission = OWN_ACCOUNT


class AddKey(_Adding, keys.AddWebAuthnView):  # type: ignore[misc]  # as above
    """Register a security key."""

    permission = OWN_ACCOUNT


class RemoveKey(keys.RemoveWebAuthnView):  # type: ignore[misc]  # as above
    """Take a security key away."""

    permission = OWN_ACCOUNT
    success_url = reverse_lazy("mfa_index")


class ShowCodes(codes.ViewRecoveryCodesView):  # type: ignore[misc]  # as above
    """The recovery codes, shown once."""

    permission = OWN_ACCOUNT


class NewCodes(codes.GenerateRecoveryCodesView):  # type: ignore[misc]  # as above
    """Make recovery codes anew; the old ones end."""

    permission = OWN_ACCOUNT


# As a browser names itself; the first that fits, because several claim to be others too.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Mac OS": "macOS"}
SYSTEMS |= {"Linux": "Linux"}


def browser_words(agent: str) -> str:
    """The browser and the system that ``agent`` (a User-Agent line) speaks of."""
    named = [next((name for mark, name in names.items() if mark in agent), "") for names in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in named if name) or _("其他程序")


class Sessions(sessions.ListUserSessionsView):  # type: ignore[misc]  # as above
    """Where one is signed in; end one of the sessions, or all others."""

    permission = OWN_ACCOUNT
    extra_context: ClassVar = {"browser": browser_words}

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """The sessions, asked for together: allauth's own view asks for each of them."""
        context: dict[str, Any] = super(sessions.ListUserSessionsView, self).get_context_data(**given)
        found = sessions_open(self.request.user, at=now())
        return context | {"sessions": found, "session_count": len(found)}

    def post(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponse:
        """End the session that the button names, else all others."""
        wanted = request.POST.get("session", "")
        if not wanted:
            answer: HttpResponse = super().post(request, *args, **given)
            return answer
        row = UserSession.objects.filter(user=request.user, pk=wanted if wanted.isdecimal() else 0).first()
        if row is not None and not row.is_current():
            row.end()
            messages.success(request, _("已结束该会话。"))
        return redirect("usersessions_list")


class ChangePassword(account.PasswordChangeView):  # type: ignore[misc]  # as above
    """Another password."""

    permission = OWN_ACCOUNT


class FirstPassword(account.PasswordSetView):  # type: ignore[misc]  # as above
    """A password for whoever has only signed in by the provincial sign-on."""

    permission = OWN_ACCOUNT
    success_url = reverse_lazy("mfa_index")


class _ByMail:
    """What there is only where e-mail can be sent."""

    permission = PUBLIC

    def dispatch(self, request: HttpRequest, *args: Any, **given: Any) -> HttpResponseBase:
        """404 without a mail server."""
        if not settings.MAIL_IS_SENT:
            raise Http404
        answer: HttpResponseBase = super().dispatch(request, *args, **given)  # type: ignore[misc]  # the view beside it
        return answer


class ForgottenPassword(_ByMail, account.PasswordResetView):  # type: ignore[misc]  # as above
    """Ask for a link by e-mail."""


class LinkSent(_ByMail, account.PasswordResetDoneView):  # type: ignore[misc]  # as above
    """The link is on its way, if the address is known."""


class NewPassword(_ByMail, account.PasswordResetFromKeyView):  # type: ignore[misc]  # as above
    """Behind the link: another password."""


class PasswordRenewed(_ByMail, account.PasswordResetFromKeyDoneView):  # type: ignore[misc]  # as above
    """It is done."""


class Identities(identities.ConnectionsView):  # type: ignore[misc]  # as above
    """The identity at the provincial sign-on that is tied to one's account."""

    permission = OWN_ACCOUNT
    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        """Add the identities."""
        context: dict[str, Any] = super().get_context_data(**given)
        sign_on = settings.ENVIRONMENT.sign_on
        rows = SocialAccount.objects.filter(user=self.request.user, provider=PROVIDER)
        return context | {"identities": list(rows), "sign_on": sign_on.name if sign_on else ""}


class SignOnCancelled(identities.LoginCancelledView):  # type: ignore[misc]  # as above
    """Turned back at the provider."""

    permission = PUBLIC


@public
@require_POST
def sign_on(request: HttpRequest) -> HttpResponse:
    """Go to the provincial sign-on.

    The answer is a page that goes on by itself: browsers hold a form to the addresses of our content policy, and where
    the provider takes sign-ins is known only to itself.
    """
    if settings.ENVIRONMENT.sign_on is None:
        raise Http404
    try:
        response = SignOnAdapter().get_provider(request, PROVIDER).redirect_from_request(request)
    except Unreachable:
        return render(request, "socialaccount/authentication_error.html", {"unreachable": True}, status=503)
    if not isinstance(response, HttpResponseRedirect):
        return response  # type: ignore[no-any-return]  # allauth's own page
    context = {"address": response.url, "provider": settings.ENVIRONMENT.sign_on.name}
    return render(request, "socialaccount/leaving.html", context)


@public
@require_safe
def sign_on_back(request: HttpRequest) -> HttpResponse:
    """Back from the provincial sign-on."""
    if settings.ENVIRONMENT.sign_on is None:
        raise Http404
    answer: HttpResponse = Callback.adapter_view(OpenIdClient(request, PROVIDER))(request)
    return answer
