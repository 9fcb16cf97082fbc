"""Where requests go."""

from __future__ import annotations

from allauth.account.views import LogoutView, account_inactive
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.i18n import set_language

from concord.config import handlers
from concord.entrypoints.rest import tiles
from concord.entrypoints.workspace import errors
from concord.entrypoints.workspace.views import account as own
from concord.entrypoints.workspace.views.session import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("concord.entrypoints.rest.urls")),
    path("ledger/checkpoint", tiles.checkpoint, name="ledger_checkpoint"),
    path("ledger/tile/<path:path>", tiles.tile, name="ledger_tile"),
    path("", include("concord.entrypoints.workspace.urls")),
    path("account/login/", SignIn.as_view(), name="account_login"),
    path("account/logout/", LogoutView.as_view(), name="account_logout"),
    path("account/inactive/", account_inactive, name="account_inactive"),
    path("account/code/", own.SecondStep.as_view(), name="mfa_authenticate"),
    path("account/", own.Account.as_view(), name="mfa_index"),
    path("account/factors/app/", own.AddApp.as_view(), name="mfa_activate_totp"),
    path("account/factors/app/remove/", own.RemoveApp.as_view(), name="mfa_deactivate_totp"),
    path("account/factors/key/", own.AddKey.as_view(), name="mfa_add_webauthn"),
    path("account/factors/key/<int:pk>/remove/", own.RemoveKey.as_view(), name="mfa_remove_webauthn"),
    path("account/factors/codes/", own.ShowCodes.as_view(), name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", own.NewCodes.as_view(), name="mfa_generate_recovery_codes"),
    path("account/confirm/", own.ConfirmByPassword.as_view(), name="account_reauthenticate"),
    path("account/confirm/code/", own.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("account/confirm/key/", own.ConfirmByKey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("account/sessions/", own.Sessions.as_view(), name="usersessions_list"),
    path("account/password/", own.ChangePassword.as_view(), name="account_change_password"),
    path("account/password/first/", own.FirstPassword.as_view(), name="account_set_password"),
    path("account/password/forgotten/", own.ForgottenPassword.as_view(), name="account_reset_password"),
    path("account/password/forgotten/sent/", own.LinkSent.as_view(), name="account_reset_password_done"),
    re_path(
        r"^account/password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        own.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("account/password/new/", own.PasswordRenewed.as_view(), name="account_reset_password_from_key_done"),
    path("account/identities/", own.Identities.as_view(), name="socialaccount_connections"),
    path("account/sign-on/", own.sign_on, name="sign_on"),
    path("account/sign-on/back/", own.sign_on_back, name="sign_on_back"),
    path("account/sign-on/cancelled/", own.SignOnCancelled.as_view(), name="socialaccount_login_cancelled"),
    path("language/", set_language, name="set_language"),
]
handler400 = handlers.bad_request
handler403 = errors.not_allowed
handler404 = errors.not_found
handler500 = handlers.failed
