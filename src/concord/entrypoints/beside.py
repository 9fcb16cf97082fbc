"""What runs beside the web server: the worker, the ledger, and in the demonstration its witnesses and time-stamper.

None of it needs Django here; each is a process of its own, started together and ended together.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from concord.foundation.database.clock import now

MANAGE = "concord.entrypoints.manage"
SECONDS_TO_END = 10
BEHIND = 10  # nice


class Beside:
    """The processes started inside ``with``; all of them are ended with it, whatever happens."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            try:
                process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def add(self, started: Iterable[subprocess.Popen[bytes]]) -> None:
        """Processes of other machines in real life, started elsewhere; the server goes before them on this one."""
        for process in started:
            self._started.append(process)
            os.setpriority(os.PRIO_PROCESS, process.pid, BEHIND)

    def manage(self, *words: str) -> None:
        """One command of the operator in a process of its own."""
        self._started.append(_managed(*words))

    def manage_behind(self, *words: str) -> None:
        """The same, with the server before it."""
        self.add([_managed(*words)])


def _managed(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", MANAGE, *words])  # noqa: S603  our own program and words


def stamp_time(keys: Path, port: int) -> None:
    """Run the demonstration's time-stamper on loopback until told to stop; raises as ``time_stamper.authorities``."""
    from concord.foundation.keys.time_stamper import TimeStamper, authorities  # noqa: PLC0415  only this process stamps

    with TimeStamper(port, authorities(keys), now=now, random_bytes=secrets.token_bytes) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
