"""Whether a provider of sign-on says that a person has shown more than one factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

# RFC 8176: the method reference that says "several factors".
SEVERAL = "mfa"
# Names of the same in the other claim: OpenID PAPE, OpenID EAP, REFEDS.
LEVELS = {
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    "phr",
    "phrh",
    "https://refeds.org/profile/mfa",
}


def vouched_for(sign_on: Any) -> bool:
    """Whether this sign-in by the provider counts as the second factor (``CONCORD_OIDC_MFA``)."""
    provider = settings.ENVIRONMENT.sign_on
    if provider is None or not provider.vouches_for_factors:
        return False
    return says_several(sign_on.account.extra_data.get("id_token", {}))


def says_several(claims: Mapping[str, Any]) -> bool:
    """Whether the signed claims speak of more than one factor: in ``amr`` or in ``acr``."""
    methods = claims.get("amr")
    return (isinstance(methods, list) and SEVERAL in methods) or claims.get("acr") in LEVELS
