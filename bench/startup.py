"""How long until Django is set up, and until the server gives its first answer."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measuring import Table, interleaved, milliseconds, ratio

PATIENCE = 60.0
TARGET = 3.0
BARE = """
from granian import Granian
from granian.constants import Interfaces
Granian("bench.startup:answer_ok", address="127.0.0.1", port={port}, interface=Interfaces.WSGI, workers=2,
        blocking_threads=2, log_access=False, log_enabled=False).serve()
"""
SETUP = "import django; django.setup()"


def answer_ok(_environ: object, start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    """The smallest application there is."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


def run(home: Path, _kept: Path) -> list[Table]:
    """One table: import, set-up and first answer, each beside its bare counterpart."""
    os.environ["CONCORD_DATABASE_URL"] = f"sqlite://{home}/startup.sqlite3"
    subprocess.run([sys.executable, "-m", "concord.entrypoints.manage", "prepare"], check=True, capture_output=True)
    runs: dict[str, Callable[[], object]] = {
        "an empty Python": lambda: _done("pass"),
        "`import django`": lambda: _done("import django"),
        "`django.setup()`": lambda: _done(SETUP),
        "`django.setup()` and the addresses": lambda: _done(f"{SETUP}; import concord.config.urls"),
        "granian with an empty application": lambda: _answered([sys.executable, "-c", BARE], "/"),
        "granian with Concord": lambda: _answered(
            [sys.executable, "-m", "concord.entrypoints.manage", "serve"], "/account/login/"
        ),
    }
    times = interleaved(runs)
    empty, bare = times["an empty Python"].median, times["granian with an empty application"].median
    rows = [
        [
            name,
            milliseconds(found.median),
            milliseconds(found.p95),
            ratio(found.median, bare if "granian" in name else empty),
        ]
        for name, found in times.items()
    ]
    met = "met" if times["granian with Concord"].median < TARGET else "not met"
    note = (
        "The last column compares with an empty Python, for the server with a server that has an empty application. "
        f"First answer: the sign-in page, two web processes, SQLite. The aim of {TARGET:.0f} s is {met} here."
    )
    return [Table("Start-up", ["what", "median", "p95", "ratio"], rows, [note])]


def _done(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  our own words


def _answered(command: Sequence[str], path: str) -> None:
    """Start a server, wait for its first answer, stop it; stopping is counted neither here nor there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [word.format(port=port) if word is BARE else word for word in command]
    process = subprocess.Popen(  # noqa: S603  our own program
        words,
        env=os.environ | {"CONCORD_BIND": f"127.0.0.1:{port}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}{path}", process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)
    raise RuntimeError(f"{address} gave no answer")
