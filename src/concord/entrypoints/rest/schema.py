"""``python -m concord.entrypoints.rest.schema``: the API's OpenAPI description, as it is kept in the reference."""

from __future__ import annotations

import json
import os
import sys

import django


def described() -> str:
    """The description as JSON text with a final line end; Django is set up."""
    from concord.entrypoints.rest.api import api  # noqa: PLC0415  models load only once Django is set up

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.config.settings")
    django.setup()
    sys.stdout.write(described())
