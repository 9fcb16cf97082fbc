"""Signing in through the OpenID provider of a province; it says who somebody is, never what that person may do."""

from __future__ import annotations

import hmac
from typing import Any

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string

PROVIDER = "sign-on"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
# What the provider's word is kept for: who it was, and how surely.
KEPT = ("iss", "sub", "amr", "acr")


class OpenIdClient(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth publishes no types
    """Speaks with the provider and takes nothing for granted: signature, issuer, audience, time and nonce."""

    nonce = ""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  allauth's signature
        """Where the provider sends the browser back to."""
        return request.build_absolute_uri(reverse("sign_on_back"))

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        issuer = self.get_provider().app.settings["server_url"]
        try:
            key = _key_of(id_token, self._key_set())
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=[issuer, f"{issuer}/"],
                options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
            )
        except (jwt.PyJWTError, ValueError, KeyError) as fault:
            raise OAuth2Error("the token is not sound") from fault
        if not self.nonce or not hmac.compare_digest(self.nonce, str(claims["nonce"])):
            raise OAuth2Error("the token answers another question")
        return claims

    def _key_set(self) -> dict[str, Any]:
        with SignOnAdapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found


def _key_of(token: str, keys: dict[str, Any]) -> Any:
    """The provider's key that the token names; KeyError when there is none."""
    wanted = jwt.get_unverified_header(token).get("kid")
    for key in jwt.PyJWKSet.from_dict(keys).keys:
        if key.key_id == wanted:
            return key
    raise KeyError(wanted)


class SignOnProvider(OpenIDConnectProvider):  # type: ignore[misc]  # as above
    """The one provider, with a nonce in every request and as little kept as possible."""

    oauth2_adapter_class = OpenIdClient
    pkce_enabled_default = True

    def redirect(self, request: HttpRequest, process: str, **given: Any) -> HttpResponse:
        """Send the browser to the provider with a question that only its answer to this browser answers."""
        nonce = get_random_string(32)
        params = {**self.get_auth_params(), "nonce": nonce}
        given.pop("auth_params", None)
        answer: HttpResponse = super().redirect(request, process, auth_params=params, nonce=nonce, **given)
        return answer

    def get_default_scope(self) -> list[str]:
        """Nothing but the identity is asked for."""
        return ["openid"]

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:  # noqa: ARG002  allauth's signature
        """What is asked for does not depend on the address."""
        return self.get_default_scope()

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """What is kept of the provider's word."""
        claims = data["id_token"]
        return {"id_token": {name: claims[name] for name in KEPT if name in claims}}


class Callback(OAuth2CallbackView):  # type: ignore[misc]  # as above
    """The way back: the nonce that was sent is what the token must carry."""

    def _get_state(self, request: HttpRequest, provider: SignOnProvider) -> tuple[Any, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        if state:
            self.adapter.nonce = state.get("nonce", "")
        return state, response


class SignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # as above
    """Identities belong to people who are enrolled already; the provider is the environment's and no other."""

    def list_apps(
        self,
        request: HttpRequest,  # noqa: ARG002  allauth's signature
        provider: str | None = None,
        client_id: str | None = None,  # noqa: ARG002  as above
    ) -> list[SocialApp]:
        """The provider of the environment, if there is one."""
        sign_on = settings.ENVIRONMENT.sign_on
        if sign_on is None or provider not in {None, PROVIDER, SignOnProvider.id}:
            return []
        return [
            SocialApp(
                provider=SignOnProvider.id,
                provider_id=PROVIDER,
                name=sign_on.name,
                client_id=sign_on.client_id,
                secret=sign_on.client_secret,
                settings={"server_url": sign_on.issuer, "fetch_userinfo": False},
            )
        ]

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SignOnProvider:
        """The provider; SocialApp.DoesNotExist where none is set up."""
        return SignOnProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: an identity that belongs to nobody gets a page that says whom to ask."""
        context = {"provider": sociallogin.provider.name, "identifier": sociallogin.account.uid}
        raise ImmediateHttpResponse(render(request, "socialaccount/unknown.html", context, status=403))

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:  # noqa: ARG002  as above
        """Back to one's own account."""
        return reverse("mfa_index")


# What the provider's silence, or its nonsense, looks like from here.
Unreachable = (requests.RequestException, KeyError)
