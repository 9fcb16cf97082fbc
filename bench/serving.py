"""Concord's server with one address more, run beside a benchmark: two web processes on loopback."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 2
PATIENCE = 60.0
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"


def built() -> Callable[..., Any]:
    """The WSGI application with the address of “ok”, static files under their own names."""
    from django.conf import settings  # noqa: PLC0415  only the web processes build an application

    settings.ROOT_URLCONF = "bench.addresses"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": STATIC}}
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    return _application()


@cache
def _application() -> Callable[..., Any]:
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415  as above

    return get_wsgi_application()


def application(environ: Mapping[str, Any], start: Callable[..., Any]) -> Any:
    """What granian serves."""
    return built()(environ, start)


@contextmanager
def served(database_url: str, home: Path) -> Iterator[int]:
    """Concord before that database, for as long as the block lasts; yields the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-m", "bench.serving", str(port)],
        cwd=PROJECT,
        env=os.environ | {"CONCORD_DATABASE_URL": database_url, "CONCORD_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            connection.request("GET", "/account/login/")
            connection.getresponse().read()
        except (ConnectionError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the server gave no answer")


def main() -> None:
    """Serve on the port named."""
    from granian import Granian  # noqa: PLC0415  of the server's own process
    from granian.constants import Interfaces  # noqa: PLC0415  as above

    Granian(
        "bench.serving:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    main()
