"""Writes: queueing a job with the act that asks for it, and one attempt's way from claim to end.

Every step is one conditional update or one short transaction, so that any number of workers may take it at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from traceback import format_exception
from uuid import UUID

from django.db import transaction
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from concord.foundation.jobs import registry
from concord.foundation.jobs.contracts import Payload
from concord.foundation.jobs.models import Schedule
from concord.foundation.jobs.policy import is_last, pause_after
from concord.foundation.jobs.queries import Row, job_name, ready
from concord.rules.errors import Conflict, NotFound, Said

LOST = "builtins.TimeoutError"


def enqueue(name: str, *, payload: Payload, run_after: datetime | None = None) -> UUID:
    """Queue a job in the caller's transaction: it runs after the commit, or never if the act is undone.

    ``payload`` is JSON. Raises NotFound ``jobs.unknown``.
    """
    registry.find(name)
    queued = registry.run_job.using(run_after=run_after).enqueue(name=name, payload=payload)
    return UUID(queued.id)


def claim(*, worker: str, at: datetime) -> Row | None:
    """Take the next job that is ready, or None; no two workers take the same."""
    if not ready(at).exists():
        return None
    with transaction.atomic():
        row = ready(at).get_locked()
        if row is None:
            return None
        row.status = TaskResultStatus.RUNNING
        row.started_at = at
        row.worker_ids = [*row.worker_ids, worker]
        row.save(update_fields=["status", "started_at", "worker_ids"])
        return row


def finish(row: Row, *, at: datetime) -> bool:
    """Mark the attempt as done; False when its lease had run out and it is no longer this worker's to end."""
    return _end(row, status=TaskResultStatus.SUCCESSFUL, finished_at=at, exception_class_path="", traceback="")


def fail(row: Row, *, error: Exception, at: datetime) -> bool:
    """End an attempt that raised: the job waits for the next one, or is failed after the last."""
    terms = registry.terms_of(job_name(row))
    path = f"{type(error).__module__}.{type(error).__qualname__}"
    text = "".join(format_exception(error))
    return _try_again(row, path=path, text=text, after=pause_after(len(row.worker_ids), terms), at=at)


def reap(*, at: datetime) -> int:
    """Take back the jobs whose worker has let the lease run out; returns how many."""
    taken = 0
    for row in DBTaskResult.objects.running():
        lease = registry.terms_of(job_name(row)).lease
        if row.started_at + lease <= at:
            text = f"the worker {row.worker_ids[-1]} did not end the job within {lease}"
            taken += _try_again(row, path=LOST, text=text, after=timedelta(0), at=at)
    return taken


def plan(*, at: datetime) -> None:
    """Make a row for every scheduled job that has none, and draw in those whose cadence became shorter."""
    cadences = registry.scheduled()
    Schedule.objects.bulk_create(
        [Schedule(name=name, next_at=cadence.after(at)) for name, cadence in cadences.items()], ignore_conflicts=True
    )
    for name, cadence in cadences.items():
        latest = cadence.after(at)
        Schedule.objects.filter(name=name, next_at__gt=latest).update(next_at=latest)


def queue_due(*, at: datetime) -> int:
    """Queue every scheduled job that is due, each once however many workers ask; returns how many.

    A job that was due several times while no worker ran is queued once.
    """
    cadences = registry.scheduled()
    queued = 0
    for due in Schedule.objects.filter(next_at__lte=at, name__in=cadences):
        with transaction.atomic():
            # The condition on next_at lets exactly one of several workers through.
            same = Schedule.objects.filter(id=due.id, next_at=due.next_at)
            if same.update(next_at=cadences[due.name].after(at)):
                enqueue(due.name, payload={})
                queued += 1
    return queued


def revive(*, uid: UUID, at: datetime) -> None:
    """Let a failed job run again with all its attempts. Raises NotFound ``jobs.gone``, Conflict ``jobs.not_failed``."""
    failed = DBTaskResult.objects.filter(id=uid, status=TaskResultStatus.FAILED)
    if failed.update(status=TaskResultStatus.READY, run_after=at, worker_ids=[], finished_at=None):
        return
    if DBTaskResult.objects.filter(id=uid).exists():
        raise Conflict(
            "jobs.not_failed",
            Said("该任务没有失败，无需重新运行。", "The job has not failed; there is nothing to run again."),
        )
    raise NotFound(
        "jobs.gone", Said("没有找到该任务，可能已被清理。", "There is no such job; it may have been cleared.")
    )


def clear(*, well_before: datetime, failed_before: datetime) -> int:
    """Forget the jobs that ended well before the one time or failed before the other; returns how many."""
    well = DBTaskResult.objects.successful().filter(finished_at__lt=well_before)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=failed_before)
    return sum(int(rows.delete()[0]) for rows in (well, failed))


def _try_again(row: Row, *, path: str, text: str, after: timedelta, at: datetime) -> bool:
    if is_last(len(row.worker_ids), registry.terms_of(job_name(row))):
        return _end(row, status=TaskResultStatus.FAILED, finished_at=at, exception_class_path=path, traceback=text)
    return _end(row, status=TaskResultStatus.READY, run_after=at + after, exception_class_path=path, traceback=text)


def _end(row: Row, **columns: object) -> bool:
    """Change the row if it still is the attempt that was claimed."""
    same = DBTaskResult.objects.filter(id=row.id, status=TaskResultStatus.RUNNING, started_at=row.started_at)
    return bool(same.update(**columns))
