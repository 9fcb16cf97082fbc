"""Reads: what waits, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet, get_date_max

from concord.foundation.jobs.contracts import FailedJob

Row: TypeAlias = DBTaskResult[..., object]

PAGE = 200


def ready(at: datetime) -> DBTaskResultQuerySet:
    """The jobs that may run at that time; django-tasks-db writes "at once" as its latest date."""
    return DBTaskResult.objects.filter(
        Q(run_after=get_date_max()) | Q(run_after__lte=at), status=TaskResultStatus.READY
    )


def job_name(row: Row) -> str:
    """The name under which the row's job is registered."""
    return str(row.args_kwargs["kwargs"]["name"])


def failed(*, limit: int) -> list[FailedJob]:
    """The jobs given up, latest first, at most ``limit`` (up to 200)."""
    rows = DBTaskResult.objects.failed().order_by("-finished_at", "id")[: min(limit, PAGE)]
    return [
        FailedJob(
            uid=row.id,
            name=job_name(row),
            attempts=len(row.worker_ids),
            failed_at=row.finished_at,
            error=row.traceback.strip().rpartition("\n")[2],
        )
        for row in rows
    ]
