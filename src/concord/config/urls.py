"""Where requests go."""

from __future__ import annotations

from allauth.account.views import LogoutView, account_inactive
from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from concord.config import handlers
from concord.entrypoints.workspace import errors
from concord.entrypoints.workspace.views.session import SignIn

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("concord.entrypoints.rest.urls")),
    path("", include("concord.entrypoints.workspace.urls")),
    path("account/login/", SignIn.as_view(), name="account_login"),
    path("account/logout/", LogoutView.as_view(), name="account_logout"),
    path("account/inactive/", account_inactive, name="account_inactive"),
    path("language/", set_language, name="set_language"),
]
handler400 = handlers.bad_request
handler403 = errors.not_allowed
handler404 = errors.not_found
handler500 = handlers.failed
