"""The addresses of the API: version 1, and a problem for everything else."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from concord.entrypoints.rest.api import api
from concord.entrypoints.rest.door import guarded, unknown_address

offered, kind, name = api.urls
for address in offered:
    if isinstance(address, URLPattern):
        address.callback = guarded(address.callback)

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", (offered, kind, name)),
    re_path("", unknown_address),
]
