"""A PostgreSQL whose folder outlives the run, for databases that take long to fill."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.support import postgres

# Nothing is read from a database that was not filled to its end, so filling owes nobody durability.
FILLING: Mapping[str, str] = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "1GB",
    "work_mem": "128MB",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
}
# What is measured waits for the disk, as in production.
DURABLE: Mapping[str, str] = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
}


@contextmanager
def running(folder: Path, settings: Mapping[str, str]) -> Iterator[postgres.Server]:
    """Run the server of ``folder`` for as long as the block lasts; its databases stay.

    RuntimeError with the server's own words when it cannot start, as when another run has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    account = postgres._account()  # noqa: SLF001  the tests' server, but for its folder
    if account:
        shutil.chown(folder, account)
    programs = _programs(folder)
    fresh = not (folder / "cluster").exists()
    if fresh:
        postgres._initialise(programs, folder, account)  # noqa: SLF001  as above
    with patch.dict(postgres._SETTINGS, settings):  # noqa: SLF001  as above
        process = postgres._start(programs, folder, account)  # noqa: SLF001  as above
    try:
        server = postgres.Server(folder)
        if fresh:
            server.create_roles()
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # everything is written before it stops
        process.wait()


def _programs(folder: Path) -> Path:
    copied = folder / postgres._DISTRIBUTION / postgres._RELEASE / "bin"  # noqa: SLF001  as above
    if os.geteuid() == 0 and copied.exists():
        return copied
    return postgres._programs(folder)  # noqa: SLF001  as above
