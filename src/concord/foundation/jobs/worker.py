"""The worker: takes jobs one after another until it is told to stop.

django-tasks-db brings a worker command of its own, which neither retries nor takes back what a killed worker held;
this loop does both on the same table.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django_tasks import TaskContext

from concord.foundation.database.scope import SYSTEM, speaking_for
from concord.foundation.jobs import commands
from concord.foundation.jobs.queries import Row, job_name

IDLE_SECONDS = 0.5
log = structlog.get_logger()


def run(
    *,
    stop: Callable[[], bool],
    at_edge: Callable[[], datetime],
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Work until ``stop()`` is true; a job that has begun is ended first.

    ``at_edge`` reads the clock. ``pause`` is called with seconds when there is nothing to do; an event's ``wait``
    lets the worker stop at once. A database that goes away is waited for.
    """
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    planned = False
    try:
        while not stop():
            close_old_connections()
            try:
                if not planned:
                    commands.plan(at=at_edge())
                    planned = True
                busy = step(worker=worker, at_edge=at_edge)
            except (OperationalError, InterfaceError) as error:
                log.warning("jobs.database_away", error=str(error))
                connection.close()
                busy = False
            if not busy:
                pause(IDLE_SECONDS)
    finally:
        connection.close()


def step(*, worker: str, at_edge: Callable[[], datetime]) -> bool:
    """Take back lost jobs, queue those that are due, run the next one; False when there was none."""
    at = at_edge()
    commands.reap(at=at)
    commands.queue_due(at=at)
    row = commands.claim(worker=worker, at=at)
    if row is None:
        return False
    _attempt(row, at_edge=at_edge)
    return True


def _attempt(row: Row, *, at_edge: Callable[[], datetime]) -> None:
    name = job_name(row)
    try:
        with speaking_for(SYSTEM):
            # The package types its result apart from the one of django-tasks, which it is.
            context = TaskContext(task_result=row.task_result)  # type: ignore[arg-type]
            row.task.call(context, **row.args_kwargs["kwargs"])
    except Exception as error:  # noqa: BLE001  whatever a job raises is recorded with it and tried again
        log.warning("jobs.attempt_failed", job=name, attempt=len(row.worker_ids), error=type(error).__name__)
        owned = commands.fail(row, error=error, at=at_edge())
    else:
        owned = commands.finish(row, at=at_edge())
    if not owned:
        log.warning("jobs.lease_overrun", job=name)
