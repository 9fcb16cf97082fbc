"""A worker in a process of its own, to be killed: ``python -m tests.foundation.worker_process FOLDER``.

Each attempt writes a line to FOLDER/began before and to FOLDER/ended after its work of ``seconds``; only the first
attempt takes that long.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

import django

JOB = "test.slow"
LEASE = timedelta(seconds=1.5)


def main(folder: Path) -> None:
    """Work until SIGTERM."""
    django.setup()
    # Django must be set up before anything with tables is imported.
    from concord.foundation.database.clock import now  # noqa: PLC0415
    from concord.foundation.jobs import worker  # noqa: PLC0415
    from concord.foundation.jobs.contracts import Payload  # noqa: PLC0415
    from concord.foundation.jobs.registry import job  # noqa: PLC0415

    @job(JOB, lease=LEASE, attempts=3)
    def slow(*, payload: Payload, at: datetime) -> None:
        began = folder / "began"
        first = not began.exists()
        with began.open("a") as lines:
            lines.write(f"{at}\n")
        if first:
            time.sleep(payload["seconds"])
        with (folder / "ended").open("a") as lines:
            lines.write(f"{at}\n")

    told_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told_to_stop.set()

    signal.signal(signal.SIGTERM, stop)
    worker.run(stop=told_to_stop.is_set, at_edge=now, pause=told_to_stop.wait)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
