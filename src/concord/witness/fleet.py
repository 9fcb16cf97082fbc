"""Several witnesses as processes of this machine, for a demo and for tests; in production each has its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SETTINGS = "witness.toml"
PATIENCE = 10.0
"""Seconds that a witness may take to end before it is made to."""


def start(folder: Path) -> list[subprocess.Popen[bytes]]:
    """A process for every ``<city>/witness.toml`` in ``folder``, by name; end them with ``stop``."""
    return [start_one(file) for file in sorted(folder.glob(f"*/{SETTINGS}"))]


def start_one(file: Path) -> subprocess.Popen[bytes]:
    """The witness of these settings; its record is appended to ``witness.log`` beside them."""
    command = [sys.executable, "-m", "concord.entrypoints.cli", "witness", "--config", str(file)]
    with file.with_name("witness.log").open("ab") as record:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=record, stderr=record)  # noqa: S603 - our own program, fixed words


def stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ask all to end, then wait for each; whoever does not end is ended."""
    running = list(processes)
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
