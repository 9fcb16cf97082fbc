"""Rounds of the sequencer in processes that are killed: ``python -m tests.faults.ledger_process FOLDER``.

For each number on its input one child does a round and is killed at that step; the answer is ``killed``, or ``done``
when the round ended before.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from datetime import datetime
from pathlib import Path

import django


def main(folder: Path) -> None:
    """Answer each order ``STEP TIME`` with what became of its child."""
    django.setup()
    for line in sys.stdin:
        step, at = line.split()
        child = os.fork()
        if child == 0:
            _round(folder, int(step), datetime.fromisoformat(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else f"done {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _round(folder: Path, step: int, at: datetime) -> None:
    # Django must be set up before anything with tables is imported.
    from tests.faults.traps import trap  # noqa: PLC0415
    from tests.support.ledgers import Ledger  # noqa: PLC0415

    ledger = Ledger(folder, at=at)
    ledger.chance = random.Random(step)  # noqa: S311  a test repeats itself
    with trap(step, lambda _: os.kill(os.getpid(), signal.SIGKILL)):
        ledger.round()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
