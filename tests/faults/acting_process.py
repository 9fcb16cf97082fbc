"""One deed in a process of its own, to be killed: ``python -m tests.faults.acting_process FOLDER``.

FOLDER/order.json says what to do and at which statement to stand still. There the process writes FOLDER/ready and
sleeps until somebody kills it. With no statement named it does so when all is done.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import django

FOREVER = 600


def main(folder: Path) -> None:
    """Do what is ordered."""
    django.setup()
    # Django must be set up before anything with tables is imported.
    from django.db import connection  # noqa: PLC0415

    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))

    def stand_still() -> None:
        (folder / "ready").touch()
        time.sleep(FOREVER)

    def watch(execute: Callable[..., object], sql: str, params: object, many: object, context: object) -> object:
        met = order["statement"] in sql
        if met and order["when"] == "before":
            stand_still()
        result = execute(sql, params, many, context)
        if met:
            stand_still()
        return result

    with connection.execute_wrapper(watch) if order["statement"] else nullcontext():
        DEEDS[order["deed"]](order)
    if not order["statement"]:
        stand_still()


def act(order: dict[str, Any]) -> None:
    """Perform an act as the ordered person."""
    from concord.casework import commands  # noqa: PLC0415
    from concord.foundation.access.queries import actor_for  # noqa: PLC0415
    from concord.foundation.database.scope import speaking_for  # noqa: PLC0415
    from concord.foundation.organisations.models import Person  # noqa: PLC0415

    at = datetime.fromisoformat(order["at"])
    by = actor_for(Person.objects.get(username=order["by"]), post_id=None, at=at)
    if by is None:
        raise ValueError(order["by"])
    given = {"answers": order["answers"], "by": by, "at": at, "key": order["key"], "entropy": bytes(range(32))}
    with speaking_for(str(by.scope_id)):
        if order["matter"]:
            commands.perform(matter=UUID(order["matter"]), act=order["act"], version=order["version"], **given)
        else:
            commands.begin(procedure="assistance", act=order["act"], parties=order["parties"], **given)


def warn(order: dict[str, Any]) -> None:
    """Warn of clocks, as the worker does."""
    from concord.casework.desk import warning  # noqa: PLC0415
    from concord.foundation.database.scope import SYSTEM, speaking_for  # noqa: PLC0415

    with speaking_for(SYSTEM):
        warning.warn(payload={}, at=datetime.fromisoformat(order["at"]))


DEEDS: dict[str, Callable[[dict[str, Any]], None]] = {"act": act, "warn": warn}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
