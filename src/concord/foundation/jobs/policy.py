"""When a job that did not end well is tried again."""

from __future__ import annotations

from datetime import timedelta

from concord.foundation.jobs.contracts import Terms

LONGEST_PAUSE = timedelta(hours=6)


def pause_after(attempt: int, terms: Terms) -> timedelta:
    """How long to wait after the given attempt (1, 2, …) raised: doubled each time, at most six hours."""
    return min(terms.backoff * (1 << min(attempt - 1, 32)), LONGEST_PAUSE)


def is_last(attempt: int, terms: Terms) -> bool:
    """Whether no attempt follows this one."""
    return attempt >= terms.attempts
