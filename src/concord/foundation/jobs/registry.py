"""The jobs by name, and the one background task that runs any of them.

Rows keep a job's name and not a function's path, so that code can move while jobs wait.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django_tasks import TaskContext, task

from concord.foundation.jobs.contracts import ATTEMPTS, BACKOFF, LEASE, Cadence, Handler, Job, Payload, Terms
from concord.rules.errors import NotFound, Said

_JOBS: dict[str, Job] = {}


def job(
    name: str,
    *,
    lease: timedelta = LEASE,
    attempts: int = ATTEMPTS,
    backoff: timedelta = BACKOFF,
    schedule: Cadence | None = None,
) -> Callable[[Handler], Handler]:
    """Register a handler under ``name`` (``area.act``); with ``schedule`` it also runs by itself, with no payload.

    Handlers stand in an app's ``tasks`` module, which is imported at start. Raises ValueError when the name is taken.
    """

    def register(handler: Handler) -> Handler:
        if name in _JOBS:
            raise ValueError(f"two jobs are named {name}")
        _JOBS[name] = Job(name, handler, Terms(lease, attempts, backoff), schedule)
        return handler

    return register


def find(name: str) -> Job:
    """The job of that name. Raises NotFound ``jobs.unknown``."""
    try:
        return _JOBS[name]
    except KeyError as error:
        said = Said(f"没有名为“{name}”的后台任务。", f"No job is named {name!r}.")
        raise NotFound("jobs.unknown", said) from error


def terms_of(name: str) -> Terms:
    """The terms of a job; the usual ones for a name that only a newer release knows."""
    known = _JOBS.get(name)
    return known.terms if known else Terms()


def scheduled() -> dict[str, Cadence]:
    """The jobs that run by themselves, with their cadence."""
    return {name: known.schedule for name, known in _JOBS.items() if known.schedule is not None}


@task(takes_context=True)
def run_job(context: TaskContext, *, name: str, payload: Payload) -> None:
    """Run the handler; its time is when this attempt was claimed."""
    began = context.task_result.started_at
    if began is None:
        raise ValueError(f"job {name} runs without having been claimed")
    find(name).handler(payload=payload, at=began)
