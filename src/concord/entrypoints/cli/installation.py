"""The commands that need an installation: Django and the database are set up only when one of them runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from concord.rules.errors import Said, Unavailable


@contextmanager
def installation() -> Iterator[None]:
    """Speak to the installation that the environment names, as the system.

    Raises Unavailable ``cli.not_prepared`` when its database cannot be asked.
    """
    import django  # noqa: PLC0415  only these commands load it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "concord.config.settings")
    django.setup()
    from django.db.utils import OperationalError, ProgrammingError  # noqa: PLC0415  as above

    from concord.foundation.database import scope  # noqa: PLC0415  models load once Django is set up

    try:
        with scope.speaking_for(scope.SYSTEM):
            yield
    except (OperationalError, ProgrammingError) as error:
        raise Unavailable(
            "cli.not_prepared",
            Said(
                "数据库无法使用。请检查 CONCORD_DATABASE_URL，并先运行 manage prepare。",
                "The database cannot be used. Check CONCORD_DATABASE_URL and run “manage prepare” first.",
            ),
        ) from error
